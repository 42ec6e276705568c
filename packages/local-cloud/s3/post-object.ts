import { createHash } from 'node:crypto';
import { AwsError } from '../engine.ts';
import type { Bodies } from './bodies.ts';
import { objectUrl } from './call.ts';
import { startChecksum } from './checksum.ts';
import { existingBucket, type Operation, type S3Options } from './context.ts';
import { keptHeaders, versionHeaders } from './object-headers.ts';
import { type PostForm, readForm } from './post-form.ts';
import { checkPolicy, parsePolicy, policySignatureHolds, type SizeRange } from './post-policy.ts';
import {
  badDigest,
  claimedMd5,
  MAX_BODY_BYTES,
  OWN_CHECKSUM,
  ownChecksum,
  type Received,
  singleChecksum,
  verifiedChecksum,
} from './receive.ts';
import { accessDenied, entityTooLarge, invalidArgument, notImplemented, refusal } from './refusal.ts';
import { xmlAnswer } from './xml.ts';

/** A browser's form upload: who may make it is told by the policy in the form, not by the request's signature. */
export const postObject: Operation = {
  authorizations: () => [],
  async carryOut(context, { request, bucket: name }) {
    const { options, bodies } = context;
    const bucket = existingBucket(context, name);
    const form = await readForm(request);
    try {
      const fields = formFields(form, name);
      const key = required(fields, 'key');
      if (Buffer.byteLength(key) > 1024) {
        throw refusal('KeyTooLongError', 'Your key is too long', 400, { MaxSizeAllowed: 1024 });
      }
      const policy = required(fields, 'policy');
      const signer = verifiedSigner(fields, policy, options);
      const range = checkPolicy(parsePolicy(policy), fields, Date.now());
      await options.authorizePost({
        accessKeyId: signer,
        securityToken: fields.get('x-amz-security-token'),
        bucket: name,
        key,
      });
      refuseNotPlayed(fields);
      const headers = keptHeaders(Object.fromEntries(fields));
      const received = await receiveFile(form, fields, range, bodies);
      const version = await context.publish(
        bucket,
        { ...received, key, headers, etag: received.md5, modifiedAt: options.now() },
        { eventName: 'ObjectCreated:Post', principalId: `AWS:${signer}`, precondition: () => {} },
      );
      const location = objectUrl(request, { bucket: name, key });
      const { etag = '', ...rest } = versionHeaders(version);
      const answer = { ...rest, etag, location };
      const status = fields.get('success_action_status');
      if (status === '201') {
        return xmlAnswer('PostResponse', { Location: location, Bucket: name, Key: key, ETag: etag }, answer, 201);
      }
      return { status: status === '200' ? 200 : 204, headers: answer };
    } catch (error) {
      form.stop();
      throw error;
    }
  },
};

/** The fields as the policy is to see them: the bucket of the address, the key with its file name filled in. */
function formFields(form: PostForm, bucket: string): ReadonlyMap<string, string> {
  const fields = new Map(form.fields);
  const named = fields.get('bucket');
  if (named !== undefined && named !== bucket) {
    throw invalidArgument('The bucket of the form is not the bucket of the address.', 'bucket', named);
  }
  fields.set('bucket', bucket);
  const key = fields.get('key');
  if (key !== undefined)
    fields.set(
      'key',
      key.replace(/\$\{filename\}/g, () => form.filename),
    );
  return fields;
}

function required(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name);
  if (value !== undefined && value !== '') return value;
  // Without a policy the form is an anonymous upload, which no bucket here lets in.
  if (name === 'policy') throw accessDenied();
  throw invalidArgument(
    `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
    name,
    '',
  );
}

/** The access key that signed the policy; throws InvalidAccessKeyId, SignatureDoesNotMatch and what is malformed. */
function verifiedSigner(fields: ReadonlyMap<string, string>, policy: string, options: S3Options): string {
  const algorithm = required(fields, 'x-amz-algorithm');
  if (algorithm !== 'AWS4-HMAC-SHA256') {
    throw invalidArgument('x-amz-algorithm only supports "AWS4-HMAC-SHA256".', 'x-amz-algorithm', algorithm);
  }
  const credential = required(fields, 'x-amz-credential');
  const [, accessKeyId, date, region, service] =
    /^([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/.exec(credential) ?? [];
  if (accessKeyId === undefined || date === undefined || region !== options.region || service !== 's3') {
    throw invalidArgument(
      `The credential must be <access key>/<yyyymmdd>/${options.region}/s3/aws4_request.`,
      'x-amz-credential',
      credential,
    );
  }
  const signedAt = required(fields, 'x-amz-date');
  if (!new RegExp(`^${date}T\\d{6}Z$`).test(signedAt)) {
    throw invalidArgument("The date must be the credential's, as yyyymmddThhmmssZ.", 'x-amz-date', signedAt);
  }
  const secret = options.secretOf(accessKeyId);
  if (secret === undefined) {
    throw refusal('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403, {
      AWSAccessKeyId: accessKeyId,
    });
  }
  if (!policySignatureHolds(policy, required(fields, 'x-amz-signature'), secret, { date, region, service })) {
    throw refusal(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      403,
      { AWSAccessKeyId: accessKeyId, StringToSign: policy },
    );
  }
  return accessKeyId;
}

function refuseNotPlayed(fields: ReadonlyMap<string, string>): void {
  for (const name of ['acl', 'tagging', 'success_action_redirect', 'redirect']) {
    const value = fields.get(name);
    if (value !== undefined && !(name === 'acl' && value === 'private')) throw notImplemented(`the form field ${name}`);
  }
}

async function receiveFile(
  form: PostForm,
  fields: ReadonlyMap<string, string>,
  range: SizeRange,
  bodies: Bodies,
): Promise<Received> {
  const max = Math.min(range.max, MAX_BODY_BYTES);
  const contentMd5 = claimedMd5(fields.get('content-md5'));
  const claim = singleChecksum((name) => fields.get(name));
  // Where the form claims none, S3 makes one by itself.
  const checksum = startChecksum(claim?.algorithm ?? OWN_CHECKSUM);
  const md5 = createHash('md5');
  let size = 0;
  const body = await bodies
    .receive(
      (async function* () {
        for await (const chunk of form.file as AsyncIterable<Buffer>) {
          size += chunk.length;
          if (size > max) throw entityTooLarge(size, max);
          md5.update(chunk);
          checksum.update(chunk);
          yield chunk;
        }
        const broken = await form.finished;
        if (broken !== undefined) throw broken;
        if (size < range.min) {
          throw refusal('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400, {
            ProposedSize: size,
            MinSizeAllowed: range.min,
          });
        }
      })(),
    )
    .catch(async (error: unknown) => {
      if (error instanceof AwsError) throw error;
      throw (await form.finished) ?? error;
    });
  try {
    const digest = md5.digest();
    if (contentMd5 !== undefined && !digest.equals(contentMd5)) {
      throw badDigest('The Content-MD5 you specified did not match what we received.');
    }
    return {
      body,
      size,
      md5: digest.toString('hex'),
      checksum: claim === undefined ? ownChecksum(checksum.digest()) : verifiedChecksum(claim, checksum.digest()),
    };
  } catch (error) {
    await bodies.remove([body]);
    throw error;
  }
}
