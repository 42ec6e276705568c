import { describe, expect, test } from 'vitest';
import { noon } from '../cycle/history.fixture.ts';
import { isRefusal } from '../refusal.ts';
import { ruleSetOn } from '../rules/rule-set.ts';
import { enterQueue } from './assignment.ts';
import { type Audit, registerAudit } from './audit.ts';
import { rejectOverdue } from './decision.ts';
import { layOutDocuments } from './documents.ts';
import { newReview } from './review.ts';
import { addNote, extendRevision, openReview, requestRevision } from './review-steps.ts';
import type { Upload } from './revision.ts';
import {
  acceptPackage,
  arrivalOf,
  closedToPackages,
  issueLink,
  receiveUpload,
  refuseLatePackage,
  revisionIsOverdue,
} from './uploads.ts';

const assessor = { role: 'assessor', personId: 'a1' } as const;
const reviewer = { role: 'reviewer', personId: 'r1' } as const;
const administrator = { role: 'administrator', personId: 'x1' } as const;
const ruleSet = ruleSetOn('2026-11-01');
const score = { awarded: 90, available: 100, elements: [] };
const outcome = { result: 'passed', shortfalls: [] } as const;
const binder = { postmarkedOn: '2026-10-28', receivedOn: '2026-11-02', endedOn: '2026-10-20' };

function done<C extends object>(change: C): Exclude<C, { readonly refused: string }> {
  if (isRefusal(change)) throw new Error(change.message);
  return change as Exclude<C, { readonly refused: string }>;
}

function upload(link: number, arrivedOn: string): Upload {
  const key = `packages/412345678/${link}.zip`;
  return { link, sequencer: '0A', key, versionId: 'v', size: 1, arrivedAt: noon(arrivedOn) };
}

function accept(audit: Audit, of: Upload) {
  const content = { key: 'answers/x', versionId: 'v' };
  const read = { startedOn: '2026-10-10', endedOn: '2026-10-20', recordsMonths: 12, warnings: [], documents: 3 };
  return acceptPackage(audit, { ...read, upload: of, score, outcome, content }, of.arrivedAt);
}

const registered = registerAudit(
  { auditNumber: '412345678', kind: 'certification', employerId: 'e1', assessorId: 'a1', ruleSet },
  assessor,
  noon('2026-11-01'),
).audit;
const linked = done(issueLink(registered, assessor, noon('2026-11-01'))).audit;
const pending = accept(linked, upload(1, '2026-11-02')).audit;
const queued = enterQueue(pending, { arrivedOn: '2026-11-02' }, 'r1', noon('2026-11-02')).audit;
const opened = done(openReview(layOutDocuments(queued, 3, noon('2026-11-02')).audit, 1, reviewer, noon('2026-11-03')));
const note = { kind: 'actionable', text: 'Show the record.' } as const;
const noted = done(addNote(opened.audit, newReview('412345678'), note, reviewer, noon('2026-11-03')));
/** A revision was requested on 3 November: it is due on the 18th. */
const awaiting = done(requestRevision(noted.audit, noted.review, ruleSet, reviewer, noon('2026-11-03'))).audit;
const awaited = done(issueLink(awaiting, assessor, noon('2026-11-18'))).audit;

describe('a revision that was requested', () => {
  test('is due 15 days after [P], and its audit is checked on the day of its first reminder', () => {
    expect(awaiting).toMatchObject({ revisionDueOn: '2026-11-18', nextCheckOn: '2026-11-11' });
    expect(revisionIsOverdue(awaiting, '2026-11-18')).toBe(false);
    expect(revisionIsOverdue(awaiting, '2026-11-19')).toBe(true);
  });

  test('it is checked later when it is extended, and not at all once it has arrived', () => {
    const extended = done(extendRevision(awaited, '2026-11-30', 'Ill.', administrator, noon('2026-11-10')));
    expect(extended).toMatchObject({ previousCheckOn: '2026-11-18', audit: { nextCheckOn: '2026-11-23' } });
    expect(rejectOverdue(extended.audit, noon('2026-11-19'))).toBeUndefined();
    expect(accept(awaited, upload(2, '2026-11-18')).audit).not.toHaveProperty('nextCheckOn');
  });

  test('is taken on its due date and refused from the day after, with what can be done', () => {
    expect(receiveUpload(awaited, upload(2, '2026-11-18'))).toBe('read');
    expect(receiveUpload(awaited, upload(2, '2026-11-19'))).toBe('late');
    expect(issueLink(awaited, assessor, noon('2026-11-19'))).toMatchObject({ refused: 'revision-overdue' });
    expect(closedToPackages(awaited, '2026-11-19').message).toMatch(
      /due on 18 November 2026.*Ask the certifying partner/,
    );
    expect(closedToPackages(awaited, '2026-11-18').message).toContain('before the revision was requested');
    const { events } = refuseLatePackage(awaited, upload(2, '2026-11-19'), noon('2026-11-19'));
    expect(events).toMatchObject([
      { type: 'package late', data: { remedy: expect.stringContaining('18 November 2026') } },
    ]);
  });
});

describe('an audit whose revision did not come', () => {
  const rejected = rejectOverdue(awaited, noon('2026-11-19'));
  if (rejected === undefined) throw new Error('It was not rejected.');

  test('is rejected from the day after its due date [P], out of queue and sleep', () => {
    expect(rejectOverdue(awaited, noon('2026-11-18'))).toBeUndefined();
    expect(rejected.audit).toMatchObject({ state: 'rejected', missedRevision: { dueOn: '2026-11-18' } });
    for (const gone of ['nextCheckOn', 'queuePosition', 'revisionDueOn'])
      expect(rejected.audit).not.toHaveProperty(gone);
    expect(rejected.events).toMatchObject([
      { by: { role: 'system' }, type: 'audit rejected', data: { reason: expect.stringContaining('18 November 2026') } },
    ]);
    expect(rejectOverdue(rejected.audit, noon('2026-11-20'))).toBeUndefined();
    expect(rejectOverdue(opened.audit, noon('2026-12-20'))).toBeUndefined();
  });

  test('is up for review again when its package had arrived on the due date, and nobody’s', () => {
    const late = upload(2, '2026-11-18');
    expect(receiveUpload(rejected.audit, late)).toBe('read');
    const { audit, events } = accept(rejected.audit, late);
    expect(audit).toMatchObject({ state: 'pending review', revision: 2, rounds: 1, givenBack: true });
    for (const gone of ['missedRevision', 'closedAt', 'reviewerId']) expect(audit).not.toHaveProperty(gone);
    expect(events.map(({ type }) => type)).toEqual(['rejection undone', 'package accepted']);
    expect(events[0]).toMatchObject({ data: { dueOn: '2026-11-18' } });
  });

  test('stays rejected when it came the day after, or by a link from before the request', () => {
    expect(receiveUpload(rejected.audit, upload(2, '2026-11-19'))).toBe('late');
    expect(receiveUpload({ ...rejected.audit, revisions: [] }, upload(1, '2026-11-18'))).toBe('late');
    expect(issueLink(rejected.audit, assessor, noon('2026-11-19'))).toMatchObject({
      refused: 'audit-takes-no-packages',
    });
  });

  test('that was rejected for another reason is not taken up by an upload', () => {
    const { missedRevision: _, ...forGood } = rejected.audit;
    expect(receiveUpload(forGood, upload(2, '2026-11-18'))).toBe('late');
  });
});

describe('a binder', () => {
  test('is recorded with the registration, and what counts as its arrival is its receipt', () => {
    const { audit, events } = registerAudit(
      { auditNumber: '412345678', kind: 'maintenance', employerId: 'e1', assessorId: 'a1', ruleSet, binder },
      administrator,
      noon('2026-11-05'),
    );
    expect(audit).toMatchObject({ state: 'registered', binder });
    expect(events.map(({ type }) => type)).toEqual(['audit registered', 'binder recorded']);
    expect(events[1]).toMatchObject({ by: administrator, data: binder });
    expect(arrivalOf(audit, upload(1, '2026-11-06'))).toBe('2026-11-02');
    expect(arrivalOf(registered, upload(1, '2026-11-06'))).toBe('2026-11-06');
  });
});
