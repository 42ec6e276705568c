// What runs in each function instance: it imports the bundle and hands it one event after the other.
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { InstanceMessage, InvokeMessage, ReportedError } from './instance-messages.ts';

type Handler = (event: unknown, context: unknown) => unknown;

const { env } = process;
const name = env.AWS_LAMBDA_FUNCTION_NAME ?? '';
const report = (message: InstanceMessage): void => {
  process.send?.(message);
};

// The instance lives no longer than the local cloud.
process.on('disconnect', () => process.exit());
// Ctrl-C reaches the whole process group: the local cloud ends its instances by itself.
process.on('SIGINT', () => {});

try {
  refuseForeignModules(env.LAMBDA_TASK_ROOT ?? '');
  const handler = await importHandler(env.LAMBDA_TASK_ROOT ?? '', env._HANDLER ?? '');
  process.on('message', (message: InvokeMessage) => void invoke(handler, message));
  report({ kind: 'ready' });
} catch (error) {
  report({ kind: 'broken', error: describeError(error) });
}

/** The bundle lies within the repository: what it left out would be found in the folders above it, and on Lambda nowhere. */
function refuseForeignModules(root: string): void {
  if (!existsSync(root)) return; // the import tells what is missing
  const own = pathToFileURL(realpathSync(root) + sep).href;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const found = nextResolve(specifier, context);
      if (!found.url.startsWith('file:') || found.url.startsWith(own)) return found;
      const from = context.parentURL === undefined ? '' : ` imported from ${context.parentURL}`;
      throw Object.assign(new Error(`Cannot find package '${specifier}'${from}: it is not in the bundle`), {
        name: 'Runtime.ImportModuleError',
        code: 'ERR_MODULE_NOT_FOUND',
      });
    },
  });
}

async function importHandler(root: string, specification: string): Promise<Handler> {
  const dot = specification.lastIndexOf('.');
  const [path, exported] = [specification.slice(0, dot), specification.slice(dot + 1)];
  const file = ['.mjs', '.js', '.cjs'].map((extension) => join(root, path + extension)).find(existsSync);
  if (file === undefined) {
    throw Object.assign(new Error(`Cannot find module '${path}' in ${root}`), { name: 'Runtime.ImportModuleError' });
  }
  const bundle = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const handler = bundle[exported];
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(`${specification} is undefined or not exported`), {
      name: 'Runtime.HandlerNotFound',
    });
  }
  return handler as Handler;
}

async function invoke(handler: Handler, message: InvokeMessage): Promise<void> {
  const { requestId } = message;
  const deadline = performance.now() + message.timeoutMs;
  forgetPeak();
  try {
    const result = await handler(JSON.parse(message.event), {
      awsRequestId: requestId,
      callbackWaitsForEmptyEventLoop: true,
      functionName: name,
      functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
      invokedFunctionArn: message.functionArn,
      logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
      memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
    });
    report({ kind: 'end', requestId, result: JSON.stringify(result ?? null), peakBytes: peak() });
  } catch (error) {
    report({ kind: 'end', requestId, error: describeError(error), peakBytes: peak() });
  }
}

function describeError(error: unknown): ReportedError {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };
}

// Linux can start the high-water mark anew, so that a large invocation does not colour the next one's figure.
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // elsewhere the figure is the process's own peak
  }
}

function peak(): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // no /proc here
  }
  return process.resourceUsage().maxRSS * 1024;
}
