import { describe, expect, test } from 'vitest';
import { ruleSetById } from '../rules/rule-set.ts';
import type { Certificate } from './cycle.ts';
import { certified, History } from './history.fixture.ts';
import { judgeCertificate, metBy, obligationsOf } from './obligation.ts';

function certificate(endedOn: string, expiresOn: string): Certificate {
  const given = { certificateNumber: 'C-1', auditNumber: 'C', ruleSet: 'rules-2015' };
  return { ...given, endedOn, issuedOn: endedOn, expiresOn };
}

const dueDates = (endedOn: string, expiresOn: string) =>
  obligationsOf(certificate(endedOn, expiresOn)).map(({ kind, dueOn }) => `${kind} ${dueOn}`);

describe('what a certificate lays down', () => {
  test('is maintenance by the end of the anniversary month in years 2 and 3, and re-certification by the expiry [N]', () => {
    expect(dueDates('2019-05-31', '2022-05-31')).toEqual([
      ...['maintenance 2020-05-31', 'maintenance 2021-05-31', 're-certification 2022-05-31'],
    ]);
  });

  test.each([
    ['2019-05-03', '2022-05-03', ['maintenance 2020-05-31', 'maintenance 2021-05-31']],
    ['2020-02-29', '2023-02-28', ['maintenance 2021-02-28', 'maintenance 2022-02-28']],
    ['2019-02-15', '2022-02-15', ['maintenance 2020-02-29', 'maintenance 2021-02-28']],
    ['2019-12-01', '2022-12-01', ['maintenance 2020-12-31', 'maintenance 2021-12-31']],
    ['2019-04-30', '2022-04-30', ['maintenance 2020-04-30', 'maintenance 2021-04-30']],
  ])('of an audit that ended on %s ends its months where the calendar does', (endedOn, expiresOn, maintenance) => {
    expect(dueDates(endedOn, expiresOn)).toEqual([...maintenance, `re-certification ${expiresOn}`]);
  });

  test('for one year has no maintenance [P]', () => {
    expect(dueDates('2019-05-31', '2020-05-31')).toEqual(['re-certification 2020-05-31']);
  });

  test('gives each its window, its grace, and the day after which an audit for it ends', () => {
    expect(obligationsOf(certificate('2019-05-31', '2022-05-31'))).toMatchObject([
      { after: '2019-05-31', windowFrom: '2020-05-01', dueOn: '2020-05-31', graceThrough: '2020-06-30' },
      { after: '2020-05-31', windowFrom: '2021-05-01', dueOn: '2021-05-31', graceThrough: '2021-06-30' },
      { after: '2019-05-31', dueOn: '2022-05-31' },
    ]);
  });

  test('is due by the end of the quarter where the rule set says so', () => {
    const quarterly = { ...ruleSetById('rules-2015').maintenanceWindow, value: 'quarter' } as const;
    const of = { ...ruleSetById('rules-2015'), maintenanceWindow: quarterly };
    expect(obligationsOf(certificate('2019-05-31', '2022-05-31'), of)).toMatchObject([
      { windowFrom: '2020-04-01', dueOn: '2020-06-30', graceThrough: '2020-07-30' },
      { windowFrom: '2021-04-01', dueOn: '2021-06-30', graceThrough: '2021-07-30' },
      { dueOn: '2022-05-31' },
    ]);
  });
});

describe('a maintenance audit', () => {
  const ended = (endedOn: string, outcome: 'passed' | 'failed' = 'passed') =>
    certified().decided('M', 'maintenance', { endedOn, on: '2020-06-20' }, outcome);

  test.each([
    ['2019-06-01', 'the first day after the certification audit’s end'],
    ['2020-05-10', 'the month in which it is due'],
    ['2020-05-31', 'its due date'],
  ])('that ended on %s, %s, meets it', (endedOn) => {
    const history = ended(endedOn);
    expect(history.judged('2020-06-20').obligations[0]).toMatchObject({ state: 'met', by: 'M' });
    expect(history.judged('2020-06-20').obligations[0]).not.toHaveProperty('late');
    expect(metBy(history.cycle, 'M', '2020-06-20')).toEqual({ dueOn: '2020-05-31', late: false });
  });

  test('that ended on the day after, or on the last day of the grace, meets it late, and not the next [A]', () => {
    for (const endedOn of ['2020-06-01', '2020-06-30']) {
      const history = certified().decided('M', 'maintenance', { endedOn, on: '2020-07-10' });
      expect(history.states('2020-07-10')).toEqual(['met', 'open', 'open']);
      expect(metBy(history.cycle, 'M', '2020-07-10')).toEqual({ dueOn: '2020-05-31', late: true });
    }
  });

  test('that ended within the grace of one that is met is for the next', () => {
    const history = ended('2020-05-10').decided('N', 'maintenance', { endedOn: '2020-06-22', on: '2020-06-25' });
    expect(history.states('2020-06-25')).toEqual(['met', 'met', 'open']);
    expect(metBy(history.cycle, 'N', '2020-06-25')).toEqual({ dueOn: '2021-05-31', late: false });
  });

  test('keeps what it met when another that ended before it is sent after the grace', () => {
    const history = certified().decided('M', 'maintenance', { endedOn: '2020-06-15', on: '2020-06-20' });
    history.open('N', 'maintenance', '2020-07-01').arrive('N', '2020-07-20', '2020-05-20');
    expect(history.states('2020-07-20')).toEqual(['met', 'open', 'open']);
    history.decide('N', 'passed', '2020-07-25');
    expect(history.states('2020-07-25')).toEqual(['met', 'open', 'open']);
    expect(history.judged('2020-07-25')).toMatchObject({
      standing: 'valid',
      obligations: [{ by: 'M', late: true }, {}, {}],
    });
    expect(metBy(history.cycle, 'N', '2020-07-25')).toBeUndefined();
  });

  test('counts by its end and not by its registration', () => {
    const history = certified().open('M', 'maintenance', '2020-05-20');
    history.arrive('M', '2020-07-20', '2020-07-10').decide('M', 'passed', '2020-07-25');
    expect(history.judged('2020-07-25')).toMatchObject({ standing: 'cancelled', cancelled: { on: '2020-07-01' } });
    expect(metBy(history.cycle, 'M', '2020-07-25')).toBeUndefined();
    const early = certified().open('M', 'maintenance', '2019-07-01').arrive('M', '2020-05-20', '2020-05-15');
    expect(early.decide('M', 'passed', '2020-05-25').states('2020-05-25')).toEqual(['met', 'open', 'open']);
  });

  test('that ended with the certification audit, or before it, meets nothing', () => {
    const history = certified().decided('M', 'maintenance', { endedOn: '2019-05-31', on: '2019-06-20' });
    expect(history.states('2019-06-20')).toEqual(['open', 'open', 'open']);
    expect(metBy(history.cycle, 'M', '2019-06-20')).toBeUndefined();
  });

  test('that failed meets nothing', () => {
    expect(ended('2020-05-10', 'failed').states('2020-06-20')).toEqual(['overdue', 'open', 'open']);
  });

  test('that is withdrawn after it was reopened has met nothing', () => {
    const history = ended('2020-05-10').reopen('M', '2020-06-21');
    expect(history.states('2020-06-21')).toEqual(['pending', 'open', 'open']);
    expect(history.leave('M', '2020-06-25').states('2020-06-25')).toEqual(['overdue', 'open', 'open']);
  });

  test('meets the obligation of the second year in its own time', () => {
    const history = ended('2020-05-10').decided('N', 'maintenance', { endedOn: '2021-05-31', on: '2021-06-15' });
    expect(history.states('2021-06-15')).toEqual(['met', 'met', 'open']);
  });
});

describe('pending', () => {
  test('is what an audit at the desk is for, from its arrival to the decision', () => {
    const history = certified().open('M', 'maintenance', '2020-05-01');
    expect(history.states('2020-05-09')).toEqual(['open', 'open', 'open']);
    history.arrive('M', '2020-05-10', '2020-05-09');
    expect(history.judged('2020-05-10').obligations).toMatchObject([
      ...[{ state: 'pending', by: 'M' }, { state: 'open' }, { state: 'open' }],
    ]);
    // Awaiting revision included: a revised package arrives, and nothing changes.
    expect(history.arrive('M', '2020-06-25', '2020-05-09').states('2020-08-01')).toEqual(['pending', 'open', 'open']);
    expect(history.decide('M', 'passed', '2020-08-01').states('2020-08-01')).toEqual(['met', 'open', 'open']);
  });

  test('is it from the receipt of a binder, whenever that is recorded', () => {
    const history = certified().sweep('2020-07-02');
    expect(history.judged('2020-07-02').standing).toBe('cancelled');
    history.open('M', 'maintenance', '2020-07-03', { receivedOn: '2020-06-30', endedOn: '2020-06-10' });
    expect(history.judged('2020-07-03')).toMatchObject({
      standing: 'valid',
      obligations: [{ state: 'pending' }, {}, {}],
    });
    expect(history.types().at(-1)).toBe('cancellation undone');
  });

  test('is it again while the audit is reopened', () => {
    const history = certified().decided('M', 'maintenance', { endedOn: '2020-05-09', on: '2020-05-20' });
    expect(history.reopen('M', '2020-06-10').states('2020-07-20')).toEqual(['pending', 'open', 'open']);
  });

  test('is every unmet obligation while a certification audit is at the desk', () => {
    const history = certified().decided('M', 'maintenance', { endedOn: '2020-05-09', on: '2020-05-20' });
    history.open('D', 'certification', '2021-06-01');
    expect(history.states('2021-06-01')).toEqual(['met', 'overdue', 'open']);
    expect(history.arrive('D', '2021-06-02', '2021-06-01').states('2021-09-01')).toEqual(['met', 'pending', 'pending']);
  });

  test('is nothing by a package that was damaged', () => {
    const history = certified().open('M', 'maintenance', '2020-05-01').arrive('M', '2020-05-10', '2020-05-09');
    expect(history.damaged('M', '2020-05-11').states('2020-05-11')).toEqual(['open', 'open', 'open']);
  });
});

describe('an obligation that nothing meets', () => {
  test('is open through its due date, overdue from the day after, and cancels on the 31st day after', () => {
    const history = certified();
    expect(history.states('2020-05-31')).toEqual(['open', 'open', 'open']);
    expect(history.states('2020-06-01')).toEqual(['overdue', 'open', 'open']);
    expect(history.judged('2020-06-30')).toMatchObject({
      standing: 'valid',
      obligations: [{ state: 'overdue' }, {}, {}],
    });
    expect(history.judged('2020-07-01')).toMatchObject({
      standing: 'cancelled',
      cancelled: { on: '2020-07-01', dueOn: '2020-05-31' },
    });
    expect(history.states('2020-07-01')).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });

  test('cancels what a sweep records with its day, however late it runs', () => {
    const history = certified().sweep('2020-06-30').sweep('2020-07-20');
    expect(history.cycle.certificates[0]?.cancelledOn).toBe('2020-07-01');
    expect(history.events.at(-1)).toMatchObject({
      type: 'certificate cancelled',
      data: {
        certificateNumber: 'C-1',
        on: '2020-07-01',
        dueOn: '2020-05-31',
        ruleSet: 'rules-2015',
        assessorId: 'aC',
      },
    });
  });

  test('cancels on the day on which the audit that kept it pending fails, or is withdrawn, after the grace', () => {
    for (const became of ['failed', 'left'] as const) {
      const history = certified().open('M', 'maintenance', '2020-06-20').arrive('M', '2020-06-30', '2020-06-20');
      expect(history.sweep('2020-07-01').judged('2020-07-01').standing).toBe('valid');
      if (became === 'failed') history.decide('M', 'failed', '2020-07-15');
      else history.leave('M', '2020-07-15');
      expect(history.judged('2020-07-14').standing).toBe('valid');
      expect(history.judged('2020-07-15').cancelled).toEqual({ on: '2020-07-15', dueOn: '2020-05-31' });
      expect(history.types().at(-1)).toBe('certificate cancelled');
    }
  });

  test('is overdue again when that fails within the grace, and another can still meet it', () => {
    const history = certified().decided('M', 'maintenance', { endedOn: '2020-05-20', on: '2020-06-10' }, 'failed');
    expect(history.states('2020-06-10')).toEqual(['overdue', 'open', 'open']);
    history.decided('N', 'maintenance', { endedOn: '2020-06-28', on: '2020-07-15' });
    expect(history.states('2020-07-15')).toEqual(['met', 'open', 'open']);
  });

  test('does not cancel after all when a package had arrived within the grace and was read later', () => {
    const history = certified().open('M', 'maintenance', '2020-06-20').sweep('2020-07-01');
    expect(history.cycle.certificates[0]?.cancelledOn).toBe('2020-07-01');
    history.arrive('M', '2020-06-30', '2020-06-20');
    expect(history.events.at(-1)).toMatchObject({
      type: 'cancellation undone',
      data: { certificateNumber: 'C-1', cancelledOn: '2020-07-01', expiresOn: '2022-05-31' },
    });
    expect(history.cycle.certificates[0]).not.toHaveProperty('cancelledOn');
    expect(history.judged('2020-07-01')).toMatchObject({
      standing: 'valid',
      obligations: [{ state: 'pending' }, {}, {}],
    });
    expect(history.decide('M', 'failed', '2020-07-10').cycle.certificates[0]?.cancelledOn).toBe('2020-07-10');
  });

  test('cancels for good: a maintenance audit that comes after it meets nothing [P]', () => {
    const history = certified().open('M', 'maintenance', '2020-06-20').sweep('2020-07-01');
    history.arrive('M', '2020-07-01', '2020-06-20').decide('M', 'passed', '2020-07-10');
    expect(history.judged('2020-07-10').standing).toBe('cancelled');
    expect(history.states('2020-07-10')).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(metBy(history.cycle, 'M', '2020-07-10')).toBeUndefined();
    history.decided('D', 'certification', { endedOn: '2020-07-20', on: '2020-08-01' });
    expect(history.judged('2020-08-01')).toMatchObject({ standing: 'valid', certificate: { expiresOn: '2023-07-20' } });
    expect(history.judged('2020-08-01', 'C-1').standing).toBe('superseded');
    expect(history.states('2020-08-01', 'C-1')).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });
});

describe('what kept an obligation pending beyond the expiry', () => {
  /** The last maintenance audit is sent in time, and is at the desk when the certificate expires. */
  const pendingBeyond = () =>
    certified()
      .decided('M', 'maintenance', { endedOn: '2020-05-10', on: '2020-05-20' })
      .open('N', 'maintenance', '2021-05-10')
      .arrive('N', '2021-05-31', '2021-05-10')
      .sweep('2022-06-01');

  test('leaves the certificate expired when it fails then: what has expired is not cancelled any more', () => {
    const history = pendingBeyond().decide('N', 'failed', '2022-06-10').sweep('2022-06-11').sweep('2022-07-10');
    expect(history.judged('2022-07-10')).toMatchObject({
      standing: 'expired',
      obligations: [{ state: 'met' }, { state: 'overdue' }, { state: 'overdue' }],
    });
    expect(history.cycle.certificates[0]).not.toHaveProperty('cancelledOn');
    expect(history.types()).not.toContain('certificate cancelled');
  });

  test('is not reminded of any more: no maintenance audit keeps an expired certificate', () => {
    const history = pendingBeyond();
    const before = history.events.length;
    history.decide('N', 'failed', '2022-06-10').sweep('2022-06-11');
    expect(history.events.slice(before).map(({ type }) => type)).toEqual(['audit decided']);
    expect(history.cycle).not.toHaveProperty('nextCheckOn');
  });

  test('cancels it when it fails on its last day', () => {
    const history = pendingBeyond().decide('N', 'failed', '2022-05-31');
    expect(history.judged('2022-05-31').standing).toBe('cancelled');
  });
});

describe('a newer certificate', () => {
  test('forgives what is unmet when it is issued', () => {
    const history = certified().decided('D', 'certification', { endedOn: '2020-06-10', on: '2020-06-20' });
    expect(history.states('2020-08-01', 'C-1')).toEqual(['forgiven', 'forgiven', 'met']);
    expect(history.judged('2020-08-01', 'C-1')).toMatchObject({
      standing: 'superseded',
      certificate: { supersededBy: 'D-1' },
    });
  });

  test('meets the re-certification when its audit ended by the expiry, whenever it was decided', () => {
    const maintained = () =>
      certified()
        .decided('M', 'maintenance', { endedOn: '2020-05-10', on: '2020-05-20' })
        .decided('N', 'maintenance', { endedOn: '2021-05-10', on: '2021-05-20' });
    const due = maintained().open('D', 'certification', '2022-05-20').arrive('D', '2022-06-02', '2022-05-31');
    expect(due.states('2022-06-02')).toEqual(['met', 'met', 'pending']);
    expect(due.judged('2022-06-02').standing).toBe('expired');
    expect(due.decide('D', 'passed', '2022-06-10').states('2022-06-10', 'C-1')).toEqual(['met', 'met', 'met']);
    const after = maintained().decided('D', 'certification', { endedOn: '2022-06-01', on: '2022-06-10' });
    expect(after.states('2022-06-10', 'C-1')).toEqual(['met', 'met', 'forgiven']);
  });

  test('does not cancel the one before in hindsight when a third comes between them', () => {
    const history = certified().open('E', 'certification', '2020-04-10');
    history.decided('D', 'certification', { endedOn: '2020-05-20', on: '2020-05-25' });
    history.arrive('E', '2020-08-01', '2020-04-20').decide('E', 'passed', '2020-08-10');
    expect(history.judged('2020-08-10', 'C-1').certificate.supersededBy).toBe('E-1');
    expect(history.states('2020-08-10', 'C-1')).toEqual(['forgiven', 'forgiven', 'met']);
    expect(history.judged('2020-08-10', 'E-1')).toMatchObject({ standing: 'superseded' });
    expect(history.judged('2020-08-10').certificate.certificateNumber).toBe('D-1');
  });
});

describe('the standing of a certificate', () => {
  test('is valid through its expiry date, and expired from the day after', () => {
    const history = certified({ recordsMonths: 6 });
    expect(history.judged('2020-05-31')).toMatchObject({ standing: 'valid', obligations: [{ state: 'open' }] });
    expect(history.judged('2020-06-01')).toMatchObject({ standing: 'expired', obligations: [{ state: 'overdue' }] });
    expect(history.judged('2025-06-01').standing).toBe('expired');
  });

  test('is revoked when its audit, reopened, fails; what it had laid down is cancelled', () => {
    const history = certified().reopen('C', '2019-06-12').decide('C', 'failed', '2019-06-14');
    expect(history.judged('2019-06-14', 'C-1').standing).toBe('revoked');
    expect(history.states('2019-06-14', 'C-1')).toEqual(['cancelled', 'cancelled', 'cancelled']);
  });
});

describe('a certificate whose successor is revoked', () => {
  /** D is certified before the first maintenance of C is due, reopened, and fails on the day given. */
  const revoked = (on: string) =>
    certified()
      .decided('D', 'certification', { endedOn: '2020-05-20', on: '2020-06-10' })
      .reopen('D', '2020-06-20')
      .decide('D', 'failed', on);

  test('is judged as if that had never been: overdue, while its grace lasts', () => {
    const history = revoked('2020-06-25');
    expect(history.judged('2020-06-25')).toMatchObject({
      certificate: { certificateNumber: 'C-1' },
      standing: 'valid',
      obligations: [{ state: 'overdue' }, { state: 'open' }, { state: 'open' }],
    });
    expect(history.judged('2020-07-01').cancelled?.on).toBe('2020-07-01');
  });

  test('is cancelled at once when its grace has ended: the audit had kept it pending until then', () => {
    const history = revoked('2020-07-15');
    expect(history.judged('2020-07-15')).toMatchObject({ standing: 'cancelled', cancelled: { on: '2020-07-15' } });
    expect(history.types().slice(-4)).toEqual([
      ...['audit decided', 'certificate revoked', 'certificate restored', 'certificate cancelled'],
    ]);
  });

  test('counts the maintenance that was done meanwhile', () => {
    const history = certified()
      .decided('D', 'certification', { endedOn: '2020-01-20', on: '2020-02-10' })
      .reopen('D', '2020-03-01')
      .decided('M', 'maintenance', { endedOn: '2020-04-20', on: '2020-05-10' })
      .decide('D', 'failed', '2020-07-15');
    expect(history.judged('2020-07-15')).toMatchObject({
      certificate: { certificateNumber: 'C-1' },
      standing: 'valid',
    });
    expect(history.states('2020-07-15')).toEqual(['met', 'open', 'open']);
  });

  test('is expired when its time is over', () => {
    const history = certified({ recordsMonths: 6 })
      .decided('D', 'certification', { endedOn: '2020-05-20', on: '2020-06-10' })
      .reopen('D', '2020-06-20')
      .decide('D', 'failed', '2020-06-25');
    expect(history.judged('2020-06-25')).toMatchObject({ standing: 'expired', obligations: [{ state: 'overdue' }] });
  });
});

describe('a state as it was known on a day', () => {
  test('is that of what had happened by then, whatever came later', () => {
    const history = certified().open('M', 'maintenance', '2020-05-20').sweep('2020-06-01');
    history.arrive('M', '2020-06-10', '2020-05-28').decide('M', 'passed', '2020-07-10').sweep('2020-07-11');
    expect(history.statesAsKnownOn('2020-05-31')).toEqual(['open', 'open', 'open']);
    expect(history.statesAsKnownOn('2020-06-09')).toEqual(['overdue', 'open', 'open']);
    expect(history.statesAsKnownOn('2020-07-09')).toEqual(['pending', 'open', 'open']);
    expect(history.statesAsKnownOn('2020-07-10')).toEqual(['met', 'open', 'open']);
    // What is known now tells of that day differently.
    expect(history.states('2020-05-31')).toEqual(['met', 'open', 'open']);
  });

  test('knows what had arrived by then and was read later', () => {
    const history = certified()
      .open('M', 'maintenance', '2020-06-20')
      .sweep('2020-07-01')
      .arrive('M', '2020-06-30', '2020-06-20');
    expect(history.statesAsKnownOn('2020-06-30')).toEqual(['pending', 'open', 'open']);
  });
});

test('judging changes nothing: the same facts give the same whether a sweep has run or not', () => {
  const swept = certified().sweep('2020-06-01').sweep('2020-07-01').cycle;
  const { cycle } = certified();
  for (const today of ['2020-05-31', '2020-06-30', '2020-07-01', '2022-06-01']) {
    const judged = [swept, cycle].map(({ certificates: [first], ...facts }) => {
      if (first === undefined) throw new Error('There is no certificate.');
      const { certificate: _, ...rest } = judgeCertificate({ ...facts, certificates: [first] }, first, today);
      return rest;
    });
    expect(judged[0]).toEqual(judged[1]);
  }
});

test('what was due before the certificate was issued is forgiven: nobody could have met it, and it cancels nothing [A]', () => {
  const history = new History().open('C', 'certification', '2019-06-03').arrive('C', '2019-06-05', '2019-05-31');
  history.decide('C', 'passed', '2020-07-15');
  const { certificates } = history.cycle;
  const judged = certificates.map((each) => judgeCertificate(history.cycle, each, '2020-08-01'));
  expect(judged.map(({ standing, obligations }) => [standing, ...obligations.map(({ state }) => state)])).toEqual([
    ['valid', 'forgiven', 'open', 'open'],
  ]);
  expect(history.sweep('2020-08-01').cycle.certificates[0]).not.toHaveProperty('cancelledOn');
});

test('an audit that ends within the grace of a forgiven due date is for the next one [A]', () => {
  const history = new History().open('C', 'certification', '2020-04-01').arrive('C', '2020-04-20', '2019-05-31');
  history.decide('C', 'passed', '2020-06-05');
  history.decided('M', 'maintenance', { endedOn: '2020-06-20', on: '2020-07-10' });
  expect(history.states('2020-07-10', 'C-1')).toEqual(['forgiven', 'met', 'open']);
});

test('a certificate that names itself as the newer one, or one in a ring, holds nobody up', () => {
  const { cycle } = certified();
  const [held] = cycle.certificates;
  if (held === undefined) throw new Error('There is no certificate.');
  const [first, second] = ['R-1', 'R-2'];
  const ring = [
    { ...held, certificateNumber: first, supersededBy: second },
    { ...held, certificateNumber: second, supersededBy: first },
    { ...held, supersededBy: held.certificateNumber },
  ];
  for (const each of ring)
    expect(judgeCertificate({ ...cycle, certificates: ring }, each, '2026-01-01').standing).toBe('superseded');
});
