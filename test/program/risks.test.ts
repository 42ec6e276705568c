import { addDays, addYears, dateInWords } from '@secor/certification';
import { samplePeople } from '@secor/cli';
import { register } from '@secor/cli/play-audit';
import { ApiError, type InputFor } from '@secor/contracts';
import { describe, expect, test } from 'vitest';
import { type Letter, type Party, startSite } from '../support/cloud.ts';
import { askForSweep, changeEmployer, enrolCertified } from '../support/people.ts';

const site = await startSite();
const { cloud, administrator, settled, today } = site;

/** Somebody whose certificate of a year expires so many days from today. */
const expiringIn = (days: number, contactEmail?: string) =>
  enrolCertified(site, {
    endedOn: addYears(addDays(today(), days), -1),
    recordsMonths: 6,
    ...(contactEmail === undefined ? {} : { contactEmail }),
  });
const certifiedLately = () => enrolCertified(site, { endedOn: addDays(today(), -60) });

/** Has a day swept: so many days from today, as the sweep of then would. */
async function sweepIn(days: number): Promise<void> {
  await askForSweep(site, cloud.clock.now() + days * 86_400_000);
  await settled();
}

/** What is listed as at risk for an employer; undefined when it is not on the list. */
async function listed({ employer: { employerId } }: Party) {
  let cursor: string | undefined;
  do {
    const page = await administrator('listRisks', { query: cursor === undefined ? {} : { cursor } });
    const found = page.employers.find((each) => each.employerId === employerId);
    if (found !== undefined) return found.risks;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}

/** The letters about risks of an employer: each to one administrator, of whom there is one. */
async function told({ employer: { legalName } }: Party): Promise<Letter[]> {
  const letters = (await cloud.letters()).filter(({ subject }) => subject.startsWith(`At risk: ${legalName},`));
  for (const { to } of letters) expect(to).toEqual([samplePeople.administrator.email]);
  return letters;
}

/** The addresses of the employer that letters with this beginning of their subject went to, in order. */
async function reached(beginning: string, ...addresses: readonly string[]): Promise<string[]> {
  const letters = (await cloud.letters()).filter(({ subject }) => subject.startsWith(beginning));
  return letters.flatMap(({ to }) => to).filter((address) => addresses.includes(address));
}

type Data = InputFor<'changeEmployer'>['body'];

/** Changes what is recorded of an employer. */
async function change({ employer: { employerId } }: Party, changed: Partial<Data>): Promise<void> {
  await changeEmployer(administrator, employerId, changed);
  await settled();
}

async function refusalOf(call: Promise<unknown>): Promise<ApiError> {
  const refused = await call.catch((error: unknown) => error);
  if (refused instanceof ApiError) return refused;
  throw new Error('The call was not refused.');
}

describe('what puts a certificate at risk is listed, and told to administrators once', () => {
  test('mail to the contact that comes back: the second contact gets the next letters, until the address is corrected', async () => {
    const bouncing = `bounce+${Math.abs(process.pid)}@simulator.amazonses.com`;
    const party = await expiringIn(85, bouncing);
    const { employerId, contact } = party.employer;
    const [secondEmail, corrected] = [`second-${employerId}@example.com`, `corrected-${employerId}@example.com`];
    await change(party, { secondContact: { name: 'Ines Second', email: secondEmail } });
    const addresses = () => reached('SECOR certificate', bouncing, secondEmail, corrected);
    await sweepIn(0);
    expect(await addresses()).toEqual([bouncing]);
    const shown = await administrator('readEmployer', { parameters: { employerId } });
    expect(shown.history.map(({ type }) => type)).toContain('mail failed');
    expect(shown.undeliverable).toEqual([{ contact: 'first', since: expect.any(String) }]);
    expect(await listed(party)).toEqual([{ risk: 'mail to the contact failed' }]);
    const [letter, ...others] = await told(party);
    expect(others).toEqual([]);
    expect(letter?.text.replaceAll(/\s+/g, ' ')).toContain('Letters go to the second contact, Ines Second.');

    await sweepIn(25);
    expect(await addresses()).toEqual([bouncing, secondEmail]);
    expect(await told(party)).toHaveLength(1);

    await change(party, { contact: { ...contact, email: corrected } });
    expect(await listed(party)).toBeUndefined();
    expect((await administrator('readEmployer', { parameters: { employerId } })).undeliverable).toEqual([]);
    await sweepIn(54);
    expect(await addresses()).toEqual([bouncing, secondEmail]);
    await sweepIn(56);
    expect(await addresses()).toEqual([bouncing, secondEmail, corrected]);
  });

  test('an assessor who does not act for the employer any more, when there is no other', async () => {
    const party = await certifiedLately();
    expect(await listed(party)).toBeUndefined();
    const { assessorId } = party.assessor;
    const actFor = async (...actsFor: string[]) => {
      const { version, name, email } = await administrator('readAssessor', { parameters: { assessorId } });
      const body = { name, email, actsFor };
      await administrator('changeAssessor', { parameters: { assessorId }, ifMatch: version, body });
      await settled();
    };
    await actFor();
    expect(await listed(party)).toEqual([{ risk: 'no assessor' }]);
    expect(await told(party)).toHaveLength(1);
    await actFor(party.employer.employerId);
    expect(await listed(party)).toBeUndefined();
    expect(await told(party)).toHaveLength(1);
  });

  test('more than ten employees: what is held can be maintained; certified again it is by COR', async () => {
    const party = await certifiedLately();
    const { employerId, legalName } = party.employer;
    await change(party, { employees: 12 });
    const dueOn = addYears(addDays(today(), -60), 3);
    expect(await listed(party)).toEqual([{ risk: 'too many employees', kind: 're-certification', dueOn }]);
    const [letter, ...others] = await told(party);
    expect(others).toEqual([]);
    const text = letter?.text.replaceAll(/\s+/g, ' ');
    expect(text).toContain('12 employees: too many for the next certification audit');
    expect(text).toContain(dateInWords(dueOn));

    expect(await register(party.api, employerId, 'maintenance')).toMatchObject({ state: 'registered' });
    const refused = await refusalOf(register(party.api, employerId, 'certification'));
    expect(refused.problem.type).toBe('urn:secor:too-many-employees');
    expect(refused.message).toContain(`${legalName} has 12 employees`);
    expect(refused.message).toMatch(/certified under the COR program: ask the certifying partner how to move/);
    await settled();
    // That something is registered changes nothing of it, and is told to nobody.
    expect(await listed(party)).toEqual([{ risk: 'too many employees', kind: 're-certification', dueOn }]);
    expect(await told(party)).toHaveLength(1);
  });

  test('nothing registered 30 days before a due date, until something is, and again when that is withdrawn', async () => {
    const party = await expiringIn(31);
    const dueOn = addDays(today(), 31);
    await sweepIn(0);
    expect(await listed(party)).toBeUndefined();
    // The sweep of the next morning finds it; another one tells nobody again.
    cloud.clock.advanceBy(86_400_000);
    await settled();
    await sweepIn(0);
    const risk = { risk: 'nothing registered', kind: 're-certification', dueOn };
    expect(await listed(party)).toEqual([risk]);
    // The assessor and the contact are reminded; administrators see it in the list.
    expect(await told(party)).toEqual([]);

    const { auditNumber, version } = await register(party.api, party.employer.employerId, 'certification');
    await settled();
    expect(await listed(party)).toBeUndefined();
    const body = { reason: 'The data gathering has to be done again.' };
    await party.api('withdrawAudit', { parameters: { auditNumber }, ifMatch: version, body });
    await settled();
    expect(await listed(party)).toEqual([risk]);
    expect(await told(party)).toEqual([]);
    expect(site.deadLetters()).toEqual({});
    expect(cloud.denials()).toEqual([]);
  });
});
