import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { addDays } from '@secor/certification';
import { linkSignIn, listSessions, readAssessor, readEmployer, readSession, readSignIn } from '@secor/store';
import { claimsOf, known, type Site } from './cloud.ts';
import { begunSession, newAssessor, newEmployer, newId } from './people.ts';

/** A write of the program that can be done now, and what the same key must not be used for. */
export type ProgramCase = {
  readonly token: string;
  readonly employerId: string;
  readonly auditNumber?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly other:
    | { readonly body: object }
    | { readonly auditNumber: string }
    | { readonly parameters: Readonly<Record<string, string>> };
  /** The version of what it changes, where its caller has to name it. */
  readonly version?: () => Promise<number>;
  /** What it changes, with a number that each effect raises by one. */
  readonly subject?: () => Promise<{ readonly count: number; readonly state: unknown }>;
};

const hazards = 'hazard-management';

/** Every write of the program, each with a case in which it succeeds. */
export function programCases(site: Site, administrators: () => Promise<string>) {
  const { store, cloud, administrator } = site;
  const none = 'none';

  const employerSubject = (employerId: string) => async () => {
    const state = await readEmployer(store, employerId);
    return { count: state?.version ?? 0, state };
  };
  const assessorSubject = (assessorId: string) => async () => {
    const state = await readAssessor(store, assessorId);
    return { count: state?.version ?? 0, state };
  };
  const sessionSubject = (sessionId: string) => async () => {
    const state = known(await readSession(store, sessionId));
    return { count: state.version, state };
  };
  const addedEmployer = () => administrator('addEmployer', { body: newEmployer() });
  const addedAssessor = async () => {
    const { employerId } = await addedEmployer();
    return administrator('addAssessor', { body: newAssessor([employerId], site.today()) });
  };
  const schedule = async (time = '09:00') => {
    const date = addDays(site.today(), 1);
    const body = { courseId: hazards, date, time, instructor: 'Ines Instructor', places: 5, place: 'Room 4' };
    return (await administrator('scheduleSession', { body })).sessionId;
  };

  return {
    async addEmployer() {
      const body = newEmployer();
      const { employerId } = body;
      const other = { body: { ...body, employees: 7 } };
      return { token: await administrators(), employerId, body, other, subject: employerSubject(employerId) };
    },
    async changeEmployer() {
      const { employerId, version, ...data } = await addedEmployer();
      const having = (employees: number) => ({ body: { ...data, employees } });
      const subject = employerSubject(employerId);
      return {
        token: await administrators(),
        employerId,
        parameters: { employerId },
        ...having(7),
        other: having(8),
        version: async () => (await subject()).count,
        subject,
      };
    },
    async changeOwnPhone() {
      const { employerId, contact } = await addedEmployer();
      const token = await cloud.token({ email: contact.email, groups: ['employer'] });
      const { iss, sub } = claimsOf(token);
      await linkSignIn(store, iss, sub, { employerId, contactEmail: contact.email });
      const number = (phone: string) => ({ body: { phone } });
      const subject = employerSubject(employerId);
      return { token, employerId, ...number('403 555 0123'), other: number('403 555 0199'), subject };
    },
    async addAssessor() {
      const body = newAssessor([], site.today());
      const other = { body: { ...body, name: 'Another' } };
      return {
        token: await administrators(),
        employerId: none,
        body,
        other,
        subject: assessorSubject(body.assessorId),
      };
    },
    async changeAssessor() {
      const { assessorId, email, actsFor: employers } = await addedAssessor();
      const actsFor = employers.map(({ employerId }) => employerId);
      const named = (name: string) => ({ body: { name, email, actsFor } });
      const subject = assessorSubject(assessorId);
      return {
        token: await administrators(),
        employerId: known(actsFor[0]),
        parameters: { assessorId },
        ...named('Renamed'),
        other: named('Renamed again'),
        version: async () => (await subject()).count,
        subject,
      };
    },
    async recordCompletion() {
      const { assessorId } = await addedAssessor();
      const on = (completedOn: string) => ({ body: { courseId: hazards, completedOn } });
      return {
        token: await administrators(),
        employerId: none,
        parameters: { assessorId },
        ...on(addDays(site.today(), -1)),
        other: on(addDays(site.today(), -2)),
        subject: assessorSubject(assessorId),
      };
    },
    async withdrawCompletion() {
      const { assessorId } = await addedAssessor();
      const [first, second] = [addDays(site.today(), -1), addDays(site.today(), -2)];
      const on = (completedOn: string) => ({ body: { courseId: hazards, completedOn } });
      for (const day of [first, second])
        await site.administrator('recordCompletion', { parameters: { assessorId }, ...on(day) });
      return {
        token: await administrators(),
        employerId: none,
        parameters: { assessorId },
        ...on(first),
        other: on(second),
        subject: assessorSubject(assessorId),
      };
    },
    async scheduleSession() {
      const date = addDays(site.today(), 30);
      const at = (time: string) => ({
        body: { courseId: hazards, date, time, instructor: 'Ines', places: 5, place: 'Room 4' },
      });
      const subject = async () => {
        const state = await listSessions(store, hazards, { date, time: '00:00' }, 100);
        return { count: state.length, state };
      };
      return { token: await administrators(), employerId: none, ...at('09:00'), other: at('10:00'), subject };
    },
    async changeSession() {
      const sessionId = await schedule();
      const at = (time: string) => ({
        body: { date: addDays(site.today(), 2), time, instructor: 'Ines', places: 5, place: 'Room 5' },
      });
      const subject = sessionSubject(sessionId);
      const token = await administrators();
      const version = async () => (await subject()).count;
      return {
        token,
        employerId: none,
        parameters: { sessionId },
        ...at('10:00'),
        other: at('11:00'),
        version,
        subject,
      };
    },
    async cancelSession() {
      const sessionId = await schedule();
      const because = (reason: string) => ({ body: { reason } });
      const subject = sessionSubject(sessionId);
      return {
        token: await administrators(),
        employerId: none,
        parameters: { sessionId },
        ...because('The instructor is ill.'),
        other: because('The room is flooded.'),
        version: async () => (await subject()).count,
        subject,
      };
    },
    async enrolAssessor() {
      const [one, another] = [await addedAssessor(), await addedAssessor()];
      const sessionId = await schedule();
      return {
        token: await administrators(),
        employerId: none,
        parameters: { sessionId },
        body: { assessorId: one.assessorId },
        other: { body: { assessorId: another.assessorId } },
        subject: sessionSubject(sessionId),
      };
    },
    async cancelAssessorsEnrolment() {
      const [one, another] = [await addedAssessor(), await addedAssessor()];
      const sessionId = await schedule();
      for (const { assessorId } of [one, another])
        await administrator('enrolAssessor', { parameters: { sessionId }, body: { assessorId } });
      return {
        token: await administrators(),
        employerId: none,
        parameters: { sessionId },
        body: { assessorId: one.assessorId },
        other: { body: { assessorId: another.assessorId } },
        subject: sessionSubject(sessionId),
      };
    },
    async enrol() {
      const { token, employer } = await site.enrol();
      const [sessionId, another] = [await schedule(), await schedule('10:00')];
      const { employerId } = employer;
      const other = { parameters: { sessionId: another } };
      return { token, employerId, parameters: { sessionId }, other, subject: sessionSubject(sessionId) };
    },
    async cancelEnrolment() {
      const { token, employer, api } = await site.enrol();
      const [sessionId, another] = [await schedule(), await schedule('10:00')];
      await api('enrol', { parameters: { sessionId } });
      const { employerId } = employer;
      const other = { parameters: { sessionId: another } };
      return { token, employerId, parameters: { sessionId }, other, subject: sessionSubject(sessionId) };
    },
    async markAttendance() {
      const { assessor, employer } = await site.enrol();
      const { assessorId } = assessor;
      const sessionId = await begunSession(store, cloud.clock.now(), assessorId);
      const mark = (attended: boolean) => ({ body: { assessorId, attended } });
      return {
        token: await administrators(),
        employerId: employer.employerId,
        parameters: { sessionId },
        ...mark(true),
        other: mark(false),
        subject: sessionSubject(sessionId),
      };
    },
    async recordBinder() {
      const { assessor, employer } = await site.enrol();
      const { employerId } = employer;
      const day = site.today();
      const dates = { endedOn: day, postmarkedOn: day, receivedOn: day };
      const body = { employerId, assessorId: assessor.assessorId, kind: 'certification', ...dates } as const;
      return { token: await administrators(), employerId, body, other: { body: { ...body, kind: 'maintenance' } } };
    },
    async issueBinderLink() {
      const { assessor, employer } = await site.enrol();
      const { employerId } = employer;
      const day = site.today();
      const dates = { endedOn: day, postmarkedOn: day, receivedOn: day };
      const body = { employerId, assessorId: assessor.assessorId, kind: 'certification', ...dates } as const;
      const { auditNumber } = await administrator('recordBinder', { body });
      return { token: await administrators(), employerId, auditNumber, other: { auditNumber: '100000001' } };
    },
    async startImport() {
      const of = (kind: string) => ({ body: { of: kind } });
      const subject = async () => {
        const imports = paginateScan(
          { client: store.client },
          {
            TableName: store.table,
            FilterExpression: 'begins_with(pk, :imports)',
            ExpressionAttributeValues: { ':imports': 'IMPORT#' },
          },
        );
        const state = (await Array.fromAsync(imports)).flatMap(({ Items = [] }) => Items);
        return { count: state.length, state };
      };
      return { token: await administrators(), employerId: none, ...of('employers'), other: of('assessors'), subject };
    },
    async linkSignIn() {
      const { employerId } = await addedEmployer();
      const { iss } = claimsOf(await administrators());
      const sub = newId('sub');
      const subject = async () => {
        const state = await readSignIn(store, iss, sub);
        return { count: state === undefined ? 0 : 1, state };
      };
      const other = { body: { sub } };
      return { token: await administrators(), employerId, body: { sub, employerId }, other, subject };
    },
  } satisfies Readonly<Record<string, () => Promise<ProgramCase>>>;
}
