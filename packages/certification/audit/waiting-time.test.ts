import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ruleSetOn } from '../rules/rule-set.ts';
import { type Audit, registerAudit } from './audit.ts';
import type { AuditEvent } from './events.ts';
import type { RevisionSummary } from './revision.ts';
import { addWait, aheadOf, nextStep, typicalSince, typicalWait, type WaitingDay, waitEndedBy } from './waiting-time.ts';

const arrivedAt = '2026-11-23T18:00:00.000Z';
const registered = registerAudit(
  {
    auditNumber: '412345678',
    kind: 'certification',
    employerId: 'e1',
    assessorId: 'a1',
    ruleSet: ruleSetOn('2026-11-23'),
  },
  { role: 'assessor', personId: 'a1' },
  arrivedAt,
).audit;

function revision(number: number, held: Partial<RevisionSummary> = {}): RevisionSummary {
  return {
    revision: number,
    link: number,
    sequencer: '0A',
    arrivedAt,
    awarded: 1,
    warnings: 0,
    available: 1,
    result: 'passed',
    round: 0,
    layout: 'done',
    ...held,
  };
}

const later = '2026-12-01T18:00:00.000Z';
const audit: Audit = {
  ...registered,
  state: 'pending review',
  revision: 3,
  revisions: [revision(1), revision(2, { layout: 'refused' }), revision(3, { round: 1, arrivedAt: later })],
};
const envelope = { subject: 'audit#412345678', number: 9, by: { role: 'system' } } as const;

function requested(round: number, at: string): AuditEvent {
  return { ...envelope, at, type: 'revision requested', data: { round, dueOn: '2027-01-01', notes: [] } };
}

function closed(number: number, at: string): AuditEvent {
  const data = {
    decision: 1,
    revision: number,
    kind: 'certification',
    result: 'passed',
    awarded: 1,
    warnings: 0,
    available: 1,
    shortfalls: [],
  } as const;
  return { ...envelope, at, type: 'audit closed', data };
}

describe('a wait', () => {
  test('runs from the arrival of the revision that was answered, in whole hours, to the day of the answer', () => {
    expect(waitEndedBy(audit, requested(1, '2026-11-25T04:59:59.999Z'))).toEqual({
      revision: 1,
      day: '2026-11-24',
      hours: 34,
    });
    expect(waitEndedBy(audit, closed(3, '2026-12-01T18:30:00.000Z'))).toMatchObject({ revision: 3, hours: 0 });
    expect(waitEndedBy(audit, closed(1, '2026-11-23T17:59:59.000Z'))).toMatchObject({ hours: 0 });
  });

  test('is ended by nothing else', () => {
    const event: AuditEvent = { ...envelope, at: later, type: 'audit rejected', data: { reason: 'x' } };
    expect(waitEndedBy(audit, event)).toBeUndefined();
  });
});

describe('the typical wait', () => {
  const wait = fc.record({ revision: fc.constant(1), day: fc.constantFrom('d1', 'd2', 'd3'), hours: fc.nat(2000) });

  test('is that of all waits in the order of their hours, however they fell on days', () => {
    fc.assert(
      fc.property(fc.array(wait, { minLength: 1, maxLength: 60 }), (waits) => {
        const days = new Map<string, WaitingDay>();
        for (const each of waits) days.set(each.day, addWait(days.get(each.day), each));
        const sorted = waits.map(({ hours }) => hours).toSorted((a, b) => a - b);
        const rank = (percent: number) => sorted[Math.ceil((sorted.length * percent) / 100) - 1];
        expect(typicalWait([...days.values()])).toEqual({
          medianHours: rank(50),
          ninetyPercentHours: rank(90),
          days: 90,
        });
        expect([...days.values()].reduce((sum, { version }) => sum + version, 0)).toBe(waits.length);
      }),
    );
  });

  test('is not told where nothing was decided', () => {
    expect(typicalWait([])).toBeUndefined();
  });

  test('is of 90 business days, today included', () => {
    expect(typicalSince('2026-11-24T05:59:59.000Z')).toBe('2026-08-26');
  });
});

describe('the queue as the assessor sees it', () => {
  const queue = [
    { position: '2026-11-20#400000001', state: 'pending review' },
    { position: '2026-11-21#400000002', state: 'awaiting revision' },
    { position: '2026-11-22#400000003', state: 'in review' },
    { position: '2026-12-01#412345678', state: 'pending review' },
    { position: '2026-12-02#400000004', state: 'pending review' },
  ] as const;

  test('counts what is ahead and has to be worked on, with a place or before it has one', () => {
    expect(aheadOf({ ...audit, queuePosition: '2026-12-01#412345678' }, queue)).toBe(2);
    expect(aheadOf(audit, queue)).toBe(2);
    expect(aheadOf({ ...audit, queuePosition: '2026-11-20#400000001' }, queue)).toBe(0);
  });

  test('has nothing ahead of what does not wait', () => {
    for (const state of ['registered', 'in review', 'awaiting revision', 'closed', 'rejected', 'withdrawn'] as const)
      expect(aheadOf({ ...audit, state }, queue)).toBeUndefined();
  });

  test('tells one next step in each state', () => {
    const steps = [
      registered,
      audit,
      { ...audit, revisions: [revision(3, { layout: 'pending' })] },
      { ...audit, state: 'in review' as const },
      { ...audit, state: 'awaiting revision' as const, revisionDueOn: '2026-12-23' },
      { ...audit, state: 'closed' as const, decisions: 1 },
      { ...audit, state: 'closed' as const, decisions: 1, reportedDecision: 1 },
      { ...audit, state: 'rejected' as const },
      { ...audit, state: 'withdrawn' as const },
    ].map(nextStep);
    const texts = steps.map(({ text }) => text);
    expect(new Set(texts).size).toBe(steps.length);
    for (const text of texts) expect(text).toMatch(/^[A-Z][^.]+\.$/);
    expect(texts[4]).toContain('by 23 December 2026');
    expect(steps[4]).toMatchObject({ code: 'send-revision', values: { dueOn: '2026-12-23' } });
  });
});
