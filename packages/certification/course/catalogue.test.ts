import { describe, expect, test } from 'vitest';
import { courseById, courses, initialCourses, refresherCourses } from './catalogue.ts';

describe('the catalogue of courses', () => {
  test('has one initial course, and five refreshers of which two are online [N]', () => {
    expect(initialCourses.map(({ title }) => title)).toEqual(['Safety Program Development']);
    expect(refresherCourses.map(({ title, form }) => `${title}: ${form}`)).toEqual([
      'Hazard Management: classroom',
      'Incident and Accident Investigation: classroom',
      'Oilfield Driver Awareness: classroom',
      'Understanding our Canadian Model: online',
      'Health and Safety Committees and Representatives: online',
    ]);
  });

  test('knows each course by the title in kebab case, and no two by one id', () => {
    for (const course of courses) {
      expect(course.courseId).toBe(course.title.toLowerCase().replaceAll(' ', '-'));
      expect(courseById(course.courseId)).toBe(course);
    }
  });

  test('has no course that it does not list', () => {
    expect(courseById('first-aid')).toBeUndefined();
  });
});
