import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRefusal, type Refusal } from '../refusal.ts';
import { ruleSetOn } from '../rules/rule-set.ts';
import {
  awaitsPlace,
  awaitsReviewer,
  awaitsSuccessor,
  enterQueue,
  fittestReviewer,
  mayNotReview,
  reassign,
  reassignReview,
  releaseReview,
  releaseUnfit,
  takeReview,
} from './assignment.ts';
import { type Audit, type AuditChange, registerAudit } from './audit.ts';
import { newReview } from './review.ts';
import { rejectAudit } from './review-steps.ts';
import type { Reviewer } from './reviewer.ts';
import type { Trace } from './same-person.ts';

const at = '2026-11-23T18:00:00.000Z';
const administrator = { role: 'administrator', personId: 'x1' } as const;
const dates = { arrivedOn: '2026-11-23' };
/** Of the assessor a1 and the contact of e1. */
const known: readonly Trace[] = [
  { assessorId: 'a1', addresses: ['robin@example.net'] },
  { employerId: 'e1', addresses: ['dale@example.com'] },
];

function reviewer(reviewerId: string, held: Partial<Reviewer> = {}): Reviewer {
  return {
    reviewerId,
    name: '',
    email: `${reviewerId}@example.org`,
    present: true,
    conflicts: [],
    openReviews: 0,
    version: 1,
    ...held,
  };
}
const by = (reviewerId: string) => ({ role: 'reviewer', personId: reviewerId }) as const;

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
  { role: 'assessor', personId: 'a1' },
  at,
).audit;
const pending: Audit = { ...registered, state: 'pending review', revision: 1 };
const unassigned = enterQueue(pending, dates, undefined, at).audit;
const assigned = enterQueue(pending, dates, 'r1', at).audit;
const released = done(releaseReview(assigned, 'On other work', by('r1'), at));

describe('who is offered a waiting audit', () => {
  test('the one with the fewest open reviews, among equals the lowest id', () => {
    const staff = [
      reviewer('r3', { openReviews: 1 }),
      reviewer('r2', { openReviews: 1 }),
      reviewer('r1', { openReviews: 2 }),
    ];
    expect(fittestReviewer(pending, staff, [])?.reviewerId).toBe('r2');
  });

  test('nobody who is absent, has a conflict with the employer, or gave it back', () => {
    const staff = [reviewer('r1'), reviewer('r2', { conflicts: ['e1'] }), reviewer('r3', { present: false })];
    expect(fittestReviewer(released, staff, [])).toBeUndefined();
    expect(fittestReviewer(pending, staff, [])?.reviewerId).toBe('r1');
  });

  test('somebody whose conflict is with another employer', () => {
    expect(fittestReviewer(pending, [reviewer('r1', { conflicts: ['e2'] })], [])?.reviewerId).toBe('r1');
  });
});

describe('entering the queue', () => {
  test('tells administrators when nobody is free', () => {
    expect(enterQueue(pending, dates, undefined, at).events).toMatchObject([{ type: 'review unassigned' }]);
    expect(awaitsPlace(pending)).toBe(true);
    expect(awaitsPlace(unassigned)).toBe(false);
    expect(awaitsReviewer(unassigned)).toBe(true);
    expect(awaitsSuccessor(unassigned)).toBe(false);
  });

  test('comes before anybody has it: nothing that is on a desk is missing in the queue', () => {
    const refused = { refused: 'not-in-queue-yet' };
    expect(takeReview(pending, reviewer('r2'), [], at)).toMatchObject(refused);
    expect(reassignReview(pending, reviewer('r2'), [], administrator, at)).toMatchObject(refused);
  });

  test('is for what is under review or waits for it', () => {
    for (const state of ['registered', 'closed', 'rejected', 'withdrawn'] as const)
      expect(awaitsPlace({ ...pending, state })).toBe(false);
  });
});

describe('taking', () => {
  test('is of what nobody has, and says who took it', () => {
    expect(takeReview(unassigned, reviewer('r2'), [], at)).toMatchObject({
      audit: { reviewerId: 'r2', queuePosition: unassigned.queuePosition },
      events: [{ type: 'reviewer assigned', by: by('r2'), data: { reviewerId: 'r2' } }],
    });
    expect(takeReview(assigned, reviewer('r2'), [], at)).toMatchObject({ refused: 'already-assigned' });
  });

  test('is refused for a conflict of interest, to who is absent, and once the audit is over', () => {
    expect(takeReview(unassigned, reviewer('r2', { conflicts: ['e1'] }), [], at)).toMatchObject({
      refused: 'reviewer-in-conflict',
    });
    expect(takeReview(unassigned, reviewer('r2', { present: false }), [], at)).toMatchObject({
      refused: 'reviewer-absent',
    });
    expect(takeReview({ ...unassigned, state: 'closed' }, reviewer('r2'), [], at)).toMatchObject({
      refused: 'not-under-review',
    });
  });

  test('of what one gave back oneself is possible, and it is offered to nobody then', () => {
    const back = done(takeReview(released, reviewer('r1'), [], at));
    expect(back.reviewerId).toBe('r1');
    expect(awaitsSuccessor(back)).toBe(false);
  });
});

describe('who may work on an audit', () => {
  const worker = (trace: Partial<Trace> = {}, role: 'reviewer' | 'administrator' = 'reviewer') => ({
    role,
    trace: { addresses: [], ...trace },
  });

  test('a reviewer on what they have, and an administrator', () => {
    expect(mayNotReview(assigned, worker(), [])).toBeUndefined();
    expect(mayNotReview(unassigned, worker(), [])).toMatchObject({ refused: 'not-assigned' });
    expect(mayNotReview(unassigned, worker({}, 'administrator'), [])).toBeUndefined();
  });

  test('nobody who has a conflict of interest by now, or is its assessor', () => {
    for (const role of ['reviewer', 'administrator'] as const)
      for (const trace of [
        { conflicts: ['e1'] },
        { assessorId: 'a1' },
        { employerId: 'e1' },
        { addresses: ['Robin@Example.net'] },
        { addresses: ['dale@example.com'] },
      ])
        expect(mayNotReview(assigned, worker(trace, role), known)).toMatchObject({ refused: 'conflict-of-interest' });
    const free = { conflicts: ['e2'], assessorId: 'a2', employerId: 'e2', addresses: ['joan@example.org'] };
    expect(mayNotReview(assigned, worker(free), known)).toBeUndefined();
  });
});

describe('an assessor or a contact who is a reviewer as well', () => {
  const sameAs = (one: Partial<Trace>, ...others: Partial<Trace>[]) =>
    [one, ...others].map((each) => ({ addresses: [], ...each }));
  const records: [string, readonly Trace[], Partial<Reviewer>?][] = [
    ['a sign-in of both', sameAs({ reviewerId: 'r1', assessorId: 'a1' })],
    ['a sign-in of the reviewer and the contact', sameAs({ reviewerId: 'r1', employerId: 'e1' })],
    ['their address', [], { email: 'ROBIN@example.net' }],
    ['the address of the contact', [], { email: 'dale@example.com' }],
    [
      'the sign-in of the administrator that they are by another one',
      sameAs({ reviewerId: 'r1', administratorId: 'x1' }, { administratorId: 'x1', assessorId: 'a1' }),
    ],
    [
      'the sign-in of the administrator who has their address',
      sameAs(
        { reviewerId: 'r1', addresses: ['R1@example.org'] },
        { administratorId: 'x1', addresses: ['r1@example.ORG'] },
        { administratorId: 'x1', assessorId: 'a1' },
      ),
    ],
    [
      'the address of the administrator that they are',
      sameAs({ reviewerId: 'r1', administratorId: 'x1' }, { administratorId: 'x1', addresses: ['Robin@example.net'] }),
    ],
    ['the address with which they sign in', sameAs({ reviewerId: 'r1', addresses: ['robin@example.net'] })],
    ['the address with which the assessor signs in', sameAs({ assessorId: 'a1', addresses: ['r1@example.org'] })],
    [
      'what another record of the assessor says',
      sameAs({ reviewerId: 'r1', assessorId: 'a2' }, { assessorId: 'a2', addresses: ['robin@example.net'] }),
    ],
  ];
  const refused = { refused: 'reviewer-in-conflict' };

  test.each(records)('is given none of their own audits, whoever gives it: known by %s', (_, told, held = {}) => {
    const own = reviewer('r1', held);
    const all = [...told, ...known].toReversed();
    expect(fittestReviewer(pending, [own], all)).toBeUndefined();
    expect(fittestReviewer(pending, [own, reviewer('r2', { openReviews: 9 })], all)?.reviewerId).toBe('r2');
    expect(takeReview(unassigned, own, all, at)).toMatchObject(refused);
    expect(reassignReview(unassigned, own, all, administrator, at)).toMatchObject(refused);
    const left = releaseUnfit(assigned, own, all, at);
    expect(left?.audit.reviewerId).toBeUndefined();
    expect(left?.events).toMatchObject([{ data: { reason: 'The reviewer has a conflict of interest.' } }]);
  });

  test('is nobody else: two contacts of one employer, and two colleagues, are not one person', () => {
    const others = sameAs(
      { reviewerId: 'r2', assessorId: 'a1' },
      { employerId: 'e9', addresses: ['robin@example.net'] },
      { reviewerId: 'r1', employerId: 'e9' },
    );
    const all = [...others, ...known];
    expect(takeReview(unassigned, reviewer('r1'), all, at)).toMatchObject({ audit: { reviewerId: 'r1' } });
    expect(fittestReviewer(pending, [reviewer('r1', { openReviews: 9 }), reviewer('r2')], all)?.reviewerId).toBe('r1');
  });
});

describe('giving back', () => {
  test('makes the audit nobody’s, with its reason, in its state and place, and has it offered to another', () => {
    const inReview: Audit = { ...assigned, state: 'in review' };
    const change = releaseReview(inReview, 'On other work', by('r1'), at);
    expect(change).toMatchObject({
      audit: { state: 'in review', queuePosition: assigned.queuePosition },
      events: [{ type: 'reviewer released', by: by('r1'), data: { reviewerId: 'r1', reason: 'On other work' } }],
    });
    expect(done(change).reviewerId).toBeUndefined();
    expect(awaitsSuccessor(done(change))).toBe(true);
  });

  test('is followed by one successor, or by one word to the administrators', () => {
    const next = reassign(released, 'r2', at);
    expect(next.events).toMatchObject([{ type: 'reviewer assigned', data: { reviewerId: 'r2' } }]);
    const nobody = reassign(released, undefined, at);
    expect(nobody.events).toMatchObject([{ type: 'review unassigned' }]);
    for (const { audit } of [next, nobody]) expect(awaitsSuccessor(audit)).toBe(false);
  });

  test('is done by the system for who is absent or in conflict; once that is over they may be given it again', () => {
    expect(releaseUnfit(assigned, reviewer('r1'), [], at)).toBeUndefined();
    expect(releaseUnfit({ ...assigned, state: 'closed' }, reviewer('r1', { present: false }), [], at)).toBeUndefined();
    expect(releaseUnfit(assigned, reviewer('r2', { present: false }), [], at)).toBeUndefined();
    for (const held of [{ present: false }, { conflicts: ['e1'] }]) {
      const left = releaseUnfit(assigned, reviewer('r1', held), [], at);
      if (left === undefined) throw new Error('It stays.');
      expect(left.events).toMatchObject([{ type: 'reviewer released', by: { role: 'system' } }]);
      expect(awaitsSuccessor(left.audit)).toBe(true);
      expect(fittestReviewer(left.audit, [reviewer('r1')], [])?.reviewerId).toBe('r1');
    }
  });

  test('is refused when nobody has it, and once the audit is over', () => {
    expect(releaseReview(unassigned, 'x', administrator, at)).toMatchObject({ refused: 'nothing-to-release' });
    expect(releaseReview({ ...assigned, state: 'closed' }, 'x', by('r1'), at)).toMatchObject({
      refused: 'not-under-review',
    });
  });

  test('leaves nothing open once the audit is over', () => {
    const rejected = done(rejectAudit(released, newReview(released.auditNumber), 'x', administrator, at));
    expect(rejected.givenBack).toBeUndefined();
    expect(rejected.queueDates).toBeUndefined();
  });
});

describe('reassigning', () => {
  test('names who had it, also to somebody who gave it back', () => {
    expect(reassignReview(assigned, reviewer('r2'), [], administrator, at)).toMatchObject({
      audit: { reviewerId: 'r2' },
      events: [{ type: 'reviewer assigned', by: administrator, data: { reviewerId: 'r2', before: 'r1' } }],
    });
    expect(done(reassignReview(released, reviewer('r1'), [], administrator, at)).reviewerId).toBe('r1');
  });

  test('is refused for a conflict, and to who is absent or has it', () => {
    expect(reassignReview(assigned, reviewer('r2', { conflicts: ['e1'] }), [], administrator, at)).toMatchObject({
      refused: 'reviewer-in-conflict',
    });
    expect(reassignReview(assigned, reviewer('r2', { present: false }), [], administrator, at)).toMatchObject({
      refused: 'reviewer-absent',
    });
    expect(reassignReview(assigned, reviewer('r1'), [], administrator, at)).toMatchObject({
      refused: 'already-theirs',
    });
  });
});

test('whatever reviewers do, nobody has an audit of an employer they have a conflict with, and its place stays', () => {
  const staff = [reviewer('r1'), reviewer('r2', { conflicts: ['e1'] }), reviewer('r3')];
  const steps = [
    (audit: Audit, who: Reviewer) => takeReview(audit, who, [], at),
    (audit: Audit) => releaseReview(audit, 'x', administrator, at),
    (audit: Audit, who: Reviewer) => reassignReview(audit, who, [], administrator, at),
    (audit: Audit) => releaseUnfit(audit, reviewer('r1', { present: false }), [], at),
    (audit: Audit) =>
      awaitsSuccessor(audit) ? reassign(audit, fittestReviewer(audit, staff, [])?.reviewerId, at) : undefined,
  ];
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...steps), fc.constantFrom(...staff))), (taken) => {
      let audit = assigned;
      for (const [step, who] of taken) {
        const change = step(audit, who);
        if (change === undefined || isRefusal(change)) continue;
        expect(change.audit).toMatchObject({ version: audit.version + 1, queuePosition: assigned.queuePosition });
        expect(change.audit.reviewerId).not.toBe('r2');
        audit = change.audit;
      }
    }),
  );
});
