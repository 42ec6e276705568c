import type { Authorization, EngineRequest, EngineResponse, Principal } from '../engine.ts';
import type { Bodies } from './bodies.ts';
import { identity } from './notification.ts';
import { refusal } from './refusal.ts';
import type { Bucket, NewObject, ObjectVersion, Store } from './store.ts';

export type S3Options = {
  /** Where s3.sqlite and the bodies lie; one engine at a time. */
  readonly directory: string;
  /** The business clock, epoch milliseconds: stamps Last-Modified and the time of events. */
  now(): number;
  readonly region: string;
  readonly accountId: string;
  /** The secret of an access key, for the signature of a POST policy; undefined when there is no such key. */
  secretOf(accessKeyId: string): string | undefined;
  /** Throws AwsError when the holder of the key may not s3:PutObject there. */
  authorizePost(post: {
    readonly accessKeyId: string;
    readonly securityToken: string | undefined;
    readonly bucket: string;
    readonly key: string;
  }): Promise<void>;
  /** Whether the principal has s3:ListBucket: to others, S3 does not tell that an object is missing. */
  mayList(principal: Principal, bucket: string): boolean;
};

/** What the operations work with. */
export type S3Context = {
  readonly options: S3Options;
  readonly store: Store;
  readonly bodies: Bodies;
  /** Makes an object visible whose body was received, and has its notification delivered. */
  publish(bucket: Bucket, object: NewObject, cause: Parameters<Store['commit']>[2]): Promise<ObjectVersion>;
};

/** A request with the bucket and the key of its path. */
export type Call = { readonly request: EngineRequest; readonly bucket: string; readonly key: string };

export type Operation = {
  authorizations(call: Call): readonly Authorization[];
  carryOut(context: S3Context, call: Call): Promise<EngineResponse>;
};

/** The bucket of the call; throws NoSuchBucket. */
export function existingBucket(context: Pick<S3Context, 'store'>, name: string): Bucket {
  const bucket = context.store.bucket(name);
  if (bucket !== undefined) return bucket;
  throw refusal('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
}

export const bucketArn = (bucket: string) => `arn:aws:s3:::${bucket}`;

/** The authorizations of an operation that needs one action on the object. */
export function onObject(action: string): Operation['authorizations'] {
  return ({ bucket, key }) => [{ action, resource: `${bucketArn(bucket)}/${key}` }];
}

/** Who made a call, as S3 names them in an event. */
export function principalId(principal: Principal): string {
  switch (principal.kind) {
    case 'role':
      return `AWS:${identity(principal.roleArn)}:${principal.name}`;
    case 'service':
      return `AWS:${identity(principal.sourceArn)}:${principal.service}`;
    default:
      return `AWS:${identity(principal.kind)}:${principal.kind}`;
  }
}
