import type { SubjectKind, SubjectOf } from './subject.ts';

/** Who caused an event; the system when no person did. */
export type Actor =
  | { readonly role: 'assessor' | 'reviewer' | 'administrator' | 'employer'; readonly personId: string }
  | { readonly role: 'system' };

/** The program itself, as the cause of an event. */
export const system: Actor = { role: 'system' };

/** A person who works at the partner. */
export type Staff = Extract<Actor, { personId: string }>;

/** What every event of a kind of subject has in common. */
export type Envelope<K extends SubjectKind> = {
  readonly subject: SubjectOf<K>;
  /** 1, 2, … per subject, without gaps. */
  readonly number: number;
  readonly at: string;
  readonly by: Actor;
};

/** Appends events to a subject's history: numbers them from `events + 1`. */
export function numberEvents<K extends SubjectKind, H extends { readonly type: string }>(
  subject: SubjectOf<K>,
  events: number,
  at: string,
  happenings: readonly { readonly by: Actor; readonly happening: H }[],
): (Envelope<K> & H)[] {
  return happenings.map(({ by, happening }, index) => ({ subject, number: events + index + 1, at, by, ...happening }));
}
