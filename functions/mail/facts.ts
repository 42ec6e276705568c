import {
  type Assessor,
  type AssessorEvent,
  type Audit,
  type AuditEvent,
  type AuditReminder,
  awaitedPackage,
  awaitsReviewer,
  type CourseSession,
  type CycleEvent,
  contactAddresses,
  currentRevision,
  type DomainEvent,
  isEnrolmentTold,
  isEventOf,
  isFollowedByRefusal,
  isSameAddress,
  isSamePackage,
  isWithdrawnBeforeNotice,
  parseSubject,
  revokedBy,
  type SessionEvent,
  toldOfSession,
} from '@secor/certification';
import { CannotSucceed } from '@secor/lambda';
import {
  type AssessorFacts,
  type AuditFacts,
  answeredNotes,
  type CycleFacts,
  hindranceOf,
  type LetterFacts,
  type Partner,
  type Person,
  type ReachedEmployer,
  type RecipientRole,
  type SessionFacts,
} from '@secor/mail';
import {
  listActing,
  listAdministrators,
  type Records,
  reachedStaff,
  readAssessor,
  readAudit,
  readCycle,
  readEmployer,
  readHistory,
  readProblems,
  readReviewer,
  readSession,
  type Store,
} from '@secor/store';
import { forEachAtOnce } from '../shared/for-each-at-once.ts';

/** Where the facts of letters are read. */
export type Sources = { readonly store: Store; readonly records: Records; readonly partner: Partner };

/**
 * What the letters of an event to these roles are written from: names, addresses and employers as they are now. Undefined
 * when the event asks for what has gone to another since or is not awaited any more, or tells an outcome that does not hold any
 * more; a reminder of a due date is written from its event, however late.
 * @param assessorIds of an event that concerns all places of a session: those whose letters these are
 * @throws CannotSucceed when somebody or something that the event names is not there
 */
export async function factsOf(
  sources: Sources,
  event: DomainEvent,
  roles: ReadonlySet<RecipientRole>,
  assessorIds?: readonly string[],
): Promise<LetterFacts | undefined> {
  if (isEventOf('audit', event)) return auditFacts(sources, event, roles);
  if (isEventOf('employer', event)) return cycleFacts(sources, event, roles);
  if (isEventOf('assessor', event)) return assessorFacts(sources, event, roles);
  return sessionFacts(sources, event, roles, assessorIds);
}

function idOf({ subject }: DomainEvent): string {
  return parseSubject(subject).id;
}

async function auditFacts(
  { store, records, partner }: Sources,
  event: AuditEvent,
  roles: ReadonlySet<RecipientRole>,
): Promise<AuditFacts | undefined> {
  const audit = await readAudit(store, idOf(event));
  if (audit === undefined) throw new CannotSucceed(`there is no audit ${idOf(event)}`);
  if (isOutdated(event, audit)) return undefined;
  const assessor = await readAssessorPerson(store, audit.assessorId);
  // What can't go to the assessor goes to one of the contacts.
  const toContact = roles.has('employer contact') || hindranceOf(assessor, audit) !== undefined;
  const [employer, matter, staff] = await Promise.all([
    readReachedEmployer(store, audit.employerId, toContact ? undefined : [assessor]),
    matterOf(store, records, event, audit),
    deskOf(store, event, audit, roles),
  ]);
  return { about: 'audit', event, partner, audit: knownFacts(audit), ...employer, assessor, ...matter, staff };
}

/** Whether an audit still waits for the package that a reminder is about. */
function isStillAwaited(audit: Audit, reminder: AuditReminder): boolean {
  const awaited = awaitedPackage(audit);
  return awaited !== undefined && isSamePackage(awaited, reminder);
}

/**
 * Whether the event asks somebody to review what has gone to another since, tells an outcome that does not hold any more, or
 * tells of a refused upload that another one has followed, or of a package that is not awaited any more; or undoes what nobody was
 * told of.
 */
function isOutdated(event: AuditEvent, audit: Audit): boolean {
  if (event.type === 'package refused' || event.type === 'package late' || event.type === 'uploads over limit')
    return isFollowedByRefusal(audit, event);
  if (event.type === 'audit withdrawn') return isWithdrawnBeforeNotice(audit, event);
  if (event.type === 'reminder due') return !isStillAwaited(audit, event.data);
  if (event.type === 'reviewer assigned') return event.data.reviewerId !== audit.reviewerId;
  if (event.type === 'audit rejected') return audit.state !== 'rejected';
  if (event.type === 'report made') return audit.state !== 'closed' || audit.decisions !== event.data.decision;
  return event.type === 'review unassigned' && !awaitsReviewer(audit);
}

function knownFacts(audit: Audit): AuditFacts['audit'] {
  const { kind, protocol, ruleSet, state, refusedUploads } = audit;
  const arrivedAt = currentRevision(audit)?.arrivedAt;
  return {
    ...{ kind, protocol, ruleSet, state },
    ...(arrivedAt === undefined ? {} : { arrivedAt }),
    ...(refusedUploads === undefined ? {} : { refusedUploads: refusedUploads.count }),
  };
}

/** What a letter of this event needs beyond the event itself. */
async function matterOf(
  store: Store,
  records: Records,
  event: AuditEvent,
  audit: Audit,
): Promise<Pick<AuditFacts, 'problems' | 'answeredNotes' | 'revoked'>> {
  if ('problemList' in event.data) return { problems: await readProblems(records, event.data.problemList) };
  if (event.type === 'package accepted' && event.data.round > 0)
    return { answeredNotes: answeredNotes(await readHistory(store, event.subject, event.number), event.data.round) };
  if (event.type === 'report made') return { revoked: event.data.revoked ?? [] };
  if (event.type === 'audit rejected' || event.type === 'audit withdrawn')
    return { revoked: revokedBy(await readCycle(store, audit.employerId), audit.auditNumber, 0) };
  return {};
}

/**
 * The partner's people, as far as letters go to them and reach them: who has the audit now, and who are administrators now. Of a
 * package that an administrator entered only they; when they have left or mail does not reach them, all others.
 */
async function deskOf(
  store: Store,
  event: AuditEvent,
  { auditNumber, reviewerId }: Audit,
  roles: ReadonlySet<RecipientRole>,
): Promise<AuditFacts['staff']> {
  const asked = roles.has('reviewer') || roles.has('administrator') ? reviewerId : undefined;
  const [reviewer, administrators] = await Promise.all([
    asked === undefined ? undefined : readReviewer(store, asked),
    administratorsFor(store, roles),
  ]);
  if (asked !== undefined && reviewer === undefined) throw new CannotSucceed(`audit ${auditNumber} lacks its reviewer`);
  const [reached] =
    reviewer === undefined
      ? []
      : await reachedStaff(store, [{ personId: reviewer.reviewerId, name: reviewer.name, email: reviewer.email }]);
  const enteredBy = 'enteredBy' in event.data ? event.data.enteredBy : undefined;
  const own = administrators.filter(({ personId }) => personId === enteredBy);
  return { ...(reached && { reviewer: reached }), administrators: own.length === 0 ? administrators : own };
}

async function cycleFacts(
  { store, partner }: Sources,
  event: CycleEvent,
  roles: ReadonlySet<RecipientRole>,
): Promise<CycleFacts | undefined> {
  const employerId = idOf(event);
  if (event.type === 'certificate cancelled' && !(await isCancelled(store, employerId, event.data))) return undefined;
  const [employer, assessors, administrators] = await Promise.all([
    readReachedEmployer(store, employerId, roles.has('employer contact') ? undefined : []),
    listActing(store, employerId),
    administratorsFor(store, roles),
  ]);
  return { about: 'employer', event, partner, ...employer, assessors, staff: { administrators } };
}

/** Whether a certificate is cancelled as its event tells: not when that was undone since. */
async function isCancelled(
  store: Store,
  employerId: string,
  { certificateNumber, on }: { readonly certificateNumber: string; readonly on: string },
): Promise<boolean> {
  const { certificates } = await readCycle(store, employerId);
  return certificates.some((each) => each.certificateNumber === certificateNumber && each.cancelledOn === on);
}

async function assessorFacts(
  { store, partner }: Sources,
  event: AssessorEvent,
  roles: ReadonlySet<RecipientRole>,
): Promise<AssessorFacts> {
  const [assessor, administrators] = await Promise.all([
    readAssessorPerson(store, idOf(event)),
    administratorsFor(store, roles),
  ]);
  const employers = await Promise.all(assessor.actsFor.map((employerId) => readReachedEmployer(store, employerId)));
  return { about: 'assessor', event, partner, assessor, employers, staff: { administrators } };
}

async function sessionFacts(
  { store, partner }: Sources,
  event: SessionEvent,
  roles: ReadonlySet<RecipientRole>,
  assessorIds: readonly string[] | undefined,
): Promise<SessionFacts | undefined> {
  const session = await readSessionOf(store, event);
  const isOfPlace = event.type === 'assessor enrolled' || event.type === 'enrolment cancelled';
  if (isOfPlace && !isEnrolmentTold(session, event)) return undefined;
  const told = isOfAllPlaces(event) ? toldOfSession(session, event) : [whoseLetter(event)];
  const [assessors, administrators] = await Promise.all([
    Promise.all(
      told
        .filter((assessorId) => assessorIds === undefined || assessorIds.includes(assessorId))
        .map((assessorId) => readAssessorPerson(store, assessorId)),
    ),
    administratorsFor(store, roles),
  ]);
  return { about: 'session', event, partner, session, assessors, staff: { administrators } };
}

async function readSessionOf(store: Store, event: SessionEvent): Promise<CourseSession> {
  const session = await readSession(store, idOf(event));
  if (session === undefined) throw new CannotSucceed(`there is no session ${idOf(event)}`);
  return session;
}

/** An event of a session that concerns all who have a place in it. */
type OfAllPlaces = Extract<SessionEvent, { readonly type: 'session changed' | 'session cancelled' }>;

/** Whether an event concerns all who have a place in a session. */
export function isOfAllPlaces(event: DomainEvent): event is OfAllPlaces {
  return event.type === 'session changed' || event.type === 'session cancelled';
}

/** The assessors whom an event that concerns all places is told to, those with the same address together. */
export async function readToldByAddress(store: Store, event: OfAllPlaces): Promise<string[][]> {
  const told = toldOfSession(await readSessionOf(store, event), event);
  const byAddress = new Map<string, string[]>();
  await forEachAtOnce(told, readsAtOnce, async (assessorId) => {
    const address = (await readAssessorPerson(store, assessorId)).email.toLowerCase();
    byAddress.set(address, [...(byAddress.get(address) ?? []), assessorId]);
  });
  return [...byAddress.values()];
}

/** How many assessors are read at the same time: a session has up to 500. */
const readsAtOnce = 20;

/** The assessor whom an event of a session, or a letter about it, is for. */
function whoseLetter({ subject, number, data }: SessionEvent): string {
  if ('assessorId' in data) return data.assessorId;
  if ('personId' in data) return data.personId;
  throw new CannotSucceed(`event ${number} of ${subject} names nobody`);
}

async function readAssessorPerson(store: Store, assessorId: string): Promise<AuditFacts['assessor']> {
  const assessor = await readAssessor(store, assessorId);
  if (assessor === undefined) throw new CannotSucceed(`there is no assessor ${assessorId}`);
  return assessor;
}

/**
 * The employer, and which of its contacts mail does not reach; when letters go to these assessors only, as far as one of them has
 * the address of a contact.
 */
async function readReachedEmployer(
  store: Store,
  employerId: string,
  only?: readonly Pick<Assessor, 'email'>[],
): Promise<ReachedEmployer> {
  const [employer, cycle] = await Promise.all([
    readEmployer(store, employerId),
    only === undefined ? readCycle(store, employerId) : undefined,
  ]);
  if (employer === undefined) throw new CannotSucceed(`there is no employer ${employerId}`);
  const isContacts = (only ?? []).some(({ email }) =>
    contactAddresses(employer).some((address) => isSameAddress(address, email)),
  );
  const known = cycle ?? (isContacts ? await readCycle(store, employerId) : undefined);
  return { employer, ...(known === undefined ? {} : { undeliverable: known.undeliverable }) };
}

/** The administrators as they are now, when letters go to them; not those whom mail does not reach. */
async function administratorsFor(store: Store, roles: ReadonlySet<RecipientRole>): Promise<Person[]> {
  if (!roles.has('administrator')) return [];
  const administrators = await listAdministrators(store);
  return reachedStaff(
    store,
    administrators.map(({ administratorId: personId, name, email }) => ({ personId, name, email })),
  );
}
