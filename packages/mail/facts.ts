import type { Assessor, Audit, AuditEvent, DomainEvent, Employer, Note } from '@secor/certification';

/** The certifying partner's contact data, with which every letter is signed; `site` is an https URL. */
export type Partner = {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly site: string;
};

/** What a person is to an audit, when a letter about it is written to them. */
export type RecipientRole = 'assessor' | 'employer contact' | 'reviewer' | 'administrator';

export type Person = { readonly personId: string; readonly name: string; readonly email: string };

/** The person whom a letter is written to. */
export type Recipient = Person & { readonly role: RecipientRole };

/** A note that the assessor was sent, with what they answered. */
export type AnsweredNote = Pick<Note, 'note' | 'kind' | 'question'> & { readonly answer: string };

/** All that a letter is written from: the event that caused it, and the people as they are now. */
export type LetterFacts = {
  readonly event: AuditEvent;
  /** The audit; `arrivedAt` is when the revision up for review came, while there is one. */
  readonly audit: Pick<Audit, 'kind' | 'protocol'> & { readonly arrivedAt?: string };
  readonly employer: Employer;
  readonly assessor: Assessor;
  readonly partner: Partner;
  /** What was wrong with a refused package, as its stored list of problems has it. */
  readonly problems?: readonly { readonly place: string; readonly message: string }[];
  /** The notes that a resubmission answers. */
  readonly answeredNotes?: readonly AnsweredNote[];
  /** The numbers of the certificates that this decision, or this end without one, took back. */
  readonly revoked?: readonly string[];
  /** The partner's people: the reviewer who has the audit, and the administrators. No draft for others is given them. */
  readonly staff?: { readonly reviewer?: Person; readonly administrators: readonly Person[] };
};

/** The event that caused a letter, when it is of one of these types. @throws Error when it is of another */
export function eventOf<T extends AuditEvent['type']>(
  facts: LetterFacts,
  ...types: readonly T[]
): Extract<AuditEvent, { readonly type: T }> {
  const { event } = facts;
  const isOfType = (candidate: AuditEvent): candidate is Extract<AuditEvent, { readonly type: T }> =>
    types.some((type) => type === candidate.type);
  if (!isOfType(event)) throw new Error(`This letter is caused by "${types.join('" or "')}", not by "${event.type}".`);
  return event;
}

/** The number of the audit that an event happened to. */
export function auditNumberOf(event: AuditEvent): string {
  return event.subject.slice('audit#'.length);
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

const peopleByRole: Readonly<Record<RecipientRole, (facts: LetterFacts) => readonly Person[]>> = {
  assessor: ({ assessor: { assessorId, name, email } }) => [{ personId: assessorId, name, email }],
  'employer contact': ({ employer: { employerId, contact } }) => [{ personId: employerId, ...contact }],
  reviewer: ({ staff }) => (staff?.reviewer === undefined ? [] : [staff.reviewer]),
  administrator: ({ staff }) => staff?.administrators ?? [],
};

/** Everybody who gets the letters of this role; none while the audit has no reviewer, or nobody is an administrator. */
export function recipientsOf(role: RecipientRole, facts: LetterFacts): readonly Recipient[] {
  return peopleByRole[role](facts).map((person) => ({ role, ...person }));
}
