/** What events and messages are about: an audit, an employer with its cycle, an assessor, a course session, a reviewer. */
const kinds = ['audit', 'employer', 'assessor', 'session', 'reviewer'] as const;
export type SubjectKind = (typeof kinds)[number];

/** A subject of one kind, such as 'audit#123456789'. */
export type SubjectOf<K extends SubjectKind> = `${K}#${string}`;
export type Subject = SubjectOf<SubjectKind>;

/** The subject of a kind with an id: an audit's number, or the id of an employer, an assessor, a session or a reviewer. */
export function subjectOf<K extends SubjectKind>(kind: K, id: string): SubjectOf<K> {
  return `${kind}#${id}`;
}

/** Whether a text is a subject of one of these kinds. */
export function isSubjectOf<K extends SubjectKind>(text: string, ...of: readonly K[]): text is SubjectOf<K> {
  return of.some((kind) => text.startsWith(`${kind}#`) && text.length > kind.length + 1);
}

/**
 * The kind of a subject, and the id of what it names.
 * @throws Error when the text is no subject
 */
export function parseSubject<K extends SubjectKind>(subject: SubjectOf<K>): { readonly kind: K; readonly id: string };
export function parseSubject(subject: string): { readonly kind: SubjectKind; readonly id: string };
export function parseSubject(subject: string): { readonly kind: SubjectKind; readonly id: string } {
  const separator = subject.indexOf('#');
  const kind = kinds.find((each) => each === subject.slice(0, Math.max(separator, 0)));
  const id = subject.slice(separator + 1);
  if (kind === undefined || id === '')
    throw new Error(`"${subject}" is not a subject: a subject is one of ${kinds.join(', ')}, then "#" and an id.`);
  return { kind, id };
}
