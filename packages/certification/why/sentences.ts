import { dateInWords } from '../calendar.ts';
import { sayFrom } from '../sentence.ts';

type OfCertificate = { certificateNumber: string };
type Due = { dueOn: string };
type Reminded = { kind: 'expiry' | 'maintenance' | 'refresher' };

const reminded = {
  expiry: 'the expiry of the certificate',
  maintenance: 'the maintenance audit',
  refresher: 'the refresher',
} as const;

/** What is explained. */
export const subjectSentences = {
  'expiry-date': ({ certificateNumber }: OfCertificate) => `Expiry date of certificate ${certificateNumber}`,
  standing: ({ certificateNumber }: OfCertificate) => `Standing of certificate ${certificateNumber}`,
  're-certification-due-date': ({ certificateNumber }: OfCertificate) =>
    `Due date of the re-certification of certificate ${certificateNumber}`,
  'maintenance-due-date': ({ certificateNumber, year }: OfCertificate & { year: number }) =>
    `Due date of the maintenance audit of ${year} for certificate ${certificateNumber}`,
  're-certification': ({ certificateNumber, dueOn }: OfCertificate & Due) =>
    `Re-certification of certificate ${certificateNumber}, due on ${dateInWords(dueOn)}`,
  maintenance: ({ certificateNumber, dueOn }: OfCertificate & Due) =>
    `Maintenance audit of certificate ${certificateNumber}, due on ${dateInWords(dueOn)}`,
  state: () => 'State',
  'due-date-met': () => 'Due date met',
  'rule-set': () => 'Rule set',
  protocol: () => 'Protocol',
  'overall-minimum': () => 'Overall minimum',
  'minimum-of-each-element': () => 'Minimum of each element',
  /** `title` is empty where the protocol has none. */
  'minimum-of-element': ({ element, title }: { element: string; title: string }) =>
    `Minimum of element ${element}${title === '' ? '' : `, ${title}`}`,
  outcome: () => 'Outcome',
  'provisional-outcome': () => 'Provisional outcome, from the points so far',
  term: () => 'Term of the certificate',
  'data-gathering': () => 'Days of the data gathering',
  arrival: () => 'Days to the arrival of the package',
  'revision-due-date': () => 'Due date of the revision',
  status: ({ on }: { on: string }) => `Assessor status on ${dateInWords(on)}`,
  'last-day-of-status': () => 'Last day of the assessor status',
  reminder: ({ kind }: Reminded) => `Reminder of ${reminded[kind]}`,
  'reminder-of-package': () => 'Reminder of the package',
  'reminder-of-revision': () => 'Reminder of the revision',
};

/** The value that is explained. */
export const valueSentences = {
  date: ({ date }: { date: string }) => dateInWords(date),
  /** A state, a standing, a result or an id, as it is stored. */
  name: ({ name }: { name: string }) => name,
  'met-late': () => 'met, late',
  none: () => 'none',
  percent: ({ percent }: { percent: number }) => `${percent} %`,
  points: ({ required, available }: { required: number; available: number }) => `${required} of ${available} points`,
  'not-judged': () => '–',
  years: ({ years }: { years: number }) => (years === 1 ? '1 year' : `${years} years`),
  'in-order': () => 'in order',
  warning: () => 'warning',
};

/** Why it is so: one sentence each. */
export const reasonSentences = {
  'years-from-audit-end': ({ years, endedOn }: { years: number; endedOn: string }) =>
    `It is ${years === 1 ? 'one year' : `${years} years`} from the audit end date, ${dateInWords(endedOn)}.`,
  'short-term-from-audit-end': ({ years, endedOn, months }: { years: number; endedOn: string; months: number }) =>
    `It is ${years === 1 ? 'one year' : `${years} years`} from the audit end date, ${dateInWords(endedOn)}: the audit had fewer than ${months} months of records.`,
  valid: ({ expiresOn }: { expiresOn: string }) =>
    `It is valid through ${dateInWords(expiresOn)}, and no missed obligation has cancelled it.`,
  expired: ({ expiresOn }: { expiresOn: string }) =>
    `It was valid through ${dateInWords(expiresOn)}, and no newer certificate was issued.`,
  cancelled: ({ dueOn, on }: Due & { on: string }) =>
    `No maintenance audit met the due date of ${dateInWords(dueOn)}, so the certificate was cancelled on ${dateInWords(on)}.`,
  revoked: ({ auditNumber, on }: { auditNumber: string; on: string }) =>
    `Audit ${auditNumber} was reopened and did not end with a pass, so the certificate was revoked on ${dateInWords(on)}.`,
  superseded: ({ supersededBy }: { supersededBy: string }) =>
    `Certificate ${supersededBy} replaced it: the newer certificate's audit ended later, or was decided again.`,
  'on-expiry': ({ expiresOn }: { expiresOn: string }) =>
    `A re-certification is due on the expiry date, ${dateInWords(expiresOn)}.`,
  'end-of-window': ({ window, expiresOn, year }: { window: string; expiresOn: string; year: number }) =>
    `It is the end of the ${window} of the expiry date, ${dateInWords(expiresOn)}, in ${year}.`,
  'met-late': ({
    auditNumber,
    endedOn,
    graceThrough,
  }: {
    auditNumber: string;
    endedOn: string;
    graceThrough: string;
  }) =>
    `Audit ${auditNumber} passed and ended on ${dateInWords(endedOn)}: after the due date, but within the grace period that lasted through ${dateInWords(graceThrough)}.`,
  met: ({ auditNumber, endedOn }: { auditNumber: string; endedOn: string }) =>
    `Audit ${auditNumber} passed and ended on ${dateInWords(endedOn)}, on or before the due date.`,
  pending: ({ auditNumber, arrivedOn }: { auditNumber: string; arrivedOn: string }) =>
    `Audit ${auditNumber} arrived on ${dateInWords(arrivedOn)} and has not been decided.`,
  open: ({ dueOn }: Due) => `No passed audit has met it yet, and ${dateInWords(dueOn)} has not passed.`,
  'overdue-expired': ({ dueOn, expiresOn }: Due & { expiresOn: string }) =>
    `${dateInWords(dueOn)} has passed and no passed audit met it; the certificate expired on ${dateInWords(expiresOn)}, so it can no longer be cancelled.`,
  'overdue-maintenance': ({ dueOn, cancelledOn }: Due & { cancelledOn: string }) =>
    `${dateInWords(dueOn)} has passed and no passed audit met it; the certificate is cancelled on ${dateInWords(cancelledOn)} unless a package has arrived by then.`,
  'overdue-certification': ({ dueOn }: Due) =>
    `${dateInWords(dueOn)} has passed and no passed certification audit met it.`,
  'due-before-issue': ({ issuedOn }: { issuedOn: string }) =>
    `It was due before the certificate was issued, on ${dateInWords(issuedOn)}: nobody could have met it.`,
  replaced: ({ supersededBy }: { supersededBy: string }) =>
    `Certificate ${supersededBy} replaced this one before any audit had met it.`,
  'certificate-revoked': () => 'The certificate that required it was revoked.',
  'all-cancelled': ({ dueOn, on }: Due & { on: string }) =>
    `No maintenance audit met the due date of ${dateInWords(dueOn)}, so the certificate and all its obligations were cancelled on ${dateInWords(on)}.`,
  registered: () => 'No package has been accepted yet.',
  'pending-review': () => 'A package was accepted and waits for review.',
  'in-review': () => 'Its reviewer has opened the review, so the package can no longer be replaced.',
  'awaiting-revision': () => 'A revision was requested and has not arrived yet.',
  closed: () => 'Its reviewer has decided.',
  rejected: () => 'It was not fit for review. This says nothing about its score.',
  withdrawn: () => 'It was withdrawn before a decision.',
  'revision-missed': ({ dueOn }: Due) =>
    `The revision that was requested was due on ${dateInWords(dueOn)}, and had not arrived by then.`,
  'meets-none': () => 'It ended in the time for no unmet due date, or its package arrived after the grace period.',
  'meets-late': () => 'It ended after that date, but within the grace period, and no other audit had met it.',
  'meets-in-time': () => 'It ended after the previous due date, and on or before this one.',
  'rules-of-registration': ({ on }: { on: string }) =>
    `The audit was registered on ${dateInWords(on)}, and an audit is judged by the rule set in force on that day.`,
  'rules-of-postmark': ({ on }: { on: string }) =>
    `The binder was postmarked on ${dateInWords(on)}, and an audit is judged by the rule set in force on that day.`,
  'protocol-of-rules': ({ on }: { on: string }) => `The rule set in force on ${dateInWords(on)} names this protocol.`,
  'percent-needed': ({ percent }: { percent: number }) => `At least ${percent} % of the points are needed.`,
  'enough-points': (of: { percent: number; available: number; required: number; awarded: number }) =>
    `${of.percent} % of ${of.available} points is reached with ${of.required}; ${of.awarded} were awarded, which is enough.`,
  'points-short': (of: { percent: number; available: number; required: number; awarded: number; short: number }) =>
    `${of.percent} % of ${of.available} points is reached with ${of.required}; ${of.awarded} were awarded, which is ${of.short} short.`,
  'nothing-applicable': () => 'None of its questions is applicable, so the element is not judged.',
  'minimums-reached': () => 'Every minimum is reached.',
  /** Each is an element's id, or "overall", and the points that are missing: 'overall 3, 2 1'. Titles are in the same order. */
  'minimums-missed': ({ missed, titles }: { missed: string; titles: string }) => {
    const names = titles.split('; ');
    const each = missed.split(', ').map((one, index) => {
      const short = one.split(' ').at(-1);
      return `${names[index]} (${short} ${short === '1' ? 'point' : 'points'} short)`;
    });
    return `These minimums are missed: ${each.join('; ')}.`;
  },
  'too-few-months': ({ months, least }: { months: number; least: number }) =>
    `${months} months of records are fewer than the ${least} that any certificate needs.`,
  'months-of-records': ({ months, full }: { months: number; full: number }) =>
    `The audit has ${months} months of records; the full term needs ${full}.`,
  gathered: ({ days, most }: { days: number; most: number }) =>
    `The data gathering lasted ${days} ${days === 1 ? 'day' : 'days'}, both ends counted; ${most} are allowed.`,
  'package-arrived': ({ arrivedOn, lastOn, days }: { arrivedOn: string; lastOn: string; days: number }) =>
    `The first package arrived on ${dateInWords(arrivedOn)}; ${dateInWords(lastOn)} is the last day, ${days} days after the audit end date.`,
  'binder-received': ({ arrivedOn, lastOn, days }: { arrivedOn: string; lastOn: string; days: number }) =>
    `The binder was received on ${dateInWords(arrivedOn)}; ${dateInWords(lastOn)} is the last day, ${days} days after the audit end date.`,
  'days-for-revision': ({ days }: { days: number }) =>
    `A revision is due ${days} days after it was requested, or on the later day to which an administrator extended it.`,
  'never-trained': () => 'There is no status without the initial training, and none was completed by that day.',
  'status-holds': ({ through }: { through: string }) =>
    `It is valid through ${dateInWords(through)}, and that day has not passed.`,
  'status-ended': ({ through }: { through: string }) =>
    `It was valid through ${dateInWords(through)}, and no course completed since then renews it.`,
  'latest-course': ({ course, completedOn }: { course: string; completedOn: string }) =>
    `It is counted from the latest of the initial training and any refresher: ${course}, completed on ${dateInWords(completedOn)}.`,
  'last-day-passed': ({ kind, dueOn }: Reminded & Due) =>
    `${dateInWords(dueOn)} has passed, and that day was the last one for ${reminded[kind]}.`,
  'window-begins': ({ kind, dueOn }: Reminded & Due) =>
    `On that day the window begins in which ${reminded[kind]} is due, by ${dateInWords(dueOn)}.`,
  'before-window': ({ milestone }: { milestone: string }) =>
    `That day is ${milestone} the beginning of the window in which it is due.`,
  'before-due-date': ({ milestone, dueOn }: { milestone: string } & Due) =>
    `That day is ${milestone} ${dateInWords(dueOn)}.`,
  'after-registration': ({ milestone, registeredOn }: { milestone: string; registeredOn: string }) =>
    `That day is ${milestone} the registration on ${dateInWords(registeredOn)}.`,
  'before-revision': ({ milestone, dueOn }: { milestone: string } & Due) =>
    `That day is ${milestone} ${dateInWords(dueOn)}, when the revision is due.`,
  'before-revision-told': ({ milestone, dueOn }: { milestone: string } & Due) =>
    `That day is ${milestone} ${dateInWords(dueOn)}, when the revision is due; the letter that set this date said so, and counts as the reminder.`,
};

/** Says what is explained. */
export const subject = sayFrom(subjectSentences);
/** Says the value that is explained. */
export const value = sayFrom(valueSentences);
/** Says why it is so. */
export const reason = sayFrom(reasonSentences);
