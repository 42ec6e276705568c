import {
  type DomainEvent,
  type EventOf,
  type HistoryKind,
  parseSubject,
  type Subject,
  type SubjectOf,
} from '@secor/certification';
import { type Item, itemsOf, type Key, padded, readBody, type Store } from './table.ts';

/** The partition of a subject: it holds the aggregate, its events and everything that belongs to it. */
export function partition(subject: Subject): string {
  const { kind, id } = parseSubject(subject);
  return `${kind.toUpperCase()}#${id}`;
}

function eventKey(subject: Subject, number: number): Key {
  return { pk: partition(subject), sk: `EVENT#${padded(number)}` };
}

export function eventItem(event: DomainEvent): Item<DomainEvent> {
  return { ...eventKey(event.subject, event.number), kind: 'event', body: event };
}

/** One event of a subject, or undefined. */
export function readEvent<K extends HistoryKind>(
  store: Store,
  subject: SubjectOf<K>,
  number: number,
): Promise<EventOf<K> | undefined> {
  return readBody<EventOf<K>>(store, eventKey(subject, number));
}

/** The first events of a subject, in order: as many as the subject had when it was read, so that the history fits it. */
export async function readHistory<K extends HistoryKind>(
  store: Store,
  subject: SubjectOf<K>,
  events: number,
): Promise<EventOf<K>[]> {
  const items = itemsOf(store, {
    KeyConditionExpression: 'pk = :subject AND sk BETWEEN :first AND :last',
    ExpressionAttributeValues: {
      ':subject': partition(subject),
      ':first': eventKey(subject, 1).sk,
      ':last': eventKey(subject, events).sk,
    },
    ConsistentRead: true,
  });
  return Array.fromAsync(items, ({ body }) => body as EventOf<K>);
}
