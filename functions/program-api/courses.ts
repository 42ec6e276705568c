import type { CourseOffer } from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import type { EndpointHandler } from '@secor/lambda';
import { courseReaderOf } from '../shared/access.ts';
import { courseOffers } from '../shared/course-offers.ts';
import type { Dependencies } from './dependencies.ts';

/** A course as people see it, with its next sessions. */
export function courseEntry({ course, sessions }: CourseOffer): AnswerOf<'listCourses'>['courses'][number] {
  return {
    ...course,
    sessions: sessions.map(({ sessionId, startsAt, placesLeft: left }) => ({
      sessionId,
      ...startsAt,
      placesLeft: left,
    })),
  };
}

/** Lists the catalogue with the next sessions of each course. */
export function listCoursesCall({ store }: Dependencies): EndpointHandler<'listCourses'> {
  return async ({ caller, at }) => {
    await courseReaderOf(store, caller);
    return { courses: (await courseOffers(store, at)).map(courseEntry) };
  };
}
