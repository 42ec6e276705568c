import type { Authorization, Principal } from '../../engine.ts';
import type { Input } from '../input.ts';
import type { Queues } from '../queues.ts';

/** Who calls an action. */
export type Caller = {
  readonly principal: Principal;
  /** Tells that the caller has gone: a long poll then ends without taking a message. */
  readonly signal?: AbortSignal | undefined;
};

/** An operation of SQS. */
export type Action = {
  /** The rights that its caller needs. */
  authorizations(input: Input, queues: Queues): readonly Authorization[];
  /** Carries it out; answers what the call answers. Throws AwsError. */
  run(input: Input, queues: Queues, caller: Caller): Promise<unknown> | unknown;
};

/** The rights to actions on one resource. */
export function rightsOn(resource: string, ...actions: readonly string[]): readonly Authorization[] {
  return actions.map((action) => ({ action: `sqs:${action}`, resource }));
}
