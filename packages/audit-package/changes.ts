import { type Score, sameAnswer } from '@secor/certification';
import type { ExplainedAnswer } from './audit-file.ts';
import type { PackageContent } from './inspect.ts';

/** A revision as far as it can differ from another: its content, and the points that it has now. */
export type ComparedRevision = { readonly content: PackageContent; readonly score: Score };

/** One question as a revision has it. */
export type QuestionState = ExplainedAnswer & { readonly awarded: number; readonly available: number };

/** A question that two revisions differ in, as each has it. */
export type QuestionChange = {
  readonly question: string;
  /** What differs; evidence also when a document of the same name has another content. */
  readonly changed: readonly ('answer' | 'notes' | 'evidence' | 'points')[];
  readonly before: QuestionState;
  readonly after: QuestionState;
};

/** What changed from one revision of an audit to another, question by question in the order of the protocol. */
export function changesBetween(before: ComparedRevision, after: ComparedRevision): QuestionChange[] {
  const [earlier, later] = [statesOf(before), statesOf(after)];
  const [hadDocuments, hasDocuments] = [documentsOf(before), documentsOf(after)];
  return [...later].flatMap(([question, now]): QuestionChange[] => {
    const then = earlier.get(question);
    if (then === undefined) throw new Error(`The earlier revision has no question ${question}.`);
    const evidence = (state: QuestionState, documents: ReadonlyMap<string, string>) =>
      state.evidence.map((path) => `${path} ${documents.get(path)}`).toSorted();
    const differs = {
      answer: !sameAnswer(then, now),
      notes: then.notes !== now.notes,
      evidence: String(evidence(then, hadDocuments)) !== String(evidence(now, hasDocuments)),
      points: then.awarded !== now.awarded || then.available !== now.available,
    };
    const changed = (['answer', 'notes', 'evidence', 'points'] as const).filter((kind) => differs[kind]);
    return changed.length === 0 ? [] : [{ question, changed, before: then, after: now }];
  });
}

function statesOf({ content, score }: ComparedRevision): ReadonlyMap<string, QuestionState> {
  const points = new Map(score.elements.flatMap(({ questions }) => questions.map((each) => [each.question, each])));
  return new Map(
    content.answers.map((answer) => {
      const { awarded = 0, available = 0 } = points.get(answer.question) ?? {};
      return [answer.question, { ...answer, awarded, available }];
    }),
  );
}

/** What tells the content of each document from another one: its CRC and its size. */
function documentsOf({ content }: ComparedRevision): ReadonlyMap<string, string> {
  return new Map(content.documents.map(({ path, entry }) => [path, `${entry.crc} ${entry.unpacked}`]));
}
