import type { DomainEvent } from '@secor/certification';
import * as v from 'valibot';

/** The queues that relay publishes to. */
export type QueueName = (typeof queueNames)[number];
const queueNames = ['review', 'documents', 'reports', 'mail', 'waiting'] as const;

/** Which event starts which work; an event without an entry here is history only. */
const queuesByEvent: Readonly<Partial<Record<DomainEvent['type'], readonly QueueName[]>>> = {
  'package accepted': ['review', 'documents', 'mail'],
  'package refused': ['mail'],
  'package late': ['mail'],
  'documents refused': ['documents', 'mail'],
  'reviewer assigned': ['mail'],
  'reviewer released': ['review'],
  'review unassigned': ['mail'],
  'revision requested': ['mail', 'waiting'],
  'revision extended': ['mail'],
  'audit rejected': ['mail'],
  'audit withdrawn': ['mail'],
  'audit reopened': ['mail'],
  'audit closed': ['reports', 'waiting'],
  'report made': ['mail'],
};

/** The queues that are told of an event of this type; none for what is history only. */
export function queuesFor(type: DomainEvent['type']): readonly QueueName[] {
  return queuesByEvent[type] ?? [];
}

/** Points to an event; the consumer reads the event and its subject as they are now. Ids only, never names or addresses. */
export const EventMessage = v.object({
  subject: v.pipe(v.string(), v.regex(/^(audit|employer)#.+$/)),
  number: v.pipe(v.number(), v.integer(), v.minValue(1)),
  type: v.string(),
});
export type EventMessage = v.InferOutput<typeof EventMessage>;

/** A message about an audit's event, with the audit number that its subject names. */
export const AuditMessage = v.pipe(
  v.object({ ...EventMessage.entries, subject: v.pipe(v.string(), v.regex(/^audit#\d{9}$/)) }),
  v.transform((message) => ({ ...message, auditNumber: message.subject.slice('audit#'.length) })),
);
export type AuditMessage = v.InferOutput<typeof AuditMessage>;

/** What the outbox holds: the message, and the queues that it goes to, decided by whoever wrote the event. */
export const Outgoing = v.object({
  message: EventMessage,
  queues: v.array(v.picklist(queueNames)),
});
export type Outgoing = v.InferOutput<typeof Outgoing>;

/** What S3 tells of an object that was created; the key is URL-encoded, a blank being "+". */
const ObjectCreatedRecord = v.object({
  eventName: v.pipe(v.string(), v.startsWith('ObjectCreated:')),
  eventTime: v.pipe(v.string(), v.isoTimestamp()),
  s3: v.object({
    bucket: v.object({ name: v.string() }),
    object: v.object({
      key: v.string(),
      size: v.number(),
      versionId: v.string(),
      sequencer: v.pipe(v.string(), v.regex(/^[0-9A-Fa-f]+$/)),
    }),
  }),
});

/** What arrives in the intake queue: S3's notification, or the test that S3 sends when a notification is configured. */
export const ObjectCreatedMessage = v.union([
  v.object({ Event: v.literal('s3:TestEvent') }),
  v.object({ Records: v.array(ObjectCreatedRecord) }),
]);
export type ObjectCreatedRecord = v.InferOutput<typeof ObjectCreatedRecord>;

/** What the schedule sends: its own time. */
export const ScheduledMessage = v.object({ scheduledTime: v.pipe(v.string(), v.isoTimestamp()) });
