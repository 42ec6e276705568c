/**
 * Course: what assessors take to get and keep their status, and the sessions of the classroom courses. This folder
 * imports no other.
 */

/** A course of the catalogue. */
export type Course = {
  readonly courseId: string;
  readonly title: string;
  /** A classroom course has sessions with an instructor and places; an online one is taken at one's own pace. */
  readonly form: 'classroom' | 'online';
  /** The initial training gives the status, a refresher renews it. */
  readonly use: 'initial' | 'refresher';
};

/** The catalogue: the initial training [P] and the five refreshers, three in the virtual classroom and two online [N]. */
export const courses: readonly Course[] = [
  {
    courseId: 'safety-program-development',
    title: 'Safety Program Development',
    // [A] Its form: neither the newsletter nor the public rules say it.
    form: 'classroom',
    use: 'initial',
  },
  { courseId: 'hazard-management', title: 'Hazard Management', form: 'classroom', use: 'refresher' },
  {
    courseId: 'incident-and-accident-investigation',
    title: 'Incident and Accident Investigation',
    form: 'classroom',
    use: 'refresher',
  },
  { courseId: 'oilfield-driver-awareness', title: 'Oilfield Driver Awareness', form: 'classroom', use: 'refresher' },
  {
    courseId: 'understanding-our-canadian-model',
    title: 'Understanding our Canadian Model',
    form: 'online',
    use: 'refresher',
  },
  {
    courseId: 'health-and-safety-committees-and-representatives',
    title: 'Health and Safety Committees and Representatives',
    form: 'online',
    use: 'refresher',
  },
];

/** The courses that have sessions, in the order of the catalogue. */
export const classroomCourses: readonly Course[] = courses.filter(({ form }) => form === 'classroom');

/** The courses that give the status to somebody who never had it, in the order of the catalogue. */
export const initialCourses: readonly Course[] = courses.filter(({ use }) => use === 'initial');

/** The courses that renew the status, in the order of the catalogue. */
export const refresherCourses: readonly Course[] = courses.filter(({ use }) => use === 'refresher');

/** The course with this id, or undefined. */
export function courseById(courseId: string): Course | undefined {
  return courses.find((course) => course.courseId === courseId);
}

/** The ids of courses in one line, for the remedy of a refusal. */
export function courseIdsInWords(of: readonly Course[]): string {
  return of.map(({ courseId }) => courseId).join(', ');
}

/** A course that an assessor has completed, by its id in the catalogue; the day is a business date. */
export type Completion = {
  readonly courseId: string;
  readonly completedOn: string;
  /** The classroom session that it was completed in. */
  readonly sessionId?: string;
};
