import type { EngineResponse } from '../engine.ts';

/** Capacity units of DynamoDB, in fractions of a unit where half ones count. */
export type Capacity = { readonly read: number; readonly write: number };

/** An answer that says what it cost; the gateway tells it to nobody but the meter. */
export type MeteredResponse = EngineResponse & { readonly capacity?: Capacity };

/** One call that came through the gateway, refused ones included. */
export type MeteredCall = {
  /** When it came in: an instant of the machine's clock. */
  readonly at: string;
  /** The function, the service, operator or anonymous. */
  readonly principal: string;
  readonly service: string;
  /** As the API names it: "PutObject". */
  readonly operation: string;
  /** The first resource that the call needs a grant for, else the path. */
  readonly resource: string;
  /** Bytes of the bodies, as sent. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly status: number;
  /** From the whole request (S3: its head) to the last byte of the answer. */
  readonly ms: number;
  readonly capacity?: Capacity;
};

/** What all calls of one caller to one operation come to. */
export type MeteredTotal = {
  readonly principal: string;
  readonly service: string;
  readonly operation: string;
  readonly calls: number;
  /** Of these, the calls that were answered with an error. */
  readonly errors: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly ms: number;
  readonly capacity: Capacity;
};

export interface Meter {
  /** The calls since the start or the reset, in the order in which they ended; of very many, the latest 50,000. */
  calls(): readonly MeteredCall[];
  /** Sums over all calls since the start or the reset, by caller and operation. */
  totals(): readonly MeteredTotal[];
  reset(): void;
}

const CALLS_KEPT = 50_000;

/** A meter, and the way to write to it. */
export function createMeter(): Meter & { record(call: MeteredCall): void } {
  let calls: MeteredCall[] = [];
  const totals = new Map<string, MeteredTotal>();
  return {
    record(call) {
      calls.push(call);
      // Cut in large pieces, so that a call costs the same however many there were.
      if (calls.length >= 2 * CALLS_KEPT) calls = calls.slice(-CALLS_KEPT);
      const { principal, service, operation } = call;
      const name = JSON.stringify([principal, service, operation]);
      const before = totals.get(name);
      totals.set(name, {
        principal,
        service,
        operation,
        calls: (before?.calls ?? 0) + 1,
        errors: (before?.errors ?? 0) + (call.status >= 400 ? 1 : 0),
        requestBytes: (before?.requestBytes ?? 0) + call.requestBytes,
        responseBytes: (before?.responseBytes ?? 0) + call.responseBytes,
        ms: (before?.ms ?? 0) + call.ms,
        capacity: {
          read: (before?.capacity.read ?? 0) + (call.capacity?.read ?? 0),
          write: (before?.capacity.write ?? 0) + (call.capacity?.write ?? 0),
        },
      });
    },
    calls: () => calls.slice(-CALLS_KEPT),
    totals: () => [...totals.values()],
    reset() {
      calls = [];
      totals.clear();
    },
  };
}
