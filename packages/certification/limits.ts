import { addDays, businessDate, startOfDay, yearOf } from './calendar.ts';
import type { Refusal } from './refusal.ts';

/** How often something may be done. The caller names by whom, or to what, it is counted. */
type Limit = {
  readonly max: number;
  /** A day and a year are those of America/Edmonton; a count per 'link' never starts again. */
  readonly per: 'day' | 'year' | 'link';
  /** Why it is this number. */
  readonly reason: string;
  /** The message when the limit is reached; `subject` is whose count it is. */
  readonly describe: (max: number, subject: string) => string;
};

/** Every limit on what one person may do in a day or for one employer in a year, and on what one link or audit takes [A]. */
export const limits = {
  linksOfPerson: {
    max: 100,
    per: 'day',
    reason: 'An assessor acts for at most 40 employers; two links for each are a full day.',
    describe: (max) => `You have asked for ${max} upload links today. The limit is ${max} a day.`,
  },
  uploadsOfLink: {
    max: 5,
    per: 'link',
    reason: 'A link is valid for 15 minutes: enough for a retry or a correction.',
    describe: (max) => `The limit is ${max} uploads through one link.`,
  },
  uploadsOfAudit: {
    max: 20,
    per: 'day',
    reason: 'Correcting a package after each letter takes a handful of uploads; twenty are a program with an error.',
    describe: (max, subject) => `Audit ${subject} has had ${max} uploads today. The limit is ${max} a day.`,
  },
  uploadsOfPerson: {
    max: 100,
    per: 'day',
    reason: 'As many as links: each may be 1 GiB, and is kept for days even when it is refused.',
    describe: (max) => `The audits of this assessor have had ${max} uploads today. The limit is ${max} a day.`,
  },
  /** Counted for one assessor and one employer, so that nobody shuts out another. */
  registrationsForEmployer: {
    max: 24,
    per: 'year',
    reason:
      'An employer needs one or two audits a year. Each that is at the desk over night stays in its cycle, with some 240 bytes of an item of 400 KB: so many a year fit for 70 years.',
    describe: (max) =>
      `You have registered ${max} audits for this employer this year. The limit is ${max} a year. If another one is needed, send it to the certifying partner in a binder.`,
  },
  registrationsOfPerson: {
    max: 40,
    per: 'day',
    reason: 'An assessor acts for at most 40 employers: one audit for each of them.',
    describe: (max) => `You have registered ${max} audits today. The limit is ${max} a day.`,
  },
  enrolmentsOfPerson: {
    max: 10,
    per: 'day',
    reason: 'There are four classroom courses; each enrolment that stands for some minutes is confirmed by a letter.',
    describe: (max) => `You have enrolled in ${max} sessions today. The limit is ${max} a day.`,
  },
  savesOfDraft: {
    max: 4_000,
    per: 'day',
    reason: 'A page that saves every ten seconds for eleven hours; what is replaced is kept for a day, 4 GB at most.',
    describe: (max, subject) =>
      `The draft of audit ${subject} was saved ${max} times today. The limit is ${max} a day.`,
  },
  laidOutOfAudit: {
    max: 3 * 1024 ** 3,
    per: 'day',
    reason:
      'A package unpacks to 1 GiB at most, and a usual one to a twentieth: three of the largest are a long day of corrections.',
    describe: (max, subject) =>
      `With this package the documents of audit ${subject} would come to more than ${max / 1024 ** 3} GiB today. That is the limit for one day.`,
  },
} as const satisfies Readonly<Record<string, Limit>>;

/**
 * How many calls of the API one person may make, reads included [A]: a rate per second over time, and a number at once. The count
 * is not stored: each instance of a function counts the calls that reach it. So a person whose calls are spread over several
 * instances gets that many times as much. This limit protects the functions and the table from one person. It does not protect
 * the stage's own limit, which is far higher and also counts the calls that are refused here.
 */
export const callsOfPerson = {
  perSecond: 50,
  atOnce: 200,
  reason: 'A page asks for some twenty things when it opens; nobody opens more than two a second.',
} as const;

/** How many times its packed size something may have unpacked [A]; what unpacks to fewer bytes than `fromBytes` is not judged. */
export const maxUnpackedRatio = {
  /**
   * One document. Most types are compressed already; a PDF of plain text or drawings packs ten to one, and anything that packs a
   * hundred to one is only padding.
   */
  document: { ratio: 100, fromBytes: 1024 ** 2 },
  /** All documents together: photos and scans hardly pack at all. */
  package: { ratio: 20, fromBytes: 16 * 1024 ** 2 },
} as const;

/** [A] An audit that its assessor withdraws within so many minutes of its registration, before any package was accepted, sends no notices. */
export const minNoticeMinutes = 10;

/**
 * [A] An enrolment or its cancelling that is followed by the opposite within so many minutes sends no notices. Letters about it wait a
 * minute longer, so that what follows is known by then.
 */
export const minEnrolmentNoticeMinutes = 5;

/** The name of a limit, as its counts are stored. */
export type LimitName = keyof typeof limits;

/** Something that is about to be done and is limited: `subject` is the id of the person or audit, or several ids with a slash between them; `amount` is 1 by default. */
export type Count = { readonly limit: LimitName; readonly subject: string; readonly amount?: number };

/** The period of a limit at an instant (ISO, UTC): a business day, a year, or 'link'. */
export function periodOf(limit: LimitName, at: string): string {
  const { per } = limits[limit];
  const day = businessDate(at);
  return per === 'day' ? day : per === 'year' ? String(yearOf(day)) : per;
}

/** The instant (ISO, UTC) at which the next period begins for a limit that was reached at `at`; undefined when there is none. */
export function countsAnewAt(limit: LimitName, at: string): string | undefined {
  const first = firstDayAfter(limit, at);
  return first === undefined ? undefined : startOfDay(first);
}

/** The business date with which the next period begins. */
function firstDayAfter(limit: LimitName, at: string): string | undefined {
  const { per } = limits[limit];
  const day = businessDate(at);
  if (per === 'link') return undefined;
  return per === 'day' ? addDays(day, 1) : `${yearOf(day) + 1}-01-01`;
}

/** The message for a person who has reached a limit at an instant (ISO, UTC), and when they can try again. */
export function limitRefusal({ limit, subject }: Count, at: string): Refusal {
  const { max, describe }: Limit = limits[limit];
  const first = firstDayAfter(limit, at);
  const goesOn =
    first === undefined ? 'Ask for a new link.' : `You can try again from midnight in Alberta, ${first} 00:00.`;
  return {
    refused: 'limit-reached',
    message: `${describe(max, subject)} ${goesOn}`,
    values: first === undefined ? { limit, max, subject } : { limit, max, subject, again: first },
  };
}

/** Thrown when a write would exceed a limit: nothing was written. */
export class LimitReached extends Error {
  readonly limit: LimitName;
  readonly subject: string;
  /** The period in which it counts, see `periodOf`. */
  readonly period: string;
  /** When the next period begins: ISO, UTC; undefined when there is none. */
  readonly countsAnewAt: string | undefined;
  readonly refusal: Refusal;

  constructor(count: Count, at: string) {
    const refusal = limitRefusal(count, at);
    super(refusal.message);
    this.name = 'LimitReached';
    this.refusal = refusal;
    this.limit = count.limit;
    this.subject = count.subject;
    this.period = periodOf(count.limit, at);
    this.countsAnewAt = countsAnewAt(count.limit, at);
  }
}
