import { describe, expect, test } from 'vitest';
import type { Assessor } from '../assessor/assessor.ts';
import type { Employer } from './employer.ts';
import { certified, History, noon } from './history.fixture.ts';
import { employer, trained } from './people.fixture.ts';
import { mayHaveRisks, risksOf } from './risks.ts';
import { checkCycle, mailToContactFailed, recordRisks, returnInCycle } from './steps.ts';

const risks = (history: History, today: string, over: Partial<Employer> = {}, assessors = [trained('2019-06-01')]) =>
  risksOf(history.cycle, { ...employer, ...over }, assessors, today);
const may = { kind: 'maintenance', dueOn: '2020-05-31' } as const;

describe('nothing registered', () => {
  test('is a risk from 30 days before the due date on, until an audit of its kind is registered', () => {
    expect(risks(certified(), '2020-04-30')).toEqual([]);
    expect(risks(certified(), '2020-05-01')).toEqual([{ risk: 'nothing registered', ...may }]);
    expect(risks(certified(), '2020-06-30')).toEqual([{ risk: 'nothing registered', ...may }]);
    expect(risks(certified().open('M', 'maintenance', '2020-05-01'), '2020-05-10')).toEqual([]);
    expect(risks(certified().open('D', 'certification', '2020-05-01'), '2020-05-10')).toHaveLength(1);
  });

  test('is a risk to the re-certification as well', () => {
    const history = certified({ recordsMonths: 6 });
    const expiry = { kind: 're-certification', dueOn: '2020-05-31' };
    expect(risks(history, '2020-05-01')).toEqual([{ risk: 'nothing registered', ...expiry }]);
    expect(risks(history.open('D', 'certification', '2020-05-02'), '2020-05-02')).toEqual([]);
  });

  test('is none of what is pending or met', () => {
    const history = certified().open('M', 'maintenance', '2020-05-01').arrive('M', '2020-05-09', '2020-05-08');
    expect(risks(history, '2020-05-20')).toEqual([]);
    expect(risks(history.decide('M', 'passed', '2020-05-21'), '2020-05-21')).toEqual([]);
  });
});

describe('an assessor', () => {
  test('whose status ends before the next due date is a risk to that', () => {
    const holds = (completedOn: string) => risks(certified(), '2020-02-01', {}, [trained(completedOn)]);
    expect(holds('2017-05-31')).toEqual([]);
    expect(holds('2017-05-30')).toEqual([{ risk: "assessor's status ends", ...may }]);
    expect(holds('2016-01-01')).toEqual([{ risk: "assessor's status ends", ...may }]);
    expect(risks(certified(), '2020-02-01', {}, [trained('2017-03-01'), trained('2019-06-01')])).toEqual([]);
  });

  test('is missed when none is left', () => {
    expect(risks(certified(), '2020-02-01', {}, [])).toEqual([{ risk: 'no assessor' }]);
  });
});

describe('the employer', () => {
  test('is at risk with more than ten employees, without good standing, and when mail to its contact comes back', () => {
    const history = certified();
    const failed = mailToContactFailed(history.cycle, 'first', 'bounced', noon('2020-01-10'));
    if (failed === undefined) throw new Error('Nothing failed.');
    expect(risks(history, '2020-02-01', { employees: 10 })).toEqual([]);
    expect(risks(history.take(failed), '2020-02-01', { employees: 11, goodStanding: false })).toEqual([
      { risk: 'mail to the contact failed' },
      { risk: 'too many employees', kind: 're-certification', dueOn: '2022-05-31' },
      { risk: 'not in good standing' },
    ]);
  });

  test('is at risk when mail to one of its assessors comes back: what an audit asks goes to the contact alone', () => {
    const lost: Assessor = { ...trained('2019-06-01'), undeliverableSince: noon('2020-01-10') };
    expect(risks(certified(), '2020-02-01', {}, [trained('2019-06-01'), lost])).toEqual([
      { risk: 'mail to an assessor failed' },
    ]);
  });

  test('that holds no valid certificate has nothing at risk', () => {
    const bad = { employees: 40, goodStanding: false };
    expect(risks(new History(), '2020-02-01', bad, [])).toEqual([]);
    expect(risks(certified(), '2020-07-01', bad, [])).toEqual([]);
    expect(risks(certified({ recordsMonths: 6 }), '2020-06-01', bad, [])).toEqual([]);
  });
});

test('the risks of a certificate that expires while it is pending are gone when the sweep has checked it', () => {
  const history = certified({ recordsMonths: 6 }).open('D', 'certification', '2020-05-01');
  history.arrive('D', '2020-05-10', '2020-05-09').sweep('2020-05-11');
  expect(history.cycle.nextCheckOn).toBeUndefined();
  const atRisk = certified({ recordsMonths: 6 });
  const risk = { risk: 'no assessor' } as const;
  atRisk.cycle = { ...atRisk.cycle, risks: [risk] };
  atRisk.open('D', 'certification', '2020-05-01').arrive('D', '2020-05-10', '2020-05-09');
  atRisk.cycle = checkCycle(atRisk.cycle, [risk], '2020-05-11T18:00:00.000Z').cycle;
  expect(atRisk.cycle.nextCheckOn).toBe('2020-06-01');
});

describe('a binder', () => {
  const binder = { receivedOn: '2020-05-05', endedOn: '2020-04-28' };
  const recorded = () => new History().open('C', 'certification', '2020-05-01', binder);
  const waiting = { risk: 'binder not entered', auditNumber: 'C', receivedOn: '2020-05-05' };

  test('that is recorded and not entered is a risk from 7 days after its receipt on, also without a certificate [A]', () => {
    expect(risks(recorded(), '2020-05-11')).toEqual([]);
    expect(risks(recorded(), '2020-05-12')).toEqual([waiting]);
    expect(mayHaveRisks(recorded().cycle)).toBe(true);
    expect(mayHaveRisks(new History().cycle)).toBe(false);
  });

  test('is none once its package was accepted, or the audit has ended', () => {
    expect(risks(recorded().arrive('C', '2020-05-05', '2020-04-28'), '2020-06-01')).toEqual([]);
    expect(risks(recorded().withdraw('C', '2020-05-20'), '2020-06-01')).toEqual([]);
    expect(risks(recorded().leave('C', '2020-05-20'), '2020-06-01')).toEqual([]);
  });

  test('is one again when the package that was entered is damaged; it stays arrived', () => {
    const history = recorded().arrive('C', '2020-05-05', '2020-04-28');
    history.take(
      returnInCycle(
        history.cycle,
        { auditNumber: 'C', binder: { ...binder, postmarkedOn: '2020-05-01' } },
        noon('2020-05-14'),
      ),
    );
    expect(history.audit('C')).toMatchObject({ arrivedOn: '2020-05-05', awaitsEntry: true });
    expect(risks(history, '2020-05-14')).toEqual([waiting]);
    expect(risks(history.arrive('C', '2020-05-05', '2020-04-28'), '2020-05-14')).toEqual([]);
  });

  test('is checked on the day from which it is a risk, and told once', () => {
    const history = recorded();
    expect(history.cycle.nextCheckOn).toBe('2020-05-12');
    const sweep = (day: string) => history.take(checkCycle(history.cycle, risks(history, day), noon(day)));
    sweep('2020-05-12');
    expect(history.cycle).not.toHaveProperty('nextCheckOn');
    expect(history.cycle.risks).toEqual([waiting]);
    sweep('2020-05-13');
    expect(history.events.filter(({ type }) => type === 'risks changed')).toHaveLength(1);
  });

  test('that is recorded long after its receipt is a risk at once', () => {
    const late = new History().open('C', 'certification', '2020-06-20', {
      receivedOn: '2020-05-05',
      endedOn: '2020-04-28',
    });
    expect(risks(late, '2020-06-20')).toHaveLength(1);
    expect(late.cycle).not.toHaveProperty('nextCheckOn');
  });

  test('of another audit is another risk', () => {
    const two = recorded().open('M', 'maintenance', '2020-05-01', binder);
    expect(risks(two, '2020-05-12').map(({ auditNumber }) => auditNumber)).toEqual(['C', 'M']);
    const recordedOf = (history: History) =>
      recordRisks(history.cycle, risks(history, '2020-05-12'), noon('2020-05-12'));
    const told = recordedOf(two);
    if (told === undefined) throw new Error('Nothing is told.');
    two.take(told).arrive('C', '2020-05-05', '2020-04-28');
    expect(recordedOf(two)?.events).toMatchObject([{ data: { added: [], gone: [waiting] } }]);
  });
});
