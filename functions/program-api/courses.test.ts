import { S3Client } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import { as, common, openProgram } from '../testing/program.fixture.ts';
import { listCoursesCall } from './courses.ts';
import type { Dependencies } from './dependencies.ts';
import { scheduleSessionCall } from './sessions.ts';

let desk: Awaited<ReturnType<typeof openProgram>>;
let dependencies: Dependencies;
beforeEach(async () => {
  desk = await openProgram();
  dependencies = { store: desk.store, packages: { s3: new S3Client({ region: 'ca-central-1' }), bucket: 'packages' } };
});

const link = 'https://meet.example.com/hazards';
const planned = {
  courseId: 'hazard-management',
  date: '2026-11-24',
  time: '09:00',
  instructor: 'Ines',
  places: 1,
  link,
};
const schedule = (more: Partial<typeof planned> = {}) =>
  scheduleSessionCall(dependencies)({ ...common, caller: as.administrator, body: { ...planned, ...more } });
const refused = (type: string) => ({ details: { status: 409, type: `urn:secor:${type}` } });

describe('the courses', () => {
  const list = async (at = common.at) =>
    (await listCoursesCall(dependencies)({ ...common, at, caller: as.robin })).courses.flatMap(
      ({ sessions }) => sessions,
    );

  it('are listed with the next sessions that have not begun, to the minute', async () => {
    // It is 12:00 in Alberta.
    await schedule({ date: '2026-11-23', time: '12:00' });
    const { sessionId } = await schedule({ date: '2026-11-23', time: '12:01' });
    expect(await list()).toEqual([{ sessionId, date: '2026-11-23', time: '12:01', placesLeft: 1 }]);
    expect(await list('2026-11-23T18:01:00.000Z')).toEqual([]);
    for (const day of [30, 29, 28, 27, 26, 25]) await schedule({ date: `2026-11-${day}` });
    expect((await list()).map(({ date }) => date.slice(8))).toEqual(['23', '25', '26', '27', '28', '29', '30']);
  });

  it('have sessions in a classroom, on days to come', async () => {
    const online = { courseId: 'understanding-our-canadian-model' };
    await expect(schedule(online)).rejects.toMatchObject(refused('no-classroom-course'));
    await expect(schedule({ courseId: 'moose' })).rejects.toMatchObject(refused('no-course-to-schedule'));
    await expect(schedule({ date: '2026-11-22' })).rejects.toMatchObject(refused('day-passed'));
  });
});
