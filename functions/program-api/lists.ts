import { parseSubject, subjectOf } from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { type Call, decodeCursor, type EndpointHandler, encodeCursor } from '@secor/lambda';
import {
  type LetterSelection,
  type ListedAudit,
  type ListedLetter,
  type ListedSignIn,
  listAllAudits,
  listAuditsIn,
  listBinders,
  listEmployersAudits,
  listedAudit,
  listLetters,
  listSignIns,
  listSignInsOf,
  type Names,
  readAudit,
  readNames,
  type Store,
} from '@secor/store';
import { namedEntry, readNamesOf } from '../shared/audit-views.ts';
import { administratorOf } from '../shared/callers.ts';
import type { Dependencies } from './dependencies.ts';

/** Where a page of audits ends: when the last one was registered, and its number. */
const auditPosition = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#\d{9}$/;
/** Where a page of binders ends: the day of the receipt and the number of the audit. */
const binderPosition = /^\d{4}-\d\d-\d\d#\d{9}$/;
/** Where a page of letters ends: of one subject, and of those whose mail failed. */
const letterPosition = /^LETTER#\d{6}#[a-z ]{1,40}#[\w.-]{1,200}$/;
const failurePosition = /^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z#[A-Z]+#[\w-]{1,64}#LETTER#\d{6}#[a-z ]{1,40}#[\w.-]{1,200}$/;
/** Where a page of sign-ins ends: an issuer and a `sub`. */
const signInPosition = /^[^#\s]{1,200}#[\x20-\x7e]{1,255}$/;

/** A page of the audits that are asked for. What more than one condition asks for is left out of the pages of one of them. */
async function readAudits(
  store: Store,
  { state, employerId, auditNumber, cursor }: Call<'listAllAudits'>['query'],
): Promise<{ audits: readonly ListedAudit[]; next?: string }> {
  const after = decodeCursor(cursor, auditPosition);
  const isAsked = (audit: ListedAudit) =>
    (state === undefined || audit.state === state) && (employerId === undefined || audit.employerId === employerId);
  if (auditNumber !== undefined) {
    const audit = await readAudit(store, auditNumber);
    return { audits: audit === undefined ? [] : [listedAudit(audit)].filter(isAsked) };
  }
  if (employerId !== undefined) {
    const { audits, ...page } = await listEmployersAudits(store, employerId, after);
    return { audits: audits.filter(isAsked), ...page };
  }
  return state === undefined ? listAllAudits(store, after) : listAuditsIn(store, state, after);
}

/** Lists the audits of everybody, for administrators: a page of an employer's audits in one state may have fewer, and go on. */
export function listAllAuditsCall({ store }: Dependencies): EndpointHandler<'listAllAudits'> {
  return async ({ caller, query }) => {
    await administratorOf(store, caller);
    const { audits, next } = await readAudits(store, query);
    const names = await readNamesOf(store, audits);
    return { audits: audits.map((audit) => namedEntry(audit, names)), ...encodeCursor(next) };
  };
}

/** Lists the binders: whether their packages were entered, or wait for it. */
export function listBindersCall({ store }: Dependencies): EndpointHandler<'listBinders'> {
  return async ({ caller, query: { entered, cursor } }) => {
    await administratorOf(store, caller);
    const part = entered === undefined ? 'all' : entered === 'yes' ? 'entered' : 'waiting';
    const { binders, next } = await listBinders(store, part, decodeCursor(cursor, binderPosition));
    const names = await readNamesOf(store, binders);
    const entries = binders.map((audit) => ({ ...namedEntry(audit, names), binder: audit.binder }));
    return { binders: entries, ...encodeCursor(next) };
  };
}

function selectionOf({
  auditNumber,
  employerId,
  assessorId,
  sessionId,
}: Call<'listLetters'>['query']): LetterSelection {
  if (auditNumber !== undefined) return { subject: subjectOf('audit', auditNumber) };
  if (employerId !== undefined) return { subject: subjectOf('employer', employerId) };
  if (assessorId !== undefined) return { subject: subjectOf('assessor', assessorId) };
  return sessionId === undefined ? 'failed' : { subject: subjectOf('session', sessionId) };
}

/** What became of a letter, the worst first. */
function letterState({ record }: ListedLetter): AnswerOf<'listLetters'>['letters'][number]['state'] {
  if (record.complainedAt !== undefined) return 'complained';
  if (record.rejected !== undefined) return 'rejected';
  if (record.bounced !== undefined) return 'bounced';
  if (record.withheld !== undefined) return 'withheld';
  if (record.deliveredAt !== undefined) return 'delivered';
  if (record.sentAt !== undefined || record.acceptedAt !== undefined) return 'sent';
  return record.toldWith === undefined ? 'waiting' : 'told with another';
}

function letterEntry(listed: ListedLetter): AnswerOf<'listLetters'>['letters'][number] {
  const { subject, event, letter, personId, name, legalName, record } = listed;
  const { sentAt = record.acceptedAt, deliveredAt, bounced, complainedAt, rejected, withheld } = record;
  const { kind: about, id } = parseSubject(subject);
  return {
    about,
    id,
    event,
    letter,
    personId,
    ...(name === undefined ? {} : { name }),
    ...(legalName === undefined ? {} : { legalName }),
    state: letterState(listed),
    ...(sentAt === undefined ? {} : { sentAt }),
    ...(deliveredAt === undefined ? {} : { deliveredAt }),
    ...(bounced === undefined ? {} : { bounced }),
    ...(complainedAt === undefined ? {} : { complainedAt }),
    ...(rejected === undefined ? {} : { rejected }),
    ...(withheld === undefined ? {} : { withheld }),
  };
}

/** Lists the letters about something, or all whose mail failed. No address is stored with a letter, and none is shown. */
export function listLettersCall({ store }: Dependencies): EndpointHandler<'listLetters'> {
  return async ({ caller, query }) => {
    await administratorOf(store, caller);
    const selection = selectionOf(query);
    const form = selection === 'failed' ? failurePosition : letterPosition;
    const { letters, next } = await listLetters(store, selection, decodeCursor(query.cursor, form));
    return { letters: letters.map(letterEntry), ...encodeCursor(next) };
  };
}

function signInEntry(signIn: ListedSignIn, names: Names): AnswerOf<'listSignIns'>['signIns'][number] {
  const { issuer, sub, assessorId, employerId, contactEmail, reviewerId, administratorId } = signIn;
  return {
    issuer,
    sub,
    ...(assessorId === undefined ? {} : { assessorId, assessorName: names.assessorName(assessorId) }),
    ...(employerId === undefined ? {} : { employerId, legalName: names.legalName(employerId) }),
    ...(contactEmail === undefined ? {} : { contactEmail }),
    ...(reviewerId === undefined ? {} : { reviewerId, reviewerName: names.reviewerName(reviewerId) }),
    ...(administratorId === undefined
      ? {}
      : { administratorId, administratorName: names.administratorName(administratorId) }),
  };
}

/** Lists the sign-ins and for whom each stands: all, page by page, or the few of one assessor or employer. */
export function listSignInsCall({ store }: Dependencies): EndpointHandler<'listSignIns'> {
  return async ({ caller, query: { assessorId, employerId, cursor } }) => {
    await administratorOf(store, caller);
    const after = decodeCursor(cursor, signInPosition);
    const { entries, next } =
      assessorId !== undefined
        ? { entries: await listSignInsOf(store, { assessorId }), next: undefined }
        : employerId !== undefined
          ? { entries: await listSignInsOf(store, { employerId }), next: undefined }
          : await listSignIns(store, after);
    const names = await readNames(store, {
      assessorIds: entries.flatMap((each) => each.assessorId ?? []),
      employerIds: entries.flatMap((each) => each.employerId ?? []),
      reviewerIds: entries.flatMap((each) => each.reviewerId ?? []),
      administratorIds: entries.flatMap((each) => each.administratorId ?? []),
    });
    return { signIns: entries.map((each) => signInEntry(each, names)), ...encodeCursor(next) };
  };
}
