import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readyAccount } from '../account/account.ts';
import { type Activity, createActivity } from '../activity.ts';
import { openBusinessClock } from '../clock.ts';
import { createCognitoEngine } from '../cognito-idp/cognito-engine.ts';
import { createAdvance } from '../control/advance.ts';
import { createDesk } from '../control/control-server.ts';
import { createDynamoDbEngine } from '../dynamodb/dynamodb-engine.ts';
import type { Principal } from '../engine.ts';
import { isEnabled } from '../event-sources/event-source.ts';
import { notificationName, notifyQueues, s3Principal } from '../event-sources/notifications.ts';
import { connectQueues, openQueues, watchQueues } from '../event-sources/queues.ts';
import { connectStreams } from '../event-sources/streams.ts';
import { addFeedback, connectTopics } from '../event-sources/topics.ts';
import { callAs, type RoleCall } from '../gateway/call-as.ts';
import { createGateway } from '../gateway/gateway.ts';
import { nameOf } from '../gateway/refusals.ts';
import { openHttpApi } from '../http-api/http-api.ts';
import { serveApi } from '../http-api/serve-api.ts';
import { createIdentity } from '../identity/identity.ts';
import { throttled } from '../lambda/deliver.ts';
import { createFunctionRuntime, type FunctionRuntime, type Invocation } from '../lambda/function-runtime.ts';
import { messageOf } from '../message-of.ts';
import { createS3Engine, testEvent } from '../s3/index.ts';
import { runSchedules } from '../scheduler/run-schedules.ts';
import { createSesEngine } from '../ses/ses-engine.ts';
import { createSnsEngine } from '../sns/sns-engine.ts';
import { createSqsEngine } from '../sqs/sqs-engine.ts';
import { takeStateDirectory } from '../state/state.ts';
import { readAssembly, withStacks } from '../template/assembly.ts';
import { findResource } from '../template/find-resource.ts';
import type { Plan, PlannedNotification } from '../template/plan.ts';
import { provision } from '../template/provision.ts';
import type { WallClocks } from '../time-zone.ts';
import { allOpened, type Engines } from './engines.ts';
import { deleteLeftOut } from './left-out.ts';
import type { CloudEvents, CloudFunction, LocalCloud, LocalCloudOptions } from './local-cloud.ts';
import { registerAccount } from './register-account.ts';

const quietLimitMs = 30_000;
const tokenSeconds = 3600;

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
