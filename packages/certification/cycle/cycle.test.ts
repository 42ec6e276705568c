import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ruleSetOn } from '../rules/rule-set.ts';
import { type Cycle, currentCertificate, lastPassedBy, newCycle, openAudits, revokedBy } from './cycle.ts';
import { certified, History, noon } from './history.fixture.ts';
import { replayCycle } from './replay.ts';
import { closeAudit, leaveCycle, mailToContactFailed, recordRisks, returnInCycle, tellOfEmployer } from './steps.ts';

const administrator = { role: 'administrator', personId: 'x1' } as const;

describe('opening an audit', () => {
  test('makes it an open one, that keeps nothing pending yet', () => {
    const { cycle, events } = new History().open('C', 'certification', '2019-06-01');
    expect(openAudits(cycle)).toEqual([
      { auditNumber: 'C', kind: 'certification', assessorId: 'aC', registeredOn: '2019-06-01' },
    ]);
    expect(events).toMatchObject([{ subject: 'employer#e1', number: 1, type: 'audit opened', by: { personId: 'a1' } }]);
  });

  test('that came in a binder tells its receipt with it', () => {
    const binder = { receivedOn: '2019-06-03', endedOn: '2019-05-31' };
    const history = new History().open('C', 'certification', '2019-06-05', binder);
    expect(history.audit('C')).toMatchObject({ arrivedOn: '2019-06-03', endedOn: '2019-05-31' });
    expect(history.types()).toEqual(['audit opened', 'audit arrived']);
  });
});

describe('a package', () => {
  const arrived = new History().open('C', 'certification', '2019-06-01').arrive('C', '2019-06-10', '2019-05-30');

  test('that is replaced has arrived with the first, and ended as the last one says', () => {
    const { cycle } = new History()
      .take({ cycle: arrived.cycle, events: [], registered: [] })
      .arrive('C', '2019-06-12', '2019-05-31');
    expect(cycle.audits).toMatchObject([{ arrivedOn: '2019-06-10', endedOn: '2019-05-31' }]);
  });

  test('that is damaged has never arrived; a binder has, whatever is entered of it', () => {
    const history = new History().open('C', 'certification', '2019-06-01').arrive('C', '2019-06-10', '2019-05-30');
    expect(history.damaged('C', '2019-06-10').audit('C')).not.toHaveProperty('arrivedOn');
    const binder = { receivedOn: '2019-06-03', endedOn: '2019-05-31' };
    const sent = new History().open('C', 'certification', '2019-06-05', binder);
    const kept = { postmarkedOn: '2019-06-01', ...binder };
    const { cycle, events } = returnInCycle(sent.cycle, { auditNumber: 'C', binder: kept }, noon('2019-06-06'));
    expect(cycle.audits).toMatchObject([{ arrivedOn: '2019-06-03' }]);
    expect(events).toMatchObject([{ type: 'audit returned', data: { auditNumber: 'C', binder: true } }]);
  });
});

describe('closing an audit', () => {
  test('that passed certification gives a certificate for three years from the end date [N]', () => {
    const { cycle, events } = certified();
    expect(currentCertificate(cycle)).toEqual({
      certificateNumber: 'C-1',
      auditNumber: 'C',
      ruleSet: 'rules-2015',
      endedOn: '2019-05-31',
      issuedOn: '2019-06-10',
      expiresOn: '2022-05-31',
    });
    expect(openAudits(cycle)).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual([
      ...['audit opened', 'audit arrived', 'audit decided', 'certificate issued'],
    ]);
  });

  test('with few months of records gives one year [P]', () => {
    expect(currentCertificate(certified({ recordsMonths: 3 }).cycle)?.expiresOn).toBe('2020-05-31');
  });

  test('again supersedes the certificate before', () => {
    const history = certified().decided('D', 'certification', { endedOn: '2021-04-30', on: '2021-05-10' });
    expect(currentCertificate(history.cycle)?.certificateNumber).toBe('D-1');
    expect(history.cycle.certificates[0]?.supersededBy).toBe('D-1');
    expect(history.types().slice(-2)).toEqual(['certificate issued', 'certificate superseded']);
  });

  test('that failed, or was maintenance, gives none', () => {
    for (const history of [
      new History().decided('C', 'certification', { endedOn: '2019-05-31', on: '2019-06-10' }, 'failed'),
      new History().decided('M', 'maintenance', { endedOn: '2019-05-31', on: '2019-06-10' }),
    ]) {
      expect(history.cycle.certificates).toEqual([]);
      expect(openAudits(history.cycle)).toEqual([]);
      expect(history.types().at(-1)).toBe('audit decided');
    }
  });

  test('that ended before the one behind the current certificate gives one that is superseded already', () => {
    const { cycle } = certified().decided('B', 'certification', { endedOn: '2019-04-30', on: '2019-06-20' });
    expect(currentCertificate(cycle)?.certificateNumber).toBe('C-1');
    expect(cycle.certificates.map(({ supersededBy }) => supersededBy)).toEqual([undefined, 'C-1']);
  });
});

describe('an audit that is left without a decision', () => {
  test('leaves no trace when nothing of it had arrived, and stays known when it was at the desk', () => {
    const opened = () => certified().open('M', 'maintenance', '2020-04-01');
    expect(opened().leave('M', '2020-04-02').cycle.audits).toHaveLength(1);
    const left = opened().arrive('M', '2020-04-02', '2020-04-01').leave('M', '2020-04-03');
    expect(left.audit('M').outcome).toEqual({ result: 'left', decision: 0, at: noon('2020-04-03') });
  });
});

describe('a reopened audit', () => {
  const older = () => new History().decided('B', 'certification', { endedOn: '2018-05-31', on: '2018-06-10' });
  const passed = () => older().decided('C', 'certification', { endedOn: '2019-05-31', on: '2019-06-10' });
  const again = () => passed().reopen('C', '2019-06-12').decide('C', 'passed', '2019-06-14');

  test('keeps its certificate until the new decision, and is open', () => {
    const { cycle } = passed().reopen('C', '2019-06-12');
    expect(currentCertificate(cycle)?.certificateNumber).toBe('C-1');
    expect(openAudits(cycle).map(({ auditNumber }) => auditNumber)).toEqual(['C']);
  });

  test('that fails at last revokes all that it had given, and the certificate before stands again', () => {
    expect(again().cycle.certificates.map(({ supersededBy }) => supersededBy)).toEqual(['C-2', 'C-2', undefined]);
    const history = again().reopen('C', '2019-06-16').decide('C', 'failed', '2019-06-18');
    expect(currentCertificate(history.cycle)?.certificateNumber).toBe('B-1');
    const at = noon('2019-06-18');
    const revoked = { at, decision: 3 };
    expect(history.cycle.certificates.map((each) => each.revoked)).toEqual([undefined, revoked, revoked]);
    expect(revokedBy(history.cycle, 'C', 3)).toEqual(['C-1', 'C-2']);
    expect(revokedBy(history.cycle, 'C', 2)).toEqual([]);
    expect(history.types().slice(-4)).toEqual([
      ...['audit decided', 'certificate revoked', 'certificate revoked', 'certificate restored'],
    ]);
  });

  test('that is rejected or withdrawn has no decision that its certificate could stand on', () => {
    const history = passed().reopen('C', '2019-06-12').leave('C', '2019-06-14');
    expect(currentCertificate(history.cycle)?.certificateNumber).toBe('B-1');
    expect(history.types().slice(-3)).toEqual(['audit left', 'certificate revoked', 'certificate restored']);
  });

  test('whose rejection is undone has its certificate again, until the new decision', () => {
    const rejected = () => again().reopen('C', '2019-06-16').leave('C', '2019-07-02');
    const undone = rejected().arrive('C', '2019-07-01', '2019-05-31');
    expect(currentCertificate(undone.cycle)?.certificateNumber).toBe('C-2');
    expect(undone.cycle.certificates.map(({ supersededBy }) => supersededBy)).toEqual(['C-2', 'C-2', undefined]);
    expect(undone.cycle.certificates.map(({ revoked }) => revoked)).toEqual([undefined, undefined, undefined]);
    expect(undone.audit('C')).not.toHaveProperty('outcome');
    expect(currentCertificate(undone.decide('C', 'failed', '2019-07-05').cycle)?.certificateNumber).toBe('B-1');
  });
});

describe('the assessor of the last passed audit', () => {
  test('is that of the decision that came last, of whatever kind', () => {
    expect(lastPassedBy(newCycle('e1'))).toBeUndefined();
    const history = certified().decided('M', 'maintenance', { endedOn: '2020-05-01', on: '2020-05-10' });
    expect(lastPassedBy(history.cycle)).toBe('aM');
    expect(lastPassedBy(history.reopen('M', '2020-05-11').decide('M', 'failed', '2020-05-12').cycle)).toBe('aC');
  });
});

describe('what an employer’s history tells', () => {
  test('of mail that came back stays until its address is changed', () => {
    const at = noon('2020-01-10');
    const failed = mailToContactFailed(certified().cycle, 'first', 'bounced', at)?.cycle ?? newCycle('e1');
    expect(failed.undeliverable).toEqual({ first: at });
    expect(mailToContactFailed(failed, 'first', 'complained', at)).toBeUndefined();
    const change = (cycle: Cycle, ...readdressed: 'first'[]) =>
      tellOfEmployer(
        cycle,
        { type: 'employer changed', data: { changed: ['contact'], readdressed } },
        administrator,
        at,
      ).cycle;
    // Another name at the same address is reached no better.
    expect(change(failed).undeliverable).toEqual({ first: at });
    expect(change(failed, 'first').undeliverable).toEqual({});
  });

  test('of risks is only what has changed', () => {
    const at = noon('2020-05-01');
    const nothing = { risk: 'nothing registered', kind: 'maintenance', dueOn: '2020-05-31' } as const;
    const recorded = recordRisks(certified().cycle, [nothing, { risk: 'no assessor' }], at)?.cycle ?? newCycle('e1');
    expect(recordRisks(recorded, [nothing, { risk: 'no assessor' }], at)).toBeUndefined();
    const next = recordRisks(recorded, [nothing], at);
    expect(next?.events).toMatchObject([
      { type: 'risks changed', data: { added: [], gone: [{ risk: 'no assessor' }] } },
    ]);
    expect(next?.cycle.risks).toEqual([nothing]);
  });

  test('gives the state again: a sweep that had nothing to record leaves no trace but the version', () => {
    const history = certified().touch('2019-08-01');
    const { version, nextCheckOn, ...told } = history.cycle;
    expect(version).toBe(4);
    expect(nextCheckOn).toBe('2020-03-02');
    expect(replayCycle('e1', history.events)).toEqual({ ...told, version: 0 });
  });
});

test('whatever is decided in whatever order, what stands is the certificate of the passed audit that ended last', () => {
  const at = noon('2019-06-10');
  const ruleSet = ruleSetOn('2019-06-01');
  const decision = fc.record({
    audit: fc.constantFrom('412345678', '512345678', '612345678'),
    became: fc.constantFrom('passed', 'failed', 'left'),
    endedOn: fc.constantFrom('2019-01-31', '2019-03-31', '2019-05-31'),
  });
  fc.assert(
    fc.property(fc.array(decision, { maxLength: 12 }), (steps) => {
      const decisions = new Map<string, number>();
      const last = new Map<string, { became: string; endedOn: string }>();
      let cycle = newCycle('e1');
      for (const { audit: auditNumber, became, endedOn } of steps) {
        const number = (decisions.get(auditNumber) ?? 0) + (became === 'left' ? 0 : 1);
        decisions.set(auditNumber, number);
        last.set(auditNumber, { became, endedOn });
        const closed = { auditNumber, kind: 'certification', decisions: number } as const;
        ({ cycle } =
          became === 'left'
            ? leaveCycle(cycle, auditNumber, at)
            : closeAudit(cycle, { ...closed, outcome: became }, { endedOn, recordsMonths: 12 }, ruleSet, at));
      }
      const passed = [...last].filter(([, { became }]) => became === 'passed');
      const latestEnd = passed
        .map(([, { endedOn }]) => endedOn)
        .sort()
        .at(-1);
      const current = currentCertificate(cycle);
      expect(current?.endedOn).toBe(latestEnd);
      if (current !== undefined) expect(last.get(current.auditNumber)?.became).toBe('passed');
      const standing = cycle.certificates.filter(
        ({ revoked, supersededBy }) => revoked === undefined && supersededBy === undefined,
      );
      expect(standing).toHaveLength(latestEnd === undefined ? 0 : 1);
    }),
  );
});
