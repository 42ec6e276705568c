import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Activity } from '../activity.ts';
import type { Principal } from '../engine.ts';
import { callAs, type RoleCall } from '../gateway/call-as.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { StateDirectory } from '../state/state.ts';
import type { Plan, PlannedFunction } from '../template/plan.ts';
import { throttled } from './deliver.ts';
import { createFunctionRuntime, type FunctionRuntime, type Invocation } from './function-runtime.ts';

/** Hears of invocations, as they happen. */
export type InvocationListener = {
  /** An invocation was called for. */
  onStarted(functionName: string): void;
  onEnded(functionName: string, invocation: Invocation): void;
  /** An invocation was refused: the account had as many as it may have at a time. */
  onThrottled(functionName: string): void;
};

/** The functions of the templates, by their physical names. */
export type Functions = {
  readonly runtimes: ReadonlyMap<string, FunctionRuntime>;
  /** How an event is handed to a function. */
  deliver(functionName: string): (event: unknown) => Promise<Invocation>;
  /** How AWS is called as a function's role. */
  callOf(functionName: string): RoleCall;
  close(): Promise<void>;
};

type Surroundings = {
  readonly region: string;
  readonly gateway: Gateway;
  readonly gatewayUrl: string;
  readonly state: StateDirectory;
  readonly activity: Activity;
};

type Options = {
  /** How many invocations all functions together may have at a time. */
  readonly accountConcurrency?: number;
  readonly processorShare?: boolean;
};

/**
 * Gives each function of a plan a runtime with the keys of its role.
 *
 * @throws Error naming the function whose role Lambda may not assume
 */
export function openFunctions(
  plan: Plan,
  around: Surroundings,
  { accountConcurrency = Number.POSITIVE_INFINITY, processorShare = false }: Options,
  listener: InvocationListener,
): Functions {
  const runtimes = new Map(
    [...plan.functions.values()].map((planned) => [planned.name, openRuntime(planned, around, processorShare)]),
  );
  let invocations = 0;

  return {
    runtimes,
    deliver(functionName) {
      return async (event) => {
        const runtime = runtimes.get(functionName);
        if (runtime === undefined) throw new Error(`There is no function ${functionName}.`);
        if (invocations >= accountConcurrency) {
          listener.onThrottled(functionName);
          return { requestId: randomUUID(), error: throttled, waitedMs: 0, durationMs: 0, peakBytes: 0 };
        }
        invocations += 1;
        const end = around.activity.begin(`${functionName}: an invocation`);
        listener.onStarted(functionName);
        const invocation = await runtime.invoke(event).finally(() => {
          invocations -= 1;
        });
        listener.onEnded(functionName, invocation);
        end();
        return invocation;
      };
    },
    callOf(functionName) {
      const planned = plan.functions.get(functionName);
      if (planned === undefined) throw new Error(`There is no function ${functionName}.`);
      return callAs(around.gateway, roleOf(planned));
    },
    async close() {
      await Promise.all([...runtimes.values()].map((runtime) => runtime.close()));
    },
  };
}

function openRuntime(
  planned: PlannedFunction,
  { region, gateway, gatewayUrl, state }: Surroundings,
  processorShare: boolean,
): FunctionRuntime {
  const { roleArn, ...configuration } = planned;
  const { name } = configuration;
  if (!gateway.assumableBy(roleArn, 'lambda.amazonaws.com')) {
    throw new Error(`${name}: Lambda may not assume ${roleArn}. The role's trust must name lambda.amazonaws.com.`);
  }
  return createFunctionRuntime(configuration, {
    region,
    endpoint: gatewayUrl,
    credentials: gateway.credentialsFor(roleOf(planned), state.kept().roles[roleArn]),
    logFile: join(state.path, 'logs', `${name}.log`),
    processorShare,
  });
}

function roleOf({ roleArn, name }: PlannedFunction): Principal {
  return { kind: 'role', roleArn, name };
}
