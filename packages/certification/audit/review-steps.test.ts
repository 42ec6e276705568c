import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { queueDatesOf } from '../cycle/renewal.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import { ruleSetOn } from '../rules/rule-set.ts';
import { awaitsSuccessor, enterQueue } from './assignment.ts';
import { type Audit, type AuditChange, registerAudit } from './audit.ts';
import { acceptAudit } from './decision.ts';
import { layOutDocuments, refuseDocuments } from './documents.ts';
import {
  newReview,
  type Review,
  reviewedMonths,
  reviewedScore,
  sentWithDecision,
  standingChanges,
  unansweredNotes,
} from './review.ts';
import {
  addNote,
  answerNotes,
  changeNote,
  changePoints,
  correctMonths,
  deleteNote,
  extendRevision,
  notAnswered,
  openReview,
  rejectAudit,
  reopenAudit,
  requestRevision,
  withdrawAudit,
} from './review-steps.ts';
import type { Upload } from './revision.ts';
import type { Score } from './scoring.ts';
import { acceptPackage, issueLink, receiveUpload } from './uploads.ts';

const at = '2026-11-23T18:00:00.000Z';
const ruleSet = ruleSetOn('2026-11-23');
const assessor = { role: 'assessor', personId: 'a1' } as const;
const reviewer = { role: 'reviewer', personId: 'r1' } as const;
const administrator = { role: 'administrator', personId: 'x1' } as const;
const problemList = { key: 'problems/x', versionId: 'v' };
const outcome = { result: 'passed', shortfalls: [] } as const;
const score: Score = {
  awarded: 15,
  available: 20,
  elements: [
    {
      element: '1',
      awarded: 15,
      available: 20,
      questions: [
        { question: '1.1', awarded: 10, available: 10, notApplicable: false },
        { question: '1.2', awarded: 5, available: 10, notApplicable: false },
        { question: '1.3', awarded: 0, available: 0, notApplicable: true },
      ],
    },
  ],
};

function upload(link: number): Upload {
  return { link, sequencer: '0A', key: `packages/412345678/${link}.zip`, versionId: 'v', size: 1, arrivedAt: at };
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

function done<C extends AuditChange>(change: C | Refusal): C {
  if (isRefusal(change)) throw new Error(change.message);
  return change;
}

const registered = registerAudit(
  { auditNumber: '412345678', kind: 'certification', employerId: 'e1', assessorId: 'a1', ruleSet },
  assessor,
  at,
).audit;
const pending = acceptPackage(done(issueLink(registered, assessor, at)).audit, accepted(upload(1)), at).audit;
const laidOut = layOutDocuments(enterQueue(pending, { arrivedOn: '2026-11-23' }, 'r1', at).audit, 3, at).audit;
const inReview = done(openReview(laidOut, 1, reviewer, at)).audit;
const blank = newReview('412345678');

function withNote(audit: Audit, review: Review, kind: 'actionable' | 'informational' = 'actionable') {
  return done(addNote(audit, review, { kind, text: 'Show the record.', question: '1.2' }, reviewer, at));
}

const noted = withNote(inReview, blank);
const requested = done(requestRevision(noted.audit, noted.review, ruleSet, reviewer, at));
const answered = done(
  answerNotes(requested.audit, requested.review, [{ note: 1, text: 'It is in now.' }], assessor, at),
);

describe('opening', () => {
  test('begins the review of the revision that was seen', () => {
    expect(inReview).toMatchObject({ state: 'in review', reviewerId: 'r1' });
    expect(openReview(laidOut, 2, reviewer, at)).toMatchObject({ refused: 'newer-revision' });
    expect(openReview(pending, 1, reviewer, at)).toMatchObject({ refused: 'documents-not-laid-out' });
    expect(openReview(inReview, 1, reviewer, at)).toMatchObject({ refused: 'not-pending-review' });
  });

  test('by an administrator leaves it nobody’s', () => {
    const { reviewerId: _, ...nobodys } = laidOut;
    expect(done(openReview(nobodys, 1, administrator, at)).audit.reviewerId).toBeUndefined();
  });
});

describe('notes and points', () => {
  test('are written in review only', () => {
    expect(addNote(laidOut, blank, { kind: 'actionable', text: 'x' }, reviewer, at)).toMatchObject({
      refused: 'not-in-review',
    });
    const change = { question: '1.1', awarded: 1, reason: 'x' };
    expect(changePoints(laidOut, blank, score, change, reviewer, at)).toMatchObject({ refused: 'not-in-review' });
  });

  test('a change of points is whole, within the question, and never on what is not applicable', () => {
    const change = (question: string, awarded: number) =>
      changePoints(inReview, blank, score, { question, awarded, reason: 'The record is missing.' }, reviewer, at);
    expect(change('1.1', 11)).toMatchObject({ refused: 'points-out-of-range' });
    expect(change('1.1', -1)).toMatchObject({ refused: 'points-out-of-range' });
    expect(change('1.1', 2.5)).toMatchObject({ refused: 'points-out-of-range' });
    expect(change('1.3', 0)).toMatchObject({ refused: 'not-applicable' });
    expect(change('9.9', 0)).toMatchObject({ refused: 'unknown-question' });
    expect(change('1.1', 0)).toMatchObject({ events: [{ type: 'points changed', data: { before: 10, awarded: 0 } }] });
  });

  test('the last change of a question counts, and only for its own revision', () => {
    const entry = (revision: number, awarded: number) =>
      ({ revision, question: '1.1', awarded, own: 10, reason: 'x', byReviewerId: 'r1', at }) as const;
    const changes = [entry(1, 3), entry(2, 7), entry(1, 4)];
    expect(reviewedScore(score, 1, { changedPoints: changes })).toMatchObject({
      awarded: 9,
      available: 20,
      elements: [{ awarded: 9 }],
    });
    expect(reviewedScore(score, 2, { changedPoints: changes }).awarded).toBe(12);
    expect(reviewedScore(score, 3, { changedPoints: changes })).toEqual(score);
    expect(standingChanges({ revision: 1, score }, { ...blank, changedPoints: changes })).toEqual([
      { revision: 1, question: '1.1', before: 10, awarded: 4, reason: 'x', at },
    ]);
    expect(standingChanges({ revision: 3, score }, { ...blank, changedPoints: changes })).toEqual([]);
    // Changed back to what the assessor's own answer gave: there is no change any more.
    const back = [...changes, entry(1, 10)];
    expect(standingChanges({ revision: 1, score }, { ...blank, changedPoints: back })).toEqual([]);
  });

  test('are taken as far as an item of the table holds them, each side for itself', () => {
    const text = '€'.repeat(2_000);
    let review = blank;
    for (;;) {
      const added = addNote(inReview, review, { kind: 'actionable', text }, reviewer, at);
      if (isRefusal(added)) break;
      ({ review } = added);
    }
    const refused = { refused: 'review-full' };
    const change = { question: '1.1', awarded: 1, reason: text };
    expect(review.notes.length).toBeGreaterThan(20);
    expect(changePoints(inReview, review, score, change, reviewer, at)).toMatchObject(refused);
    const asked = done(requestRevision(inReview, review, ruleSet, reviewer, at));
    const answers = review.notes.map(({ note }) => ({ note, text }));
    const answered = answerNotes(asked.audit, asked.review, answers.slice(1), assessor, at);
    expect(isRefusal(answered)).toBe(false);
    const longer = answers.map((answer) => ({ ...answer, text: `${text}${text}` }));
    expect(answerNotes(asked.audit, asked.review, longer, assessor, at)).toMatchObject({
      refused: 'answers-too-long',
    });
  });
});

describe('a note that was not sent', () => {
  const change = (number: number, audit = noted.audit, review: Review = noted.review) =>
    changeNote(audit, review, number, { kind: 'informational', text: 'Well done.' }, administrator, at);
  const remove = (number: number, audit = noted.audit, review: Review = noted.review) =>
    deleteNote(audit, review, number, administrator, at);

  test('is changed, its kind and its question too, and the history keeps what it said', () => {
    const changed = done(change(1));
    expect(changed.review.notes).toEqual([
      { note: 1, kind: 'informational', text: 'Well done.', byReviewerId: 'x1', at },
    ]);
    expect(changed.events).toMatchObject([
      { type: 'note changed', data: { note: 1, kind: 'informational', text: 'Well done.' } },
    ]);
  });

  test('is deleted, and its number is not used again', () => {
    const deleted = done(remove(1));
    expect(deleted.review.notes).toEqual([]);
    expect(deleted.events).toMatchObject([{ type: 'note deleted', data: { note: 1 } }]);
    expect(withNote(deleted.audit, deleted.review).review.notes.map(({ note }) => note)).toEqual([2]);
  });

  test('is changed and deleted in review only, and not once it was sent', () => {
    const again = { ...requested.audit, state: 'in review' } as const;
    for (const step of [change, remove]) {
      expect(step(1, requested.audit, requested.review)).toMatchObject({ refused: 'not-in-review' });
      expect(step(1, again, requested.review)).toMatchObject({ refused: 'note-sent' });
      expect(step(2)).toMatchObject({ refused: 'unknown-note' });
    }
  });

  test('can be changed as often as the history holds it, and deleted even then', () => {
    const text = 'x'.repeat(2_000);
    let { audit, review } = noted;
    for (;;) {
      const changed = changeNote(audit, review, 1, { kind: 'actionable', text }, reviewer, at);
      if (isRefusal(changed)) {
        expect(changed.refused).toBe('notes-changed-too-often');
        break;
      }
      ({ audit, review } = changed);
    }
    expect(addNote(audit, review, { kind: 'actionable', text }, reviewer, at)).toMatchObject({
      refused: 'notes-changed-too-often',
    });
    expect(isRefusal(remove(1, audit, review))).toBe(false);
  });
});

describe('no note is dropped', () => {
  const both = withNote(noted.audit, noted.review, 'informational');
  const accept = (audit: Audit, review: Review) => acceptAudit(audit, review, 1, { score, outcome }, reviewer, at);

  test('an actionable note that was not sent blocks acceptance, which names it', () => {
    expect(accept(both.audit, both.review)).toMatchObject({
      refused: 'notes-unsent',
      message: expect.stringContaining('Note 1 was not sent'),
      values: { notes: '1', more: 0 },
    });
    const deleted = done(deleteNote(both.audit, both.review, 1, reviewer, at));
    expect(isRefusal(accept(deleted.audit, deleted.review))).toBe(false);
    const softened = done(changeNote(both.audit, both.review, 1, { kind: 'informational', text: 'x' }, reviewer, at));
    expect(isRefusal(accept(softened.audit, softened.review))).toBe(false);
    const asked = done(requestRevision(both.audit, both.review, ruleSet, reviewer, at));
    expect(isRefusal(accept({ ...asked.audit, state: 'in review' }, asked.review))).toBe(false);
  });

  test('an informational one goes out with the decision, and needs no answer', () => {
    const { audit, review } = withNote(inReview, blank, 'informational');
    const closed = done(accept(audit, review));
    expect(closed.events.at(-1)).toMatchObject({
      type: 'audit closed',
      data: { decision: 1, notes: [{ note: 1, kind: 'informational', question: '1.2', text: 'Show the record.' }] },
    });
    expect(closed.review?.notes).toMatchObject([{ note: 1, sent: { decision: 1 } }]);
    expect(unansweredNotes(closed.review ?? blank)).toEqual([]);
    const without = done(accept(inReview, blank));
    expect(without.review).toBeUndefined();
    expect(without.events.at(-1)?.data).not.toHaveProperty('notes');
  });

  test('of a reopened audit, those of the first decision stay sent, and are told with new ones by what replaces it', () => {
    const first = withNote(inReview, blank, 'informational');
    const closed = done(accept(first.audit, first.review));
    const again = done(reopen(closed.audit)).audit;
    const second = withNote(again, closed.review ?? blank, 'informational');
    const decided = done(accept(second.audit, second.review));
    expect(decided.events.at(-1)).toMatchObject({ data: { decision: 2, notes: [{ note: 1 }, { note: 2 }] } });
    expect(decided.review?.notes).toMatchObject([{ sent: { decision: 1 } }, { sent: { decision: 2 } }]);
    expect(sentWithDecision(decided.review ?? blank, 2).map(({ note }) => note)).toEqual([1, 2]);
    expect(sentWithDecision(decided.review ?? blank, 1).map(({ note }) => note)).toEqual([1]);
    // The letter of a decision that is reopened soon is never written: whatever ends the audit then tells its notes.
    for (const over of [
      accept(again, closed.review ?? blank),
      rejectAudit(again, closed.review ?? blank, 'x', reviewer, at),
      withdrawAudit(again, closed.review ?? blank, 'x', administrator, at),
    ])
      expect(done(over).events.at(-1)).toMatchObject({ data: { notes: [{ note: 1 }] } });
    // What went out with a decision does not hold up a later revision.
    const asked = withNote(again, closed.review ?? blank);
    const { audit, review } = done(requestRevision(asked.audit, asked.review, ruleSet, reviewer, at));
    expect(unansweredNotes(review).map(({ note }) => note)).toEqual([2]);
    expect(review.notes).toMatchObject([{ sent: { decision: 1 } }, { sent: { round: 1 } }]);
    expect(answerNotes(audit, review, [{ note: 1, text: 'x' }], assessor, at)).toMatchObject({
      refused: 'no-open-note',
    });
  });

  test.each([
    ['rejected', (audit: Audit, review: Review) => rejectAudit(audit, review, 'x', reviewer, at)],
    ['withdrawn', (audit: Audit, review: Review) => withdrawAudit(audit, review, 'x', administrator, at)],
  ] as const)('of an audit that is %s, both kinds go out with that', (end, step) => {
    const over = done(step(both.audit, both.review));
    expect(over.events).toMatchObject([
      { type: `audit ${end}`, data: { reason: 'x', notes: [{ note: 1 }, { note: 2 }] } },
    ]);
    expect(over.review?.notes).toMatchObject([{ sent: { end } }, { sent: { end } }]);
    expect(done(step(inReview, blank)).events[0]?.data).toEqual({ reason: 'x' });
  });

  test('all are sent before a revision can be missed or damaged: nothing is left to drop then', () => {
    const asked = done(requestRevision(both.audit, both.review, ruleSet, reviewer, at));
    expect(asked.review.notes.every(({ sent }) => sent !== undefined)).toBe(true);
    expect(addNote(asked.audit, asked.review, { kind: 'actionable', text: 'x' }, reviewer, at)).toMatchObject({
      refused: 'not-in-review',
    });
  });
});

describe('months of records', () => {
  const own = { revision: 1, recordsMonths: 12 };
  const correct = (recordsMonths: number, audit = inReview, review: Review = blank) =>
    correctMonths(audit, review, own, { recordsMonths, reason: 'The first record is of May.' }, ruleSet, reviewer, at);

  test('are corrected with a reason, for the revision that is reviewed', () => {
    const first = done(correct(8));
    expect(first.events).toMatchObject([
      { type: 'months corrected', data: { revision: 1, recordsMonths: 8, before: 12, reason: expect.any(String) } },
    ]);
    const second = done(correct(14, first.audit, first.review));
    expect(second.events).toMatchObject([{ data: { recordsMonths: 14, before: 8 } }]);
    expect(reviewedMonths(own, second.review)).toBe(14);
    expect(reviewedMonths({ revision: 2, recordsMonths: 9 }, second.review)).toBe(9);
    expect(reviewedMonths(own, blank)).toBe(12);
  });

  test('are whole, and enough for a certificate; and corrected in review only', () => {
    for (const months of [2, 3.5, -1, 1_201, Number.NaN])
      expect(correct(months)).toMatchObject({ refused: 'months-out-of-range' });
    for (const months of [3, 1_200]) expect(isRefusal(correct(months))).toBe(false);
    expect(correct(8, laidOut)).toMatchObject({ refused: 'not-in-review' });
  });
});

describe('a revision', () => {
  test('is requested with all notes that were not sent, and due 15 days later', () => {
    expect(requested).toMatchObject({
      audit: { state: 'awaiting revision', rounds: 1, revisionDueOn: '2026-12-08' },
      events: [{ type: 'revision requested', data: { round: 1, dueOn: '2026-12-08', notes: [{ note: 1 }] } }],
      review: { notes: [{ note: 1, sent: { round: 1 } }] },
    });
  });

  test('is not requested without an actionable note', () => {
    const { audit, review } = withNote(inReview, blank, 'informational');
    expect(requestRevision(audit, review, ruleSet, reviewer, at)).toMatchObject({ refused: 'nothing-to-revise' });
  });

  test('is not uploaded before every note is answered', () => {
    expect(notAnswered(requested.audit, requested.review)).toMatchObject({ refused: 'notes-unanswered' });
    expect(notAnswered(answered.audit, answered.review)).toBeUndefined();
  });

  test('an answer to a note that is not open, or twice, is refused and nothing is recorded', () => {
    const answer = (...notes: number[]) =>
      answerNotes(
        requested.audit,
        requested.review,
        notes.map((note) => ({ note, text: 'x' })),
        assessor,
        at,
      );
    expect(answer(2)).toMatchObject({ refused: 'no-open-note' });
    expect(answer(1, 1)).toMatchObject({ refused: 'no-open-note' });
    const many = answer(...Array.from({ length: 5_000 }, (_, index) => index + 2));
    expect(many).toMatchObject({ refused: 'no-open-note', message: expect.stringContaining('and 4980 more') });
    expect(JSON.stringify(many).length).toBeLessThan(500);
    expect(answerNotes(answered.audit, answered.review, [{ note: 1, text: 'x' }], assessor, at)).toMatchObject({
      refused: 'no-open-note',
    });
  });

  test('does not come by a link that was issued before it was requested', () => {
    expect(receiveUpload(answered.audit, upload(1))).toBe('older');
    const other = done(issueLink(registered, assessor, at)).audit;
    const twoLinks = acceptPackage(done(issueLink(other, assessor, at)).audit, accepted(upload(1)), at).audit;
    const opened = done(openReview(layOutDocuments(twoLinks, 3, at).audit, 1, reviewer, at)).audit;
    const { audit, review } = withNote(opened, blank);
    const awaiting = done(requestRevision(audit, review, ruleSet, reviewer, at)).audit;
    expect(receiveUpload(awaiting, upload(2))).toBe('late');
    expect(receiveUpload(done(issueLink(awaiting, assessor, at)).audit, upload(3))).toBe('read');
  });

  test('goes to the same reviewer, and its review ends the due date', () => {
    const resubmitted = acceptPackage(
      done(issueLink(answered.audit, assessor, at)).audit,
      accepted(upload(2)),
      at,
    ).audit;
    expect(resubmitted).toMatchObject({ state: 'pending review', revision: 2, reviewerId: 'r1' });
    const reopened = done(openReview(layOutDocuments(resubmitted, 3, at).audit, 2, reviewer, at)).audit;
    expect(reopened.revisionDueOn).toBeUndefined();
  });

  test('whose documents are damaged is awaited again, due on the same day', () => {
    const resubmitted = acceptPackage(
      done(issueLink(answered.audit, assessor, at)).audit,
      accepted(upload(2)),
      at,
    ).audit;
    expect(refuseDocuments(resubmitted, 1, problemList, at).audit).toMatchObject({
      state: 'awaiting revision',
      revision: 1,
      revisionDueOn: '2026-12-08',
      reviewerId: 'r1',
    });
  });

  test('is extended to a later day only', () => {
    expect(done(extendRevision(requested.audit, '2026-12-20', 'Illness', administrator, at)).audit.revisionDueOn).toBe(
      '2026-12-20',
    );
    expect(extendRevision(requested.audit, '2026-12-08', 'Illness', administrator, at)).toMatchObject({
      refused: 'not-later',
    });
    expect(extendRevision(requested.audit, '2027-02-30', 'Illness', administrator, at)).toMatchObject({
      refused: 'not-later',
    });
    expect(extendRevision(inReview, '2026-12-20', 'x', administrator, at)).toMatchObject({
      refused: 'no-revision-awaited',
    });
  });
});

describe('leaving', () => {
  test('the assessor withdraws before the review begins, an administrator later', () => {
    for (const audit of [registered, laidOut])
      expect(done(withdrawAudit(audit, blank, 'Sold the company', assessor, at)).audit.state).toBe('withdrawn');
    for (const audit of [inReview, requested.audit]) {
      expect(withdrawAudit(audit, blank, 'x', assessor, at)).toMatchObject({ refused: 'review-began' });
      expect(done(withdrawAudit(audit, blank, 'x', administrator, at)).audit.state).toBe('withdrawn');
    }
  });

  test('the assessor does not withdraw after a first review, though a resubmission waits for the next', () => {
    const back = acceptPackage(done(issueLink(answered.audit, assessor, at)).audit, accepted(upload(2)), at).audit;
    expect(back.state).toBe('pending review');
    expect(withdrawAudit(back, blank, 'x', assessor, at)).toMatchObject({ refused: 'review-began' });
    expect(done(withdrawAudit(back, blank, 'x', administrator, at)).audit.state).toBe('withdrawn');
  });

  test('a rejected or withdrawn audit is out of the queue, and over', () => {
    const rejected = done(rejectAudit(laidOut, blank, 'The assessor is not qualified', reviewer, at)).audit;
    expect(rejected.queuePosition).toBeUndefined();
    expect(rejectAudit(rejected, blank, 'x', reviewer, at)).toMatchObject({ refused: 'over' });
    expect(withdrawAudit(rejected, blank, 'x', administrator, at)).toMatchObject({ refused: 'over' });
    expect(receiveUpload(rejected, upload(9))).toBe('late');
  });
});

const r1 = { reviewerId: 'r1', present: true, conflicts: [] as string[], email: 'r1@example.org' };
function reopen(audit: Audit, on = at, former: typeof r1 | 'nobody' = r1) {
  const dates = { arrivedOn: '2026-11-23' };
  return reopenAudit(
    audit,
    'New facts',
    { ruleSet, dates, reviewer: former === 'nobody' ? undefined : former, known: [] },
    administrator,
    on,
  );
}

describe('reopening', () => {
  const closed = done(acceptAudit(inReview, blank, 1, { score, outcome }, reviewer, at)).audit;

  test('makes a closed audit undecided within 30 days, counted in business days of the calendar', () => {
    expect(done(reopen(closed, '2026-12-23T18:00:00.000Z')).audit).toMatchObject({
      state: 'in review',
      decisions: 1,
      queuePosition: laidOut.queuePosition,
      reviewerId: 'r1',
    });
    expect(closed.queuePosition).toBeUndefined();
    expect(reopen(closed, '2026-12-24T18:00:00.000Z')).toMatchObject({ refused: 'closed-too-long' });
    expect(reopen(inReview)).toMatchObject({ refused: 'not-closed' });
  });

  test('gives it to its reviewer only if they could be given it now; else it is offered to another', () => {
    const kept = done(reopen(closed));
    expect(kept.audit.reviewerId).toBe('r1');
    expect(awaitsSuccessor(kept.audit)).toBe(false);
    const unfit = [{ ...r1, present: false }, { ...r1, conflicts: ['e1'] }, 'nobody' as const];
    for (const former of unfit) {
      const { audit, events } = done(reopen(closed, at, former));
      expect(audit.reviewerId).toBeUndefined();
      expect(awaitsSuccessor(audit)).toBe(true);
      expect(events).toMatchObject([
        { type: 'audit reopened' },
        { type: 'reviewer released', by: { role: 'system' }, data: { reviewerId: 'r1' } },
      ]);
    }
    const { reviewerId: _, ...nobodys } = closed;
    const { audit, events } = done(reopen(nobodys, at, 'nobody'));
    expect(awaitsSuccessor(audit)).toBe(true);
    expect(events.map(({ type }) => type)).toEqual(['audit reopened']);
  });

  test('gives it the place that it would have had: by the certificate that it renews, not by its own', () => {
    const certificate = (auditNumber: string, expiresOn: string) => ({
      certificateNumber: `${auditNumber}-1`,
      auditNumber,
      ruleSet: ruleSet.id,
      endedOn: '2023-12-01',
      issuedOn: '2023-12-05',
      expiresOn,
    });
    const renewed = { ...certificate('400000000', '2026-12-01'), supersededBy: '412345678-1' };
    const certificates = [renewed, certificate('412345678', '2029-11-20')];
    const cycle = { certificates };
    const dates = { arrivedOn: '2026-11-23', dueOn: '2026-12-01' };
    expect(queueDatesOf(closed, cycle)).toEqual(dates);
    expect(queueDatesOf({ ...closed, kind: 'maintenance' }, cycle)).toEqual({ arrivedOn: '2026-11-23' });
    expect(
      done(reopenAudit(closed, 'x', { ruleSet, dates, reviewer: r1, known: [] }, administrator, at)).audit,
    ).toMatchObject({
      queuePosition: '2026-11-01#412345678',
      queueDates: dates,
    });
  });

  test('the next decision has a number of its own', () => {
    const again = done(reopen(closed)).audit;
    expect(again.outcome).toBeUndefined();
    expect(done(acceptAudit(again, blank, 1, { score, outcome }, reviewer, at)).audit.decisions).toBe(2);
  });
});

type State = { audit: Audit; review: Review };
type Step = (state: State) => AuditChange | (AuditChange & { review: Review }) | Refusal | undefined;
const steps: readonly Step[] = [
  ({ audit }) => issueLink(audit, assessor, at),
  ({ audit }) => {
    const next = upload(audit.links);
    return audit.links > 0 && receiveUpload(audit, next) === 'read'
      ? acceptPackage(audit, accepted(next), at)
      : undefined;
  },
  ({ audit }) => (audit.state === 'pending review' ? layOutDocuments(audit, 1, at) : undefined),
  ({ audit }) => (audit.state === 'pending review' ? refuseDocuments(audit, 1, problemList, at) : undefined),
  ({ audit }) => openReview(audit, audit.revision, reviewer, at),
  ({ audit, review }) => addNote(audit, review, { kind: 'actionable', text: 'x' }, reviewer, at),
  ({ audit, review }) => changePoints(audit, review, score, { question: '1.1', awarded: 2, reason: 'x' }, reviewer, at),
  ({ audit, review }) => requestRevision(audit, review, ruleSet, reviewer, at),
  ({ audit, review }) =>
    answerNotes(
      audit,
      review,
      review.notes.map(({ note }) => ({ note, text: 'x' })),
      assessor,
      at,
    ),
  ({ audit }) => acceptAudit(audit, blank, audit.revision, { score, outcome }, reviewer, at),
  ({ audit }) => withdrawAudit(audit, blank, 'x', assessor, at),
  ({ audit }) => rejectAudit(audit, blank, 'x', administrator, at),
  ({ audit }) => reopen(audit),
];

test('whatever happens, no step leads where the program has no way, and only a laid-out revision is reviewed', () => {
  const ways: Readonly<Record<Audit['state'], readonly Audit['state'][]>> = {
    registered: ['registered', 'pending review', 'rejected', 'withdrawn'],
    'pending review': [
      'pending review',
      'in review',
      'closed',
      'awaiting revision',
      'registered',
      'rejected',
      'withdrawn',
    ],
    'in review': ['in review', 'awaiting revision', 'closed', 'rejected', 'withdrawn'],
    'awaiting revision': ['awaiting revision', 'pending review', 'rejected', 'withdrawn'],
    closed: ['closed', 'in review'],
    rejected: ['rejected'],
    withdrawn: ['withdrawn'],
  };
  fc.assert(
    fc.property(fc.array(fc.nat(steps.length - 1), { maxLength: 60 }), (happenings) => {
      let state: State = { audit: registered, review: blank };
      for (const index of happenings) {
        const change = steps[index]?.(state);
        if (change === undefined || isRefusal(change)) continue;
        const { audit } = change;
        expect(ways[state.audit.state]).toContain(audit.state);
        expect(audit.version).toBe(state.audit.version + 1);
        expect(audit.events).toBe(state.audit.events + change.events.length);
        const current = audit.revisions.find(({ revision }) => revision === audit.revision);
        if (audit.state === 'in review' || audit.state === 'closed') expect(current?.layout).toBe('done');
        if (audit.state === 'awaiting revision') expect(audit.revisionDueOn).toBeDefined();
        if (audit.state !== 'closed') expect(audit.outcome).toBeUndefined();
        else expect(audit.revisionDueOn).toBeUndefined();
        state = { audit, review: 'review' in change ? change.review : state.review };
      }
    }),
    { numRuns: 500 },
  );
});
