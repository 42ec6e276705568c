import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, readyAccount } from '../account/account.ts';
import { type BusinessClock, openBusinessClock } from '../clock.ts';
import { type ControlServer, openControlServer } from '../control/control-server.ts';
import { createDynamoDbEngine, type DynamoDbEngine } from '../dynamodb/dynamodb-engine.ts';
import type { Denial } from '../gateway/access.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import { type HttpApi, openHttpApi } from '../http-api/http-api.ts';
import { createS3Engine, type S3Engine } from '../s3/index.ts';
import { createSesEngine, type SesEngine } from '../ses/ses-engine.ts';
import { createSnsEngine, type SnsEngine } from '../sns/sns-engine.ts';
import { createSqsEngine, type SqsEngine } from '../sqs/sqs-engine.ts';
import type { StateDirectory } from '../state/state.ts';
import type { LocalCloudOptions } from './local-cloud.ts';
import { openOnPort, portOf } from './ports.ts';
import { registerAccount } from './register-account.ts';

/** The engines with the gateway before them, and the servers of the API and of control. */
export type Engines = {
  readonly clock: BusinessClock;
  readonly account: Account;
  readonly gateway: Gateway;
  readonly gatewayUrl: string;
  readonly sqs: SqsEngine;
  readonly s3: S3Engine;
  readonly dynamodb: DynamoDbEngine;
  readonly ses: SesEngine;
  readonly sns: SnsEngine;
  readonly api: HttpApi;
  readonly control: ControlServer;
  /** Below the control server's address. */
  readonly issuer: string;
};

type Surroundings = {
  readonly region: string;
  readonly accountId: string;
  readonly state: StateDirectory;
  readonly closing: AsyncDisposableStack;
  readonly warn: (line: string) => void;
  onDenied(denial: Denial): void;
};

/**
 * Opens all engines on a state directory, registers them with a gateway, and opens the servers.
 *
 * @throws Error naming a port that is taken
 */
export async function openEngines(options: LocalCloudOptions, around: Surroundings): Promise<Engines> {
  const { region, accountId, state, closing, warn, onDenied } = around;
  const clock = openBusinessClock(join(state.path, 'clock.json'));
  const gateway = createGateway({ region, accountId, seed: state.kept().seed, onDenied });
  closing.defer(() => gateway.close());

  mkdirSync(join(state.path, 'sqs'), { recursive: true });
  const sqs = createSqsEngine({ file: join(state.path, 'sqs', 'queues.sqlite'), clock, region, accountId });
  gateway.register(sqs);
  const ses = createSesEngine({ directory: join(state.path, 'mail'), clock, region, accountId });
  const account = readyAccount();
  registerAccount(gateway, account, ses, { region, accountId });
  const sns = createSnsEngine({ file: join(state.path, 'topics.sqlite'), clock });
  gateway.register(sns);

  const { ports } = options;
  const { ports: last } = state.kept();
  const [gatewayUrl, api, control, s3, dynamodb] = await openAll(closing, [
    openOnPort({ fixed: ports?.gateway, last: last.gateway }, gateway.listen, warn),
    openOnPort({ fixed: ports?.api, last: last.api }, openHttpApi, warn),
    openOnPort({ fixed: ports?.control, last: last.control }, openControlServer, warn),
    openS3(gateway, clock, around),
    openDynamoDb(options, clock, around),
  ]);
  gateway.register(s3);
  gateway.register(dynamodb);
  sqs.setBaseUrl(gatewayUrl);
  state.keep({ ports: { gateway: portOf(gatewayUrl), api: portOf(api.url), control: portOf(control.url) } });
  const issuer = `${control.url}/identity`;
  return { clock, account, gateway, gatewayUrl, sqs, s3, dynamodb, ses, sns, api, control, issuer };
}

function openS3(gateway: Gateway, clock: BusinessClock, around: Surroundings): Promise<S3Engine> {
  const { region, accountId, state } = around;
  return createS3Engine({
    directory: join(state.path, 's3'),
    now: () => clock.now(),
    region,
    accountId,
    secretOf: gateway.secretOf,
    async authorizePost({ accessKeyId, bucket, key }) {
      const principal = gateway.principalOf(accessKeyId) ?? { kind: 'anonymous' };
      const resource = `arn:aws:s3:::${bucket}/${key}`;
      gateway.demand(principal, { action: 's3:PutObject', resource }, { service: 's3', operation: 'PostObject' });
    },
    mayList: (principal, bucket) =>
      gateway.authorize(principal, { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` }).allowed,
  });
}

function openDynamoDb(options: LocalCloudOptions, clock: BusinessClock, around: Surroundings): Promise<DynamoDbEngine> {
  const { region, accountId, state, warn } = around;
  return createDynamoDbEngine({
    directory: join(state.path, 'dynamodb'),
    now: () => clock.now(),
    region,
    accountId,
    warn,
    streamShards: options.streamShards ?? 1,
    ...(process.env.SECOR_DYNAMODB_ENDPOINT && { endpoint: process.env.SECOR_DYNAMODB_ENDPOINT }),
  });
}

type Opening = readonly [
  Promise<string>,
  Promise<HttpApi>,
  Promise<ControlServer>,
  Promise<S3Engine>,
  Promise<DynamoDbEngine>,
];
type Opened = { readonly [Index in keyof Opening]: Awaited<Opening[Index]> };

/** Waits for all, so that what opened is closed even when another one failed. */
async function openAll(closing: AsyncDisposableStack, opening: Opening): Promise<Opened> {
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
