import { S3Client } from '@aws-sdk/client-s3';
import { addAssessor, readAssessor } from '@secor/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { caller } from '../testing/desk.fixture.ts';
import { as, common, openProgram } from '../testing/program.fixture.ts';
import { listCoursesCall } from './courses.ts';
import type { Dependencies } from './dependencies.ts';
import {
  cancelAssessorsEnrolmentCall,
  cancelEnrolmentCall,
  cancelSessionCall,
  changeSessionCall,
  enrolAssessorCall,
  enrolCall,
  listSessionsCall,
  markAttendanceCall,
  readSessionCall,
  scheduleSessionCall,
} from './sessions.ts';

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
const link = 'https://meet.example.com/hazards';
const planned = {
  courseId: 'hazard-management',
  date: '2026-11-24',
  time: '09:00',
  instructor: 'Ines',
  places: 1,
  link,
};
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
const change = (sessionId: string, version: number, body: Omit<typeof planned, 'courseId'>) =>
  changeSessionCall(dependencies)({
    ...common,
    caller: as.administrator,
    parameters: { sessionId },
    body,
    ifMatch: version,
  });
const cancel = (sessionId: string, version: number) =>
  cancelSessionCall(dependencies)({
    ...{ ...common, caller: as.administrator, parameters: { sessionId } },
    body: { reason: 'Ill.' },
    ifMatch: version,
  });
const enrolAssessor = (sessionId: string, assessorId: string) =>
  enrolAssessorCall(dependencies)({
    ...{ ...common, caller: as.administrator, parameters: { sessionId } },
    body: { assessorId },
  });
const refused = (type: string) => ({ details: { status: 409, type: `urn:secor:${type}` } });

describe('the sessions', () => {
  const list = (query: Parameters<ReturnType<typeof listSessionsCall>>[0]['query'], at = after) =>
    listSessionsCall(dependencies)({ ...common, at, caller: as.administrator, query });
  const dates = async (query: Parameters<typeof list>[0]) =>
    (await list(query)).sessions.map(({ date, time }) => `${date} ${time}`);

  it('are listed by date, past and cancelled ones among them, between two days, of one course or of all', async () => {
    const driving = 'oilfield-driver-awareness';
    const { sessionId, version } = await schedule({ date: '2026-11-26' });
    await schedule({ date: '2026-11-24', time: '15:00', courseId: driving });
    await schedule({ date: '2026-11-24' });
    await schedule({ date: '2026-11-28', courseId: driving });
    await cancel(sessionId, version);
    expect(await dates({})).toEqual(['2026-11-24 09:00', '2026-11-24 15:00', '2026-11-26 09:00', '2026-11-28 09:00']);
    expect(await dates({ from: '2026-11-25', to: '2026-11-28' })).toEqual(['2026-11-26 09:00', '2026-11-28 09:00']);
    expect(await dates({ to: '2026-11-24' })).toHaveLength(2);
    expect(await dates({ course: driving })).toEqual(['2026-11-24 15:00', '2026-11-28 09:00']);
    expect(await dates({ course: 'moose' })).toEqual([]);
    expect(await dates({ from: '2026-11-25', to: '2026-11-24' })).toEqual([]);
    expect((await list({ from: '2026-11-26' })).sessions[0]).toMatchObject({
      sessionId,
      title: 'Hazard Management',
      placesLeft: 1,
      link,
      cancelled: { reason: 'Ill.' },
      version: 2,
    });
  });

  it('are listed page by page, each once, however they are spread over the courses', async () => {
    const days = Array.from({ length: 28 }, (_, index) => `2027-02-${String(index + 1).padStart(2, '0')}`);
    const of = ['hazard-management', 'hazard-management', 'oilfield-driver-awareness', 'safety-program-development'];
    const times = ['09:00', '13:00', '09:00', '09:00'];
    for (const date of days)
      for (const [index, courseId] of of.entries()) await schedule({ date, courseId, time: times[index] ?? '' });
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ from: '2027-02-02', ...(cursor === undefined ? {} : { cursor }) });
      pages.push(page.sessions.map(({ date, time, sessionId }) => `${date} ${time} ${sessionId}`));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(pages.map((page) => page.length)).toEqual([50, 50, 8]);
    expect(pages.flat()).toEqual([...new Set(pages.flat())].toSorted());
  });

  it('are moved as they were seen, and not below the places that are taken', async () => {
    const { sessionId, version } = await schedule();
    await enrolAssessor(sessionId, 'a1');
    const { courseId: _, ...plan } = planned;
    const moved = { ...plan, date: '2026-11-30', places: 4 };
    await expect(change(sessionId, version, moved)).rejects.toMatchObject({ details: { status: 412 } });
    expect(await change(sessionId, version + 1, moved)).toMatchObject({ date: '2026-11-30', placesLeft: 3 });
    await enrolAssessor(sessionId, 'a2');
    await expect(change(sessionId, version + 3, plan)).rejects.toMatchObject(refused('places-taken'));
  });

  it('that are cancelled are not offered, and cannot be enrolled in', async () => {
    const { sessionId, version } = await schedule();
    await cancel(sessionId, version);
    const { courses } = await listCoursesCall(dependencies)({ ...common, caller: as.robin });
    expect(courses.flatMap(({ sessions }) => sessions)).toEqual([]);
    for (const step of [enrol(as.robin, sessionId), enrolAssessor(sessionId, 'a1'), cancel(sessionId, version + 1)])
      await expect(step).rejects.toMatchObject(refused('session-cancelled'));
  });

  it('have assessors whom an administrator enrols, and takes out again', async () => {
    const { sessionId } = await schedule();
    expect(await enrolAssessor(sessionId, 'a2')).toMatchObject({ placesLeft: 0, enrolments: [{ name: 'Ada' }] });
    await expect(enrolAssessor(sessionId, 'a1')).rejects.toMatchObject(refused('session-full'));
    await expect(enrolAssessor(sessionId, 'moose')).rejects.toMatchObject(refused('unknown-assessor'));
    const out = cancelAssessorsEnrolmentCall(dependencies);
    const call = { ...common, caller: as.administrator, parameters: { sessionId }, body: { assessorId: 'a2' } };
    await expect(out({ ...call, at: after })).rejects.toMatchObject({
      message: expect.stringContaining('Mark the assessor as absent'),
    });
    expect(await out(call)).toMatchObject({ placesLeft: 1, enrolments: [{ state: 'cancelled' }] });
    await expect(out(call)).rejects.toMatchObject(refused('not-enrolled'));
  });

  it('show the link to join them to administrators and to who has a place only', async () => {
    const { sessionId } = await schedule();
    const read = (of: typeof ada) =>
      readSessionCall(dependencies)({ ...common, caller: of, parameters: { sessionId } });
    expect(await read(as.administrator)).toMatchObject({ link });
    expect(await read(ada)).not.toHaveProperty('link');
    expect(await enrol(ada, sessionId)).toMatchObject({ link });
    expect(await read(ada)).toMatchObject({ link });
    const cancelled = await cancelEnrolmentCall(dependencies)({ ...common, caller: ada, parameters: { sessionId } });
    expect(cancelled).not.toHaveProperty('link');
    expect(await read(ada)).not.toHaveProperty('link');
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
