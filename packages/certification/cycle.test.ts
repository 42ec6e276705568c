import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Audit, Revision } from './audit.ts';
import {
  type Cycle,
  type CycleChange,
  closeAudit,
  currentCertificate,
  leaveCycle,
  newCycle,
  openAudit,
} from './cycle.ts';
import { isRefusal, type Refusal } from './event.ts';
import { ruleSetOn } from './rule-set.ts';

const at = '2019-06-10T16:00:00.000Z';
const ruleSet = ruleSetOn('2019-06-01');

function done(change: CycleChange | Refusal): Cycle {
  if (isRefusal(change)) throw new Error(change.message);
  return change.cycle;
}

function closedAudit(auditNumber: string, over: Partial<Audit> = {}): Audit {
  return {
    auditNumber,
    version: 5,
    events: 8,
    kind: 'certification',
    employerId: 'e1',
    assessorId: 'a1',
    protocol: 'secor-2015',
    ruleSet: ruleSet.id,
    registeredAt: at,
    state: 'closed',
    links: 1,
    rounds: 0,
    spentLinks: 0,
    revisions: [],
    revision: 1,
    decisions: 1,
    outcome: 'passed',
    ...over,
  };
}

function revision(endedOn: string, recordsMonths = 12): Revision {
  return {
    auditNumber: '412345678',
    revision: 1,
    upload: { link: 1, sequencer: '0A', key: 'k', versionId: 'v', size: 1, arrivedAt: at },
    startedOn: endedOn,
    endedOn,
    recordsMonths,
    score: { awarded: 90, available: 100, elements: [] },
    outcome: { result: 'passed', shortfalls: [] },
    warnings: [],
    documents: 0,
    content: { key: 'k', versionId: 'v' },
  };
}

describe('opening an audit', () => {
  const opened = done(openAudit(newCycle('e1'), '412345678', 'certification', at));

  test('is refused while another of the same kind is open, which it names', () => {
    expect(openAudit(opened, '512345678', 'certification', at)).toMatchObject({
      refused: 'audit-open',
      message: expect.stringContaining('412345678'),
    });
  });

  test('of maintenance needs a certificate to keep alive', () => {
    expect(openAudit(opened, '512345678', 'maintenance', at)).toMatchObject({ refused: 'no-certificate' });
    const certified = closeAudit(opened, closedAudit('412345678'), revision('2019-05-31'), ruleSet, at).cycle;
    expect(done(openAudit(certified, '512345678', 'maintenance', at)).openAudits).toHaveLength(1);
  });
});

describe('closing an audit', () => {
  const opened = done(openAudit(newCycle('e1'), '412345678', 'certification', at));

  test('that passed certification gives a certificate for three years from the end date [N]', () => {
    const { cycle, events } = closeAudit(opened, closedAudit('412345678'), revision('2019-05-31'), ruleSet, at);
    expect(currentCertificate(cycle)).toEqual({
      certificateNumber: '412345678-1',
      auditNumber: '412345678',
      endedOn: '2019-05-31',
      issuedOn: '2019-06-10',
      expiresOn: '2022-05-31',
    });
    expect(cycle.openAudits).toEqual([]);
    expect(events).toMatchObject([{ subject: 'employer#e1', number: 1, type: 'certificate issued' }]);
  });

  test('with few months of records gives one year [P]', () => {
    const { cycle } = closeAudit(opened, closedAudit('412345678'), revision('2019-05-31', 3), ruleSet, at);
    expect(currentCertificate(cycle)?.expiresOn).toBe('2020-05-31');
  });

  test('again supersedes the certificate before', () => {
    const first = closeAudit(opened, closedAudit('412345678'), revision('2019-05-31'), ruleSet, at).cycle;
    const again = done(openAudit(first, '512345678', 'certification', at));
    const { cycle, events } = closeAudit(again, closedAudit('512345678'), revision('2021-04-30'), ruleSet, at);
    expect(currentCertificate(cycle)?.certificateNumber).toBe('512345678-1');
    expect(cycle.certificates[0]?.supersededBy).toBe('512345678-1');
    expect(events.map((event) => event.type)).toEqual(['certificate issued', 'certificate superseded']);
  });

  test('that failed, or was maintenance, gives none', () => {
    for (const audit of [
      closedAudit('412345678', { outcome: 'failed' }),
      closedAudit('412345678', { kind: 'maintenance' }),
    ]) {
      const { cycle, events } = closeAudit(opened, audit, revision('2019-05-31'), ruleSet, at);
      expect(cycle).toMatchObject({ certificates: [], openAudits: [], version: opened.version + 1 });
      expect(events).toEqual([]);
    }
  });

  test('that ended before the one behind the current certificate gives one that is superseded already', () => {
    const newer = closeAudit(opened, closedAudit('512345678'), revision('2019-05-31'), ruleSet, at).cycle;
    const { cycle } = closeAudit(newer, closedAudit('412345678'), revision('2019-04-30'), ruleSet, at);
    expect(currentCertificate(cycle)?.certificateNumber).toBe('512345678-1');
    expect(cycle.certificates.map(({ supersededBy }) => supersededBy)).toEqual([undefined, '512345678-1']);
  });
});

describe('a reopened audit', () => {
  const older = closeAudit(newCycle('e1'), closedAudit('312345678'), revision('2018-05-31'), ruleSet, at).cycle;
  const step = (cycle: Cycle, decisions: number, outcome: 'passed' | 'failed', endedOn = '2019-05-31') =>
    closeAudit(cycle, closedAudit('412345678', { decisions, outcome }), revision(endedOn), ruleSet, at);

  test('that fails at last revokes all that it had given, and the certificate before stands again', () => {
    const passed = step(step(older, 1, 'passed').cycle, 2, 'passed').cycle;
    expect(passed.certificates.map(({ supersededBy }) => supersededBy)).toEqual([
      ...['412345678-2', '412345678-2'],
      undefined,
    ]);
    const { cycle, events } = step(passed, 3, 'failed');
    expect(currentCertificate(cycle)?.certificateNumber).toBe('312345678-1');
    expect(cycle.certificates.map(({ revokedAt }) => revokedAt)).toEqual([undefined, at, at]);
    expect(events.map(({ type }) => type)).toEqual([
      ...['certificate restored', 'certificate revoked', 'certificate revoked'],
    ]);
  });

  test('that is rejected or withdrawn has no decision that its certificate could stand on', () => {
    const passed = step(older, 1, 'passed').cycle;
    const { cycle, events } = leaveCycle(passed, '412345678', at);
    expect(currentCertificate(cycle)?.certificateNumber).toBe('312345678-1');
    expect(events.map(({ type }) => type)).toEqual(['certificate restored', 'certificate revoked']);
    expect(leaveCycle(older, '412345678', at).events).toEqual([]);
  });
});

test('whatever is decided in whatever order, what stands is the certificate of the passed audit that ended last', () => {
  const audits = ['412345678', '512345678', '612345678'] as const;
  const decision = fc.record({
    audit: fc.constantFrom(...audits),
    became: fc.constantFrom('passed', 'failed', 'left'),
    endedOn: fc.constantFrom('2019-01-31', '2019-03-31', '2019-05-31'),
  });
  fc.assert(
    fc.property(fc.array(decision, { maxLength: 12 }), (steps) => {
      const decisions = new Map<string, number>();
      const last = new Map<string, { became: string; endedOn: string }>();
      let cycle = newCycle('e1');
      for (const { audit, became, endedOn } of steps) {
        const number = (decisions.get(audit) ?? 0) + (became === 'left' ? 0 : 1);
        decisions.set(audit, number);
        last.set(audit, { became, endedOn });
        ({ cycle } =
          became === 'left'
            ? leaveCycle(cycle, audit, at)
            : closeAudit(
                cycle,
                closedAudit(audit, { decisions: number, outcome: became === 'passed' ? 'passed' : 'failed' }),
                revision(endedOn),
                ruleSet,
                at,
              ));
      }
      const passed = [...last].filter(([, { became }]) => became === 'passed');
      const latestEnd = passed
        .map(([, { endedOn }]) => endedOn)
        .sort()
        .at(-1);
      const current = currentCertificate(cycle);
      expect(current?.endedOn).toBe(latestEnd);
      if (current !== undefined) expect(last.get(current.auditNumber)?.became).toBe('passed');
      const open = cycle.certificates.filter(
        ({ revokedAt, supersededBy }) => (revokedAt ?? supersededBy) === undefined,
      );
      expect(open).toHaveLength(latestEnd === undefined ? 0 : 1);
    }),
  );
});
