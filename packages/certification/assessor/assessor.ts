/**
 * Assessor: a trained person who performs and submits audits, and the status that allows it. This folder imports course,
 * reminders and rules.
 */

import { businessDate, isDate } from '../calendar.ts';
import { type Completion, courseById, courseIdsInWords, courses } from '../course/catalogue.ts';
import { isSameAddress } from '../email-address.ts';
import { type Actor, numberEvents, system } from '../history.ts';
import type { LetterRejected, MailFailure } from '../letters.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { earlierCheck, type SentMilestone } from '../reminders/milestone.ts';
import { nextReminderCheck, type ReminderSubject, remember, reminderOn } from '../reminders/reminder.ts';
import { ruleSetOrFirst } from '../rules/rule-set.ts';
import { type SubjectOf, subjectOf } from '../subject.ts';
import type { AssessorEvent, AssessorHappening } from './events.ts';
import { assessorStatus, compareCompletions, refresherTerm } from './status.ts';

/** A trained person who performs and submits audits for the employers that they act for: an aggregate with a version. */
export type Assessor = {
  readonly assessorId: string;
  readonly version: number;
  /** Events so far; the next is numbered `events + 1`. */
  readonly events: number;
  readonly name: string;
  readonly email: string;
  readonly actsFor: readonly string[];
  readonly completions: readonly Completion[];
  /** The latest milestone that was recorded of each of their terms. */
  readonly sent: readonly SentMilestone[];
  /** When mail to them failed permanently (ISO, UTC); removed when their address is changed. */
  readonly undeliverableSince?: string;
  /** The day on which the sweep must check them next; absent while no reminder is to come. */
  readonly nextCheckOn?: string;
};

/**
 * An assessor after a change, with the events that the change caused; `previousCheckOn` is the day of the next check before the
 * change.
 */
export type AssessorChange = {
  readonly assessor: Assessor;
  readonly events: readonly AssessorEvent[];
  readonly previousCheckOn?: string | undefined;
};

/** The subject of an assessor's events. */
export function assessorSubject(assessorId: string): SubjectOf<'assessor'> {
  return subjectOf('assessor', assessorId);
}

function change(
  assessor: Assessor,
  next: Partial<Assessor>,
  at: string,
  by: Actor | 'sweep',
  ...happenings: readonly AssessorHappening[]
): AssessorChange {
  const events = numberEvents(
    assessorSubject(assessor.assessorId),
    assessor.events,
    at,
    happenings.map((happening) => ({ by: by === 'sweep' ? system : by, happening })),
  );
  const { version, events: number } = assessor;
  const { nextCheckOn: previousCheckOn, ...changed } = { ...assessor, ...next };
  const nextCheck = nextRefresherCheck(changed, businessDate(at));
  const nextCheckOn = by === 'sweep' ? nextCheck : earlierCheck(previousCheckOn, nextCheck);
  return {
    assessor: {
      ...changed,
      version: version + 1,
      events: number + events.length,
      ...(nextCheckOn === undefined ? {} : { nextCheckOn }),
    },
    events,
    previousCheckOn,
  };
}

/** The term of an assessor's status as of a day, for the reminders; undefined for somebody who was never trained. */
function termOf({ completions }: Pick<Assessor, 'completions'>, today: string): ReminderSubject | undefined {
  const term = refresherTerm(completions, today);
  return term && { kind: 'refresher', dueOn: term.dueOn, ruleSet: ruleSetOrFirst(term.restsOn.completedOn) };
}

/** The day on which the sweep must check an assessor next: today, or the day of the next milestone of their term. */
function nextRefresherCheck(assessor: Pick<Assessor, 'completions' | 'sent'>, today: string): string | undefined {
  const term = termOf(assessor, today);
  return term && nextReminderCheck(term, assessor.sent, today);
}

function refresherReminder(assessor: Pick<Assessor, 'completions' | 'sent'>, today: string): SentMilestone | undefined {
  const term = termOf(assessor, today);
  return term && reminderOn(term, assessor.sent, today);
}

/** What the sweep of a day does with an assessor: records the reminder of the refresher that is due, if there is one. */
export function checkAssessor(assessor: Assessor, at: string): AssessorChange {
  const reminder = refresherReminder(assessor, businessDate(at));
  if (reminder === undefined) return change(assessor, {}, at, 'sweep');
  const sent = remember(assessor.sent, reminder);
  return change(assessor, { sent }, at, 'sweep', { type: 'reminder due', data: reminder });
}

/** Counts the milestones that passed before these data were known as sent [A]. */
function asImported<T extends Pick<Assessor, 'completions' | 'sent'>>(assessor: T, today: string): T {
  const passed = refresherReminder(assessor, today);
  return passed === undefined ? assessor : { ...assessor, sent: remember(assessor.sent, passed) };
}

/**
 * An assessor under an id that nobody has yet. The completions that they bring have no events of their own, because they happened
 * before the program knew the assessor. Refused when one names no course of the catalogue, or a day in the future.
 */
export function newAssessor(
  added: Pick<Assessor, 'assessorId' | 'name' | 'email' | 'actsFor' | 'completions'>,
  by: Actor,
  at: string,
): AssessorChange | Refusal {
  const { assessorId, name, email } = added;
  for (const completion of added.completions) {
    const refusal = refusedCompletion(completion, businessDate(at));
    if (refusal !== undefined) return refusal;
  }
  const actsFor = [...new Set(added.actsFor)];
  const completions = added.completions.reduce(withCompletion, []);
  const blank: Assessor = { assessorId, version: 0, events: 0, name, email, actsFor, completions, sent: [] };
  return change(asImported(blank, businessDate(at)), {}, at, by, { type: 'assessor added', data: { actsFor } });
}

/**
 * Changes the data of an assessor: name, address, the employers that they act for. A changed address gets mail again. Undefined
 * when nothing changes.
 */
export function changeAssessor(
  assessor: Assessor,
  given: { readonly [K in 'name' | 'email' | 'actsFor']?: Assessor[K] | undefined },
  by: Actor,
  at: string,
): AssessorChange | undefined {
  const { name = assessor.name, email = assessor.email } = given;
  const actsFor = [...new Set(given.actsFor ?? assessor.actsFor)];
  const added = actsFor.filter((employerId) => !assessor.actsFor.includes(employerId));
  const removed = assessor.actsFor.filter((employerId) => !actsFor.includes(employerId));
  const changed = [
    ...(name === assessor.name ? [] : (['name'] as const)),
    ...(email === assessor.email ? [] : (['email'] as const)),
    ...(added.length + removed.length === 0 ? [] : (['employers'] as const)),
  ];
  if (changed.length === 0) return undefined;
  const { undeliverableSince: _, ...reachable } = assessor;
  return change(isSameAddress(email, assessor.email) ? assessor : reachable, { name, email, actsFor }, at, by, {
    type: 'assessor changed',
    data: { changed, actsFor: { added, removed } },
  });
}

/**
 * Records that a course was completed. Refused when the catalogue has no such course, and for a day in the future. Undefined when
 * the same is on record: the course, the day, and the session when there was one.
 */
export function recordCompletion(
  assessor: Assessor,
  completion: Completion,
  by: Actor,
  at: string,
): AssessorChange | Refusal | undefined {
  const today = businessDate(at);
  const refusal = refusedCompletion(completion, today);
  if (refusal !== undefined) return refusal;
  const completions = withCompletion(assessor.completions, completion);
  if (completions === assessor.completions) return undefined;
  const status = assessorStatus(completions, today);
  // If the completion begins another term in the past, its past milestones send no letters. Reminders that are due in an
  // unchanged term stay due.
  const begins = refresherTerm(completions, today)?.dueOn !== refresherTerm(assessor.completions, today)?.dueOn;
  const known = begins && completion.completedOn < today ? asImported({ ...assessor, completions }, today) : assessor;
  return change(known, { completions }, at, by, {
    type: 'course completed',
    data: { ...bare(completion), ...('through' in status ? { through: status.through } : {}) },
  });
}

/** Takes back a completion, such as when an attendance was corrected. Undefined when it is not on record. */
export function withdrawCompletion(
  assessor: Assessor,
  completion: Completion,
  by: Actor,
  at: string,
): AssessorChange | undefined {
  const completions = assessor.completions.filter((each) => compareCompletions(each, completion) !== 0);
  if (completions.length === assessor.completions.length) return undefined;
  return change(assessor, { completions }, at, by, { type: 'completion withdrawn', data: bare(completion) });
}

/**
 * Records that mail to an assessor's present address failed permanently: no letters are sent until the address is changed.
 * Undefined when that is already recorded.
 * @param at when the mail came back: ISO, UTC
 */
export function mailFailed(assessor: Assessor, reason: MailFailure, at: string): AssessorChange | undefined {
  if (assessor.undeliverableSince !== undefined) return undefined;
  return change(assessor, { undeliverableSince: at }, at, system, { type: 'mail failed', data: { reason } });
}

/** Records that SES accepted a letter about an assessor's status but did not send it, at an instant (ISO, UTC). */
export function tellOfAssessorsLetter(
  assessor: Assessor,
  rejected: LetterRejected['data'],
  at: string,
): AssessorChange {
  return change(assessor, {}, at, system, { type: 'letter rejected', data: rejected });
}

function refusedCompletion({ courseId, completedOn }: Completion, today: string): Refusal | undefined {
  if (courseById(courseId) === undefined) return refuse('no-course', { courseId, courses: courseIdsInWords(courses) });
  if (!isDate(completedOn)) return refuse('no-date', { date: completedOn });
  if (completedOn > today) return refuse('day-ahead', { date: completedOn, today });
  return undefined;
}

/** The completions in the order of their days; the same list when this one is on it. */
function withCompletion(completions: readonly Completion[], completion: Completion): readonly Completion[] {
  if (completions.some((each) => compareCompletions(each, completion) === 0)) return completions;
  return [...completions, bare(completion)].toSorted(compareCompletions);
}

function bare({ courseId, completedOn, sessionId }: Completion): Completion {
  return { courseId, completedOn, ...(sessionId === undefined ? {} : { sessionId }) };
}
