import type { Denial, Invocation, LocalCloud } from '@secor/local-cloud';
import { stage } from './assembly.ts';
import { Failure, messageOf } from './command.ts';
import type { timeline } from './timeline.ts';

/** How long a step may take, unless it says otherwise. */
export const stepLimitMs = 15_000;
const shownLogLines = 12;
const shownLineLength = 500;

/** Where a step happens: its name, the services on the way, the function whose log tells when it fails, its limit. */
type Place = readonly [step: string, where: string, functionName: string | undefined, limitMs?: number];

/** What failed in a function that is known. */
export class FailedIn extends Failure {
  readonly functionName: string | undefined;

  /** @param functionName as its folder is named: "layout" */
  constructor(functionName: string | undefined, message: string) {
    super(message);
    this.functionName = functionName;
  }
}

/**
 * Carries steps out, each within its limit, and notes them in the timeline when they are done. A step that fails rejects
 * with FailedIn, naming step, place and reason.
 * @param spoiled rejects when no step can help any more
 */
export function stepper(told: ReturnType<typeof timeline>, spoiled: Promise<never> = new Promise(() => {})) {
  return async <T>(
    [step, where, functionName, limitMs = stepLimitMs]: Place,
    act: (late: AbortSignal) => Promise<T>,
    tell: (value: T) => string,
  ): Promise<T> => {
    const late = new AbortController();
    const limit = Promise.withResolvers<never>();
    // Begun before the limit is set, so that what waits as long tells better what did not come.
    const coming = act(late.signal);
    const timer = setTimeout(() => {
      limit.reject(new Failure(`it did not come within its limit of ${limitMs / 1000} s.`));
      late.abort();
    }, limitMs);
    try {
      const value = await Promise.race([coming, limit.promise, spoiled]);
      told.add(tell(value), where);
      return value;
    } catch (error) {
      const failedIn = error instanceof FailedIn ? error.functionName : functionName;
      throw new FailedIn(failedIn, `the step "${step}" (${where}) failed: ${messageOf(error)}`);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Rejects with FailedIn at the first call that a policy denies. */
export function deniedIn(cloud: Pick<LocalCloud, 'denials'> & Listening): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const refuse = ({ principal, action, resource }: Denial) => {
    const name = principal.kind === 'role' ? functionNameOf(principal.name) : undefined;
    reject(new FailedIn(name, `a call was denied: ${name ?? principal.kind} may not ${action} on ${resource}.`));
  };
  cloud.on('denied', refuse);
  cloud.denials().slice(0, 1).forEach(refuse);
  // No step may be under way.
  promise.catch(() => {});
  return promise;
}

/** Watches a cloud; answers the function that last failed or gave messages back, if any did. */
export function troubleIn(cloud: Listening): () => string | undefined {
  let last: string | undefined;
  cloud.on('ended', ({ functionName, ...invocation }) => {
    if (isTrouble(invocation)) last = functionNameOf(functionName);
  });
  return () => last;
}

type Listening = Pick<LocalCloud, 'on'>;

function isTrouble({ error, result }: Pick<Invocation, 'error' | 'result'>): boolean {
  const { batchItemFailures } = (result ?? {}) as { readonly batchItemFailures?: readonly unknown[] };
  return error !== undefined || (batchItemFailures?.length ?? 0) > 0;
}

/** The last lines of a function's log that tell an error, or else just its last lines. */
export function logEnd(log: string): string[] {
  const lines = log.trimEnd().split('\n');
  const errors = lines.filter(tellsError);
  return (errors.length > 0 ? errors : lines)
    .slice(-shownLogLines)
    .map((line) => (line.length > shownLineLength ? `${line.slice(0, shownLineLength)} …` : line));
}

/** Of our logger, or of the runtime when a handler threw. */
function tellsError(line: string): boolean {
  try {
    const { level, errorType } = (JSON.parse(line) ?? {}) as { readonly level?: unknown; readonly errorType?: unknown };
    return level === 'ERROR' || level === 'CRITICAL' || errorType !== undefined;
  } catch {
    return false;
  }
}

const prefix = `secor-${stage}-`;

/** The name under which the cloud knows a function. */
export function physicalName(functionName: string): string {
  return `${prefix}${functionName}`;
}

function functionNameOf(physicalName: string): string {
  return physicalName.startsWith(prefix) ? physicalName.slice(prefix.length) : physicalName;
}
