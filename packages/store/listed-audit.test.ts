import {
  type Audit,
  acceptAudit,
  acceptPackage,
  type Binder,
  type Decided,
  newReview,
  registerAudit,
  reopenAudit,
  ruleSetOn,
  type Upload,
} from '@secor/certification';
import { describe, expect, it } from 'vitest';
import { listedAudit } from './aggregates.ts';

// Half past eleven at night of 23 November in Alberta.
const at = '2026-11-24T05:30:00.000Z';
const ruleSet = ruleSetOn('2026-11-23');
const assessor = { role: 'assessor', personId: 'a1' } as const;
const reviewer = { role: 'reviewer', personId: 'r1' } as const;

function registered(binder?: Binder): Audit {
  const facts = {
    auditNumber: '412345678',
    kind: 'certification',
    employerId: 'e1',
    assessorId: 'a1',
    ruleSet,
  } as const;
  return registerAudit({ ...facts, ...(binder === undefined ? {} : { binder }) }, assessor, at).audit;
}

const judged = (awarded: number, result: 'passed' | 'failed') =>
  ({ score: { awarded, available: 100, elements: [] }, outcome: { result, shortfalls: [] } }) as unknown as Decided;

function submitted(): Audit {
  const { audit } = acceptPackage(
    registered(),
    {
      ...judged(79, 'failed'),
      upload: { link: 1, sequencer: '0A', arrivedAt: at } as Upload,
      warnings: ['late', 'long'],
    } as never,
    at,
  );
  return { ...audit, state: 'in review', revisions: audit.revisions.map((each) => ({ ...each, layout: 'done' })) };
}

describe('an audit in a list', () => {
  it('tells the business date of its registration: of a binder its postmark', () => {
    expect(listedAudit(registered())).toMatchObject({
      registeredOn: '2026-11-23',
      report: 'none',
      state: 'registered',
    });
    const binder = { postmarkedOn: '2026-11-03', receivedOn: '2026-11-10', endedOn: '2026-10-30' };
    expect(listedAudit(registered(binder)).registeredOn).toBe('2026-11-03');
  });

  it('has the points and the warnings of its package, after the decision the points that it rests on', () => {
    const audit = submitted();
    expect(listedAudit(audit)).toMatchObject({ score: { awarded: 79, available: 100, result: 'failed' }, warnings: 2 });
    const closed = acceptAudit(audit, newReview(audit.auditNumber), 1, judged(84, 'passed'), reviewer, at);
    if ('refused' in closed) throw new Error(closed.message);
    expect(listedAudit(closed.audit)).toMatchObject({
      score: { awarded: 84, available: 100, result: 'passed' },
      outcome: 'passed',
      closedOn: '2026-11-23',
      report: 'being made',
    });
    expect(listedAudit({ ...closed.audit, reportedDecision: 1 }).report).toBe('ready');
    const dates = { arrivedOn: '2026-11-23' };
    const reopened = reopenAudit(closed.audit, 'Why', { ruleSet, dates, reviewer: undefined, known: [] }, reviewer, at);
    if ('refused' in reopened) throw new Error(reopened.message);
    const listed = listedAudit(reopened.audit);
    expect(listed).toMatchObject({ score: { awarded: 79, result: 'failed' }, report: 'none' });
    for (const gone of ['outcome', 'closedOn']) expect(listed).not.toHaveProperty(gone);
  });

  it('has the due date of a revision only while it is awaited', () => {
    const awaited: Audit = { ...submitted(), state: 'awaiting revision', revisionDueOn: '2026-12-08' };
    expect(listedAudit(awaited).revisionDueOn).toBe('2026-12-08');
    expect(listedAudit({ ...awaited, state: 'pending review' })).not.toHaveProperty('revisionDueOn');
  });
});
