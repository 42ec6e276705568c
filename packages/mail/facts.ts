import type {
  Assessor,
  AssessorEvent,
  Audit,
  AuditEvent,
  CourseSession,
  Cycle,
  CycleEvent,
  DomainEvent,
  Employer,
  Note,
  SessionEvent,
} from '@secor/certification';
import { isSameAddress, parseSubject } from '@secor/certification';

/** The certifying partner's contact data, with which every letter is signed; `site` is an https URL. */
export type Partner = {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly site: string;
};

/** What a person is to what a letter is about, when it is written to them. */
export type RecipientRole = 'assessor' | 'employer contact' | 'reviewer' | 'administrator';

export type Person = { readonly personId: string; readonly name: string; readonly email: string };

/** Why a letter about an audit does not go to its assessor. */
type Hindrance = 'unreached' | 'no longer acts';

/** The person whom a letter is written to; `insteadOf` names the one to whom it would go, and why it does not. */
export type Recipient = Person & {
  readonly role: RecipientRole;
  readonly insteadOf?: { readonly name: string; readonly why: Hindrance };
};

/** A note that the assessor was sent, with what they answered. */
export type AnsweredNote = Pick<Note, 'note' | 'kind' | 'question'> & { readonly answer: string };

/** An employer, and since when mail to each of its contacts has failed. */
export type ReachedEmployer = { readonly employer: Employer; readonly undeliverable?: Cycle['undeliverable'] };

type CommonFacts = {
  readonly partner: Partner;
  /** The partner's people: the reviewer who has the audit, and the administrators. No draft for others is given them. */
  readonly staff?: { readonly reviewer?: Person; readonly administrators: readonly Person[] };
};

/** What a letter about an audit is written from. */
export type AuditFacts = CommonFacts &
  ReachedEmployer & {
    readonly about: 'audit';
    readonly event: AuditEvent;
    /**
     * The audit; `arrivedAt` is when the revision up for review came, while there is one; `refusedUploads` how many were refused
     * since the last accepted one, when there were some.
     */
    readonly audit: Pick<Audit, 'kind' | 'protocol' | 'ruleSet' | 'state'> & {
      readonly arrivedAt?: string;
      readonly refusedUploads?: number;
    };
    readonly assessor: Assessor;
    /** What was wrong with a refused package, as its stored list of problems has it. */
    readonly problems?: readonly {
      readonly place: string;
      readonly message: string;
      readonly others?: readonly unknown[];
    }[];
    /** The notes that a resubmission answers. */
    readonly answeredNotes?: readonly AnsweredNote[];
    /** The numbers of the certificates that this decision, or this end without one, took back. */
    readonly revoked?: readonly string[];
  };

/** What a letter about an employer's certificate and what is due for it is written from. */
export type CycleFacts = CommonFacts &
  ReachedEmployer & {
    readonly about: 'employer';
    readonly event: CycleEvent;
    /** Those who act for the employer. */
    readonly assessors: readonly Assessor[];
  };

/** What a letter about an assessor's status is written from. */
export type AssessorFacts = CommonFacts & {
  readonly about: 'assessor';
  readonly event: AssessorEvent;
  readonly assessor: Assessor;
  /** Those that the assessor acts for. */
  readonly employers: readonly ReachedEmployer[];
};

/** What a letter about a session of a course is written from. */
export type SessionFacts = CommonFacts & {
  readonly about: 'session';
  readonly event: SessionEvent;
  readonly session: Pick<CourseSession, 'courseId' | 'date' | 'time' | 'instructor' | 'place' | 'link'>;
  /** Those whose places it is about. */
  readonly assessors: readonly Assessor[];
};

/** All that a letter is written from: the event that caused it, and the people as they are now. */
export type LetterFacts = AuditFacts | CycleFacts | AssessorFacts | SessionFacts;

/** The event that caused a letter, when it is of one of these types. @throws Error when it is of another */
export function eventOf<E extends DomainEvent, T extends E['type']>(
  { event }: { readonly event: E },
  ...types: readonly T[]
): Extract<E, { readonly type: T }> {
  const isOfType = (candidate: E): candidate is Extract<E, { readonly type: T }> =>
    types.some((type) => type === candidate.type);
  if (!isOfType(event)) throw new Error(`This letter is caused by "${types.join('" or "')}", not by "${event.type}".`);
  return event;
}

/** The number of the audit that an event happened to. */
export function auditNumberOf(event: AuditEvent): string {
  return parseSubject(event.subject).id;
}

/** The employer's legal name, with the trade name when there is one. */
export function employerName({ legalName, tradeName }: Employer): string {
  return tradeName === undefined ? legalName : `${legalName} (${tradeName})`;
}

/**
 * The notes that the assessor was sent in a round, each with its answer; those without one are left out.
 * @param history the audit's events, in order
 */
export function answeredNotes(history: readonly DomainEvent[], round: number): AnsweredNote[] {
  const answers = new Map(
    history
      .flatMap((event) => (event.type === 'notes answered' && event.data.round === round ? event.data.answers : []))
      .map(({ note, text }) => [note, text]),
  );
  return history
    .flatMap((event) => (event.type === 'revision requested' && event.data.round === round ? event.data.notes : []))
    .flatMap(({ text: _asked, ...note }) => {
      const answer = answers.get(note.note);
      return answer === undefined ? [] : [{ ...note, answer }];
    });
}

/** The addresses to which mail has failed, of those that these facts know, in small letters: whoever else has one gets none there. */
function failedAddresses(facts: LetterFacts): ReadonlySet<string> {
  const contacts = employersOf(facts).flatMap(({ employer: { contact, secondContact }, undeliverable = {} }) => [
    ...(undeliverable.first === undefined ? [] : [contact.email]),
    ...(undeliverable.second === undefined || secondContact === undefined ? [] : [secondContact.email]),
  ]);
  const assessors = namedAssessors(facts).filter(({ undeliverableSince }) => undeliverableSince !== undefined);
  return new Set([...contacts, ...assessors.map(({ email }) => email)].map((email) => email.toLowerCase()));
}

/**
 * Who is written to for an employer: its first contact; the second, where there is one, when mail to the address of the first has
 * failed; nobody when mail to both has.
 * They are known by the employer's id with `.1` and `.2`: no assessor has such an id, so that each has letters of their own.
 */
function contactOf({ employer }: ReachedEmployer, failed: ReadonlySet<string>): Person | undefined {
  const { employerId, contact, secondContact } = employer;
  return [contact, ...(secondContact === undefined ? [] : [secondContact])]
    .map(({ name, email }, index) => ({ personId: `${employerId}.${index + 1}`, name, email }))
    .find(({ email }) => !failed.has(email.toLowerCase()));
}

/** The employers whose contact a letter of an assessor's status goes to; none when it goes to the assessor. */
export function employersTold({ email, role }: Recipient, facts: AssessorFacts): readonly Employer[] {
  if (role !== 'employer contact') return [];
  const failed = failedAddresses(facts);
  return facts.employers
    .filter((reached) => isSameAddress(contactOf(reached, failed)?.email ?? '', email))
    .map(({ employer }) => employer);
}

/** The assessors whom these facts name, reached or not. */
function namedAssessors(facts: LetterFacts): readonly Assessor[] {
  return facts.about === 'employer' || facts.about === 'session' ? facts.assessors : [facts.assessor];
}

/**
 * The assessors whom a letter is for: of an employer's certificate, the one of the last passed audit while they act for the
 * employer, else all who do [A]. Nobody to whose present address mail has failed.
 */
function assessorsOf(facts: LetterFacts): readonly Assessor[] {
  const failed = failedAddresses(facts);
  const reached = namedAssessors(facts).filter(({ email }) => !failed.has(email.toLowerCase()));
  const { data } = facts.event;
  if (facts.about !== 'employer' || !('assessorId' in data)) return reached;
  const last = reached.filter(({ assessorId }) => assessorId === data.assessorId);
  return last.length === 0 ? reached : last;
}

function employersOf(facts: LetterFacts): readonly ReachedEmployer[] {
  switch (facts.about) {
    case 'audit':
    case 'employer':
      return [facts];
    case 'assessor':
      return facts.employers;
    case 'session':
      return [];
  }
}

/**
 * Why a letter about an audit does not go to its assessor; undefined when it does. Who does not act for the employer any more
 * gets by letter what they may still read: of their own closed audits [A].
 */
export function hindranceOf(
  { actsFor, undeliverableSince }: Assessor,
  { employerId, state }: Pick<Audit, 'employerId' | 'state'>,
): Hindrance | undefined {
  if (state !== 'closed' && !actsFor.includes(employerId)) return 'no longer acts';
  return undeliverableSince === undefined ? undefined : 'unreached';
}

/** The assessors; for the one of an audit, which may ask something of them by a date, the employer's contact where it can't be them. */
function assessorsOrContact(facts: LetterFacts): readonly Omit<Recipient, 'role'>[] {
  if (facts.about === 'audit') {
    const { assessor, audit, employer } = facts;
    const failed = failedAddresses(facts);
    const why =
      hindranceOf(assessor, { ...audit, employerId: employer.employerId }) ??
      (failed.has(assessor.email.toLowerCase()) ? 'unreached' : undefined);
    const contact = contactOf(facts, failed);
    if (why !== undefined)
      return contact === undefined ? [] : [{ ...contact, insteadOf: { name: assessor.name, why } }];
  }
  return assessorsOf(facts).map(({ assessorId, name, email }) => ({ personId: assessorId, name, email }));
}

const peopleByRole: Readonly<Record<RecipientRole, (facts: LetterFacts) => readonly Omit<Recipient, 'role'>[]>> = {
  assessor: assessorsOrContact,
  'employer contact': (facts) => {
    const failed = failedAddresses(facts);
    return employersOf(facts).flatMap((reached) => contactOf(reached, failed) ?? []);
  },
  reviewer: ({ staff }) => (staff?.reviewer === undefined ? [] : [staff.reviewer]),
  administrator: ({ staff }) => staff?.administrators ?? [],
};

/** Everybody who gets the letters of this role; none where there is nobody, or nobody whom mail reaches. */
export function recipientsOf(role: RecipientRole, facts: LetterFacts): readonly Recipient[] {
  return peopleByRole[role](facts).map((person) => ({ role, ...person }));
}
