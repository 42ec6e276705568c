import {
  type DomainEvent,
  minEnrolmentNoticeMinutes,
  parseSubject,
  type SubjectKind,
  type SubjectOf,
} from '@secor/certification';
import * as v from 'valibot';

/** The type of a message: an event, or that a reviewer was set present or absent, or that their conflicts of interest were recorded. */
export type MessageType = DomainEvent['type'] | 'reviewer changed';

/** The queues that relay publishes to, each with the events that go to it. An event in no list is only in the history. */
const eventsByQueue = {
  review: ['package accepted', 'reviewer released', 'audit reopened', 'reviewer changed'],
  documents: [
    'package accepted',
    'documents refused',
    // What ends an audit ends its draft.
    'audit closed',
    'audit rejected',
    'audit withdrawn',
  ],
  reports: ['audit closed'],
  mail: [
    'package accepted',
    'package refused',
    'package late',
    'uploads over limit',
    'documents refused',
    'reviewer assigned',
    'review unassigned',
    'revision requested',
    'revision extended',
    'audit rejected',
    'rejection undone',
    'audit withdrawn',
    'audit reopened',
    'report made',
    'certificate cancelled',
    'cancellation undone',
    'certificate revoked',
    'course completed',
    'completion withdrawn',
    'reminder due',
    'risks changed',
    'binder recorded',
    'assessor enrolled',
    'enrolment cancelled',
    'session changed',
    'session cancelled',
    'letter rejected',
  ],
  waiting: ['revision requested', 'audit closed'],
  risks: [
    'employer changed',
    'mail failed',
    // What becomes of certificates by them comes in the same transaction, and is judged with them.
    'audit opened',
    'audit arrived',
    'audit returned',
    'audit decided',
    'audit left',
    'audit taken up',
    'certificate cancelled',
    'cancellation undone',
    'assessor added',
    'assessor changed',
    'course completed',
    'completion withdrawn',
  ],
} as const satisfies Readonly<Record<string, readonly MessageType[]>>;

/** The queues that relay publishes to. */
export type QueueName = keyof typeof eventsByQueue;
export const queueNames = Object.keys(eventsByQueue) as readonly QueueName[];

/** The queues that are told of this; none for what is history only. */
export function queuesFor(type: MessageType): readonly QueueName[] {
  return queueNames.filter((queue) => (eventsByQueue[queue] as readonly MessageType[]).includes(type));
}

const enrolmentTypes: ReadonlySet<string> = new Set<MessageType>(['assessor enrolled', 'enrolment cancelled']);

/** Seconds for which what is told waits in its queue; SQS takes up to 900. An enrolment's letter waits for what may undo it. */
export function delaySecondsOf(type: string): number {
  return enrolmentTypes.has(type) ? (minEnrolmentNoticeMinutes + 1) * 60 : 0;
}

/** A subject of one of these kinds; an audit's number has nine digits. */
function subjectOf<K extends SubjectKind>(...kinds: readonly K[]) {
  const form = new RegExp(`^(${kinds.map((kind) => (kind === 'audit' ? 'audit#\\d{9}' : `${kind}#.+`)).join('|')})$`);
  return v.custom<SubjectOf<K>>((value) => typeof value === 'string' && form.test(value), `must match ${form.source}`);
}

/** Points to an event, or to the version of a reviewer; the consumer reads its subject as it is now. Ids only, never names or addresses. */
export const EventMessage = v.object({
  subject: subjectOf('audit', 'employer', 'assessor', 'session', 'reviewer'),
  number: v.pipe(v.number(), v.integer(), v.minValue(1)),
  type: v.string(),
});
export type EventMessage = v.InferOutput<typeof EventMessage>;

/** A message about an audit's event, with the audit number that its subject names. */
export const AuditMessage = v.pipe(
  v.object({ ...EventMessage.entries, subject: subjectOf('audit') }),
  v.transform((message) => ({ ...message, auditNumber: parseSubject(message.subject).id })),
);
export type AuditMessage = v.InferOutput<typeof AuditMessage>;

/**
 * What the mail queue brings: an event of an audit, an employer's cycle, an assessor or a session. Of one that concerns all who are
 * enrolled in a session, mail sends a message for each person, with their ids as assessors.
 */
export const LetterMessage = v.object({
  ...EventMessage.entries,
  subject: subjectOf('audit', 'employer', 'assessor', 'session'),
  assessorIds: v.optional(v.pipe(v.array(v.string()), v.minLength(1))),
});
export type LetterMessage = v.InferOutput<typeof LetterMessage>;

/** What the review queue brings: an event of an audit, or that a reviewer has changed, with the id that its subject names. */
export const ReviewMessage = v.union([
  AuditMessage,
  v.pipe(
    v.object({ ...EventMessage.entries, subject: subjectOf('reviewer') }),
    v.transform((message) => ({ ...message, reviewerId: parseSubject(message.subject).id })),
  ),
]);
export type ReviewMessage = v.InferOutput<typeof ReviewMessage>;

/** A message about an event of an employer's cycle or of an assessor, by which what is at risk may have changed. */
export const RiskMessage = v.object({
  ...EventMessage.entries,
  subject: subjectOf('employer', 'assessor'),
});
export type RiskMessage = v.InferOutput<typeof RiskMessage>;

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

/**
 * What asks for a sweep: the schedule's day, by its own time; a shard of it, from behind an entry on; or subjects of it, which
 * could not be swept with the others; with these the day is done where `lastOfDay` says so.
 */
export const SweepMessage = v.object({
  ...ScheduledMessage.entries,
  shard: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  after: v.optional(v.string()),
  subjects: v.optional(v.array(subjectOf('audit', 'employer', 'assessor'))),
  lastOfDay: v.optional(v.boolean()),
});
export type SweepMessage = v.InferOutput<typeof SweepMessage>;

const instant = v.pipe(v.string(), v.isoTimestamp());

/** What SES publishes of a letter, as far as it is read; each goes to one recipient. */
const mail = v.object({
  timestamp: instant,
  messageId: v.string(),
  destination: v.tuple([v.string()]),
  tags: v.object({ letter: v.optional(v.tuple([v.string()])) }),
});
const FeedbackEvent = v.variant('eventType', [
  v.object({ eventType: v.literal('Send'), mail }),
  v.object({ eventType: v.literal('Reject'), mail }),
  v.object({ eventType: v.literal('Rendering Failure'), mail }),
  v.object({ eventType: v.literal('Delivery'), mail, delivery: v.object({ timestamp: instant }) }),
  v.object({
    eventType: v.literal('Bounce'),
    mail,
    bounce: v.object({ bounceType: v.picklist(['Permanent', 'Transient', 'Undetermined']), timestamp: instant }),
  }),
  v.object({
    eventType: v.literal('Complaint'),
    mail,
    complaint: v.object({ timestamp: instant, complaintFeedbackType: v.nullish(v.string()) }),
  }),
]);
export type FeedbackEvent = v.InferOutput<typeof FeedbackEvent>;

/** An event's JSON, or the sentence that SES publishes when it is told of the topic; undefined for what is neither. */
function readPublished(text: string): unknown {
  if (text.startsWith('Successfully validated SNS topic')) return { eventType: 'Validation' };
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What arrives in the feedback queue, in SNS's envelope: an event of SES, or that SES may publish to the topic. */
export const FeedbackMessage = v.object({
  Type: v.literal('Notification'),
  Message: v.pipe(
    v.string(),
    v.transform(readPublished),
    v.variant('eventType', [v.object({ eventType: v.literal('Validation') }), FeedbackEvent]),
  ),
});
export type FeedbackMessage = v.InferOutput<typeof FeedbackMessage>;
