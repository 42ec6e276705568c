import { S3Client } from '@aws-sdk/client-s3';
import { addAssessor, readAssessor } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { caller } from '../testing/desk.fixture.ts';
import { as, common, openProgram } from '../testing/program.fixture.ts';
import {
  cancelEnrolmentCall,
  enrolCall,
  listCoursesCall,
  markAttendanceCall,
  readSessionCall,
  scheduleSessionCall,
} from './courses.ts';
import type { Dependencies } from './dependencies.ts';

let desk: Awaited<ReturnType<typeof openProgram>>;
let dependencies: Dependencies;
beforeEach(async () => {
  desk = await openProgram();
  dependencies = { store: desk.store, packages: { s3: new S3Client({ region: 'ca-central-1' }), bucket: 'packages' } };
  const ada = { assessorId: 'a2', name: 'Ada', email: 'a2@example.net', actsFor: [], completions: [] };
  await addAssessor(desk.store, ada, common.at);
  await desk.sign('ada', { assessorId: 'a2' });
});

const ada = caller('ada', 'assessor');
const planned = { courseId: 'hazard-management', date: '2026-11-24', time: '09:00', instructor: 'Ines', places: 1 };
// Of calls at 12:00 on 23 November in Alberta, and after the session.
const after = '2026-11-24T20:00:00.000Z';
const schedule = (more: Partial<typeof planned> = {}) =>
  scheduleSessionCall(dependencies)({ ...common, caller: as.administrator, body: { ...planned, ...more } });
const enrol = (of: typeof ada, sessionId: string, at = common.at) =>
  enrolCall(dependencies)({ ...common, at, caller: of, parameters: { sessionId } });
const mark = (sessionId: string, assessorId: string, attended: boolean, at = after) => {
  const body = { assessorId, attended };
  return markAttendanceCall(dependencies)({ ...common, at, caller: as.administrator, parameters: { sessionId }, body });
};
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

describe('a place', () => {
  it('is taken once, given back, and shown to its assessor and administrators only', async () => {
    const { sessionId } = await schedule();
    expect(await enrol(as.robin, sessionId)).toMatchObject({ placesLeft: 0, enrolments: [{ assessorId: 'a1' }] });
    await expect(enrol(as.robin, sessionId)).rejects.toMatchObject(refused('already-enrolled'));
    await expect(enrol(ada, sessionId)).rejects.toMatchObject(refused('session-full'));
    const read = (of: typeof ada) =>
      readSessionCall(dependencies)({ ...common, caller: of, parameters: { sessionId } });
    expect((await read(ada)).enrolments).toEqual([]);
    expect((await read(as.robin)).enrolments).toHaveLength(1);
    expect((await read(as.administrator)).enrolments).toMatchObject([{ name: 'Robin', state: 'enrolled' }]);
    await cancelEnrolmentCall(dependencies)({ ...common, caller: as.robin, parameters: { sessionId } });
    expect(await enrol(ada, sessionId)).toMatchObject({ placesLeft: 0, enrolments: [{ assessorId: 'a2' }] });
    await expect(enrol(as.robin, 'moose')).rejects.toMatchObject({ details: { status: 404 } });
    await expect(read(caller('x1', 'assessor'))).rejects.toMatchObject({ details: { status: 403 } });
  });

  it('is not taken once the session has begun', async () => {
    const { sessionId } = await schedule();
    await expect(enrol(as.robin, sessionId, after)).rejects.toMatchObject(refused('session-begun'));
  });
});

describe('an attendance', () => {
  const completions = async () => (await readAssessor(desk.store, 'a1'))?.completions.map(({ sessionId }) => sessionId);

  it('completes the course in the same transaction, and takes that back when it is corrected', async () => {
    const { sessionId } = await schedule();
    await enrol(as.robin, sessionId);
    await expect(mark(sessionId, 'a1', true, common.at)).rejects.toMatchObject(refused('session-ahead'));
    await mark(sessionId, 'a1', true);
    expect(await completions()).toEqual([undefined, sessionId]);
    await expect(mark(sessionId, 'a1', true)).rejects.toMatchObject(refused('marked-already'));
    await mark(sessionId, 'a1', false);
    expect(await completions()).toEqual([undefined]);
    await expect(mark(sessionId, 'a2', true)).rejects.toMatchObject(refused('not-enrolled'));
  });

  it('as absent leaves the assessor as they are', async () => {
    const { sessionId } = await schedule();
    await enrol(as.robin, sessionId);
    const before = await readAssessor(desk.store, 'a1');
    expect(await mark(sessionId, 'a1', false)).toMatchObject({ enrolments: [{ state: 'absent' }] });
    expect(await readAssessor(desk.store, 'a1')).toEqual(before);
  });
});
