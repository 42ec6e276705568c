import type { Element, Protocol, Question } from '../protocol/protocol.ts';

/** An assessor's answer to one question; valid as packages/audit-package has checked it. */
export type Answer = { readonly question: string } & (
  | { readonly positive: number; readonly sampled: number }
  | { readonly notApplicable: true }
);

/** Whether two answers to a question say the same: so many positive of so many sampled, or not applicable. */
export function sameAnswer(a: Answer, b: Answer): boolean {
  if ('notApplicable' in a || 'notApplicable' in b) return 'notApplicable' in a && 'notApplicable' in b;
  return a.positive === b.positive && a.sampled === b.sampled;
}

/** Points of one question; a question that is not applicable has none available and leaves both sums. */
export type QuestionScore = {
  readonly question: string;
  readonly awarded: number;
  readonly available: number;
  readonly notApplicable: boolean;
};

/** Points of one element; `available` 0 means that nothing applied and the element is not judged. */
export type ElementScore = {
  readonly element: string;
  readonly awarded: number;
  readonly available: number;
  readonly questions: readonly QuestionScore[];
};

/** Points of an audit, overall and per element, in the order of the protocol. All whole numbers. */
export type Score = {
  readonly awarded: number;
  readonly available: number;
  readonly elements: readonly ElementScore[];
};

/**
 * Scores the answers of an audit, question by question, in the order of the protocol.
 * The answers have been validated; their order does not matter.
 * @throws Error when a question of the protocol has no answer or two, or an answer belongs to no question
 */
export function score(protocol: Protocol, answers: readonly Answer[]): Score {
  const open = new Map<string, Answer>();
  for (const answer of answers) {
    if (open.has(answer.question)) throw new Error(`Question ${answer.question} is answered twice.`);
    open.set(answer.question, answer);
  }
  const elements = protocol.elements.map((element) => scoreElement(element, open));
  const [unknown] = open.keys();
  if (unknown !== undefined) throw new Error(`Question ${unknown} is answered, but ${protocol.id} does not have it.`);
  return { ...sumOf(elements), elements };
}

/** Takes the answers of the element out of `open`. */
function scoreElement(element: Element, open: Map<string, Answer>): ElementScore {
  const questions = element.questions.map((question) => {
    const answer = open.get(question.id);
    if (answer === undefined) throw new Error(`Question ${question.id} is not answered.`);
    open.delete(question.id);
    const notApplicable = 'notApplicable' in answer;
    return {
      question: question.id,
      awarded: pointsFor(question, answer),
      available: notApplicable ? 0 : question.points,
      notApplicable,
    };
  });
  return { element: element.id, ...sumOf(questions), questions };
}

/**
 * The points that an answer earns: a whole number from 0 to the question's points, 0 when not applicable.
 *
 * - All-or-nothing: all points when positive/sampled reaches the threshold, otherwise none [P].
 * - Range: points × positive/sampled, rounded to the nearest whole point [P], half up [A].
 */
export function pointsFor(question: Question, answer: Answer): number {
  if ('notApplicable' in answer) return 0;
  const { positive, sampled } = answer;
  if (question.rule === 'all-or-nothing') {
    return 100 * positive >= question.threshold * sampled ? question.points : 0;
  }
  // x + ½, floored, as one fraction of whole numbers.
  return Math.floor((2 * question.points * positive + sampled) / (2 * sampled));
}

function sumOf(scores: readonly { awarded: number; available: number }[]): { awarded: number; available: number } {
  let awarded = 0;
  let available = 0;
  for (const part of scores) {
    awarded += part.awarded;
    available += part.available;
  }
  return { awarded, available };
}
