import { addYears } from '../calendar.ts';
import {
  type Completion,
  type Course,
  courseById,
  courseIdsInWords,
  initialCourses,
  refresherCourses,
} from '../course/catalogue.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { ruleSetOrFirst } from '../rules/rule-set.ts';

/**
 * An assessor's status as of a day: its last day, the course from which that is counted, and the id of the rule set that says how
 * long a status holds.
 */
export type AssessorStatus =
  | { readonly holds: true; readonly through: string; readonly restsOn: Completion; readonly ruleSet: string }
  | { readonly holds: false; readonly reason: 'never trained' }
  | {
      readonly holds: false;
      readonly reason: 'ended';
      readonly through: string;
      readonly restsOn: Completion;
      readonly ruleSet: string;
    };

/**
 * The status as of a day [N]: for the years of the rule set, from the latest of the initial training and any refresher; none
 * without the initial training. Only courses of the catalogue that were completed on or before the day count. The last day is
 * included. The rule set is the one in force on the day of that latest course.
 * @param completions in any order
 * @param on business date, 'YYYY-MM-DD'
 */
export function assessorStatus(completions: readonly Completion[], on: string): AssessorStatus {
  const counted = completions.filter(
    ({ courseId, completedOn }) => completedOn <= on && courseById(courseId) !== undefined,
  );
  const trained = counted.some(({ courseId }) => courseById(courseId)?.use === 'initial');
  const restsOn = counted.toSorted(compareCompletions).at(-1);
  if (!trained || restsOn === undefined) return { holds: false, reason: 'never trained' };
  const ruleSet = ruleSetOrFirst(restsOn.completedOn);
  const through = addYears(restsOn.completedOn, ruleSet.refresherYears.value);
  const rest = { through, restsOn, ruleSet: ruleSet.id };
  return on <= through ? { holds: true, ...rest } : { holds: false, reason: 'ended', ...rest };
}

/** Orders completions by day; those of one day by course and session, so that what a status rests on can be explained. */
export function compareCompletions(a: Completion, b: Completion): number {
  return (
    compareText(a.completedOn, b.completedOn) ||
    compareText(a.courseId, b.courseId) ||
    compareText(a.sessionId ?? '', b.sessionId ?? '')
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The term that an assessor's refresher reminders are about, as of a day: it is due on the last day on which the status
 * holds or held. Undefined for somebody who was never trained.
 */
export function refresherTerm(
  completions: readonly Completion[],
  on: string,
): { readonly dueOn: string; readonly restsOn: Completion } | undefined {
  const status = assessorStatus(completions, on);
  return 'through' in status ? { dueOn: status.through, restsOn: status.restsOn } : undefined;
}

/** A course with its sessions that are open to somebody who needs it; an online course has none. */
export type CourseOffer = { readonly course: Course; readonly sessions: readonly SessionOffer[] };

/** A session of a classroom course; its start is a date and a time of day ('HH:MM') in America/Edmonton. */
export type SessionOffer = {
  readonly sessionId: string;
  readonly startsAt: { readonly date: string; readonly time: string };
  readonly placesLeft: number;
};

/**
 * Why somebody may not act as an assessor on a day, or undefined when they may [N]: with the day through which the status
 * held, and every course that would renew it with its next sessions; for somebody never trained, the initial course.
 * @param on business date: of the registration, or a binder's postmark
 * @param offers the sessions of the courses, in any order; a course that is not among them has no session
 */
export function statusRefusal(
  completions: readonly Completion[],
  on: string,
  offers: readonly CourseOffer[],
): Refusal | undefined {
  const status = assessorStatus(completions, on);
  if (status.holds) return undefined;
  if (status.reason === 'never trained') return refuse('never-trained', { on, ...offered(initialCourses, on, offers) });
  return refuse('status-ended', { through: status.through, on, ...offered(refresherCourses, on, offers) });
}

/** [A] The most sessions of a course that a refusal names, to keep it readable. */
const maxNamed = 3;

/** The courses and their next sessions with a free place, as a refusal names them. */
function offered(wanted: readonly Course[], on: string, offers: readonly CourseOffer[]) {
  const sessions = wanted.flatMap(({ courseId }) =>
    offers
      .filter(({ course }) => course.courseId === courseId)
      .flatMap((offer) => offer.sessions)
      .filter(({ startsAt, placesLeft }) => placesLeft > 0 && startsAt.date >= on)
      .map(({ startsAt }) => `${courseId} ${startsAt.date} ${startsAt.time}`)
      .sort()
      .slice(0, maxNamed),
  );
  return { courses: courseIdsInWords(wanted), sessions: sessions.join(', ') };
}
