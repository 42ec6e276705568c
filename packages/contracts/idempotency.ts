import * as v from 'valibot';
import { fieldSentences } from './field-sentences.ts';

/** The key by which a caller marks a write that they may repeat; it holds for 24 hours, or as long as the answer can be used. */
export const IdempotencyKey = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,255}$/, fieldSentences['not-a-key']));

/** A write that its caller may repeat: whose it is (as the token names them), the route, and the key that they chose. */
export type RepeatableCall = {
  readonly issuer: string;
  readonly sub: string;
  /** As API Gateway names it: "POST /v1/audits/{auditNumber}/links". */
  readonly route: string;
  readonly key: string;
};

/** What a repeatable call was answered. */
export type GivenAnswer = {
  /** A hash of all that was asked for: parameters, query and body. */
  readonly requestHash: string;
  readonly status: number;
  /** As it was sent: JSON. */
  readonly body: string;
};

/** A repeatable call with its answer, to be stored in the transaction of the write. */
export type AnsweredCall = {
  readonly call: RepeatableCall;
  readonly answer: GivenAnswer;
  /** Until when the answer is kept: ISO, UTC; by default for 24 hours. */
  readonly keptUntil?: string;
};
