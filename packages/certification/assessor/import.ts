import type { Actor } from '../history.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import { type Assessor, type AssessorChange, changeAssessor, newAssessor, recordCompletion } from './assessor.ts';

/** [A] What one transaction holds: an employer more or less is an item, a course two, beside a dozen others of a hundred. */
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
  return {
    refused: 'too-much-at-once',
    message: `${moved.length} employers are added or left and ${courses.length} courses are new: more than can be recorded at once. Import half of the courses first, then import the file again.`,
  };
}

/**
 * Takes what a file says of an assessor, as one change: adds them, or changes what is given of them and records the
 * completions that are not on record. A completion that the file does not name stays, and one of a session is the same as one of
 * its course and day. What passed before the data were imported counts as sent [A]. Undefined when nothing changes; refused as
 * `newAssessor` and `recordCompletion` refuse.
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
  // One transaction: one version more, and the due check that it moves is the first one's.
  return {
    assessor: { ...change.assessor, version: assessor.version + 1 },
    events: change.events,
    previousCheckOn: assessor.nextCheckOn,
  };
}
