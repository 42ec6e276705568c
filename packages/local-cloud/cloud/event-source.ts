import type { ReportedError } from './instance-messages.ts';
import { isObject } from './json.ts';

/** Calls an operation of an AWS service as the function's role: "sqs", "ReceiveMessage", its input; answers its output, throws AwsError. */
export type RoleCall = (
  service: 'sqs' | 'dynamodb' | 'streams.dynamodb',
  operation: string,
  input: object,
) => Promise<Readonly<Record<string, unknown>>>;

/** Hands an event to the function. */
export type Deliver = (event: unknown) => Promise<{ readonly result?: unknown; readonly error?: ReportedError }>;

/** As Lambda refuses an invocation while the account has as many as it may have at a time: the function was not invoked. */
export const throttled: ReportedError = {
  errorType: 'TooManyRequestsException',
  errorMessage: 'Rate Exceeded.',
  trace: [],
};

/** Whether an invocation was refused as one too many. */
export function isThrottled({ error }: { readonly error?: ReportedError }): boolean {
  return error?.errorType === throttled.errorType;
}

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
