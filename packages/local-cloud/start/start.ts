import { join } from 'node:path';
import { createActivity } from '../activity.ts';
import { createCognitoEngine } from '../cognito-idp/cognito-engine.ts';
import { connectNotifications } from '../event-sources/notifications.ts';
import { connectQueues, watchQueues } from '../event-sources/queues.ts';
import { connectStreams } from '../event-sources/streams.ts';
import { connectTopics } from '../event-sources/topics.ts';
import type { Denial } from '../gateway/access.ts';
import { nameOf } from '../gateway/refusals.ts';
import { serveApi } from '../http-api/serve-api.ts';
import { createIdentity, type Identity } from '../identity/identity.ts';
import type { FunctionRuntime } from '../lambda/function-runtime.ts';
import { type InvocationListener, openFunctions } from '../lambda/functions.ts';
import { runSchedules } from '../scheduler/run-schedules.ts';
import { takeStateDirectory } from '../state/state.ts';
import { readAssembly, withStacks } from '../template/assembly.ts';
import { findResource } from '../template/find-resource.ts';
import type { Plan } from '../template/plan.ts';
import { createCloudAdvance } from './advance-cloud.ts';
import { deploy } from './deploy.ts';
import { type Engines, openEngines } from './engines.ts';
import { createEvents, type Events } from './events.ts';
import type { CloudFunction, LocalCloud, LocalCloudOptions } from './local-cloud.ts';
import { signToken } from './sign-token.ts';

const quietLimitMs = 30_000;

/**
 * Starts a local cloud on a synthesized app: makes what its templates ask for, and connects it.
 *
 * @throws Error that names what the local cloud does not support, a port that is taken, or the process that holds the directory
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
    const events = createEvents(warn);
    const activity = createActivity();
    const denied: string[] = [];
    const onDenied = (denial: Denial): void => {
      const line = describeDenial(denial);
      denied.push(line);
      warn(line);
      events.emit('denied', denial);
    };
    const engines = await openEngines(options, { region, accountId, state, closing, warn, onDenied });
    const { gateway, gatewayUrl, clock, ses, sqs, control, api, issuer } = engines;
    const around = { ...engines, region, accountId, state, activity, warn, wallClocks: options.wallClocks };

    const { plan, resources, outputs } = await deploy(assembly, around);
    const identity = await openIdentity(plan, around, state.path);
    const functions = openFunctions(plan, around, options, emitInvocations(events));
    closing.defer(functions.close);

    const sources = [...connectQueues(plan, functions, around), ...connectStreams(plan, functions, around)];
    closing.defer(() => {
      for (const source of sources) source.stop();
    });
    closing.defer(watchQueues(plan, around));
    closing.defer(connectNotifications(plan, around));
    closing.defer(connectTopics(plan, around));
    serveApi(plan, functions, around);
    closing.defer(runSchedules(plan, around));

    const token: LocalCloud['token'] = (request) => signToken(plan, identity, request);
    const quiet = (timeoutMs = quietLimitMs): Promise<void> => activity.quiet(timeoutMs);
    const advance = createCloudAdvance(plan, around, denied);
    control.open({ identity, ses, clock, gateway, token, quiet, advance });
    closing.defer(ses.onLetter((letter) => events.emit('letter', letter)));
    await Promise.all(sources.map((source) => source.start()));

    const operator = gateway.credentialsFor({ kind: 'operator' });
    const addresses = { apiUrl: api.url, gatewayUrl, issuer, inboxUrl: `${control.url}/`, controlUrl: control.url };
    state.publish({ ...addresses, region, accountId, operator, outputs });
    const readyMs = performance.now() - started;

    return {
      ...addresses,
      region,
      accountId,
      operator,
      outputs,
      account: engines.account,
      readyMs,
      resource: (name, stackSuffix) => findResource(resources, name, stackSuffix),
      functions: Object.fromEntries(
        [...functions.runtimes].map(([name, runtime]) => [name, cloudFunction(runtime, functions.deliver(name))]),
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
      on: events.on,
      sqs,
      ses,
      stop: () => closing.disposeAsync(),
    };
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }
}

function describeDenial({ principal, action, resource, operation, reason }: Denial): string {
  return `denied: ${nameOf(principal)} may not ${action} on ${resource} (${operation}): ${reason}`;
}

/** Opens the identity provider of a plan's user pool, with Cognito's calls before it. */
async function openIdentity(
  plan: Plan,
  around: Pick<Engines, 'gateway' | 'ses' | 'issuer'> & {
    readonly region: string;
    readonly accountId: string;
    readonly warn: (line: string) => void;
  },
  directory: string,
): Promise<Identity> {
  const { gateway, ses, issuer, region, accountId, warn } = around;
  const identity = await createIdentity({
    file: join(directory, 'identity.json'),
    issuer: () => issuer,
    clients: () => [...plan.userPools.values()].flatMap(({ appClients }) => appClients),
    warn,
  });
  gateway.register(createCognitoEngine({ identity, ses, pools: () => plan.userPools, region, accountId }));
  return identity;
}

function emitInvocations({ emit }: Events): InvocationListener {
  return {
    onStarted: (functionName) => emit('started', { functionName, at: Date.now() }),
    onEnded: (functionName, invocation) =>
      emit('ended', { functionName, at: Date.now(), cold: invocation.initMs !== undefined, ...invocation }),
    onThrottled: (functionName) => emit('throttled', { functionName }),
  };
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
