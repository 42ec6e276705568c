import type { ReportedError } from './instance-messages.ts';

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
