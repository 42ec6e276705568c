import { addDays, businessDate, dateInWords } from '../calendar.ts';
import { type Sentence, sayFrom } from '../sentence.ts';
import { type Audit, currentRevision } from './audit.ts';
import type { AuditEvent } from './events.ts';
import { queuePositionOf } from './queue-position.ts';

/** The waits that ended on one business day: for each number of whole hours, how many revisions waited that long. */
export type WaitingDay = {
  readonly day: string;
  readonly version: number;
  readonly hours: Readonly<Record<string, number>>;
};

/** The wait of one revision: from its arrival until it was decided on, or another revision was requested. */
export type Wait = { readonly revision: number; readonly day: string; readonly hours: number };

/** What an assessor may expect: half of the revisions waited no longer than the median, nine of ten no longer than the other. */
export type TypicalWait = { readonly medianHours: number; readonly ninetyPercentHours: number; readonly days: number };

/** The typical wait is computed from this many days, today included. */
export const typicalDays = 90;

const hourMs = 60 * 60 * 1000;

/** The wait that an event ended, in whole hours from the arrival of the revision to the event; undefined when it ended none. */
export function waitEndedBy(audit: Audit, event: AuditEvent): Wait | undefined {
  const revision = answeredBy(audit, event);
  if (revision === undefined) return undefined;
  const hours = Math.floor((Date.parse(event.at) - Date.parse(revision.arrivedAt)) / hourMs);
  return { revision: revision.revision, day: businessDate(event.at), hours: Math.max(0, hours) };
}

function answeredBy({ revisions }: Audit, event: AuditEvent) {
  if (event.type === 'audit closed') return revisions.find(({ revision }) => revision === event.data.revision);
  if (event.type !== 'revision requested') return undefined;
  return revisions.findLast(({ round, layout }) => round < event.data.round && layout !== 'refused');
}

/** A day with one more wait; `before` is undefined when it is the first of the day. */
export function addWait(before: WaitingDay | undefined, { day, hours }: Wait): WaitingDay {
  const counts = before?.hours ?? {};
  return { day, version: (before?.version ?? 0) + 1, hours: { ...counts, [hours]: (counts[hours] ?? 0) + 1 } };
}

/** The first of the business days from which the typical wait is computed. */
export function typicalSince(at: string): string {
  return addDays(businessDate(at), 1 - typicalDays);
}

/** The median and the 90th percentile of all waits of these days, in whole hours; undefined when there was none. */
export function typicalWait(days: readonly WaitingDay[]): TypicalWait | undefined {
  const counts = new Map<number, number>();
  for (const { hours } of days)
    for (const [hour, count] of Object.entries(hours))
      counts.set(Number(hour), (counts.get(Number(hour)) ?? 0) + count);
  const sorted = [...counts].toSorted(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  // The percentile: the shortest wait that this share of all waits does not exceed.
  const least = (percent: number) => {
    let reached = 0;
    for (const [hour, count] of sorted) {
      reached += count;
      if (reached * 100 >= total * percent) return hour;
    }
    return 0;
  };
  return { medianHours: least(50), ninetyPercentHours: least(90), days: typicalDays };
}

/** What of an audit in the queue matters to those behind it. */
export type Waiting = { readonly position: string; readonly state: Audit['state'] };

/**
 * How many audits are ahead of this one in the queue: those in review count, those that wait for their assessor do not. Undefined
 * when this audit does not wait.
 */
export function aheadOf(audit: Audit, queue: readonly Waiting[]): number | undefined {
  const revision = currentRevision(audit);
  if (audit.state !== 'pending review' || revision === undefined) return undefined;
  // Where it will stand, when it has no place yet.
  const dates = { arrivedOn: businessDate(revision.arrivedAt) };
  const own = audit.queuePosition ?? queuePositionOf(audit.auditNumber, dates);
  return queue.filter(({ position, state }) => position < own && state !== 'awaiting revision').length;
}

/** What an assessor is told of what comes next. */
export const nextSteps = {
  'upload-package': () => 'Upload the package; you will get a letter that says whether it was accepted.',
  'documents-checked': () =>
    'The documents are checked, then a reviewer opens the review; until then you can replace the package.',
  'review-opened': () => 'A reviewer opens the review; until then you can replace the package.',
  'decision-or-revision': () => 'The reviewer decides, or requests a revision from you.',
  'send-revision': ({ dueOn }: { dueOn: string }) =>
    `Answer the notes and upload the revised package by ${dateInWords(dueOn)}.`,
  'send-revision-undated': () => 'Answer the notes and upload the revised package.',
  'download-report': () => 'The audit is decided; you can download its report.',
  'report-follows': () => 'The audit is decided; you will get a letter when the report is ready.',
  'register-anew': ({ state }: { state: string }) => `The audit was ${state}; register a new one if an audit is due.`,
};

const say = sayFrom(nextSteps);

/** What comes next, as one sentence for the assessor. */
export function nextStep(audit: Audit): Sentence<keyof typeof nextSteps> {
  switch (audit.state) {
    case 'registered':
      return say('upload-package');
    case 'pending review':
      return say(currentRevision(audit)?.layout === 'pending' ? 'documents-checked' : 'review-opened');
    case 'in review':
      return say('decision-or-revision');
    case 'awaiting revision':
      return audit.revisionDueOn === undefined
        ? say('send-revision-undated')
        : say('send-revision', { dueOn: audit.revisionDueOn });
    case 'closed':
      return say(audit.reportedDecision === audit.decisions ? 'download-report' : 'report-follows');
    case 'rejected':
    case 'withdrawn':
      return say('register-anew', { state: audit.state });
  }
}
