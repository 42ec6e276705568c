import { addDays, addYears, limits, startOfDay } from '@secor/certification';
import { ApiError, delaySecondsOf } from '@secor/contracts';
import { linkSignIn, readSession } from '@secor/store';
import { describe, expect, test } from 'vitest';
import { claimsOf, known, startSite } from '../support/cloud.ts';
import { deskOf } from '../support/desk-steps.ts';
import { changeEmployer, enrolByApi, newAssessor, newEmployer, newId } from '../support/people.ts';

const site = await startSite();
const { cloud, administrator, enrol, settled, store, today } = site;
const desk = deskOf(site);

const hour = 60 * 60_000;
const hazards = 'hazard-management';

/** A session of tomorrow. */
const schedule = (places: number) =>
  administrator('scheduleSession', {
    body: {
      courseId: hazards,
      date: addDays(today(), 1),
      time: '09:00',
      instructor: 'Ines Instructor',
      places,
      link: 'https://meet.example.com/a',
    },
  });

/** Calls again what the service was too busy for, as people do. */
async function persistently<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 503) throw error;
    }
  }
}

describe('a session', () => {
  test('is moved and cancelled, found when it is over, and who is enrolled gets a letter of each', async () => {
    const [one, other] = [await enrol(), await enrol()];
    const { sessionId } = await schedule(5);
    const parameters = { sessionId };
    const body = { assessorId: other.assessor.assessorId };
    await one.api('enrol', { parameters });
    await administrator('enrolAssessor', { parameters, body });
    const subjects = async (party: typeof one) => {
      await settled();
      const letters = await cloud.letters();
      return letters.filter(({ to }) => to.includes(party.assessor.email)).map(({ subject }) => subject.split(':')[0]);
    };
    cloud.clock.advanceBy(delaySecondsOf('assessor enrolled') * 1000);
    expect(await subjects(one)).toEqual(['Enrolled']);
    expect(await subjects(other)).toEqual(['Enrolled']);

    const plan = { date: addDays(today(), 2), time: '13:00', instructor: 'Sam', places: 4, place: 'Room 4' };
    const { version } = await administrator('readSession', { parameters });
    const moved = await administrator('changeSession', { parameters, ifMatch: version, body: plan });
    expect((await subjects(one)).at(-1)).toMatch(/^Moved to/);
    await administrator('cancelAssessorsEnrolment', { parameters, body });
    cloud.clock.advanceBy(delaySecondsOf('enrolment cancelled') * 1000);
    expect((await subjects(other)).map((subject = '') => subject.split(' ')[0])).toEqual([
      'Enrolled',
      'Moved',
      'Enrolment',
    ]);

    const reason = 'The instructor is ill.';
    await administrator('cancelSession', { parameters, ifMatch: moved.version + 1, body: { reason } });
    expect((await subjects(one)).at(-1)).toBe('Cancelled');
    expect(await subjects(other)).toHaveLength(3);
    const listed = async () =>
      (await administrator('listSessions', { query: { from: plan.date, to: plan.date, course: hazards } })).sessions;
    const expected = { sessionId, cancelled: { reason }, place: 'Room 4', placesLeft: 3 };
    expect(await listed()).toMatchObject([expected]);
    cloud.clock.advanceBy(72 * hour);
    expect(await listed()).toMatchObject([expected]);
    expect(site.deadLetters()).toEqual({});
    expect(cloud.denials()).toEqual([]);
  });
});

describe('employers', () => {
  test('are added under a chosen id, read, listed, and changed by who saw the present version', async () => {
    const body = newEmployer();
    const { employerId } = body;
    expect(await administrator('addEmployer', { body })).toEqual({ ...body, version: 1 });
    await expect(administrator('addEmployer', { body })).rejects.toMatchObject({
      status: 409,
      problem: { type: 'urn:secor:id-taken' },
    });
    const { employerId: _, tradeName: __, ...data } = body;
    const changed = { ...data, employees: 9, secondContact: { name: 'Sam', email: 'sam@employer.example.com' } };
    const change = (ifMatch: number) =>
      administrator('changeEmployer', { parameters: { employerId }, ifMatch, body: changed });
    expect(await change(1)).toEqual({ employerId, version: 2, ...changed });
    await expect(change(1)).rejects.toMatchObject({ status: 412 });
    // The same again changes nothing.
    expect((await change(2)).version).toBe(2);
    const read = await administrator('readEmployer', { parameters: { employerId } });
    expect(read).toMatchObject({ ...changed, version: 2, assessors: [], undeliverable: [] });
    expect(read.history.map(({ type }) => type)).toEqual(['employer added', 'employer changed']);
    expect(JSON.stringify(read.history)).not.toContain('@');
    const ids: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await administrator('listEmployers', cursor === undefined ? {} : { query: { cursor } });
      ids.push(...page.employers.map((each) => each.employerId));
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    expect(ids.filter((each) => each === employerId)).toHaveLength(1);
    await expect(administrator('readEmployer', { parameters: { employerId: 'nobody' } })).rejects.toMatchObject({
      status: 404,
    });
  });

  test('everything that is wrong is told at once, with its place', async () => {
    const wrong = {
      ...newEmployer('has blanks'),
      legalName: ' ',
      wcbAccount: '48-10',
      employees: 10.5,
      industryCode: 'oil',
      address: { street: '1', city: 'Calgary', province: 'XX', postalCode: '90210' },
      contact: { name: 'Dale', email: 'dale@nowhere' },
    };
    const refused = await administrator('addEmployer', { body: wrong as never }).catch((error: ApiError) => error);
    const places = ((refused as ApiError).problem.problems ?? []).map(({ place }) => place.replace('body, ', ''));
    expect((refused as ApiError).status).toBe(400);
    expect(places.toSorted()).toEqual(
      [
        'employerId',
        'legalName',
        'wcbAccount',
        'employees',
        'industryCode',
        'address.province',
        'address.postalCode',
        'contact.email',
      ].toSorted(),
    );
  });
});

describe('assessors', () => {
  test('act for employers that there are; the others are named all at once', async () => {
    const { employerId } = await administrator('addEmployer', { body: newEmployer() });
    const body = newAssessor([employerId, 'none-1', 'none-2'], addDays(today(), -10));
    await expect(administrator('addAssessor', { body })).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('none-1, none-2'),
      problem: { type: 'urn:secor:unknown-employer' },
    });
    const added = await administrator('addAssessor', { body: { ...body, actsFor: [employerId] } });
    expect(added).toMatchObject({ version: 1, status: { holds: true, through: addYears(addDays(today(), -10), 3) } });
    const { assessorId, name } = added;
    const parameters = { assessorId };
    const acting = async () => (await administrator('readEmployer', { parameters: { employerId } })).assessors;
    expect(await acting()).toEqual([{ assessorId, assessorName: name }]);
    const changed = { name: 'Robin Renamed', email: body.email, actsFor: [] };
    await administrator('changeAssessor', { parameters, ifMatch: 1, body: changed });
    expect(await acting()).toEqual([]);
    const read = await administrator('readAssessor', { parameters });
    expect(read).toMatchObject({ name: 'Robin Renamed', actsFor: [], version: 2 });
    expect(read.history.map(({ type }) => type)).toEqual(['assessor added', 'assessor changed']);
    const listed = (await administrator('listAssessors', {})).assessors;
    expect(listed.find((each) => each.assessorId === assessorId)).toMatchObject({ status: { holds: true } });
  });

  test('a course is recorded once: the same again is answered the same', async () => {
    const { assessor } = await enrolByApi(site, addYears(today(), -4));
    expect(assessor.status).toMatchObject({ holds: false, reason: 'ended' });
    const completion = {
      parameters: { assessorId: assessor.assessorId },
      body: { courseId: 'understanding-our-canadian-model', completedOn: today() },
    };
    const first = await administrator('recordCompletion', completion);
    expect(first.status).toMatchObject({ holds: true, through: addYears(today(), 3) });
    expect(await administrator('recordCompletion', completion)).toEqual(first);
    const ahead = { ...completion.body, completedOn: addDays(today(), 1) };
    await expect(administrator('recordCompletion', { ...completion, body: ahead })).rejects.toMatchObject({
      status: 409,
      problem: { type: 'urn:secor:day-ahead' },
    });
  });
});

describe('a session', () => {
  test('of seven places has seven enrolled when a hundred enrol at once', { timeout: 240_000 }, async () => {
    const { sessionId } = await schedule(7);
    const parties = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const body = newAssessor([], today());
        const { assessorId } = body;
        const token = await cloud.token({ email: body.email, groups: ['assessor'] });
        const { iss, sub } = claimsOf(token);
        await persistently(() => administrator('addAssessor', { body }));
        await linkSignIn(store, iss, sub, { assessorId });
        return site.client(body.email, 'assessor');
      }),
    );
    const answers = await Promise.allSettled(
      parties.map((api) => persistently(() => api('enrol', { parameters: { sessionId } }))),
    );
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    expect(answers.length - refused.length).toBe(7);
    for (const reason of refused)
      expect(reason).toMatchObject({ status: 409, problem: { type: 'urn:secor:session-full' } });
    const { enrolments, placesLeft } = await administrator('readSession', { parameters: { sessionId } });
    expect([enrolments.length, placesLeft]).toEqual([7, 0]);
    expect(known(await readSession(store, sessionId)).enrolments).toHaveLength(7);

    // A place that is given back is somebody else's.
    const inside = known(parties[answers.findIndex(({ status }) => status === 'fulfilled')]);
    const outside = known(parties[answers.findIndex(({ status }) => status === 'rejected')]);
    expect((await inside('readSession', { parameters: { sessionId } })).enrolments).toHaveLength(1);
    expect((await outside('readSession', { parameters: { sessionId } })).enrolments).toEqual([]);
    await inside('cancelEnrolment', { parameters: { sessionId } });
    await outside('enrol', { parameters: { sessionId } });
    await expect(inside('enrol', { parameters: { sessionId } })).rejects.toMatchObject({ status: 409 });
  });

  test('is enrolled in and given back so often a day, then on the next one', async () => {
    const party = await enrolByApi(site, addYears(today(), -4));
    const { api } = party;
    const { sessionId } = await schedule(5);
    const parameters = { sessionId };
    for (let round = 1; round <= limits.enrolmentsOfPerson.max; round += 1) {
      await api('enrol', { parameters });
      await api('cancelEnrolment', { parameters });
    }
    await expect(api('enrol', { parameters })).rejects.toMatchObject({
      status: 429,
      problem: {
        type: 'urn:secor:limit-reached',
        detail: expect.stringContaining(
          'You have enrolled in 10 sessions today. The limit is 10 a day. You can try again from',
        ),
      },
    });
    await settled();
    // What is undone within minutes is not told.
    const subjects = async () => (await site.lettersTo(party)).map(({ subject }) => subject);
    expect(await subjects()).toEqual([]);
    cloud.clock.advanceBy(24 * hour);
    const { sessionId: next } = await schedule(5);
    await api('enrol', { parameters: { sessionId: next } });
    await settled();
    expect(await subjects()).toEqual([expect.stringMatching(/^Enrolled: /)]);
  });

  test('that was attended renews the status: the same day’s registration passes', async () => {
    const { api, assessor, employer } = await enrolByApi(site, addYears(today(), -4));
    const { assessorId } = assessor;
    const { employerId } = employer;
    const { sessionId, date } = await schedule(5);
    const register = () => api('registerAudit', { body: { employerId, kind: 'certification' } });
    const asked = () => api('checkEligibility', { parameters: { employerId }, query: { kind: 'certification' } });

    await expect(register()).rejects.toMatchObject({ status: 409, problem: { type: 'urn:secor:status-ended' } });
    expect(await asked()).toMatchObject({
      possible: false,
      reasons: [{ code: 'status-ended', text: expect.stringContaining(date) }],
      proposal: { kind: 'certification' },
    });
    const own = await api('readOwnStatus', {});
    expect(own).toMatchObject({ assessorId, status: { holds: false, reason: 'ended' } });
    const offered = own.courses.find(({ courseId }) => courseId === hazards)?.sessions;
    expect(offered).toContainEqual({ sessionId, date, time: '09:00', placesLeft: 5 });
    expect(own.courses).toHaveLength(5);
    expect((await api('listCourses', {})).courses).toHaveLength(6);

    await api('enrol', { parameters: { sessionId } });
    const mark = (attended: boolean) =>
      administrator('markAttendance', { parameters: { sessionId }, body: { assessorId, attended } });
    await expect(mark(true)).rejects.toMatchObject({ status: 409, problem: { type: 'urn:secor:session-ahead' } });
    cloud.clock.advanceBy(Date.parse(startOfDay(date)) + 12 * hour - cloud.clock.now());
    expect((await mark(true)).enrolments).toMatchObject([{ assessorId, name: assessor.name, state: 'attended' }]);
    const status = async () => (await api('readOwnStatus', {})).status;
    expect(await status()).toMatchObject({ holds: true, through: addYears(date, 3), restsOn: { sessionId } });
    expect(await asked()).toMatchObject({ possible: true, reasons: [] });

    // A mark that was wrong takes the completion back, and gives it again.
    await mark(false);
    expect(await status()).toMatchObject({ holds: false, reason: 'ended' });
    await mark(true);
    expect(await register()).toMatchObject({ state: 'registered' });
    const sessions = (await api('listCourses', {})).courses.flatMap((course) => course.sessions);
    expect(sessions.filter((each) => each.date < date)).toEqual([]);
  });
});

describe('a binder', () => {
  const dates = () => ({
    endedOn: addDays(today(), -5),
    postmarkedOn: addDays(today(), -3),
    receivedOn: addDays(today(), -1),
  });

  test('is registered as of its postmark, and its package goes the way of the others', async () => {
    const party = await enrol();
    const { employerId } = party.employer;
    const { assessorId } = party.assessor;
    const body = { employerId, assessorId, kind: 'certification', ...dates() } as const;
    const audit = await administrator('recordBinder', { body });
    const { auditNumber } = audit;
    expect(audit).toMatchObject({ state: 'registered', employerId, assessorId, binder: dates() });
    await expect(administrator('recordBinder', { body })).rejects.toMatchObject({
      status: 409,
      problem: { type: 'urn:secor:audit-open' },
    });
    const link = await administrator('issueBinderLink', { parameters: { auditNumber } });
    await site.put(link, site.pack(audit, { endedOn: body.endedOn }));
    await settled();
    expect(await site.read(party, auditNumber)).toMatchObject({ state: 'pending review' });
    await site.decide(auditNumber);
    await settled();
    const standing = await party.api('readStanding', { parameters: { employerId } });
    expect(standing.certificates).toMatchObject([{ auditNumber, standing: 'valid', endedOn: body.endedOn }]);
  });

  test('whose dates do not fit together, or for which the employer or the assessor is not eligible, is told everything at once', async () => {
    const { employer, assessor } = await enrolByApi(site, addYears(today(), -4));
    const body = { employerId: employer.employerId, assessorId: assessor.assessorId, kind: 'maintenance' } as const;
    const crooked = { endedOn: today(), postmarkedOn: addDays(today(), -1), receivedOn: addDays(today(), 1) };
    const wrong = await administrator('recordBinder', { body: { ...body, ...crooked } }).catch((error) => error);
    expect(wrong).toMatchObject({ status: 400 });
    expect(wrong.problem.problems.map(({ place }: { place: string }) => place)).toEqual([
      'body, endedOn',
      'body, receivedOn',
    ]);
    const refused = await administrator('recordBinder', { body: { ...body, ...dates() } }).catch((error) => error);
    expect(refused).toMatchObject({ status: 409, problem: { type: 'urn:secor:registration-refused' } });
    expect(refused.problem.problems.map(({ place }: { place: string }) => place)).toEqual([
      'status-ended',
      'no-certificate',
    ]);
    const stranger = await enrol();
    const notTheirs = { ...body, assessorId: stranger.assessor.assessorId, kind: 'certification' } as const;
    await expect(administrator('recordBinder', { body: { ...notTheirs, ...dates() } })).rejects.toMatchObject({
      status: 409,
      problem: { type: 'urn:secor:assessor-does-not-act' },
    });
    const nobody = { ...body, employerId: 'nobody', assessorId: 'nobody', ...dates() };
    await expect(administrator('recordBinder', { body: nobody })).rejects.toMatchObject({
      status: 409,
      problem: { problems: [{ place: 'unknown-assessor' }, { place: 'unknown-employer' }] },
    });
  });

  test('has links for administrators; an audit that was registered online has none', async () => {
    const { api, employer } = await enrol();
    const { auditNumber } = await api('registerAudit', {
      body: { employerId: employer.employerId, kind: 'certification' },
    });
    await expect(administrator('issueBinderLink', { parameters: { auditNumber } })).rejects.toMatchObject({
      status: 409,
      problem: { type: 'urn:secor:not-a-binder' },
    });
    const none = { parameters: { auditNumber: '100000001' } };
    await expect(administrator('issueBinderLink', none)).rejects.toMatchObject({ status: 404 });
  });
});

describe('what is due', () => {
  test('is read as of today, as known on a past day, and as of one to come; by nobody else', async () => {
    const party = await enrol();
    const { employerId, contact } = party.employer;
    const auditNumber = await site.underReview(party);
    await site.decide(auditNumber);
    await settled();
    const decidedOn = today();
    cloud.clock.advanceBy(24 * hour);
    await desk.step(administrator, 'reopenAudit', auditNumber, { reason: 'It has to be so.' });
    await desk.step(administrator, 'withdrawReview', auditNumber, { reason: 'It has to be so.' });
    await settled();

    const parameters = { employerId };
    const read = async (on?: string) => {
      const { certificates, proposal } = await party.api('readStanding', { parameters, query: { ...(on && { on }) } });
      return { standing: certificates.map(({ standing }) => standing), proposal };
    };
    expect(await read(addDays(decidedOn, -1))).toMatchObject({ standing: [], proposal: { kind: 'certification' } });
    expect(await read(decidedOn)).toMatchObject({ standing: ['valid'], proposal: { kind: 'maintenance' } });
    expect(await read()).toMatchObject({ standing: ['revoked'], proposal: { kind: 'certification' } });
    expect(await read(addYears(today(), 4))).toMatchObject({ standing: ['revoked'] });
    expect(await administrator('readStanding', { parameters })).toEqual(
      await party.api('readStanding', { parameters }),
    );

    const why = await party.api('readWhy', { parameters, query: { on: decidedOn } });
    expect(why.explanations.map(({ what }) => what.text).join()).toContain(`${auditNumber}-1`);
    const { explanations } = await party.api('readAuditWhy', { parameters: { auditNumber } });
    expect(explanations.flatMap(({ rules }) => rules.map(({ ruleSet }) => ruleSet))).toContain('rules-2020');
    const trained = { parameters: { assessorId: party.assessor.assessorId } };
    expect((await administrator('readAssessorWhy', trained)).explanations).not.toEqual([]);

    const { iss, sub } = claimsOf(await cloud.token({ email: contact.email, groups: ['employer'] }));
    await linkSignIn(store, iss, sub, { employerId, contactEmail: contact.email });
    const company = await site.client(contact.email, 'employer');
    expect(await company('readOwnStanding', {})).toEqual(await company('readStanding', { parameters }));
    const other = await enrol();
    await expect(other.api('readStanding', { parameters })).rejects.toMatchObject({ status: 404 });
    await expect(
      company('readStanding', { parameters: { employerId: other.employer.employerId } }),
    ).rejects.toMatchObject({ status: 404 });
    await expect(party.api('readStanding', { parameters, query: { on: '2026-02-30' } })).rejects.toMatchObject({
      status: 400,
    });
  });

  test('an assessor who does not act for an employer is told nothing of its eligibility', async () => {
    const [one, other] = [await enrol(), await enrol()];
    const ask = (employerId: string) =>
      other.api('checkEligibility', { parameters: { employerId }, query: { kind: 'certification' } });
    const { employerId } = one.employer;
    const none = newId('nobody');
    expect(JSON.stringify(await ask(employerId)).replaceAll(employerId, none)).toBe(JSON.stringify(await ask(none)));
    expect(await ask(employerId)).toMatchObject({ possible: false, reasons: [{ code: 'does-not-act' }] });
  });

  test('what is at risk is listed for administrators', async () => {
    const party = await enrol();
    await site.decide(await site.underReview(party));
    await settled();
    const { employerId } = party.employer;
    await changeEmployer(administrator, employerId, { employees: 12 });
    await settled();
    const { employers } = await administrator('listRisks', {});
    expect(employers.find((each) => each.employerId === employerId)).toMatchObject({
      legalName: party.employer.legalName,
      risks: expect.arrayContaining([expect.objectContaining({ risk: 'too many employees' })]),
    });
  });
});

test('a sign-in is linked to persons that there are, in the place of whom it stood for', async () => {
  const { api, assessor, employer } = await enrolByApi(site, today());
  const { sub } = claimsOf(await cloud.token({ email: assessor.email, groups: ['assessor'] }));
  await expect(
    administrator('linkSignIn', { body: { sub, assessorId: 'nobody', reviewerId: 'nobody' } }),
  ).rejects.toMatchObject({ status: 409, message: expect.stringContaining('no assessor nobody, no reviewer nobody') });
  await api('readOwnStatus', {});
  await administrator('linkSignIn', { body: { sub, employerId: employer.employerId } });
  await expect(api('readOwnStatus', {})).rejects.toMatchObject({ status: 403 });
});

test('nothing is left undone by all of this', async () => {
  await settled();
  expect(site.deadLetters()).toEqual({});
});
