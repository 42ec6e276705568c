import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Actor } from '../history.ts';
import { minNoticeMinutes } from '../limits.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import { ruleSetOn } from '../rules/rule-set.ts';
import { awaitsReviewer, awaitsSuccessor, enterQueue } from './assignment.ts';
import { type Audit, type AuditChange, isWithdrawnBeforeNotice, registerAudit } from './audit.ts';
import { acceptAudit, awaitsReport, recordReport } from './decision.ts';
import { awaitsLayout, layOutDocuments, refuseDocuments, replacedLayouts } from './documents.ts';
import type { AuditEvent } from './events.ts';
import { newReview } from './review.ts';
import { withdrawAudit } from './review-steps.ts';
import type { Upload } from './revision.ts';
import {
  acceptPackage,
  compareUploads,
  isFollowedByRefusal,
  issueLink,
  receiveUpload,
  refuseLatePackage,
  refuseOverLimit,
  refusePackage,
  supersedeUpload,
} from './uploads.ts';

const at = '2026-11-23T18:00:00.000Z';
const robin = { role: 'assessor', personId: 'a1' } as const;
const assessor: Actor = robin;
const reviewer = { role: 'reviewer', personId: 'r1' } as const;
const problemList = { key: 'problems/x', versionId: 'v' };
const score = { awarded: 90, available: 100, elements: [] };
const outcome = { result: 'passed', shortfalls: [] } as const;

function upload(link: number, sequencer = '0A'): Upload {
  return { link, sequencer, key: `packages/412345678/${link}.zip`, versionId: 'v', size: 1, arrivedAt: at };
}

function accepted(of: Upload) {
  return {
    upload: of,
    startedOn: '2026-11-10',
    endedOn: '2026-11-20',
    recordsMonths: 12,
    score,
    outcome,
    warnings: [],
    documents: 3,
    content: { key: 'answers/x', versionId: 'v' },
  };
}

function done(change: AuditChange | Refusal): Audit {
  if (isRefusal(change)) throw new Error(change.message);
  return change.audit;
}

const registered = registerAudit(
  {
    auditNumber: '412345678',
    kind: 'certification',
    employerId: 'e1',
    assessorId: 'a1',
    ruleSet: ruleSetOn('2026-11-23'),
  },
  assessor,
  at,
).audit;
const linked = done(issueLink(registered, assessor, at));
const blank = newReview('412345678');
const pending = acceptPackage(linked, accepted(upload(1)), at).audit;
const laidOut = layOutDocuments(enterQueue(pending, { arrivedOn: '2026-11-23' }, 'r1', at).audit, 3, at).audit;
const closed = done(acceptAudit(laidOut, blank, 1, { score, outcome }, reviewer, at));

describe('registration', () => {
  test('takes protocol and rules of the rule set, and is the first event', () => {
    expect(registered).toMatchObject({
      version: 1,
      events: 1,
      state: 'registered',
      protocol: 'secor-2020',
      revision: 0,
    });
  });
});

describe('upload links', () => {
  test('are counted', () => {
    expect(done(issueLink(linked, assessor, at)).links).toBe(2);
  });

  test('are issued before a review begins, and refused once the audit is in review or closed', () => {
    expect(isRefusal(issueLink(pending, assessor, at))).toBe(false);
    for (const audit of [{ ...pending, state: 'in review' as const }, closed]) {
      expect(issueLink(audit, assessor, at)).toMatchObject({
        refused: audit === closed ? 'audit-takes-no-packages' : 'package-in-review',
        message: expect.stringContaining(`Audit 412345678 is ${audit.state}`),
      });
    }
  });
});

describe('order of uploads', () => {
  test('is by link, then by sequencer, the shorter padded on the right as S3 demands', () => {
    expect(compareUploads(upload(2, '01'), upload(1, 'FF'))).toBeGreaterThan(0);
    expect(compareUploads(upload(1, '0055AED6DCD9028'), upload(1, '0055AED6DCD90281E5'))).toBeLessThan(0);
    expect(compareUploads(upload(1, 'AB00'), upload(1, 'AB'))).toBe(0);
    expect(compareUploads(upload(1, 'F'), upload(1, '10'))).toBeGreaterThan(0);
  });

  test('is one order: the other way round it is turned, and it passes on', () => {
    const any = fc.record({ link: fc.integer({ min: 1, max: 3 }), sequencer: fc.stringMatching(/^[0-9A-F]{1,6}$/) });
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        expect(Math.sign(compareUploads(a, b))).toBe(0 - Math.sign(compareUploads(b, a)));
        if (compareUploads(a, b) < 0 && compareUploads(b, c) < 0) expect(compareUploads(a, c)).toBeLessThan(0);
      }),
    );
  });
});

describe('an upload that arrives', () => {
  test('is read before review, and when it is newer than the accepted one', () => {
    expect(receiveUpload(linked, upload(1))).toBe('read');
    expect(receiveUpload(pending, upload(1, '0B'))).toBe('read');
    expect(receiveUpload(pending, upload(2, '01'))).toBe('read');
  });

  test('never replaces a newer one', () => {
    expect(receiveUpload(pending, upload(1, '09'))).toBe('older');
    expect(supersedeUpload(pending, upload(1, '09'), at)).toMatchObject({
      audit: { revision: 1, state: 'pending review' },
      events: [{ type: 'package superseded', data: { link: 1, by: 1 } }],
    });
  });

  test('is late once the review has begun', () => {
    expect(receiveUpload({ ...laidOut, state: 'in review' }, upload(2))).toBe('late');
    expect(receiveUpload(closed, upload(2))).toBe('late');
  });

  test('late is refused with what the assessor can do', () => {
    const { audit, events } = refuseLatePackage(closed, upload(2), at);
    expect(audit).toMatchObject({ state: 'closed', revision: 1, version: closed.version + 1 });
    expect(events).toMatchObject([
      { type: 'package late', data: { link: 2, remedy: expect.stringContaining('Audit 412345678 is closed') } },
    ]);
  });

  test('that is refused leaves state and revision as they are', () => {
    const { audit, events } = refusePackage(pending, upload(2), 4, problemList, at);
    expect(audit).toMatchObject({ state: 'pending review', revision: 1, version: pending.version + 1 });
    expect(events).toMatchObject([{ type: 'package refused', data: { link: 2, problems: 4, problemList } }]);
  });

  test('of several that are refused, each kind is outdated by a later one of its own alone', () => {
    const limit = { limit: 'uploadsOfLink', message: 'Wait until tomorrow.' } as const;
    const steps: readonly ((audit: Audit) => AuditChange)[] = [
      (audit) => refusePackage(audit, upload(1), 1, problemList, at),
      (audit) => refusePackage(audit, upload(1), 1, problemList, at),
      (audit) => refuseOverLimit(audit, upload(1), limit, at),
      (audit) => refuseLatePackage(audit, upload(1), at),
      (audit) => refuseOverLimit(audit, upload(1), limit, at),
    ];
    let audit = linked;
    const told: AuditEvent[] = [];
    for (const step of steps) {
      const change = step(audit);
      audit = change.audit;
      told.push(...change.events);
    }
    const isOutdated = (event: AuditEvent) =>
      isFollowedByRefusal(audit, event as Parameters<typeof isFollowedByRefusal>[1]);
    expect(told.map((event) => [event.type, isOutdated(event)])).toEqual([
      ['package refused', true],
      ['package refused', false],
      ['uploads over limit', true],
      ['package late', false],
      ['uploads over limit', false],
    ]);
    expect(told[1]?.data).toMatchObject({ before: 1 });
  });

  test('two packages give the same revision up for review in either order', () => {
    const [older, newer] = [upload(1, '0A'), upload(1, '0B')];
    const forwards = acceptPackage(acceptPackage(linked, accepted(older), at).audit, accepted(newer), at).audit;
    const first = acceptPackage(linked, accepted(newer), at).audit;
    expect(receiveUpload(first, older)).toBe('older');
    const standing = (audit: Audit) => audit.revisions.find(({ revision }) => revision === audit.revision)?.sequencer;
    expect(standing(forwards)).toBe(standing(supersedeUpload(first, older, at).audit));
  });
});

describe('a withdrawal', () => {
  const administrator = { role: 'administrator', personId: 'x1' } as const;
  const binder = { postmarkedOn: '2026-11-20', receivedOn: '2026-11-23', endedOn: '2026-11-19' };

  test.each<[string, Audit, Parameters<typeof withdrawAudit>[3], number, boolean]>([
    ['by the assessor within minutes of the registration', registered, robin, minNoticeMinutes - 1, true],
    ['by the assessor within minutes, with a link', linked, robin, minNoticeMinutes - 1, true],
    ['later', registered, robin, minNoticeMinutes, false],
    ['after a package was taken', pending, robin, 1, false],
    ['of a binder', { ...registered, binder }, robin, 1, false],
    ['by an administrator', registered, administrator, 1, false],
  ])('%s: whether nobody is told of it', (_, audit, by, minutes, isBeforeNotice) => {
    const then = new Date(Date.parse(at) + minutes * 60_000).toISOString();
    const change = withdrawAudit(audit, blank, 'Not this time.', by, then);
    if (isRefusal(change)) throw new Error(change.message);
    expect(change.events.map((event) => isWithdrawnBeforeNotice(change.audit, event))).toEqual([isBeforeNotice]);
  });
});

describe('documents', () => {
  test('damaged in the only revision send the audit back to registered, out of the reviewer’s hands', () => {
    const { audit, events } = refuseDocuments(laidOutPending(), 1, problemList, at);
    expect(audit).toMatchObject({ state: 'registered', revision: 0 });
    expect(audit.reviewerId).toBeUndefined();
    expect(audit.queuePosition).toBeUndefined();
    expect(events).toMatchObject([
      { type: 'documents refused', data: { revision: 1, backTo: 0 } },
      { type: 'reviewer released', by: { role: 'system' }, data: { reviewerId: 'r1' } },
    ]);
    expect(awaitsReviewer(audit)).toBe(false);
    expect(refuseDocuments(pending, 1, problemList, at).events).toHaveLength(1);
  });

  test('damaged in a later revision bring the last good one back, with its place in the queue', () => {
    const second = acceptPackage(laidOut, accepted(upload(2)), at).audit;
    const { audit } = refuseDocuments(second, 1, problemList, at);
    expect(audit).toMatchObject({ state: 'pending review', revision: 1, reviewerId: 'r1' });
    expect(awaitsLayout(audit)).toBe(false);
  });

  test('of a revision that was replaced before they were laid out are laid out when it comes back', () => {
    const second = acceptPackage(pending, accepted(upload(2)), at).audit;
    expect(awaitsLayout(refuseDocuments(second, 1, problemList, at).audit)).toBe(true);
  });

  test('a revision after a refused one gets a number of its own', () => {
    const back = refuseDocuments(laidOutPending(), 1, problemList, at).audit;
    expect(acceptPackage(back, accepted(upload(2)), at).revision.revision).toBe(2);
  });

  function laidOutPending(): Audit {
    return enterQueue(pending, { arrivedOn: '2026-11-23' }, 'r1', at).audit;
  }
});

describe('acceptance', () => {
  test('opens the review and closes it with the outcome of the score', () => {
    const change = acceptAudit(laidOut, blank, 1, { score, outcome }, reviewer, at);
    expect(change).toMatchObject({
      audit: { state: 'closed', outcome: 'passed', decisions: 1, closedAt: at },
      events: [
        { type: 'review opened' },
        { type: 'audit closed', data: { decision: 1, revision: 1, result: 'passed' } },
      ],
    });
    expect(done(change).queuePosition).toBeUndefined();
  });

  test('waits for the documents', () => {
    expect(acceptAudit(pending, blank, 1, { score, outcome }, reviewer, at)).toMatchObject({
      refused: 'documents-not-laid-out',
    });
  });

  test('is of the revision that the reviewer saw', () => {
    const second = layOutDocuments(acceptPackage(laidOut, accepted(upload(2)), at).audit, 3, at).audit;
    expect(acceptAudit(second, blank, 1, { score, outcome }, reviewer, at)).toMatchObject({
      refused: 'newer-revision',
    });
    expect(isRefusal(acceptAudit(second, blank, 2, { score, outcome }, reviewer, at))).toBe(false);
  });

  test('is not possible before there is a package, nor twice', () => {
    for (const audit of [registered, closed])
      expect(acceptAudit(audit, blank, audit.revision, { score, outcome }, reviewer, at)).toMatchObject({
        refused: 'not-up-for-decision',
      });
  });
});

describe('the report', () => {
  test('is awaited for the last decision until it is made', () => {
    expect(awaitsReport(laidOut, 1)).toBe(false);
    expect(awaitsReport(closed, 1)).toBe(true);
    expect(awaitsReport(closed, 2)).toBe(false);
    const reported = recordReport(
      closed,
      { result: 'passed', shortfalls: [], score, recordsMonths: 12, revoked: [] },
      at,
    ).audit;
    expect(awaitsReport(reported, 1)).toBe(false);
  });
});

test('a waiting audit is assigned once', () => {
  expect(awaitsReviewer(pending)).toBe(true);
  expect(awaitsReviewer(laidOut)).toBe(false);
  expect(enterQueue(pending, { arrivedOn: '2026-11-23' }, undefined, at)).toMatchObject({
    audit: { queuePosition: '2026-11-23#412345678' },
    events: [{ type: 'review unassigned' }],
  });
});

type Step = (audit: Audit, sequencer: number) => AuditChange | Refusal | undefined;
const steps: readonly Step[] = [
  (audit) => issueLink(audit, assessor, at),
  (audit, sequencer) => {
    const next = upload(Math.max(1, audit.links), sequencer.toString(16).padStart(4, '0'));
    return receiveUpload(audit, next) === 'read'
      ? acceptPackage(audit, accepted(next), at)
      : supersedeUpload(audit, next, at);
  },
  (audit, sequencer) => refusePackage(audit, upload(1, sequencer.toString(16)), 1, problemList, at),
  (audit) => (awaitsReviewer(audit) ? enterQueue(audit, { arrivedOn: '2026-11-23' }, 'r1', at) : undefined),
  (audit) => (awaitsLayout(audit) ? layOutDocuments(audit, 1, at) : undefined),
  (audit) => (awaitsLayout(audit) ? refuseDocuments(audit, 1, problemList, at) : undefined),
  (audit) => acceptAudit(audit, blank, audit.revision, { score, outcome }, reviewer, at),
  (audit) =>
    awaitsReport(audit, audit.decisions)
      ? recordReport(audit, { result: 'passed', shortfalls: [], score, recordsMonths: 12, revoked: [] }, at)
      : undefined,
];

test('whatever happens, versions rise by one, events are numbered without gaps, and only laid-out revisions are decided', () => {
  const happening = fc.tuple(fc.nat(steps.length - 1), fc.nat(1000));
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      let audit = registered;
      for (const [index, sequencer] of happenings) {
        const change = steps[index]?.(audit, sequencer);
        if (change === undefined || isRefusal(change)) continue;
        expect(change.audit.version).toBe(audit.version + 1);
        expect(change.events.map((event) => event.number)).toEqual(change.events.map((_, i) => audit.events + i + 1));
        expect(change.audit.events).toBe(audit.events + change.events.length);
        audit = change.audit;
        const current = audit.revisions.find(({ revision }) => revision === audit.revision);
        if (audit.state === 'registered') expect(current).toBeUndefined();
        if (audit.state === 'pending review') expect(current?.layout).not.toBe('refused');
        if (audit.state === 'closed') expect(current?.layout).toBe('done');
      }
    }),
  );
});

describe('what nobody has', () => {
  test('is offered again when a revision comes', () => {
    const { reviewerId: _, ...nobodys } = laidOut;
    expect(awaitsSuccessor(nobodys)).toBe(false);
    expect(awaitsSuccessor(acceptPackage(nobodys, accepted(upload(1, '0B')), at).audit)).toBe(true);
    expect(awaitsSuccessor(acceptPackage(laidOut, accepted(upload(1, '0B')), at).audit)).toBe(false);
  });
});

test('an audit takes a hundred revisions, and no more, whatever number of uploads one link was used for', () => {
  let audit = linked;
  for (let taken = 1; taken <= 100; taken += 1) {
    expect(receiveUpload(audit, upload(1, `A${String(taken).padStart(3, '0')}`))).toBe('read');
    ({ audit } = acceptPackage(audit, accepted(upload(1, `A${String(taken).padStart(3, '0')}`)), at));
  }
  expect(receiveUpload(audit, upload(1, 'FF'))).toBe('late');
  const remedy = expect.stringContaining('100 packages');
  expect(refuseLatePackage(audit, upload(1, 'FF'), at).events).toMatchObject([
    { type: 'package late', data: { remedy } },
  ]);
  expect(issueLink(audit, assessor, at)).toMatchObject({ refused: 'too-many-packages', message: remedy });
});

test('a decision ends the due date of a revision, opened before or not', () => {
  const awaited = { ...laidOut, rounds: 1, revisionDueOn: '2026-12-08' };
  expect(done(acceptAudit(awaited, blank, 1, { score, outcome }, reviewer, at)).revisionDueOn).toBeUndefined();
});

describe('layouts that nobody can reach any more', () => {
  const of = (...layouts: Audit['revisions'][number]['layout'][]) => {
    const summary = done(acceptPackage(registered, accepted(upload(1)), at)).revisions[0];
    if (summary === undefined) throw new Error('The package was not accepted.');
    return replacedLayouts({
      revisions: layouts.map((layout, index) => ({ ...summary, layout, revision: index + 1 })),
    });
  };

  test('are those before the newest that was laid out, and the refused ones', () => {
    expect(of()).toEqual([]);
    expect(of('done')).toEqual([]);
    expect(of('pending', 'pending')).toEqual([]);
    expect(of('done', 'pending')).toEqual([]);
    expect(of('done', 'refused')).toEqual([2]);
    expect(of('done', 'pending', 'refused', 'done', 'pending')).toEqual([1, 2, 3]);
  });

  test('are never those to which an audit goes back', () => {
    const step = fc.constantFrom('upload', 'lay out', 'refuse');
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let audit = registered;
        for (const [index, taken] of steps.entries()) {
          const gone = replacedLayouts(audit);
          if (taken === 'upload') audit = acceptPackage(audit, accepted(upload(index + 1)), at).audit;
          else if (awaitsLayout(audit))
            audit =
              taken === 'lay out'
                ? layOutDocuments(audit, 3, at).audit
                : refuseDocuments(audit, 1, problemList, at).audit;
          expect(gone).not.toContain(audit.revision);
          expect(replacedLayouts(audit)).toEqual(expect.arrayContaining(gone));
        }
      }),
    );
  });
});
