import {
  type Actor,
  type Contact,
  changeEmployer,
  type EmployerData,
  importAssessor,
  isRefusal,
  isSameAddress,
  newEmployer,
  type Refusal,
} from '@secor/certification';
import type { ImportKind } from '@secor/contracts';
import {
  type GivenAssessor,
  type GivenEmployer,
  type KeptField,
  type Line,
  type LineOutcome,
  type Lines,
  type Reason,
  readAssessors,
  readEmployers,
  reasonOf,
  reasonOfRefusal,
} from '@secor/import-file';
import {
  commit,
  importLineItem,
  readAssessor,
  readCycle,
  readEmployer,
  retryingConflicts,
  type Store,
  takeAccountOf,
} from '@secor/store';

/** What the lines of an import share. */
export type Taking = {
  readonly store: Store;
  readonly importId: string;
  readonly by: Actor;
  /** When the file arrived: ISO, UTC. */
  readonly arrivedAt: string;
  /** When the message that tells of it was sent: ISO, UTC. */
  readonly sentAt: string;
};

type Outcome = Pick<LineOutcome, 'result' | 'reasons'>;
/** Takes what a line gives of the id that it is about: one transaction, or none when it changes nothing. */
type Take<T> = (id: string, given: T, line: number) => Promise<Outcome>;

/** A good line, as something that can be taken; or what became of a bad one. */
export type Step = { readonly line: number; readonly id: string } & (
  | { readonly take: () => Promise<Outcome> }
  | { readonly reasons: readonly Reason[] }
);

/** The lines of a file as steps, in their order; or all the reasons why it is refused as a whole. */
export async function stepsOf(
  of: ImportKind,
  text: string,
  taking: Taking,
): Promise<{ readonly steps: readonly Step[] } | { readonly refused: readonly Reason[] }> {
  return of === 'employers'
    ? steps(await readEmployers(text), takeEmployer(taking))
    : steps(await readAssessors(text), takeAssessor(taking));
}

function steps<T>(read: Lines<T>, take: Take<T>) {
  if ('refused' in read) return read;
  const step = (each: Line<T>): Step => {
    if ('reasons' in each) return each;
    const { line, id, given } = each;
    return { line, id, take: () => take(id, given, line) };
  };
  return { steps: read.lines.map(step) };
}

function takeEmployer({ store, importId, by, arrivedAt, sentAt }: Taking): Take<GivenEmployer> {
  const take = async (
    employerId: string,
    { data, kept, sharesWcbAccount: shares }: GivenEmployer,
    line: number,
  ): Promise<Outcome | Refusal> => {
    const employer = await readEmployer(store, employerId);
    const takeAccount = (before?: string) =>
      takeAccountOf(store, employerId, {
        wcbAccount: data.wcbAccount,
        shares,
        ...(before === undefined ? {} : { before }),
      });
    if (employer === undefined) {
      const account = await takeAccount();
      if (isRefusal(account)) return account;
      const change = newEmployer(employerId, data, account, by, arrivedAt);
      const create = [importLineItem(importId, line, 'added', arrivedAt)];
      await commit(store, { at: sentAt, ...change, create });
      return { result: 'added' };
    }
    const account = employer.wcbAccount === data.wcbAccount ? undefined : await takeAccount(employer.wcbAccount);
    if (account !== undefined && isRefusal(account)) return account;
    const cycle = await readCycle(store, employerId);
    const change = changeEmployer(employer, cycle, withKept(data, employer, kept), by, arrivedAt, account);
    if (change === undefined) return { result: 'unchanged' };
    const create = [importLineItem(importId, line, 'changed', arrivedAt)];
    await commit(store, { at: sentAt, ...change, create });
    return { result: 'changed' };
  };
  return takeInOrder((id, given, line) => retryingConflicts(() => take(id, given, line)));
}

/**
 * Takes lines as if one after the other, where it matters for a WCB account: the first line in the file gets the account, and a line
 * that asks for the account of an employer whose own line stands before it comes after that line, which may leave the account. Behind
 * a line that fails, such lines fail too: the next delivery takes them in their order again.
 */
function takeInOrder(
  take: (id: string, given: GivenEmployer, line: number) => Promise<Outcome | Refusal>,
): Take<GivenEmployer> {
  const lastOfAccount = new Map<string, Promise<Outcome>>();
  const ofEmployer = new Map<string, { readonly line: number; readonly taking: Promise<Outcome> }>();
  const takeBehind: Take<GivenEmployer> = async (id, given, line) => {
    const waitedFor = new Set<string>();
    for (;;) {
      const taken = await take(id, given, line);
      if (!isRefusal(taken)) return taken;
      const owner = String(taken.values?.employerId ?? '');
      const earlier = waitedFor.has(owner) ? undefined : ofEmployer.get(owner);
      if (earlier === undefined || earlier.line > line)
        return { result: 'refused', reasons: [reasonOfRefusal(taken, 'wcbAccount')] };
      waitedFor.add(owner);
      await earlier.taking;
    }
  };
  return (id, given, line) => {
    const { wcbAccount } = given.data;
    const before = lastOfAccount.get(wcbAccount);
    const taking = before === undefined ? takeBehind(id, given, line) : before.then(() => takeBehind(id, given, line));
    lastOfAccount.set(wcbAccount, taking);
    ofEmployer.set(id, { line, taking });
    return taking;
  };
}

function takeAssessor({ store, importId, by, arrivedAt, sentAt }: Taking): Take<GivenAssessor> {
  const isEmployer = rememberEmployers(store);
  const take: Take<GivenAssessor> = async (assessorId, given, line) => {
    const found = await Promise.all(given.actsFor.map(isEmployer));
    const unknown = given.actsFor.filter((_, index) => !found[index]);
    if (unknown.length > 0) return { result: 'refused', reasons: [noEmployer(unknown)] };
    const assessor = await readAssessor(store, assessorId);
    const change = importAssessor(assessor, { assessorId, ...given }, by, arrivedAt);
    if (change === undefined) return { result: 'unchanged' };
    if (isRefusal(change)) return { result: 'refused', reasons: [reasonOfRefusal(change)] };
    const result = assessor === undefined ? 'added' : 'changed';
    const create = [importLineItem(importId, line, result, arrivedAt)];
    await commit(store, { at: sentAt, assessor: change, create });
    return { result };
  };
  return (id, given, line) => retryingConflicts(() => take(id, given, line));
}

/** Whether there is an employer; each is asked for once in an import. */
function rememberEmployers(store: Store): (employerId: string) => Promise<boolean> {
  const asked = new Map<string, Promise<boolean>>();
  return (employerId) => {
    const known = asked.get(employerId) ?? readEmployer(store, employerId).then((employer) => employer !== undefined);
    asked.set(employerId, known);
    return known;
  };
}

function noEmployer(ids: readonly string[]): Reason {
  return reasonOf('employers-unknown', { column: 'actsFor', given: ids.join(', ') });
}

/** What a line gives, with what is on record of what has no column in the file; a telephone number only of the same person. */
function withKept(
  { tradeName, secondContact, ...data }: EmployerData,
  employer: EmployerData,
  kept: GivenEmployer['kept'],
): EmployerData {
  const trade = kept.includes('tradeName') ? employer.tradeName : tradeName;
  const second = kept.includes('secondContact') ? employer.secondContact : secondContact;
  const withPhone = (field: KeptField, contact: Contact, before: Contact | undefined): Contact =>
    kept.includes(field) && before?.phone !== undefined && isSameAddress(contact.email, before.email)
      ? { ...contact, phone: before.phone }
      : contact;
  return {
    ...data,
    contact: withPhone('contactPhone', data.contact, employer.contact),
    ...(trade === undefined ? {} : { tradeName: trade }),
    ...(second === undefined ? {} : { secondContact: withPhone('secondContactPhone', second, employer.secondContact) }),
  };
}
