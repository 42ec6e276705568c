import type { DomainEvent } from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { type Records, readProblems } from '@secor/store';

/** What was wrong with the last upload of an audit, unless a later one was accepted; read from its history. */
export async function readLastRefusal(
  records: Records,
  history: readonly DomainEvent[],
): Promise<Pick<AnswerOf<'readAudit'>, 'refusal'>> {
  const last = history.findLast(
    (event) =>
      event.type === 'package accepted' || event.type === 'package refused' || event.type === 'documents refused',
  );
  if (last === undefined || last.type === 'package accepted' || !('problemList' in last.data)) return {};
  const problems = await readProblems(records, last.data.problemList);
  const link = 'link' in last.data ? { link: last.data.link } : {};
  return { refusal: { at: last.at, ...link, problems } };
}
