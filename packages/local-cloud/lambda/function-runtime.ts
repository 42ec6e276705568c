import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../message-of.ts';
import type { FunctionConfiguration } from '../template/plan.ts';
import type { InstanceMessage, InvokeMessage, ReportedError } from './instance-messages.ts';
import { limitTo, type ProcessorShare, unlimited } from './processor-share.ts';

/** What an instance finds in its environment beside the template's own variables. */
export type InstanceSurroundings = {
  readonly region: string;
  /** "http://127.0.0.1:PORT" of the gateway. */
  readonly endpoint: string;
  /** The keys of the function's role. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The file to which the instances' output goes. */
  readonly logFile: string;
  /** Whether an instance has the share of a processor that comes with its memory, and is frozen between invocations. */
  readonly processorShare?: boolean;
};

/** The end of one invocation. */
export type Invocation = {
  readonly requestId: string;
  /** What the handler gave; absent when it failed. */
  readonly result?: unknown;
  /** Why it failed, as Lambda says it. */
  readonly error?: ReportedError;
  /** Milliseconds from the call to its end, waiting for a free instance included. */
  readonly waitedMs: number;
  /** Milliseconds that the handler ran. */
  readonly durationMs: number;
  /** Milliseconds that starting the instance took; absent when it was warm. */
  readonly initMs?: number;
  /** The most memory that the instance held, in bytes; 0 when it did not live to say. */
  readonly peakBytes: number;
};

/** The instances of one function. */
export type FunctionRuntime = {
  readonly configuration: FunctionConfiguration;
  /** Runs the handler with an event; never rejects: a failure is the invocation's `error`. */
  invoke(event: unknown): Promise<Invocation>;
  /** What the instances wrote, from all runs on this state directory. */
  logs(): string;
  readonly logFile: string;
  /** Instances alive. */
  readonly instances: number;
  /** What the invocations took since the start. */
  readonly statistics: {
    readonly invocations: number;
    readonly errors: number;
    readonly coldStarts: number;
    readonly peakBytes: number;
  };
  /** Kills all instances; waiting and running invocations end as failed. */
  close(): Promise<void>;
};

type EndMessage = Extract<InstanceMessage, { kind: 'end' }>;

type Instance = {
  readonly process: ChildProcess;
  readonly started: number;
  /** Resolves when the bundle is imported, or with the reason why it can't be. */
  readonly ready: Promise<ReportedError | undefined>;
  /** Resolves with the reason when the process is gone. */
  readonly gone: Promise<ReportedError>;
  readonly share: ProcessorShare;
  used: boolean;
};

const bootstrap = fileURLToPath(new URL('./bootstrap.ts', import.meta.url));
/** As on Lambda: importing the bundle may take this long. */
const initLimitMs = 10_000;

/** Lambda's reserved variables win over the template's. */
function environmentOf(configuration: FunctionConfiguration, around: InstanceSurroundings): Record<string, string> {
  return {
    ...configuration.environment,
    AWS_REGION: around.region,
    AWS_DEFAULT_REGION: around.region,
    AWS_ACCESS_KEY_ID: around.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: around.credentials.secretAccessKey,
    AWS_ENDPOINT_URL: around.endpoint,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: configuration.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.memoryMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${configuration.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LAMBDA_TASK_ROOT: configuration.codeDirectory,
    _HANDLER: configuration.handler,
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
  };
}

/** The first of the promises to resolve, or `late` when none has after so many milliseconds. */
async function within<T>(limitMs: number, promises: readonly Promise<T>[], late: T): Promise<T> {
  const limit = Promise.withResolvers<T>();
  const timer = setTimeout(() => limit.resolve(late), limitMs);
  try {
    return await Promise.race([...promises, limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs a function from its bundle: each instance is a process of its own, started when it is needed, kept warm, and
 * given one event at a time. A call that finds every instance busy waits for one.
 *
 * @param configuration what the template says of the function
 * @param around where it runs: endpoint, keys, log file
 */
export function createFunctionRuntime(
  configuration: FunctionConfiguration,
  around: InstanceSurroundings,
): FunctionRuntime {
  const idle: Instance[] = [];
  const alive = new Set<Instance>();
  const waiting: PromiseWithResolvers<Instance | undefined>[] = [];
  const statistics = { invocations: 0, errors: 0, coldStarts: 0, peakBytes: 0 };
  let logDescriptor: number | undefined;
  let closed = false;

  // Instances write to the file by themselves, so that a crash, theirs or ours, loses none of their last words.
  const log = (): number => {
    mkdirSync(dirname(around.logFile), { recursive: true });
    logDescriptor ??= openSync(around.logFile, 'a');
    return logDescriptor;
  };

  const writeLog = (line: string): void => {
    try {
      writeSync(log(), line);
    } catch {
      // The caller is told of the error in any case.
    }
  };

  const readLog = (): string => {
    try {
      return readFileSync(around.logFile, 'utf8');
    } catch {
      return ''; // nothing was ever written
    }
  };

  const start = (): Instance => {
    const child = fork(bootstrap, [], {
      cwd: configuration.codeDirectory,
      env: environmentOf(configuration, around),
      // Lambda's runtime gives the heap nine tenths of the function's memory.
      execArgv: [`--max-old-space-size=${Math.floor(configuration.memoryMegabytes * 0.9)}`],
      stdio: ['ignore', log(), log(), 'ipc'],
    });
    const ready = Promise.withResolvers<ReportedError | undefined>();
    const gone = Promise.withResolvers<ReportedError>();
    const instance: Instance = {
      process: child,
      started: performance.now(),
      ready: ready.promise,
      gone: gone.promise,
      share: around.processorShare === true ? limitTo(child, configuration.memoryMegabytes) : unlimited,
      used: false,
    };
    alive.add(instance);
    child.on('message', (message: InstanceMessage) => {
      if (message.kind === 'ready') ready.resolve(undefined);
      if (message.kind === 'broken') ready.resolve(message.error);
    });
    const forget = (): void => {
      alive.delete(instance);
      const at = idle.indexOf(instance);
      if (at >= 0) idle.splice(at, 1);
    };
    child.on('error', (error) => {
      if (child.pid !== undefined) return; // "exit" or a failed send tells the same with more detail
      forget();
      gone.resolve({ errorType: 'Runtime.ExitError', errorMessage: `No process: ${error.message}`, trace: [] });
    });
    child.on('exit', (code, signal) => {
      forget();
      const outOfMemory = signal === 'SIGABRT' && /heap out of memory|heap limit/.test(readLog().slice(-8000));
      gone.resolve({
        errorType: outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError',
        errorMessage: outOfMemory
          ? `Runtime ran out of memory: ${configuration.name} has ${configuration.memoryMegabytes} MB`
          : `Runtime exited with error: ${signal === null ? `exit status ${code}` : `signal: ${signal}`}`,
        trace: [],
      });
    });
    return instance;
  };

  const acquire = async (): Promise<Instance | undefined> => {
    if (closed) return undefined;
    const warm = idle.pop();
    if (warm !== undefined) return warm;
    if (alive.size < configuration.concurrency) return start();
    const turn = Promise.withResolvers<Instance | undefined>();
    waiting.push(turn);
    return turn.promise;
  };

  const release = (instance: Instance): void => {
    const next = waiting.shift();
    const usable = alive.has(instance) && instance.process.connected;
    if (next === undefined) {
      if (usable) idle.push(instance);
      return;
    }
    try {
      next.resolve(usable ? instance : start());
    } catch (error) {
      next.reject(error);
    }
  };

  const kill = async (instance: Instance): Promise<void> => {
    instance.process.kill('SIGKILL');
    await instance.gone;
  };

  const run = async (
    instance: Instance,
    requestId: string,
    event: string,
  ): Promise<Omit<Invocation, 'requestId' | 'waitedMs'>> => {
    const cold = !instance.used;
    instance.used = true;
    const initFailure = await within(initLimitMs, [instance.ready, instance.gone], {
      errorType: 'Runtime.InitTimeout',
      errorMessage: `Init phase timed out after ${initLimitMs / 1000} seconds`,
      trace: [],
    });
    const begun = performance.now();
    const init = cold ? { initMs: begun - instance.started } : {};
    if (initFailure !== undefined) {
      await kill(instance);
      return { ...init, error: initFailure, durationMs: 0, peakBytes: 0 };
    }

    const timeoutMs = configuration.timeoutSeconds * 1000;
    const ended = Promise.withResolvers<EndMessage>();
    const listener = (message: InstanceMessage): void => {
      if (message.kind === 'end' && message.requestId === requestId) ended.resolve(message);
    };
    instance.process.on('message', listener);
    const message: InvokeMessage = { requestId, functionArn: configuration.arn, event, timeoutMs };
    instance.share.begin();
    instance.process.send(message, () => {}); // a process that is gone is told by "exit"
    const end = await within<EndMessage | ReportedError>(timeoutMs, [ended.promise, instance.gone], {
      errorType: 'Sandbox.Timedout',
      errorMessage: `Task timed out after ${configuration.timeoutSeconds.toFixed(2)} seconds`,
      trace: [],
    });
    instance.process.off('message', listener);
    instance.share.end();
    const durationMs = performance.now() - begun;
    if (!('kind' in end)) {
      await kill(instance);
      return { ...init, error: end, durationMs, peakBytes: 0 };
    }
    const { peakBytes } = end;
    if (peakBytes > configuration.memoryMegabytes * 1024 * 1024) {
      await kill(instance);
      const used = Math.ceil(peakBytes / 1024 / 1024);
      const errorMessage = `Runtime exited with error: signal: killed (it held ${used} MB of its ${configuration.memoryMegabytes} MB)`;
      return { ...init, error: { errorType: 'Runtime.ExitError', errorMessage, trace: [] }, durationMs, peakBytes };
    }
    return end.error === undefined
      ? { ...init, result: JSON.parse(end.result ?? 'null') as unknown, durationMs, peakBytes }
      : { ...init, error: end.error, durationMs, peakBytes };
  };

  return {
    configuration,
    logFile: around.logFile,
    statistics,
    get instances() {
      return alive.size;
    },
    async invoke(event) {
      const requestId = randomUUID();
      const called = performance.now();
      const waited = (): number => performance.now() - called;
      const failed = (errorType: string, errorMessage: string): Invocation => {
        return {
          requestId,
          error: { errorType, errorMessage, trace: [] },
          waitedMs: waited(),
          durationMs: 0,
          peakBytes: 0,
        };
      };
      let outcome: Invocation;
      try {
        const text = JSON.stringify(event);
        const instance = await acquire();
        if (instance === undefined) return failed('Runtime.Stopped', 'The local cloud stopped.');
        const waitedMs = waited();
        try {
          outcome = { requestId, waitedMs, ...(await run(instance, requestId, text)) };
        } finally {
          if (!closed) release(instance);
        }
      } catch (error) {
        outcome = failed('Runtime.LocalFailure', `The local cloud could not run it: ${messageOf(error)}`);
      }
      statistics.invocations += 1;
      statistics.peakBytes = Math.max(statistics.peakBytes, outcome.peakBytes);
      if (outcome.initMs !== undefined) statistics.coldStarts += 1;
      if (outcome.error !== undefined && !closed) {
        statistics.errors += 1;
        writeLog(`${JSON.stringify({ requestId, ...outcome.error })}\n`);
      }
      return outcome;
    },
    logs: readLog,
    async close() {
      closed = true;
      for (const { resolve } of waiting.splice(0)) resolve(undefined);
      await Promise.all([...alive].map(kill));
      if (logDescriptor !== undefined) closeSync(logDescriptor);
      logDescriptor = undefined;
    },
  };
}
