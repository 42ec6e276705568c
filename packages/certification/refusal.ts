import { assignmentRefusals } from './refusals/assignments.ts';
import { courseRefusals } from './refusals/courses.ts';
import { packageRefusals } from './refusals/packages.ts';
import { recordRefusals } from './refusals/records.ts';
import { registrationRefusals } from './refusals/registrations.ts';
import { reviewRefusals, type StepInReview } from './refusals/reviews.ts';
import { sayFrom, type Values } from './sentence.ts';

/** Everything that the rules refuse: a code for each sentence. */
export const refusals = {
  ...packageRefusals,
  ...reviewRefusals,
  ...assignmentRefusals,
  ...registrationRefusals,
  ...courseRefusals,
  ...recordRefusals,
};

export type { StepInReview };

/** Why a change is refused, for programs. The API answers with each as a type of problem; they never change. */
export type RefusalCode = keyof typeof refusals | 'limit-reached';

/** A change that the rules do not allow, and what the person can do instead; `values`: what the message says, for other languages. */
export type Refusal = { readonly refused: RefusalCode; readonly message: string; readonly values: Values };

type GivenTo = { readonly [Code in keyof typeof refusals]: Parameters<(typeof refusals)[Code]> };

const say = sayFrom<GivenTo>(refusals);

/** Refuses a change: the sentence is the code's own, written from these values. */
export function refuse<Code extends keyof GivenTo>(code: Code, ...given: GivenTo[Code]): Refusal {
  const { text, values } = say(code, ...given);
  return { refused: code, message: text, values };
}

/** Whether a result is a refusal, and not what was asked for. */
export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}
