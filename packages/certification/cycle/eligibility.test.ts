import { describe, expect, test } from 'vitest';
import { ruleSetOn } from '../rules/rule-set.ts';
import { newCycle } from './cycle.ts';
import {
  askedNext,
  endedBeforeCurrent,
  expiredBeforeIssue,
  type Registration,
  registrationRefusals,
} from './eligibility.ts';
import { certified, History } from './history.fixture.ts';
import { employer, trained } from './people.fixture.ts';

const assessor = trained('2019-05-01');

function registration(over: Partial<Registration> = {}): Registration {
  const cycle = newCycle('e1');
  return { kind: 'certification', assessor, employer, employerId: 'e1', cycle, on: '2020-05-10', offers: [], ...over };
}

const refused = (over: Partial<Registration>) =>
  registrationRefusals(registration(over)).map(({ refused: why }) => why);
const maintenanceOn = (history: History, on: string) => refused({ kind: 'maintenance', cycle: history.cycle, on });

describe('a registration', () => {
  test('is refused for nothing when all is well, of certification without and of maintenance with a certificate', () => {
    expect(registrationRefusals(registration())).toEqual([]);
    expect(maintenanceOn(certified(), '2020-05-10')).toEqual([]);
  });

  test('is told all that is against it at once, each with its remedy', () => {
    const history = new History().open('412345678', 'certification', '2022-05-01');
    const refusals = registrationRefusals(
      registration({
        cycle: history.cycle,
        employer: { ...employer, employees: 11, goodStanding: false },
        on: '2022-05-10',
      }),
    );
    expect(refusals.map(({ refused: why }) => why)).toEqual([
      ...['status-ended', 'not-in-good-standing', 'too-many-employees', 'audit-open'],
    ]);
    const [status, standing, size, open] = refusals.map(({ message }) => message);
    expect(status).toMatch(/was valid through 2022-05-01.*Any of these courses renews it: .*Hazard Management/);
    expect(standing).toContain('Settle this with them');
    expect(size).toMatch(/11 employees.*at most 10.*COR program/);
    expect(open).toMatch(/412345678\. Finish it, or ask the certifying partner to withdraw it/);
  });

  test('is refused while one of the same kind is open, not one of the other', () => {
    const history = certified().open('M', 'maintenance', '2020-05-01');
    expect(maintenanceOn(history, '2020-05-10')).toEqual(['audit-open']);
    expect(refused({ cycle: history.cycle })).toEqual([]);
  });

  test('of somebody who does not act for the employer tells nothing of it, only of themselves', () => {
    const history = certified().open('412345678', 'certification', '2020-05-01');
    const strange = { ...employer, employees: 40, goodStanding: false };
    for (const given of [strange, undefined]) {
      const stranger = { ...assessor, actsFor: ['e2'], completions: [] };
      const refusals = registrationRefusals(
        registration({ assessor: stranger, employer: given, cycle: history.cycle }),
      );
      expect(refusals.map(({ refused: why }) => why)).toEqual(['does-not-act', 'never-trained']);
      expect(JSON.stringify(refusals)).not.toMatch(/Example Ltd|40|standing|412345678|C-1/);
    }
    expect(refused({ employer: undefined })).toEqual(['does-not-act']);
  });

  test('is judged on the day that counts: of a binder, its postmark', () => {
    expect(refused({ on: '2022-05-01' })).toEqual([]);
    expect(refused({ on: '2022-05-02' })).toEqual(['status-ended']);
  });
});

describe('an employer that grew past ten', () => {
  const grown = { ...employer, employees: 11 };

  test('is refused a certification, with the way to COR, and may do maintenance [A]', () => {
    expect(refused({ employer: grown })).toEqual(['too-many-employees']);
    const { cycle } = certified();
    expect(refused({ employer: grown, kind: 'maintenance', cycle })).toEqual([]);
  });

  test('begins with the eleventh employee', () => {
    expect(refused({ employer })).toEqual([]);
  });
});

describe('a maintenance audit', () => {
  test('needs a certificate that it could keep alive', () => {
    expect(maintenanceOn(new History(), '2020-05-10')).toEqual(['no-certificate']);
  });

  test('is taken for what is open, or overdue through the last day of the grace', () => {
    expect(maintenanceOn(certified(), '2019-06-11')).toEqual([]);
    expect(maintenanceOn(certified(), '2020-06-30')).toEqual([]);
    expect(maintenanceOn(certified(), '2020-07-01')).toEqual(['certificate-over']);
  });

  test('is refused when all is met, with what is due next', () => {
    const history = certified()
      .decided('M', 'maintenance', { endedOn: '2020-05-09', on: '2020-05-20' })
      .decided('N', 'maintenance', { endedOn: '2021-05-09', on: '2021-05-20' });
    const [refusal] = registrationRefusals(
      registration({ kind: 'maintenance', cycle: history.cycle, on: '2021-06-10' }),
    );
    expect(refusal?.message).toMatch(/expires on 31 May 2022.*Register a certification audit\./);
  });

  test('is refused while what is asked for next is being reviewed', () => {
    const history = certified().open('D', 'certification', '2020-04-01').arrive('D', '2020-04-10', '2020-04-05');
    const [refusal] = registrationRefusals(registration({ kind: 'maintenance', cycle: history.cycle }));
    expect(refusal).toMatchObject({
      refused: 'no-maintenance-due',
      message: expect.stringContaining('Wait for its decision'),
    });
  });

  test('of a certificate that has ended is refused: only a certification audit helps', () => {
    for (const [history, on, standing] of [
      [certified({ recordsMonths: 6 }), '2020-06-01', 'expired'],
      [certified(), '2020-07-01', 'cancelled'],
    ] as const) {
      const [refusal] = registrationRefusals(registration({ kind: 'maintenance', cycle: history.cycle, on }));
      expect(refusal?.message).toMatch(
        new RegExp(`${standing}: only a certification audit.*Register a certification audit`),
      );
      expect(refused({ cycle: history.cycle, on })).toEqual([]);
    }
  });
});

test('nothing is asked for while a certification audit is at the desk, whatever became of the certificate', () => {
  const first = new History().open('C', 'certification', '2019-05-01');
  expect(askedNext(first.cycle, '2019-05-02')).toMatchObject({ kind: 'certification' });
  expect(askedNext(first.arrive('C', '2019-06-05', '2019-05-31').cycle, '2019-06-06')).toBeUndefined();
  const lost = certified().sweep('2020-07-01').open('D', 'certification', '2020-07-02');
  expect(askedNext(lost.cycle, '2020-07-03')?.reason.text).toContain('is cancelled');
  expect(askedNext(lost.arrive('D', '2020-07-20', '2020-07-15').cycle, '2020-07-21')).toBeUndefined();
});

test('what is asked for next follows the cycle through its three years', () => {
  const asked = (history: History, on: string) => {
    const next = askedNext(history.cycle, on);
    return next && `${next.kind} ${next.dueOn ?? 'now'}`;
  };
  const history = new History();
  expect(asked(history, '2019-05-01')).toBe('certification now');
  history.open('C', 'certification', '2019-05-01').arrive('C', '2019-06-05', '2019-05-31');
  expect(asked(history.decide('C', 'passed', '2019-06-10'), '2019-06-10')).toBe('maintenance 2020-05-31');
  expect(askedNext(history.cycle, '2019-06-10')).toMatchObject({
    graceThrough: '2020-06-30',
    reason: {
      code: 'maintenance-due',
      values: { certificateNumber: 'C-1', dueOn: '2020-05-31' },
      text: 'A maintenance audit is due on 31 May 2020 to keep certificate C-1 valid.',
    },
  });
  expect(asked(history, '2020-06-30')).toBe('maintenance 2020-05-31');
  history.decided('M', 'maintenance', { endedOn: '2020-06-10', on: '2020-07-05' });
  expect(asked(history, '2020-07-05')).toBe('maintenance 2021-05-31');
  history.decided('N', 'maintenance', { endedOn: '2021-05-20', on: '2021-06-05' });
  expect(asked(history, '2021-06-05')).toBe('certification 2022-05-31');
  expect(asked(history, '2022-06-01')).toBe('certification now');
  history.open('D', 'certification', '2022-05-01').arrive('D', '2022-05-30', '2022-05-20');
  expect(asked(history, '2022-05-30')).toBeUndefined();
  expect(asked(history.decide('D', 'passed', '2022-06-10'), '2022-06-10')).toBe('maintenance 2023-05-31');
  expect(asked(history, '2023-07-01')).toBe('certification now');
});

test('a certification audit that ended before the one behind the certificate is refused; its own certificate is none', () => {
  const { cycle } = certified();
  const before = (
    auditNumber: string | undefined,
    endedOn: string,
    kind: 'certification' | 'maintenance' = 'certification',
  ) => endedBeforeCurrent(cycle, { kind, ...(auditNumber === undefined ? {} : { auditNumber }) }, endedOn)?.refused;
  expect(before('D', '2019-05-30')).toBe('ended-before-current');
  expect(before(undefined, '2019-05-30')).toBe('ended-before-current');
  expect(before('D', '2019-05-31')).toBeUndefined();
  // Reopened, with an end date that was corrected.
  expect(before('C', '2019-05-20')).toBeUndefined();
  expect(before('D', '2019-05-30', 'maintenance')).toBeUndefined();
});

describe('an audit whose certificate would already have expired', () => {
  const rules = ruleSetOn('2019-06-01');
  const judged = (
    { recordsMonths = 12, auditNumber = 'D', kind = 'certification' as 'certification' | 'maintenance' },
    today: string,
  ) => {
    const { cycle } = certified();
    return expiredBeforeIssue(cycle, { auditNumber, kind }, { endedOn: '2019-05-31', recordsMonths }, rules, today);
  };

  test.each([
    [12, '2022-05-31', false],
    [12, '2022-06-01', true],
    [8, '2020-05-31', false],
    [8, '2020-06-01', true],
  ])('with %i months of records, decided on %s: refused %s', (recordsMonths, today, isRefused) => {
    expect(judged({ recordsMonths }, today) !== undefined).toBe(isRefused);
  });

  test('is refused with the date, and what can be done instead', () => {
    expect(judged({ recordsMonths: 8 }, '2020-06-01')).toMatchObject({
      refused: 'certificate-would-have-expired',
      message: expect.stringMatching(/1 year would have expired on 2020-05-31.*Reject it, or ask an administrator/),
      values: { endedOn: '2019-05-31', recordsMonths: 8, years: 1, expiresOn: '2020-05-31', today: '2020-06-01' },
    });
  });

  test('is taken where it was reopened and only confirms its certificate, and where it gives none', () => {
    expect(judged({ auditNumber: 'C' }, '2022-06-01')).toBeUndefined();
    expect(judged({ auditNumber: 'C', recordsMonths: 8 }, '2020-06-01')).toBeDefined();
    expect(judged({ kind: 'maintenance' }, '2022-06-01')).toBeUndefined();
  });
});
