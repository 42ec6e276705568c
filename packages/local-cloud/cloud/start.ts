import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, readyAccount } from '../account/account.ts';
import { registerAccount } from '../account/register.ts';
import { type Activity, createActivity } from '../activity.ts';
import { type BusinessClock, openBusinessClock } from '../clock.ts';
import { createCognitoEngine } from '../cognito-idp/cognito-engine.ts';
import { createDynamoDbEngine, type DynamoDbEngine } from '../dynamodb/dynamodb-engine.ts';
import { AwsError, type Principal } from '../engine.ts';
import type { Credentials, Denial, UnusedGrant } from '../gateway/access.ts';
import type { Faults } from '../gateway/faults.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import type { Meter } from '../gateway/meter.ts';
import { nameOf } from '../gateway/refusals.ts';
import { createIdentity } from '../identity/identity.ts';
import { messageOf } from '../message-of.ts';
import { createS3Engine, objectCreatedNotification, type S3Engine, testEvent } from '../s3/index.ts';
import type { Letter } from '../ses/letter-box.ts';
import { createSesEngine, type SesEngine } from '../ses/ses-engine.ts';
import { createSnsEngine, type SnsEngine } from '../sns/sns-engine.ts';
import { createSqsEngine, type SqsEngine } from '../sqs/sqs-engine.ts';
import { type AdvancedDay, createAdvance } from './advance.ts';
import { type Assembly, readAssembly } from './assembly.ts';
import { callAs } from './call-as.ts';
import { createDesk } from './desk.ts';
import { type Deliver, type EventSource, type RoleCall, throttled } from './event-source.ts';
import { compileFilters } from './filter-pattern.ts';
import { createFunctionRuntime, type FunctionRuntime, type Invocation } from './function-runtime.ts';
import { type HttpApi, openHttpApi, type Route } from './http-api.ts';
import { createAuthorizer } from './jwt-authorizer.ts';
import type { Plan, PlannedNotification, ProvisionedResource } from './plan.ts';
import { type Provisioned, provision } from './provision.ts';
import { connectQueue } from './queue-source.ts';
import { createBackoff } from './retry.ts';
import type { WallClocks } from './schedule-expression.ts';
import { type FiredMoment, runSchedule } from './schedule-runner.ts';
import { type StateDirectory, takeStateDirectory } from './state.ts';
import { connectStream } from './stream-source.ts';
import { addFeedback, connectTopics, feedbackName } from './topics.ts';

export type LocalCloudOptions = {
  /** The directory that `cdk synth` wrote. */
  readonly assembly: string;
  /** Where all state is kept. */
  readonly directory: string;
  /** Whether to start over with nothing. */
  readonly fresh?: boolean;
  /**
   * The stacks that are deployed, by name; all of the assembly unless told otherwise. What another stack had made is deleted, as
   * CloudFormation deletes it: its queues with their messages, the places of its mappings in streams, its roles with their keys,
   * what its schedules had sent for. Tables and buckets stay.
   */
  readonly stacks?: readonly string[];
  /** How many invocations the account may have at a time, all functions together; Lambda throttles more. Without limit unless told. */
  readonly accountConcurrency?: number;
  /** Fixed ports; by default those of the last run on the directory, and free ones at first. */
  readonly ports?: { readonly gateway?: number; readonly api?: number; readonly desk?: number };
  /** What clocks show in zones that this machine's time zone data may be too old to know; all others go by those. */
  readonly wallClocks?: WallClocks;
  /** How many shards the stream of each table has: one, unless told otherwise. */
  readonly streamShards?: number;
  /** Whether functions have the share of a processor that comes with their memory, and are frozen between invocations. */
  readonly processorShare?: boolean;
  /** Hears of what people should see: denied calls, failures of connections. Standard error by default. */
  readonly warn?: (line: string) => void;
};

/** A function of the template, as tests and commands see it. */
export type CloudFunction = Pick<FunctionRuntime, 'logs' | 'logFile' | 'instances' | 'statistics'> & {
  invoke(event: unknown): Promise<Invocation>;
};

/** What happens, as it happens. */
export type CloudEvents = {
  /** An invocation was called for. */
  started: [{ readonly functionName: string; readonly at: number }];
  /** An invocation ended; `at` is the machine's clock in epoch milliseconds. */
  ended: [{ readonly functionName: string; readonly at: number; readonly cold: boolean } & Invocation];
  /** An invocation was refused: the account had as many as it may have at a time. */
  throttled: [{ readonly functionName: string }];
  denied: [Denial];
  letter: [Letter];
};

/** A running local cloud. */
export type LocalCloud = {
  readonly apiUrl: string;
  readonly gatewayUrl: string;
  readonly issuer: string;
  readonly inboxUrl: string;
  readonly controlUrl: string;
  readonly region: string;
  readonly accountId: string;
  /** The keys of the operator, who may do everything. */
  readonly operator: Credentials;
  /** By stack name and output key. */
  readonly outputs: Provisioned['outputs'];
  /** What AWS tells of the account, to those who only read: its stacks, certificates and quotas. */
  readonly account: Account;
  /** Milliseconds that starting took. */
  readonly readyMs: number;
  /**
   * The one resource with this logical id, physical name, or fragment of its construct path ("/Packages/").
   *
   * @param stackSuffix "data" for the stack that ends so
   * @throws Error that lists what it could be
   */
  resource(name: string, stackSuffix?: string): ProvisionedResource;
  /** By physical name. */
  readonly functions: Readonly<Record<string, CloudFunction>>;
  readonly clock: BusinessClock;
  /** Resolves when no message, record or invocation is open; rejects after `timeoutMs` (30 s), naming what is. */
  quiet(timeoutMs?: number): Promise<void>;
  /**
   * Moves the business clock to noon (America/Edmonton) of each day up to and including a date, 'YYYY-MM-DD', and waits each
   * time until nothing is left to do. Messages that come back after a pause are waited for by small steps of the clock,
   * within the day. `onDay` hears of each day.
   *
   * @throws Error for a date that is none, or before today's: the clock never goes back
   */
  advance(to: string, onDay?: (day: AdvancedDay) => void): Promise<void>;
  readonly faults: Faults;
  readonly meter: Meter;
  /** The operations that can be called, by the service that they are signed for. */
  operations(): Readonly<Record<string, readonly string[]>>;
  denials(): readonly Denial[];
  unusedGrants(): readonly UnusedGrant[];
  letters(): Promise<readonly Letter[]>;
  /** An access token of the user pool, for an hour unless told otherwise (seconds). */
  token(request: {
    readonly email: string;
    readonly groups: readonly string[];
    readonly expiresInSeconds?: number;
  }): Promise<string>;
  /** Calls the listener with each event; answers how to unsubscribe. */
  on<Name extends keyof CloudEvents>(name: Name, listener: (...event: CloudEvents[Name]) => void): () => void;
  /** Queues, for tests of order and repetition. */
  readonly sqs: Pick<SqsEngine, 'pending' | 'setOrder' | 'duplicate'>;
  /** The state of the account at SES, for tests of what it refuses and tells. */
  readonly ses: Pick<SesEngine, 'setAccount'>;
  /** Ends everything; no process is left. What was in hand is finished by the next start. */
  stop(): Promise<void>;
};

const quietLimitMs = 30_000;
const tokenSeconds = 3600;

/** The engines with the gateway before them. */
type Engines = {
  readonly clock: BusinessClock;
  readonly gateway: Gateway;
  readonly sqs: SqsEngine;
  readonly s3: S3Engine;
  readonly dynamodb: DynamoDbEngine;
  readonly ses: SesEngine;
  readonly sns: SnsEngine;
};

/**
 * Starts a local cloud on a synthesized app: makes what its templates ask for, and connects it.
 *
 * @throws Error that names what the local cloud does not know, a port that is taken, or the process that holds the directory
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const started = performance.now();
  const warn = options.warn ?? ((line: string) => console.error(line));
  const assembly = withStacks(readAssembly(options.assembly), options.stacks);
  const { region, accountId } = assembly;
  const state = takeStateDirectory(options.directory, options.fresh ?? false);
  const closing = new AsyncDisposableStack();
  closing.defer(() => state.release());
  try {
    const events = new EventEmitter<CloudEvents>();
    const clock = openBusinessClock(join(state.path, 'clock.json'));
    const activity = createActivity();
    const tell = <Name extends keyof CloudEvents>(name: Name, ...event: CloudEvents[Name]): void => {
      try {
        (events as EventEmitter).emit(name, ...event);
      } catch (error) {
        // Who listens must not change what happens.
        warn(`A listener to "${name}" failed: ${messageOf(error)}`);
      }
    };
    const denied: string[] = [];
    const gateway = createGateway({
      region,
      accountId,
      seed: state.kept().seed,
      onDenied(denial) {
        const who = nameOf(denial.principal);
        const line = `denied: ${who} may not ${denial.action} on ${denial.resource} (${denial.operation}): ${denial.reason}`;
        denied.push(line);
        warn(line);
        tell('denied', denial);
      },
    });
    closing.defer(() => gateway.close());

    const remembered = state.kept().ports;
    const choosePort = async <T>(
      given: number | undefined,
      last: number,
      open: (port: number) => Promise<T>,
    ): Promise<T> => {
      if (given !== undefined) return open(given);
      if (last === 0) return open(0);
      return open(last).catch((error: unknown) => {
        warn(
          `${messageOf(error)} Now another port is taken: addresses, links and tokens of the last run hold no more.`,
        );
        return open(0);
      });
    };
    mkdirSync(join(state.path, 'sqs'), { recursive: true });
    const sqs = createSqsEngine({ file: join(state.path, 'sqs', 'queues.sqlite'), clock, region, accountId });
    gateway.register(sqs);
    const ses = createSesEngine({ directory: join(state.path, 'mail'), clock, region, accountId });
    const account = readyAccount();
    registerAccount(gateway, account, ses, { region, accountId });
    const sns = createSnsEngine({ file: join(state.path, 'topics.sqlite'), clock });
    gateway.register(sns);
    const now = (): number => clock.now();
    const [gatewayUrl, api, desk, s3, dynamodb] = await allOpened(closing, [
      choosePort(options.ports?.gateway, remembered.gateway, gateway.listen),
      choosePort(options.ports?.api, remembered.api, openHttpApi),
      choosePort(options.ports?.desk, remembered.desk, createDesk),
      createS3Engine({
        directory: join(state.path, 's3'),
        now,
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
      }),
      createDynamoDbEngine({
        directory: join(state.path, 'dynamodb'),
        now,
        region,
        accountId,
        warn,
        streamShards: options.streamShards ?? 1,
        ...(process.env.SECOR_DYNAMODB_ENDPOINT && { endpoint: process.env.SECOR_DYNAMODB_ENDPOINT }),
      }),
    ]);
    gateway.register(s3);
    gateway.register(dynamodb);
    sqs.setBaseUrl(gatewayUrl);
    const portOf = (url: string): number => Number(new URL(url).port);
    state.keep({ ports: { gateway: portOf(gatewayUrl), api: portOf(api.url), desk: portOf(desk.url) } });
    const issuer = `${desk.url}/identity`;
    const engines: Engines = { clock, gateway, sqs, s3, dynamodb, ses, sns };

    const { plan, resources, outputs } = await provision(
      assembly,
      {
        region,
        accountId,
        apiUrl: api.url,
        issuer,
        asset: assembly.asset,
        createTable: async (definition) => dynamodb.createTable(definition),
        streamArn: (tableName) => dynamodb.streamArn(tableName),
        createBucket(name, { versioned, cors }) {
          s3.createBucket(name, { versioned });
          s3.setCors(name, cors);
        },
        createQueue: (name, attributes) => sqs.createQueue(name, attributes),
        setResourcePolicy: gateway.setResourcePolicy,
        addMailIdentity: ses.addIdentity,
        addConfigurationSet: ses.addConfigurationSet,
        createTopic: sns.createTopic,
        subscribe: sns.subscribe,
      },
      async ({ type, reference }, { notifications, queues, feedback }) => {
        const added = feedback.get(reference);
        if (type === 'AWS::SES::ConfigurationSetEventDestination' && added !== undefined)
          await addFeedback(added, { gateway, ses, state, region, accountId });
        if (type !== 'AWS::S3::Bucket') return;
        for (const notification of notifications.filter(({ bucket }) => bucket === reference)) {
          await announce(notification, queues);
        }
      },
    );

    for (const [name, ofStack] of Object.entries(outputs))
      account.stacks.set(name, { status: 'CREATE_COMPLETE', outputs: ofStack, createdAt: clock.now() });

    /** As S3 does when a notification is configured: it asks whether it may send, and at the first time sends a test. */
    async function announce(notification: PlannedNotification, queues: Plan['queues']): Promise<void> {
      const { bucket, queueArn } = notification;
      const queue = queues.get(queueArn);
      if (queue === undefined)
        throw new Error(`The bucket ${bucket} notifies ${queueArn}, which is no queue of the templates.`);
      const principal = s3Principal(bucket, accountId);
      const { allowed, reason } = gateway.authorize(principal, { action: 'sqs:SendMessage', resource: queueArn });
      if (!allowed) {
        throw new Error(
          `The bucket ${bucket} can't notify ${queueArn}: ${reason}. The queue's policy must allow s3.amazonaws.com, and the bucket must depend on that policy.`,
        );
      }
      const name = notificationName(notification);
      if (state.kept().announced.includes(name)) return;
      const body = JSON.stringify(testEvent(bucket, new Date(clock.now()).toISOString()));
      await callAs(gateway, principal)('sqs', 'SendMessage', { QueueUrl: queue.url, MessageBody: body });
      state.keep({ announced: [...state.kept().announced, name] });
    }

    deleteLeftOut(plan, sqs, state, warn);

    const identity = await createIdentity({
      file: join(state.path, 'identity.json'),
      issuer: () => issuer,
      clients: () => [...plan.userPools.values()].flatMap(({ appClients }) => appClients),
      warn,
    });
    gateway.register(createCognitoEngine({ identity, ses, pools: () => plan.userPools, region, accountId }));

    for (const { arn, name, trust, policies } of plan.roles.values()) gateway.setRole(arn, { name, trust, policies });
    for (const [arn, statements] of plan.permissions)
      gateway.setResourcePolicy(arn, { Version: '2012-10-17', Statement: statements });

    const functions = new Map<string, FunctionRuntime>();
    const principals = new Map<string, Principal>();
    for (const { roleArn, ...configuration } of plan.functions.values()) {
      const { name } = configuration;
      if (!gateway.assumableBy(roleArn, 'lambda.amazonaws.com')) {
        throw new Error(`${name}: Lambda may not assume ${roleArn}. The role's trust must name lambda.amazonaws.com.`);
      }
      const principal: Principal = { kind: 'role', roleArn, name };
      principals.set(name, principal);
      const surroundings = {
        region,
        endpoint: gatewayUrl,
        credentials: gateway.credentialsFor(principal, state.kept().roles[roleArn]),
        logFile: join(state.path, 'logs', `${name}.log`),
        processorShare: options.processorShare === true,
      };
      functions.set(name, createFunctionRuntime(configuration, surroundings));
    }
    closing.defer(async () => {
      await Promise.all([...functions.values()].map((runtime) => runtime.close()));
    });

    let invocations = 0;
    const deliver =
      (functionName: string): ((event: unknown) => Promise<Invocation>) =>
      async (event) => {
        const runtime = functions.get(functionName);
        if (runtime === undefined) throw new Error(`There is no function ${functionName}.`);
        if (invocations >= (options.accountConcurrency ?? Number.POSITIVE_INFINITY)) {
          tell('throttled', { functionName });
          return { requestId: randomUUID(), error: throttled, waitedMs: 0, durationMs: 0, peakBytes: 0 };
        }
        invocations += 1;
        const end = activity.begin(`${functionName}: an invocation`);
        tell('started', { functionName, at: Date.now() });
        const invocation = await runtime.invoke(event).finally(() => {
          invocations -= 1;
        });
        tell('ended', { functionName, at: Date.now(), cold: invocation.initMs !== undefined, ...invocation });
        end();
        return invocation;
      };
    const callOf = (functionName: string): RoleCall => {
      const principal = principals.get(functionName);
      if (principal === undefined) throw new Error(`There is no function ${functionName}.`);
      return callAs(gateway, principal);
    };

    const connections = { plan, engines, deliver, callOf, begin: activity.begin, warn, directory: state.path, region };
    const sources = [...connectQueues(connections), ...connectStreams(connections)];
    closing.defer(() => {
      for (const source of sources) source.stop();
    });
    closing.defer(watchQueues(plan, sqs, activity));
    notifyQueues(plan, engines, { region, accountId, begin: activity.begin });
    closing.defer(
      activity.addSource(() => {
        const waiting = s3.unconfirmed();
        return waiting === 0 ? [] : [`${waiting} notifications of created objects`];
      }),
    );
    connectTopics(plan, engines, { region, accountId, begin: activity.begin, warn });
    closing.defer(activity.addSource(() => untold(engines)));
    serveApi(plan, api, { gateway, deliver, clock, begin: activity.begin, region, accountId, issuer });
    closing.defer(runSchedules(plan, engines, { accountId, activity, state, warn, wallClocks: options.wallClocks }));

    const token: LocalCloud['token'] = async ({ email, groups, expiresInSeconds = tokenSeconds }) => {
      const [clientId] = [...plan.userPools.values()].flatMap(({ clientIds }) => clientIds);
      if (clientId === undefined)
        throw new Error('The templates have no user pool with a client, so there are no tokens.');
      const known = new Set([...plan.userPools.values()].flatMap((pool) => pool.groups));
      const unknown = groups.find((group) => !known.has(group));
      if (unknown !== undefined)
        throw new Error(`There is no group "${unknown}" in the user pool; there are ${[...known].join(', ')}.`);
      return identity.token({ email, groups, clientId, expiresInSeconds });
    };
    const quiet = (timeoutMs = quietLimitMs): Promise<void> => activity.quiet(timeoutMs);
    const advance = advanceOf(plan, engines, activity, denied, options.wallClocks);
    desk.open({ identity, ses, clock, gateway, token, quiet, advance, logs: (name) => functions.get(name)?.logs() });
    closing.defer(ses.onLetter((letter) => tell('letter', letter)));
    await Promise.all(sources.map((source) => source.start()));

    const operator = gateway.credentialsFor({ kind: 'operator' });
    const addresses = { apiUrl: api.url, gatewayUrl, issuer, inboxUrl: `${desk.url}/`, controlUrl: desk.url };
    state.publish({ ...addresses, region, accountId, operator, outputs });
    const readyMs = performance.now() - started;

    return {
      ...addresses,
      region,
      accountId,
      operator,
      outputs,
      account,
      readyMs,
      resource: (name, stackSuffix) => findResource(resources, name, stackSuffix),
      functions: Object.fromEntries(
        [...functions].map(([name, runtime]) => [name, cloudFunction(runtime, deliver(name))]),
      ),
      clock,
      quiet,
      async advance(to, onDay) {
        for await (const day of advance(to)) onDay?.(day);
      },
      faults: gateway.faults,
      meter: gateway.meter,
      operations: gateway.operations,
      denials: () => gateway.denials(),
      unusedGrants: () => gateway.unusedGrants(),
      letters: () => ses.letters(),
      token,
      on(name, listener) {
        const heard = listener as (...event: unknown[]) => void;
        (events as EventEmitter).on(name, heard);
        return () => void (events as EventEmitter).off(name, heard);
      },
      sqs,
      ses,
      stop: () => closing.disposeAsync(),
    };
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
}

type Opening = readonly [
  Promise<string>,
  Promise<HttpApi>,
  ReturnType<typeof createDesk>,
  Promise<S3Engine>,
  Promise<DynamoDbEngine>,
];
type Opened = { readonly [Index in keyof Opening]: Awaited<Opening[Index]> };

/** Waits for all, so that what opened is closed even when another one failed. */
async function allOpened(closing: AsyncDisposableStack, opening: Opening): Promise<Opened> {
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

function notificationName({ bucket, queueArn, configurationId }: PlannedNotification): string {
  return `${bucket} ${queueArn} ${configurationId}`;
}

function s3Principal(bucket: string, accountId: string): Principal {
  return {
    kind: 'service',
    service: 's3.amazonaws.com',
    sourceArn: `arn:aws:s3:::${bucket}`,
    sourceAccount: accountId,
  };
}

type Connections = {
  readonly plan: Plan;
  readonly engines: Engines;
  readonly deliver: (functionName: string) => Deliver;
  readonly callOf: (functionName: string) => RoleCall;
  readonly begin: (label: string) => () => void;
  readonly warn: (line: string) => void;
  readonly directory: string;
  readonly region: string;
};

function connectQueues({ plan, engines, deliver, callOf, begin, warn, region }: Connections): readonly EventSource[] {
  return plan.queueSources.filter(isEnabled).map(({ patterns, where, ...source }) => {
    const queue = plan.queues.get(source.queueArn);
    if (queue === undefined) throw new Error(`${where}: there is no queue ${source.queueArn}.`);
    // No invocation of the last run lives on: what it had in flight need not wait for its visibility timeout.
    engines.sqs.returnInFlight(queue.name);
    return connectQueue(
      {
        ...source,
        queueUrl: queue.url,
        hiddenMs: queue.visibilitySeconds * 1000,
        region,
        filter: compileFilters(patterns, where),
      },
      {
        call: callOf(source.functionName),
        deliver: deliver(source.functionName),
        onVisible: (listener) => engines.sqs.onVisible(queue.name, listener),
        onFailed: (receiptHandles) => engines.sqs.endReceives(queue.name, receiptHandles),
        begin,
        warn,
      },
    );
  });
}

function connectStreams({
  plan,
  engines,
  deliver,
  callOf,
  begin,
  warn,
  directory,
}: Connections): readonly EventSource[] {
  return plan.streamSources.filter(isEnabled).map(({ patterns, where, ...source }) => {
    const table = plan.streams.get(source.streamArn) ?? '';
    const positionFile = join(directory, 'streams', positionName(plan, source));
    return connectStream(
      { ...source, filter: compileFilters(patterns, where), positionFile },
      {
        call: callOf(source.functionName),
        deliver: deliver(source.functionName),
        onWrite: (listener) => engines.dynamodb.onWrite((written) => written === table && listener()),
        begin,
        warn,
      },
    );
  });
}

const isEnabled = ({ enabled }: { readonly enabled: boolean }): boolean => enabled;

/** The file in which a mapping keeps its place in a stream. */
function positionName(plan: Plan, source: { readonly functionName: string; readonly streamArn: string }): string {
  return `${source.functionName}.${plan.streams.get(source.streamArn) ?? ''}.json`;
}

function withStacks(assembly: Assembly, names: readonly string[] | undefined): Assembly {
  const stacks = assembly.stacks.filter(({ name }) => names === undefined || names.includes(name));
  const unknown = names?.find((name) => !stacks.some((stack) => stack.name === name));
  if (unknown !== undefined) {
    const known = assembly.stacks.map(({ name }) => name).join(', ');
    throw new Error(`There is no stack "${unknown}" in the assembly. It holds ${known}.`);
  }
  return { ...assembly, stacks };
}

/** Deletes what an earlier deployment on this directory made and this one has not, as CloudFormation does. */
function deleteLeftOut(plan: Plan, sqs: SqsEngine, state: StateDirectory, warn: (line: string) => void): void {
  const queues = new Set([...plan.queues.values()].map(({ name }) => name));
  for (const name of sqs.queueNames().filter((each) => !queues.has(each))) {
    const { visible, inFlight, delayed } = sqs.pending(name);
    const held = visible + inFlight + delayed;
    if (held > 0) warn(`The queue ${name} is deployed no more: it is deleted, with ${held} messages.`);
    sqs.deleteQueue(name);
  }
  const positions = new Set(plan.streamSources.map((source) => positionName(plan, source)));
  const folder = join(state.path, 'streams');
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    if (!positions.has(file)) rmSync(join(folder, file));
  }
  const { sent, announced, roles } = state.kept();
  const schedules = new Set(plan.schedules.map(({ arn }) => arn));
  const told = new Set([...plan.notifications.map(notificationName), ...[...plan.feedback.values()].map(feedbackName)]);
  state.keep({
    sent: Object.fromEntries(Object.entries(sent).filter(([arn]) => schedules.has(arn))),
    announced: announced.filter((name) => told.has(name)),
    roles: Object.fromEntries([...plan.roles.keys()].map((arn) => [arn, roles[arn] ?? randomUUID()])),
  });
}

/** What the queues that a function reads hold: the label for people, and whether nobody may see any of it yet. */
function openQueues(plan: Plan, sqs: SqsEngine): readonly { readonly label: string; readonly hidden: boolean }[] {
  return plan.queueSources.filter(isEnabled).flatMap(({ queueArn }) => {
    const name = plan.queues.get(queueArn)?.name ?? '';
    const { visible, inFlight, delayed } = sqs.pending(name);
    if (visible + inFlight + delayed === 0) return [];
    const label = `${name}: ${visible} messages waiting, ${inFlight} in flight, ${delayed} delayed`;
    return [{ label, hidden: visible === 0 }];
  });
}

/** Tells the activity of the messages in queues that a function reads. */
function watchQueues(plan: Plan, sqs: SqsEngine, activity: Activity): () => void {
  const remove = activity.addSource(() => openQueues(plan, sqs).map(({ label }) => label));
  const unsubscribe = sqs.onChange(() => activity.changed());
  return () => {
    unsubscribe();
    remove();
  };
}

/** The day by day advance of a plan's engines; `denied` is how many calls were denied, and what. */
function advanceOf(
  plan: Plan,
  { clock, sqs, ses }: Engines,
  activity: Activity,
  denied: readonly string[],
  wallClocks: WallClocks | undefined,
) {
  const read = new Set(plan.queueSources.filter(isEnabled).map(({ queueArn }) => queueArn));
  const names = (isRead: boolean) =>
    [...plan.queues].filter(([arn]) => read.has(arn) === isRead).map(([, { name }]) => name);
  const [worked, unread] = [names(true), names(false)];
  return createAdvance({
    clock,
    quiet: activity.quiet,
    open: activity.open,
    onlyHidden() {
      const hidden = new Set(openQueues(plan, sqs).flatMap(({ label, hidden }) => (hidden ? [label] : [])));
      return activity.open().every((label) => hidden.has(label));
    },
    nextVisibleAt: () =>
      worked.map(sqs.nextVisibleAt).reduce((first, at) => (at === undefined || (first ?? at) < at ? first : at)),
    subjects: ses.subjects,
    letterCount: ses.letterCount,
    // Nobody reads dead letters but people.
    deadLetters: () => new Map(unread.map((name) => [name, sqs.arrivals(name)])),
    denied,
    wallClocks,
  });
}

/** What of letters and topics is on its way to a queue. */
function untold({ ses, sns }: Engines): readonly string[] {
  return [
    ...(ses.untold() === 0 ? [] : [`what became of ${ses.untold()} letters`]),
    ...(sns.unconfirmed() === 0 ? [] : [`${sns.unconfirmed()} publications`]),
  ];
}

function notifyQueues(
  plan: Plan,
  { gateway, s3 }: Engines,
  around: { readonly region: string; readonly accountId: string; readonly begin: (label: string) => () => void },
): void {
  const { region, accountId, begin } = around;
  s3.onObjectCreated(async (event) => {
    const end = begin(`${event.bucket}: notification of ${event.key}`);
    try {
      for (const notification of plan.notifications) {
        const { bucket, prefix, suffix, queueArn, configurationId, tags } = notification;
        const kind = notification.event.replace('s3:', '');
        if (bucket !== event.bucket || !(kind.endsWith(':*') || kind === event.eventName)) continue;
        if (!event.key.startsWith(prefix) || !event.key.endsWith(suffix)) continue;
        const body = JSON.stringify(
          objectCreatedNotification(event, { region, accountId, configurationId, awsGeneratedTags: tags }),
        );
        const call = callAs(gateway, s3Principal(bucket, accountId));
        await call('sqs', 'SendMessage', { QueueUrl: plan.queues.get(queueArn)?.url, MessageBody: body });
      }
    } finally {
      end();
    }
  });
}

function serveApi(
  plan: Plan,
  api: HttpApi,
  around: {
    readonly gateway: Gateway;
    readonly deliver: (functionName: string) => Deliver;
    readonly clock: BusinessClock;
    readonly begin: (label: string) => () => void;
    readonly region: string;
    readonly accountId: string;
    readonly issuer: string;
  },
): void {
  const { gateway, deliver, clock, begin, region, accountId, issuer } = around;
  const [planned] = plan.apis.values();
  if (planned === undefined) return;
  const { apiId, cors } = planned;
  const stage = plan.stages.find((each) => each.apiId === apiId);
  if (stage === undefined) throw new Error(`The HTTP API ${apiId} has no stage $default, so nothing reaches it.`);

  const authorizers = new Map(
    [...plan.authorizers].map(([id, configuration]) => {
      const poolId = /^https:\/\/cognito-idp\.[^/]+\/(.+)$/.exec(configuration.issuer)?.[1];
      const isOurs = poolId !== undefined && plan.userPools.has(poolId);
      return [id, createAuthorizer(isOurs ? { ...configuration, issuer } : configuration)];
    }),
  );
  const routes = plan.routes.map(({ key, integrationId, authorizerId, scopes, where }): Route => {
    const integration = plan.integrations.get(integrationId);
    const target = [...plan.functions.values()].find(({ arn }) => arn === integration?.functionArn);
    if (integration === undefined || target === undefined) throw new Error(`${where}: the route leads to no function.`);
    const authorizer = authorizerId === undefined ? undefined : authorizers.get(authorizerId);
    if (authorizerId !== undefined && authorizer === undefined)
      throw new Error(`${where}: there is no authorizer ${authorizerId}.`);
    return {
      key,
      functionName: target.name,
      functionArn: target.arn,
      timeoutMs: integration.timeoutMs,
      scopes,
      ...(authorizer === undefined ? {} : { authorizer }),
    };
  });
  const { throttle, routeThrottles } = stage;
  for (const key of Object.keys(routeThrottles))
    if (!routes.some((route) => route.key === key))
      throw new Error(`The stage of API ${apiId} has settings for ${key}, and the API has no such route.`);
  api.serve(
    {
      apiId,
      region,
      accountId,
      routes,
      ...(cors === undefined ? {} : { cors }),
      ...(throttle === undefined ? {} : { throttle }),
      routeThrottles,
    },
    {
      deliver,
      mayInvoke(functionArn, sourceArn) {
        const principal: Principal = {
          kind: 'service',
          service: 'apigateway.amazonaws.com',
          sourceArn,
          sourceAccount: accountId,
        };
        try {
          const authorization = { action: 'lambda:InvokeFunction', resource: functionArn };
          gateway.demand(principal, authorization, { service: 'lambda', operation: 'Invoke' });
          return true;
        } catch {
          return false; // recorded and printed by the gateway
        }
      },
      now: () => clock.now(),
      begin,
    },
  );
}

function runSchedules(
  plan: Plan,
  { clock, gateway }: Engines,
  around: {
    readonly accountId: string;
    readonly activity: Activity;
    readonly state: StateDirectory;
    readonly wallClocks: WallClocks | undefined;
    readonly warn: (line: string) => void;
  },
): () => void {
  const { accountId, activity, state, warn, wallClocks } = around;
  const running = plan.schedules
    .filter(({ enabled }) => enabled)
    .map((schedule) => {
      const { name, arn, roleArn, queueArn, deadLetterArn, retries, where } = schedule;
      const groupArn = arn.replace(':schedule/', ':schedule-group/').replace(/\/[^/]+$/, '');
      const context = { 'aws:SourceArn': groupArn, 'aws:SourceAccount': accountId };
      if (!gateway.assumableBy(roleArn, 'scheduler.amazonaws.com', context)) {
        throw new Error(
          `${where}: EventBridge Scheduler may not assume ${roleArn}. The role's trust must name scheduler.amazonaws.com.`,
        );
      }
      const queueOf = (wanted: string): { readonly name: string; readonly url: string } => {
        const queue = plan.queues.get(wanted);
        if (queue === undefined) throw new Error(`${where}: there is no queue ${wanted}.`);
        return queue;
      };
      const queue = queueOf(queueArn);
      const deadLetters = deadLetterArn === undefined ? undefined : queueOf(deadLetterArn);
      const call = callAs(gateway, { kind: 'role', roleArn, name });
      const { expression, timeZone } = schedule;
      const fired: FiredMoment = {
        last() {
          const sent = state.kept().sent[arn];
          return sent?.expression === expression && sent.timeZone === timeZone ? sent.moment : undefined;
        },
        keep: (moment) => state.keep({ sent: { ...state.kept().sent, [arn]: { expression, timeZone, moment } } }),
      };
      const backoff = createBackoff();
      let stopped = false;
      const send = async (body: string): Promise<void> => {
        backoff.reset();
        for (let left = retries; !stopped; left -= 1) {
          try {
            await call('sqs', 'SendMessage', { QueueUrl: queue.url, MessageBody: body });
            return;
          } catch (error) {
            // What is not allowed won't be at the next try.
            const isLast = left === 0 || (error instanceof AwsError && error.code.startsWith('AccessDenied'));
            const then = isLast ? 'gives up' : 'tries again';
            warn(`The schedule ${name} could not send to ${queue.name}, and ${then}: ${messageOf(error)}`);
            if (isLast) break;
            await backoff.wait();
          }
        }
        if (stopped || deadLetters === undefined) return;
        await call('sqs', 'SendMessage', { QueueUrl: deadLetters.url, MessageBody: body });
      };
      const running = runSchedule({ ...schedule, wallClocks }, clock, fired, async (moment) => {
        const end = activity.begin(`schedule ${name}`);
        const time = new Date(moment).toISOString().replace('.000Z', 'Z');
        const body = schedule.input
          .replaceAll('<aws.scheduler.scheduled-time>', time)
          .replaceAll('<aws.scheduler.schedule-arn>', arn);
        try {
          await send(body);
        } catch (error) {
          warn(`The schedule ${name} could not send to its dead-letter queue: ${messageOf(error)}`);
        } finally {
          end();
        }
      });
      const stop = (): void => {
        stopped = true;
        running.stop();
        backoff.stop();
      };
      return { name, isDue: running.isDue, stop };
    });
  const remove = activity.addSource(() =>
    running.filter((schedule) => schedule.isDue()).map(({ name }) => `schedule ${name}`),
  );
  return () => {
    remove();
    for (const schedule of running) schedule.stop();
  };
}

function findResource(resources: readonly ProvisionedResource[], name: string, stackSuffix = ''): ProvisionedResource {
  const within = resources.filter(({ stack }) => stack.endsWith(stackSuffix));
  const exact = within.filter(({ logicalId, reference, attributes }) =>
    [logicalId, reference, attributes.QueueName].includes(name),
  );
  const found = exact.length > 0 ? exact : within.filter(({ path }) => path?.includes(name));
  const [resource, ...others] = found;
  if (resource !== undefined && others.length === 0) return resource;
  const candidates = found.map(({ path, logicalId, type }) => `${path ?? logicalId} (${type})`).join(', ');
  throw new Error(found.length === 0 ? `There is no resource "${name}".` : `"${name}" could be any of ${candidates}.`);
}

function cloudFunction(runtime: FunctionRuntime, invoke: CloudFunction['invoke']): CloudFunction {
  return {
    invoke,
    logs: runtime.logs,
    logFile: runtime.logFile,
    statistics: runtime.statistics,
    get instances() {
      return runtime.instances;
    },
  };
}
