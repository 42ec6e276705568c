import {
  changeAudit,
  changeCycle,
  type HistoryKind,
  type LetterRejected,
  parseSubject,
  type SubjectOf,
  tellOfAssessorsLetter,
  tellOfSessionsLetter,
} from '@secor/certification';
import { CannotSucceed, log } from '@secor/lambda';
import {
  type Changes,
  commit,
  type LetterId,
  readAssessor,
  readAudit,
  readCycle,
  readSession,
  rejectionIsTold,
  rejectionItem,
  retryingConflicts,
  type Store,
} from '@secor/store';

/** The letter by which administrators are told of a rejected one: where it is rejected itself, nobody is left to be told. */
const tellingLetter = 'letter rejected';

/**
 * Tells administrators that SES has not sent on a letter, once, by an event of the letter's subject.
 * @param at when it was told: ISO, UTC
 */
export async function tellOfRejected(store: Store, id: LetterId, at: string): Promise<void> {
  const { subject, event, letter, personId } = id;
  log.error('SES rejected a letter', { subject, event, letter, personId });
  if (letter === tellingLetter) return;
  await retryingConflicts(async () => {
    if (await rejectionIsTold(store, id)) return;
    const change = await changeOf(store, subject, { letter, event, personId }, at);
    await commit(store, { at, ...change, create: [rejectionItem(id)] });
  });
}

type Change = Pick<Changes, 'audit' | 'cycle' | 'assessor' | 'session'>;

const changes: Readonly<
  Record<
    HistoryKind,
    (store: Store, id: string, rejected: LetterRejected['data'], at: string) => Promise<Change | undefined>
  >
> = {
  audit: async (store, id, data, at) => {
    const audit = await readAudit(store, id);
    const caused = { by: { role: 'system' }, happening: { type: 'letter rejected', data } } as const;
    return audit && { audit: changeAudit(audit, {}, at, [caused]) };
  },
  employer: async (store, id, data, at) => ({
    cycle: changeCycle(await readCycle(store, id), [{ happening: { type: 'letter rejected', data } }], at),
  }),
  assessor: async (store, id, data, at) => {
    const assessor = await readAssessor(store, id);
    return assessor && { assessor: tellOfAssessorsLetter(assessor, data, at) };
  },
  session: async (store, id, data, at) => {
    const session = await readSession(store, id);
    return session && { session: tellOfSessionsLetter(session, data, at) };
  },
};

async function changeOf(
  store: Store,
  subject: SubjectOf<HistoryKind>,
  rejected: LetterRejected['data'],
  at: string,
): Promise<Change> {
  const { kind, id } = parseSubject(subject);
  const change = await changes[kind](store, id, rejected, at);
  if (change === undefined) throw new CannotSucceed(`there is no ${subject}`);
  return change;
}
