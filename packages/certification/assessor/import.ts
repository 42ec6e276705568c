import type { Actor } from '../history.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type Assessor, type AssessorChange, changeAssessor, newAssessor, recordCompletion } from './assessor.ts';

/**
 * [A] The most changes that fit into one transaction, which holds 100 items: an employer takes one item, a course two, and about
 * a dozen are needed for the rest.
 */
const maxItems = 88;

function tooMuchAtOnce(
  assessor: Assessor,
  { actsFor, completions }: Pick<Assessor, 'actsFor' | 'completions'>,
): Refusal | undefined {
  const moved = [
    ...actsFor.filter((employerId) => !assessor.actsFor.includes(employerId)),
    ...assessor.actsFor.filter((employerId) => !actsFor.includes(employerId)),
  ];
  const courses = completions.filter(
    ({ courseId, completedOn }) =>
      !assessor.completions.some((each) => each.courseId === courseId && each.completedOn === completedOn),
  );
  if (moved.length + 2 * courses.length <= maxItems) return undefined;
  return refuse('too-much-at-once', { employers: moved.length, courses: courses.length });
}

/**
 * Imports one assessor from a file, as one change: adds them, or changes their data and records the completions that are not on
 * record. A completion that the file does not name stays, and one of a session is the same as one of its course and day.
 * Milestones that passed before the import count as sent [A]. Undefined when nothing changes; refused as `newAssessor` and
 * `recordCompletion` refuse.
 * @param assessor as they are on record; undefined when the id is new
 * @param at when the file arrived: ISO, UTC
 */
export function importAssessor(
  assessor: Assessor | undefined,
  given: Pick<Assessor, 'assessorId' | 'name' | 'email' | 'actsFor' | 'completions'>,
  by: Actor,
  at: string,
): AssessorChange | Refusal | undefined {
  if (assessor === undefined) return newAssessor(given, by, at);
  const { name, email, actsFor, completions } = given;
  const refusal = tooMuchAtOnce(assessor, given);
  if (refusal !== undefined) return refusal;
  let change = changeAssessor(assessor, { name, email, actsFor }, by, at);
  for (const completion of completions) {
    const now = change?.assessor ?? assessor;
    const { courseId, completedOn } = completion;
    if (now.completions.some((each) => each.courseId === courseId && each.completedOn === completedOn)) continue;
    const next = recordCompletion(now, completion, by, at);
    if (next === undefined) continue;
    if (isRefusal(next)) return next;
    change = { ...next, events: [...(change?.events ?? []), ...next.events] };
  }
  if (change === undefined) return undefined;
  // It is one transaction, so the version rises by one, and the due check to move is the one before the first change.
  return {
    assessor: { ...change.assessor, version: assessor.version + 1 },
    events: change.events,
    previousCheckOn: assessor.nextCheckOn,
  };
}
