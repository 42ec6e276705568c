import { addDays, addYears, businessDate, dateInWords } from '@secor/certification';
import { register } from '@secor/cli/play-audit';
import { ApiError } from '@secor/contracts';
import { describe, expect, test } from 'vitest';
import { known, type Party, startSite } from '../support/cloud.ts';

const site = await startSite();
const { cloud, administrator, enrol, settled, today } = site;

/** The first and the last day of a month, by a date in it: as people count, not as the program does. */
function monthOf(date: string): { readonly first: string; readonly last: string } {
  const [year = 0, month = 0] = date.split('-').map(Number);
  const first = `${date.slice(0, 7)}-01`;
  const next = month === 12 ? `${year + 1}-01-01` : `${year}-${String(month + 1).padStart(2, '0')}-01`;
  return { first, last: addDays(next, -1) };
}

/** An audit that was registered, uploaded with this end date, and accepted: passed unless told otherwise. */
async function audited(
  party: Party,
  kind: 'certification' | 'maintenance',
  { endedOn = addDays(today(), -3), result = 'passed' as 'passed' | 'failed overall' } = {},
) {
  const audit = await register(party.api, party.employer.employerId, kind);
  await site.submit(party, audit.auditNumber, site.pack(audit, { endedOn, result }));
  await settled();
  await site.decide(audit.auditNumber);
  await settled();
  return audit.auditNumber;
}

/** Records that the assessor has completed an online refresher today. */
async function refreshed({ assessor: { assessorId } }: Party): Promise<void> {
  const body = { courseId: 'understanding-our-canadian-model', completedOn: today() };
  await administrator('recordCompletion', { parameters: { assessorId }, body });
  await settled();
}

/** The letters to a party whose subjects begin with these words: the day on which each went out, and to whom. */
async function letters(party: Party, ...beginnings: readonly string[]): Promise<string[]> {
  const all = await site.lettersTo(party);
  return all
    .filter(({ subject }) => beginnings.some((beginning) => subject.startsWith(beginning)))
    .map(({ at, to }) => `${businessDate(at)} ${to.includes(party.assessor.email) ? 'assessor' : 'contact'}`)
    .toSorted();
}

function toBoth(...days: readonly string[]): string[] {
  return days.flatMap((day) => [`${day} assessor`, `${day} contact`]).toSorted();
}

/** What the employer holds, and what is due: each by its due date and its state. */
async function standing({ api, employer: { employerId } }: Party, on?: string) {
  const view = await api('readStanding', { parameters: { employerId }, query: on === undefined ? {} : { on } });
  return view.certificates.map(({ standing: worth, obligations }) => ({
    worth,
    obligations: obligations.map(({ kind, dueOn, state }) => `${kind} ${dueOn} ${state}`),
  }));
}

async function refusalOf(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => undefined,
    (refused: unknown) => refused,
  );
  if (error instanceof ApiError) return error;
  throw new Error('The call was not refused.');
}

describe('four years', () => {
  test('of an employer that does all, of one that misses a maintenance audit, of an assessor whose status lapses', {
    timeout: 600_000,
  }, async () => {
    // Advancing is what takes time: all three live through the same years.
    const [steady, missing, lapsing] = [await enrol(), await enrol(), await enrol()];
    const endedOn = addDays(today(), -3);
    const first = await audited(steady, 'certification');
    await audited(missing, 'certification');
    await audited(lapsing, 'certification');
    const expiresOn = addYears(endedOn, 3);
    const due = [1, 2].map((year) => monthOf(addYears(endedOn, year)));
    const [one, two] = [known(due[0]), known(due[1])];
    const reminded = ({ first: begins, last }: typeof one) => [
      ...[addDays(begins, -60), addDays(begins, -30), begins, addDays(last, -7)],
    ];
    expect(await standing(steady)).toEqual([
      {
        worth: 'valid',
        obligations: [
          ...[`maintenance ${one.last} open`, `maintenance ${two.last} open`],
          `re-certification ${expiresOn} open`,
        ],
      },
    ]);

    // The first year: all are reminded on their days; the maintenance audit silences the last reminder.
    await cloud.advance(addDays(one.first, 2));
    const maintenanceOne = `SECOR maintenance audit due by ${dateInWords(one.last)}`;
    for (const party of [steady, missing, lapsing])
      expect(await letters(party, maintenanceOne)).toEqual(toBoth(...reminded(one).slice(0, 3)));
    const early = await refusalOf(register(steady.api, known(missing.employer.employerId), 'maintenance'));
    expect(early.status).toBe(403);
    for (const party of [steady, missing, lapsing])
      await audited(party, 'maintenance', { endedOn: addDays(today(), -1) });
    expect(known(await standing(steady))[0]?.obligations[0]).toBe(`maintenance ${one.last} met`);

    // The second year: one of them does nothing, is reminded on every day, and loses the certificate after the grace.
    await cloud.advance(two.last);
    expect(await letters(steady, maintenanceOne)).toEqual(toBoth(...reminded(one).slice(0, 3)));
    const maintenanceTwo = `SECOR maintenance audit due by ${dateInWords(two.last)}`;
    expect(await letters(missing, maintenanceTwo)).toEqual(toBoth(...reminded(two)));
    await audited(steady, 'maintenance', { endedOn: two.last });
    await audited(lapsing, 'maintenance', { endedOn: two.last });
    const graceThrough = addDays(two.last, 30);
    await cloud.advance(graceThrough);
    expect(known(await standing(missing))[0]).toMatchObject({ worth: 'valid' });
    await cloud.advance(addDays(graceThrough, 1));
    expect(await standing(missing)).toEqual([
      {
        worth: 'cancelled',
        obligations: [
          ...[`maintenance ${one.last} met`, `maintenance ${two.last} cancelled`],
          `re-certification ${expiresOn} cancelled`,
        ],
      },
    ]);
    expect(await letters(missing, 'Overdue: SECOR maintenance audit')).toEqual(toBoth(addDays(two.last, 1)));
    expect(await letters(missing, 'Cancelled: SECOR certificate')).toEqual(toBoth(addDays(graceThrough, 1)));
    const tooLate = await refusalOf(register(missing.api, missing.employer.employerId, 'maintenance'));
    expect(tooLate.problem.type).toBe('urn:secor:certificate-over');
    expect(tooLate.message).toContain('Register a certification audit');
    // As known on the day before, and as judged from the history, nothing was lost yet.
    expect(known(await standing(missing, graceThrough))[0]?.worth).toBe('valid');
    expect(await letters(steady, 'Overdue:', 'Cancelled:')).toEqual([]);

    // The third year: an assessor's status ends; a classroom course renews it, and the same day's registration passes.
    const statusThrough = addYears(known((await lapsing.api('readOwnStatus', {})).completions[0]).completedOn, 3);
    await cloud.advance(addDays(statusThrough, -1));
    await refreshed(steady);
    await cloud.advance(addDays(statusThrough, 2));
    const refresher = [90, 30, 7].map((days) => addDays(statusThrough, -days));
    expect(await letters(lapsing, 'SECOR refresher due')).toEqual(toBoth(...refresher));
    expect(await letters(steady, 'SECOR refresher due')).toEqual(toBoth(...refresher));
    expect(await letters(lapsing, 'Ended:')).toEqual(toBoth(addDays(statusThrough, 1)));
    expect(await letters(steady, 'Ended:')).toEqual([]);
    const course = { courseId: 'hazard-management', instructor: 'Sam Rivers', places: 3, place: 'Room 4, Calgary' };
    const session = await administrator('scheduleSession', {
      body: { ...course, date: addDays(today(), 1), time: '09:30' },
    });
    const lapsed = await refusalOf(register(lapsing.api, lapsing.employer.employerId, 'certification'));
    expect(lapsed.problem.type).toBe('urn:secor:status-ended');
    for (const told of [statusThrough, 'Hazard Management', 'Oilfield Driver Awareness', addDays(today(), 1), '09:30'])
      expect(lapsed.message).toContain(told);
    const parameters = { sessionId: session.sessionId };
    await lapsing.api('enrol', { parameters });
    await cloud.advance(addDays(today(), 1));
    const { assessorId } = lapsing.assessor;
    await administrator('markAttendance', { parameters, body: { assessorId, attended: true } });
    const renewed = await register(lapsing.api, lapsing.employer.employerId, 'certification');
    expect(renewed.state).toBe('registered');
    await lapsing.api('withdrawAudit', {
      parameters: { auditNumber: renewed.auditNumber },
      ifMatch: renewed.version,
      body: { reason: 'Only to see whether it could be registered.' },
    });

    // The re-certification starts a new cycle from its own end date; who lets the certificate expire is told on each day.
    await cloud.advance(addDays(expiresOn, -20));
    const expiry = (party: Party) => letters(party, `SECOR certificate ${party === steady ? first : ''}`);
    expect(await expiry(steady)).toEqual(toBoth(...[90, 60, 30].map((days) => addDays(expiresOn, -days))));
    const again = await audited(steady, 'certification', { endedOn: addDays(today(), -2) });
    const renewedEnd = addDays(today(), -2);
    await cloud.advance(addDays(expiresOn, 1));
    expect(await expiry(steady)).toEqual(toBoth(...[90, 60, 30].map((days) => addDays(expiresOn, -days))));
    const expired = [...[90, 60, 30, 7].map((days) => addDays(expiresOn, -days)), addDays(expiresOn, 1)];
    expect(await letters(lapsing, 'SECOR certificate ')).toEqual(toBoth(...expired));
    expect((await standing(lapsing))[0]?.worth).toBe('expired');
    const cycles = await standing(steady);
    expect(cycles.map(({ worth }) => worth)).toEqual(['superseded', 'valid']);
    expect(cycles[0]?.obligations.at(-1)).toBe(`re-certification ${expiresOn} met`);
    const three = monthOf(addYears(renewedEnd, 1));
    expect(cycles[1]?.obligations[0]).toBe(`maintenance ${three.last} open`);

    // The fourth year: the new cycle reminds of its own first maintenance audit.
    await cloud.advance(addDays(three.first, 1));
    const next = `SECOR maintenance audit due by ${dateInWords(three.last)}`;
    expect(await letters(steady, next)).toEqual(toBoth(...reminded(three).slice(0, 3)));
    expect(again).not.toBe(first);

    // Nobody was written to twice, nothing was lost, nothing was denied.
    const subjects = (await cloud.letters()).map(({ to, subject, at }) => `${to} ${subject} ${businessDate(at)}`);
    expect(subjects.filter((subject, index) => subjects.indexOf(subject) !== index)).toEqual([]);
    expect(site.deadLetters()).toEqual({});
    expect(cloud.denials()).toEqual([]);
  });
});
