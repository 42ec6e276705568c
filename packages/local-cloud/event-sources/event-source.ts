import { isObject } from '../json.ts';

/** A connection from a queue or a stream to a function. */
export type EventSource = {
  start(): Promise<void>;
  /** Takes nothing more; what is under way is not waited for. */
  stop(): void;
};

/**
 * The identifiers that a function reported as failed.
 *
 * @returns undefined when the answer means that the whole batch failed: it is malformed, or names what was not in the batch
 */
export function reportedFailures(result: unknown, known: ReadonlySet<string>): ReadonlySet<string> | undefined {
  const failures = isObject(result) ? result.batchItemFailures : undefined;
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return undefined;
  const identifiers = new Set<string>();
  for (const failure of failures as readonly unknown[]) {
    const identifier = isObject(failure) ? failure.itemIdentifier : undefined;
    if (typeof identifier !== 'string' || !known.has(identifier)) return undefined;
    identifiers.add(identifier);
  }
  return identifiers;
}

/** Whether a mapping is switched on. */
export const isEnabled = ({ enabled }: { readonly enabled: boolean }): boolean => enabled;
