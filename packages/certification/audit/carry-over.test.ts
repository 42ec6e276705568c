import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRefusal, type Refusal } from '../refusal.ts';
import { ruleSetOn } from '../rules/rule-set.ts';
import { type Audit, registerAudit } from './audit.ts';
import { type CorrectedRevision, hasCorrections, lastReviewed } from './carry-over.ts';
import { acceptAudit } from './decision.ts';
import { layOutDocuments, refuseDocuments } from './documents.ts';
import {
  lapsedChanges,
  lapsedMonths,
  newReview,
  type Review,
  reviewedMonths,
  reviewedScore,
  standingChanges,
} from './review.ts';
import {
  addNote,
  answerNotes,
  changePoints,
  correctMonths,
  openReview,
  reopenAudit,
  requestRevision,
} from './review-steps.ts';
import type { Revision } from './revision.ts';
import type { Answer, Score } from './scoring.ts';
import { acceptPackage } from './uploads.ts';

const at = '2026-11-23T18:00:00.000Z';
const ruleSet = ruleSetOn('2026-11-23');
const assessor = { role: 'assessor', personId: 'a1' } as const;
const reviewer = { role: 'reviewer', personId: 'r1' } as const;
const stored = { key: 'x', versionId: 'v' };
const questions = ['1.1', '1.2'] as const;
type Question = (typeof questions)[number];
/** The answer to a question: positive of four, or not applicable. */
type Given = 0 | 2 | 4 | 'n/a';
type Package = { readonly given: Readonly<Record<Question, Given>>; readonly months: number };

const registered = registerAudit(
  { auditNumber: '412345678', kind: 'certification', employerId: 'e1', assessorId: 'a1', ruleSet },
  assessor,
  at,
).audit;

function answersOf({ given }: Package): Answer[] {
  return questions.map((question) =>
    given[question] === 'n/a' ? { question, notApplicable: true } : { question, positive: given[question], sampled: 4 },
  );
}

function scoreOf({ given }: Package): Score {
  const scored = questions.map((question) => {
    const notApplicable = given[question] === 'n/a';
    const awarded = given[question] === 'n/a' ? 0 : given[question];
    return { question, awarded, available: notApplicable ? 0 : 4, notApplicable };
  });
  const sums = {
    awarded: scored.reduce((sum, { awarded }) => sum + awarded, 0),
    available: scored.reduce((sum, { available }) => sum + available, 0),
  };
  return { ...sums, elements: [{ element: '1', ...sums, questions: scored }] };
}

function done<C extends object>(change: C | Refusal): C {
  if (isRefusal(change)) throw new Error(change.message);
  return change as C;
}

/** An audit whose packages and review go on as the functions have it. */
class Desk {
  audit: Audit = registered;
  review: Review = newReview('412345678');
  readonly packages: Package[] = [];
  readonly revisions: Revision[] = [];
  events: { readonly type: string; readonly data: object }[] = [];

  #take(change: {
    readonly audit: Audit;
    readonly review?: Review;
    readonly events: readonly { type: string; data: object }[];
  }) {
    this.audit = change.audit;
    this.review = change.review ?? this.review;
    this.events = [...change.events];
  }

  upload(sent: Package): void {
    const former = lastReviewed(this.audit);
    const had = former === undefined ? undefined : this.packages[former - 1];
    const corrected: CorrectedRevision | undefined =
      former === undefined || had === undefined || !hasCorrections(this.review, former)
        ? undefined
        : { review: this.review, revision: former, had: answersOf(had), has: answersOf(sent) };
    const link = this.packages.length + 1;
    const upload = { link, sequencer: '0A', key: `packages/${link}.zip`, versionId: 'v', size: 1, arrivedAt: at };
    const accepted = acceptPackage(
      this.audit,
      {
        ...{ upload, startedOn: '2026-11-10', endedOn: '2026-11-20', recordsMonths: sent.months },
        ...{ score: scoreOf(sent), outcome: { result: 'passed', shortfalls: [] }, warnings: [], documents: 1 },
        content: stored,
      },
      at,
      corrected,
    );
    this.#take(accepted);
    this.packages.push(sent);
    this.revisions.push(accepted.revision);
  }

  layOut(isGood: boolean): void {
    this.#take(isGood ? layOutDocuments(this.audit, 1, at) : refuseDocuments(this.audit, 1, stored, at));
  }

  open(): void {
    this.#take(done(openReview(this.audit, this.audit.revision, reviewer, at)));
  }

  changePoints(question: Question, awarded: number): void {
    const { score } = this.current;
    const changed = { question, awarded, reason: 'Not what was observed.' };
    this.#take(done(changePoints(this.audit, this.review, score, changed, reviewer, at)));
  }

  correctMonths(recordsMonths: number): void {
    const corrected = { recordsMonths, reason: 'The first record is of May.' };
    this.#take(done(correctMonths(this.audit, this.review, this.current, corrected, ruleSet, reviewer, at)));
  }

  request(): void {
    this.#take(done(addNote(this.audit, this.review, { kind: 'actionable', text: 'Add it.' }, reviewer, at)));
    this.#take(done(requestRevision(this.audit, this.review, ruleSet, reviewer, at)));
    const answers = [{ note: this.review.lastNote, text: 'Done.' }];
    this.#take(done(answerNotes(this.audit, this.review, answers, assessor, at)));
  }

  decideAndReopen(): void {
    const decided = { score: this.current.score, outcome: { result: 'passed', shortfalls: [] } } as const;
    this.#take(done(acceptAudit(this.audit, this.review, this.audit.revision, decided, reviewer, at)));
    const basis = { ruleSet, dates: { arrivedOn: '2026-11-23' }, reviewer: undefined, known: [] };
    this.#take(done(reopenAudit(this.audit, 'New facts', basis, reviewer, at)));
  }

  get current(): Revision {
    const revision = this.revisions[this.audit.revision - 1];
    if (revision === undefined) throw new Error('There is no revision.');
    return revision;
  }

  points(question: Question, revision = this.current): number | undefined {
    return reviewedScore(revision.score, revision.revision, this.review)
      .elements.flatMap((element) => element.questions)
      .find((each) => each.question === question)?.awarded;
  }
}

const same: Package = { given: { '1.1': 4, '1.2': 2 }, months: 14 };

/** A desk at which a revision was corrected, and another one requested. */
function corrected(): Desk {
  const desk = new Desk();
  desk.upload(same);
  desk.layOut(true);
  desk.open();
  desk.changePoints('1.1', 1);
  desk.correctMonths(8);
  desk.request();
  return desk;
}

describe('what the reviewer corrected', () => {
  it('counts in the next revision, and the one after it, while the assessor has not changed it', () => {
    const desk = corrected();
    for (const revision of [2, 3]) {
      desk.upload(same);
      expect(desk.events).toContainEqual(
        expect.objectContaining({
          type: 'corrections carried over',
          data: {
            revision,
            from: revision - 1,
            points: [{ question: '1.1', awarded: 1, madeIn: 1 }],
            months: { recordsMonths: 8, madeIn: 1 },
          },
        }),
      );
      expect(desk.events.map(({ type }) => type)).not.toContain('corrections lapsed');
      expect(desk.points('1.1')).toBe(1);
      expect(reviewedMonths(desk.current, desk.review)).toBe(8);
      expect(standingChanges(desk.current, desk.review)).toMatchObject([{ revision: 1, question: '1.1', before: 4 }]);
      desk.layOut(true);
      desk.open();
      desk.request();
    }
  });

  it('lapses where the assessor has changed the answer or the months, and is shown with the revision', () => {
    const desk = corrected();
    desk.upload({ given: { '1.1': 2, '1.2': 2 }, months: 13 });
    expect(desk.events.slice(1)).toMatchObject([
      {
        type: 'corrections lapsed',
        data: { points: [{ question: '1.1', awarded: 1, madeIn: 1 }], months: { recordsMonths: 8, madeIn: 1 } },
      },
    ]);
    expect(desk.points('1.1')).toBe(2);
    expect(reviewedMonths(desk.current, desk.review)).toBe(13);
    expect(standingChanges(desk.current, desk.review)).toEqual([]);
    const told = { revision: 1, reason: 'Not what was observed.', at };
    expect(lapsedChanges(desk.current, desk.review)).toEqual([{ ...told, question: '1.1', awarded: 1, before: 4 }]);
    expect(lapsedMonths(desk.current, desk.review)).toMatchObject({ revision: 1, recordsMonths: 8, before: 14 });
    // Nobody writes on the review for that: it holds all of it already.
    expect(desk.review.changedPoints).toHaveLength(1);
  });

  it('lapses where the question has become not applicable, and stays shown until the reviewer decides anew', () => {
    const desk = corrected();
    desk.upload({ ...same, given: { '1.1': 'n/a', '1.2': 2 } });
    desk.layOut(true);
    desk.open();
    expect(desk.points('1.1')).toBe(0);
    desk.request();
    desk.upload(same);
    desk.layOut(true);
    expect(lapsedChanges(desk.current, desk.review)).toMatchObject([{ revision: 1, question: '1.1' }]);
    expect(desk.points('1.1')).toBe(4);
    desk.open();
    desk.changePoints('1.1', 3);
    expect(lapsedChanges(desk.current, desk.review)).toEqual([]);
    expect(desk.points('1.1')).toBe(3);
  });

  it('does not lapse by a package that came between and was never reviewed', () => {
    const desk = corrected();
    desk.upload({ given: { '1.1': 2, '1.2': 2 }, months: 13 });
    desk.layOut(true);
    desk.upload(same);
    expect(desk.points('1.1')).toBe(1);
    expect(reviewedMonths(desk.current, desk.review)).toBe(8);
  });

  it('counts for the revision that is up again once the documents of a newer one are refused', () => {
    const desk = corrected();
    desk.upload(same);
    desk.layOut(true);
    desk.upload({ given: { '1.1': 2, '1.2': 2 }, months: 13 });
    desk.layOut(false);
    expect(desk.audit).toMatchObject({ state: 'pending review', revision: 2 });
    expect(desk.points('1.1')).toBe(1);
    expect(lapsedChanges(desk.current, desk.review)).toEqual([]);
  });

  it('that was given back to the assessor is nothing to carry over or to show', () => {
    const desk = new Desk();
    desk.upload(same);
    desk.layOut(true);
    desk.open();
    desk.changePoints('1.1', 1);
    desk.changePoints('1.1', 4);
    desk.correctMonths(8);
    desk.correctMonths(14);
    desk.request();
    expect(hasCorrections(desk.review, 1)).toBe(false);
    desk.upload({ given: { '1.1': 2, '1.2': 2 }, months: 13 });
    expect(desk.events.map(({ type }) => type)).toEqual(['package accepted']);
    expect(lapsedChanges(desk.current, desk.review)).toEqual([]);
    expect(lapsedMonths(desk.current, desk.review)).toBeUndefined();
  });

  it('carries over however full the review is', () => {
    const desk = corrected();
    const full = { ...desk.review, discardedBytes: 10_000_000 };
    desk.review = full;
    desk.upload(same);
    expect(desk.points('1.1')).toBe(1);
  });
});

const given = fc.constantFrom<Given[]>(2, 4, 4, 'n/a');
const sent = fc.record({
  given: fc.record({ '1.1': given, '1.2': given }),
  months: fc.constantFrom(8, 14),
});
type Step =
  | { readonly does: 'upload'; readonly sent: Package }
  | { readonly does: 'lay out'; readonly isGood: boolean }
  | { readonly does: 'points'; readonly question: Question; readonly awarded: number }
  | { readonly does: 'months'; readonly months: number }
  | { readonly does: 'request' | 'reopen' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('upload' as const), sent }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('lay out' as const), isGood: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ does: fc.constant('points' as const), question: fc.constantFrom(...questions) },
      awarded: fc.integer({ min: 0, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('months' as const), months: fc.constantFrom(6, 8, 14) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom('request' as const, 'reopen' as const) }) },
);

/** What counts for a revision by the rule itself: the corrections as they were made, or as the revision reviewed before had them. */
type Counts = { readonly points: Partial<Record<Question, number>>; readonly months?: number | undefined };

it('the last correction counts as long as the answer has not changed since, in every revision; otherwise the assessor’s own', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), (steps) => {
      const desk = new Desk();
      const counts: Counts[] = [];
      /** The revision on which the last request was made. */
      let reviewed: number | undefined;
      const inReview = (): Counts => counts[desk.audit.revision - 1] ?? { points: {} };
      const openFirst = () => {
        const { state, revision, revisions } = desk.audit;
        if (state === 'pending review' && revisions[revision - 1]?.layout === 'done') desk.open();
        return desk.audit.state === 'in review';
      };
      for (const each of steps) {
        const { state, revision } = desk.audit;
        if (each.does === 'upload' && state !== 'in review') {
          const before = reviewed === undefined ? undefined : counts[reviewed - 1];
          const had = reviewed === undefined ? undefined : desk.packages[reviewed - 1];
          desk.upload(each.sent);
          const kept = questions.filter((question) => had?.given[question] === each.sent.given[question]);
          counts.push({
            points: Object.fromEntries(
              kept.flatMap((question) => {
                const points = before?.points[question];
                return points === undefined ? [] : [[question, points]];
              }),
            ),
            months: had?.months === each.sent.months ? before?.months : undefined,
          });
        } else if (each.does === 'lay out' && state === 'pending review') {
          if (desk.audit.revisions[revision - 1]?.layout === 'pending') desk.layOut(each.isGood);
        } else if (each.does === 'points' && openFirst()) {
          if (desk.packages[desk.audit.revision - 1]?.given[each.question] === 'n/a') continue;
          desk.changePoints(each.question, each.awarded);
          counts[desk.audit.revision - 1] = {
            ...inReview(),
            points: { ...inReview().points, [each.question]: each.awarded },
          };
        } else if (each.does === 'months' && openFirst()) {
          desk.correctMonths(each.months);
          counts[desk.audit.revision - 1] = { ...inReview(), months: each.months };
        } else if (each.does === 'request' && openFirst()) {
          reviewed = desk.audit.revision;
          desk.request();
        } else if (each.does === 'reopen' && openFirst()) desk.decideAndReopen();

        for (const [index, own] of desk.revisions.entries()) {
          for (const question of questions) {
            const ownPoints = scoreOf(desk.packages[index] ?? same).elements[0]?.questions.find(
              (scored) => scored.question === question,
            )?.awarded;
            expect(desk.points(question, own)).toBe(counts[index]?.points[question] ?? ownPoints);
          }
          expect(reviewedMonths(own, desk.review)).toBe(counts[index]?.months ?? desk.packages[index]?.months);
        }
        // What is shown as lapsed never counts, and what counts is never shown as lapsed.
        if (desk.audit.revision > 0) {
          const shown = [standingChanges, lapsedChanges].map((changes) =>
            changes(desk.current, desk.review).map(({ question }) => question),
          );
          expect(new Set(shown.flat()).size).toBe(shown.flat().length);
        }
      }
    }),
  );
});
