import type { Assessor, AuditEvent, Employer } from '@secor/certification';

/** The certifying partner's contact data, with which every letter is signed; `site` is an https URL. */
export type Partner = {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly site: string;
};

/** The person whom a letter is written to. */
export type Recipient = {
  readonly role: 'assessor' | 'employer contact';
  readonly personId: string;
  readonly name: string;
  readonly email: string;
};

/** All that a letter is written from: the event that caused it, and the people as they are now. */
export type LetterFacts = {
  readonly event: AuditEvent;
  readonly employer: Employer;
  readonly assessor: Assessor;
  readonly partner: Partner;
  /** What was wrong with a refused package, as its stored list of problems has it. */
  readonly problems?: readonly { readonly place: string; readonly message: string }[];
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
