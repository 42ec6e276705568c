import type { BusinessClock } from '../clock.ts';
import type { createDesk } from '../control/control-server.ts';
import type { DynamoDbEngine } from '../dynamodb/dynamodb-engine.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { HttpApi } from '../http-api/http-api.ts';
import type { S3Engine } from '../s3/index.ts';
import type { SesEngine } from '../ses/ses-engine.ts';
import type { SnsEngine } from '../sns/sns-engine.ts';
import type { SqsEngine } from '../sqs/sqs-engine.ts';

/** The engines with the gateway before them. */
export type Engines = {
  readonly clock: BusinessClock;
  readonly gateway: Gateway;
  readonly sqs: SqsEngine;
  readonly s3: S3Engine;
  readonly dynamodb: DynamoDbEngine;
  readonly ses: SesEngine;
  readonly sns: SnsEngine;
};

type Opening = readonly [
  Promise<string>,
  Promise<HttpApi>,
  ReturnType<typeof createDesk>,
  Promise<S3Engine>,
  Promise<DynamoDbEngine>,
];
type Opened = { readonly [Index in keyof Opening]: Awaited<Opening[Index]> };

/** Waits for all, so that what opened is closed even when another one failed. */
export async function allOpened(closing: AsyncDisposableStack, opening: Opening): Promise<Opened> {
  for (const promise of opening) {
    promise.then(
      (opened) => {
        if (typeof opened === 'object' && 'url' in opened) closing.defer(() => opened.close());
      },
      () => {},
    );
  }
  const settled = await Promise.allSettled(opening);
  const [, , , s3, dynamodb] = settled;
  const failed = settled.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') {
    // Not registered with the gateway yet, which would close them.
    if (s3.status === 'fulfilled') await s3.value.close();
    if (dynamodb.status === 'fulfilled') await dynamodb.value.close();
    throw failed.reason;
  }
  return (await Promise.all(opening)) as unknown as Opened;
}
