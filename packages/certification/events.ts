import type { AssessorEvent } from './assessor/events.ts';
import type { AuditEvent } from './audit/events.ts';
import type { SessionEvent } from './course/events.ts';
import type { CycleEvent } from './cycle/events.ts';
import { parseSubject } from './subject.ts';

/** The events of each kind of subject that has a history. */
type Events = {
  readonly audit: AuditEvent;
  readonly employer: CycleEvent;
  readonly assessor: AssessorEvent;
  readonly session: SessionEvent;
};

/** The kinds of subjects that have a history. */
export type HistoryKind = keyof Events;

/** An immutable entry of the history of a kind of subject, which people read. */
export type EventOf<K extends HistoryKind> = Events[K];
export type DomainEvent = EventOf<HistoryKind>;

/** Whether an event happened to a subject of this kind. */
export function isEventOf<K extends HistoryKind>(kind: K, event: DomainEvent): event is EventOf<K> & DomainEvent {
  return parseSubject(event.subject).kind === kind;
}
