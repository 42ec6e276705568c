import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, businessDate, daysBetween } from '../calendar.ts';
import { isRefusal } from '../refusal.ts';
import { ruleSetOn } from '../rules/rule-set.ts';
import { enterQueue } from './assignment.ts';
import { type Audit, type AuditChange, registerAudit } from './audit.ts';
import { checkAudit } from './audit-check.ts';
import { acceptAudit } from './decision.ts';
import { layOutDocuments, refuseDocuments } from './documents.ts';
import type { AuditEvent } from './events.ts';
import { newReview, type Review } from './review.ts';
import { addNote, extendRevision, openReview, reopenAudit, requestRevision, withdrawAudit } from './review-steps.ts';
import type { Binder, Upload } from './revision.ts';
import { acceptPackage, issueLink, receiveUpload, refusePackage } from './uploads.ts';

const first = '2026-11-01';
const ruleSet = ruleSetOn(first);
const assessor = { role: 'assessor', personId: 'a1' } as const;
const reviewer = { role: 'reviewer', personId: 'r1' } as const;
const administrator = { role: 'administrator', personId: 'x1' } as const;
const decided = {
  score: { awarded: 90, available: 100, elements: [] },
  outcome: { result: 'passed', shortfalls: [] },
} as const;
const problemList = { key: 'problems/x', versionId: 'v' };

/** A quarter past eight in Alberta: on that business date, after the sweep of 06:00. */
function morning(date: string): string {
  return `${date}T15:15:00.000Z`;
}

const acts = ['refuse', 'accept', 'damage', 'lay out', 'request', 'extend', 'decide', 'reopen', 'withdraw'] as const;
type Act = (typeof acts)[number];

/** The history of one audit as tests tell it: each act that its state allows, on a business date. */
class History {
  audit: Audit;
  review: Review = newReview('412345678');
  readonly events: AuditEvent[] = [];

  constructor(binder?: Binder) {
    const registration = {
      auditNumber: '412345678',
      kind: 'certification',
      employerId: 'e1',
      assessorId: 'a1',
    } as const;
    const change = registerAudit(
      { ...registration, ruleSet, ...(binder === undefined ? {} : { binder }) },
      binder === undefined ? assessor : administrator,
      morning(first),
    );
    this.audit = change.audit;
    this.events.push(...change.events);
  }

  take(change: (AuditChange & { readonly review?: Review }) | { readonly refused: string }): this {
    if (isRefusal(change)) return this;
    const { audit, events, review } = change as AuditChange & { readonly review?: Review };
    this.audit = audit;
    this.review = review ?? this.review;
    this.events.push(...events);
    return this;
  }

  /** What is not possible in the state of the audit changes nothing. */
  act(act: Act, day: string, extendBy = 10): this {
    const at = morning(day);
    const { audit } = this;
    switch (act) {
      case 'refuse':
      case 'accept':
        return this.uploaded(act, at);
      case 'damage':
        if (audit.state !== 'pending review') return this;
        return this.take(refuseDocuments(audit, 1, problemList, at));
      case 'lay out':
        if (audit.state !== 'pending review') return this;
        return this.take(layOutDocuments(audit, 1, at));
      case 'request': {
        this.take(openReview(this.queued(at), audit.revision, reviewer, at));
        const note = { kind: 'actionable', text: 'Show the record.' } as const;
        this.take(addNote(this.audit, this.review, note, reviewer, at));
        return this.take(requestRevision(this.audit, this.review, ruleSet, reviewer, at));
      }
      case 'extend': {
        const from = [audit.revisionDueOn ?? day, day].toSorted()[1] ?? day;
        return this.take(extendRevision(audit, addDays(from, extendBy), 'Ill.', administrator, at));
      }
      case 'decide':
        return this.take(acceptAudit(this.queued(at), this.review, audit.revision, decided, reviewer, at));
      case 'reopen': {
        const found = { reviewerId: 'r1', email: 'r1@example.org', present: true, conflicts: [] };
        const given = { ruleSet, dates: { arrivedOn: day }, reviewer: found, known: [] };
        return this.take(reopenAudit(audit, 'Wrong.', given, administrator, at));
      }
      case 'withdraw':
        return this.take(withdrawAudit(audit, this.review, 'Not needed.', administrator, at));
    }
  }

  private queued(at: string): Audit {
    const { audit } = this;
    if (audit.state !== 'pending review' || audit.queuePosition !== undefined) return audit;
    return this.take(enterQueue(audit, { arrivedOn: businessDate(at) }, 'r1', at)).audit;
  }

  private uploaded(act: 'refuse' | 'accept', at: string): this {
    this.take(issueLink(this.audit, assessor, at));
    const { audit } = this;
    const link = audit.links;
    const upload: Upload = { link, sequencer: '0A', key: 'k', versionId: 'v', size: 1, arrivedAt: at };
    if (receiveUpload(audit, upload) !== 'read') return this;
    if (act === 'refuse') return this.take(refusePackage(audit, upload, 1, problemList, at));
    const read = { startedOn: '2026-10-10', endedOn: '2026-10-20', recordsMonths: 12, warnings: [], documents: 3 };
    return this.take(acceptPackage(audit, { ...read, ...decided, upload, content: problemList }, at));
  }

  /** The sweep of a day, at 06:00 in Alberta, when the audit's entry is found. */
  sweep(day: string): this {
    const { nextCheckOn } = this.audit;
    if (nextCheckOn === undefined || nextCheckOn > day) return this;
    return this.take(checkAudit(this.audit, `${day}T13:00:00.000Z`));
  }

  /** Sweeps from a day through another, on those days that are asked for. */
  sweeps(from: string, through: string, asked: (day: string) => boolean = () => true): this {
    for (let day = from; day <= through; day = addDays(day, 1)) if (asked(day)) this.sweep(day);
    return this;
  }

  /** What was recorded: the day of the sweep, the subject and the milestone. */
  get told(): string[] {
    return this.events.flatMap((event) => {
      if (event.type !== 'reminder due') return [];
      const { data } = event;
      const subject = data.kind === 'package' ? 'package' : `revision ${data.round} due ${data.dueOn}`;
      return [`${businessDate(event.at)} ${subject}: ${data.milestone}`];
    });
  }
}

/** A revision was requested on 3 November 2026: it is due on the 18th. */
function awaiting(): History {
  const history = new History().act('accept', '2026-11-02').act('lay out', '2026-11-02').act('request', '2026-11-03');
  expect(history.audit).toMatchObject({ state: 'awaiting revision', revisionDueOn: '2026-11-18' });
  return history;
}

describe('a registered audit without a package', () => {
  test('is reminded of 14 days after its registration and then every 30 days, three times at most [A]', () => {
    const history = new History().sweeps(first, '2027-12-31');
    expect(history.told).toEqual([
      '2026-11-15 package: 14 days after',
      '2026-12-15 package: 44 days after',
      '2027-01-14 package: 74 days after',
    ]);
    expect(history.audit).not.toHaveProperty('nextCheckOn');
    expect(history.events.find(({ type }) => type === 'reminder due')).toMatchObject({
      by: { role: 'system' },
      data: {
        ...{ kind: 'package', registeredOn: first, milestone: '14 days after', day: '2026-11-15' },
        ruleSet: 'rules-2020',
      },
    });
  });

  test('counts its days from the business date of the registration, not from its instant', () => {
    const registration = {
      auditNumber: '412345678',
      kind: 'certification',
      employerId: 'e1',
      assessorId: 'a1',
    } as const;
    const late = registerAudit({ ...registration, ruleSet }, assessor, '2026-11-02T04:30:00.000Z');
    expect(late.audit.nextCheckOn).toBe('2026-11-15');
  });

  test('is reminded of although its uploads were refused, and not once one was accepted', () => {
    const history = new History().act('refuse', '2026-11-10').sweeps('2026-11-10', '2026-11-20');
    expect(history.told).toEqual(['2026-11-15 package: 14 days after']);
    history.act('accept', '2026-11-20');
    expect(history.audit).not.toHaveProperty('nextCheckOn');
    expect(history.sweeps('2026-11-21', '2027-12-31').told).toHaveLength(1);
  });

  test('is reminded of by the latest milestone that passed when runs were missed', () => {
    expect(new History().sweeps('2026-12-20', '2027-12-31').told).toEqual([
      '2026-12-20 package: 44 days after',
      '2027-01-14 package: 74 days after',
    ]);
  });

  test('is reminded of again when its only package is damaged: of the latest milestone, once', () => {
    const history = new History().act('accept', '2026-11-10').sweeps('2026-11-10', '2026-11-20');
    history.act('damage', '2026-11-20');
    expect(history.audit).toMatchObject({ state: 'registered', nextCheckOn: '2026-11-20' });
    expect(history.sweeps('2026-11-21', '2026-12-31').told).toEqual([
      '2026-11-21 package: 14 days after',
      '2026-12-15 package: 44 days after',
    ]);
  });

  test('that came in a binder is not reminded of: its package is entered by an administrator', () => {
    const history = new History({ postmarkedOn: '2026-10-28', receivedOn: first, endedOn: '2026-10-20' });
    expect(history.audit).not.toHaveProperty('nextCheckOn');
    expect(history.sweeps(first, '2027-12-31').told).toEqual([]);
  });

  test('is not reminded of once it is withdrawn', () => {
    expect(new History().act('withdraw', '2026-11-05').sweeps('2026-11-05', '2027-12-31').told).toEqual([]);
  });
});

describe('a revision that was requested', () => {
  test('is reminded of 7 and 2 days before it is due, and rejected the day after [A]', () => {
    const history = awaiting().sweeps('2026-11-03', '2026-12-31');
    expect(history.told).toEqual([
      '2026-11-11 revision 1 due 2026-11-18: 7 days before',
      '2026-11-16 revision 1 due 2026-11-18: 2 days before',
    ]);
    expect(history.audit.state).toBe('rejected');
    expect(businessDate(history.events.at(-1)?.at ?? '')).toBe('2026-11-19');
  });

  test('of a binder is reminded of as well', () => {
    const history = new History({ postmarkedOn: '2026-10-28', receivedOn: first, endedOn: '2026-10-20' });
    history.act('accept', '2026-11-02').act('lay out', '2026-11-02').act('request', '2026-11-03');
    expect(history.sweeps('2026-11-03', '2026-12-31').told).toHaveLength(2);
  });

  test('that is extended is another subject: 7 and 2 days before the new date', () => {
    const history = awaiting().sweeps('2026-11-03', '2026-11-11').act('extend', '2026-11-12');
    expect(history.audit).toMatchObject({ revisionDueOn: '2026-11-28', nextCheckOn: '2026-11-21' });
    expect(history.sweeps('2026-11-12', '2026-11-28').told).toEqual([
      '2026-11-11 revision 1 due 2026-11-18: 7 days before',
      '2026-11-21 revision 1 due 2026-11-28: 7 days before',
      '2026-11-26 revision 1 due 2026-11-28: 2 days before',
    ]);
  });

  test('whose new date is near: what passed before it was given counts as sent, since a letter gave it', () => {
    const history = awaiting().sweeps('2026-11-03', '2026-11-17').act('extend', '2026-11-17', 3);
    expect(history.audit).toMatchObject({ revisionDueOn: '2026-11-21', nextCheckOn: '2026-11-19' });
    expect(history.audit.sent.at(-1)).toMatchObject({ milestone: '7 days before', countsAsSent: true });
    expect(history.sweeps('2026-11-18', '2026-11-21').told.slice(2)).toEqual([
      '2026-11-19 revision 1 due 2026-11-21: 2 days before',
    ]);
  });

  test('is reminded of by the latest milestone only when runs were missed, and never after its day', () => {
    expect(awaiting().sweeps('2026-11-17', '2026-11-18').told).toEqual([
      '2026-11-17 revision 1 due 2026-11-18: 2 days before',
    ]);
    expect(awaiting().sweeps('2026-11-19', '2026-11-30').told).toEqual([]);
  });

  test('is reminded of again when its package is damaged, but not of what was said', () => {
    const history = awaiting().sweeps('2026-11-03', '2026-11-11').act('accept', '2026-11-12');
    expect(history.audit).not.toHaveProperty('nextCheckOn');
    history.act('damage', '2026-11-13');
    expect(history.audit).toMatchObject({ state: 'awaiting revision', nextCheckOn: '2026-11-16' });
    expect(history.sweeps('2026-11-13', '2026-11-18').told).toEqual([
      '2026-11-11 revision 1 due 2026-11-18: 7 days before',
      '2026-11-16 revision 1 due 2026-11-18: 2 days before',
    ]);
  });

  test('of another round is another subject, even if it is due on the same day', () => {
    const history = awaiting().act('extend', '2026-11-04', 10).sweeps('2026-11-04', '2026-11-12');
    history.act('accept', '2026-11-13').act('lay out', '2026-11-13').act('request', '2026-11-13');
    expect(history.audit).toMatchObject({ rounds: 2, revisionDueOn: '2026-11-28' });
    expect(history.sweeps('2026-11-13', '2026-11-28').told).toEqual([
      '2026-11-21 revision 2 due 2026-11-28: 7 days before',
      '2026-11-26 revision 2 due 2026-11-28: 2 days before',
    ]);
  });

  test('of a reopened audit is one of its own round', () => {
    const history = new History().act('accept', '2026-11-02').act('lay out', '2026-11-02').act('decide', '2026-11-03');
    history.act('reopen', '2026-11-10').act('request', '2026-11-10');
    expect(history.sweeps('2026-11-10', '2026-11-25').told).toEqual([
      '2026-11-18 revision 1 due 2026-11-25: 7 days before',
      '2026-11-23 revision 1 due 2026-11-25: 2 days before',
    ]);
  });
});

type Step = { readonly days: number; readonly act: Act; readonly extendBy: number };
const steps = fc.array(
  fc.record({
    days: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 60 })),
    act: fc.constantFrom(...acts),
    extendBy: fc.integer({ min: 1, max: 20 }),
  }),
  { maxLength: 14 },
);
/** Whether a sweep runs on a day: some are missed. */
const runs = fc.infiniteStream(fc.boolean()).map((stream) => {
  const known: boolean[] = [];
  return (index: number): boolean => {
    while (known.length <= index) known.push(stream.next().value ?? true);
    return known[index] ?? true;
  };
});

/** Carries steps out, each after the sweep of its day. */
function carryOut(
  plan: readonly Step[],
  asked: (index: number, audit: Audit, day: string) => boolean,
  seen: (history: History, day: string) => void = () => undefined,
): History {
  const history = new History();
  let day = addDays(first, 1);
  for (const { days, act, extendBy } of [...plan, { days: 100, act: 'refuse', extendBy: 1 } as const]) {
    for (const until = addDays(day, days); day < until; day = addDays(day, 1)) {
      if (!asked(daysBetween(first, day), history.audit, day)) continue;
      history.take(checkAudit(history.audit, `${day}T13:00:00.000Z`));
      seen(history, day);
    }
    history.act(act, day, extendBy);
  }
  return history;
}

const always = () => true;
/** The events of a history without their numbers: a check that finds nothing has none. */
const happened = ({ events }: History) => events.map(({ at, type, data }) => ({ at, type, data }));

test('an audit that is looked at only on the days of its next check is reminded exactly as with daily sweeps', () => {
  fc.assert(
    fc.property(steps, (plan) => {
      const checked = carryOut(plan, (_, { nextCheckOn }, day) => nextCheckOn !== undefined && nextCheckOn <= day);
      expect(happened(checked)).toEqual(happened(carryOut(plan, always)));
    }),
  );
});

test('no reminder is recorded twice, and each is of a milestone of the rules that has come, of what is awaited then', () => {
  fc.assert(
    fc.property(steps, runs, (plan, run) => {
      const history = carryOut(plan, run);
      const subjects = history.told.map((told) => told.slice('2026-11-01 '.length));
      expect(new Set(subjects).size).toBe(subjects.length);
      for (const event of history.events) {
        if (event.type !== 'reminder due') continue;
        const { data, at } = event;
        const counts = data.kind === 'package' ? [14, 44, 74] : [7, 2];
        const from = data.kind === 'package' ? data.registeredOn : data.dueOn;
        const days = counts.map((count) => addDays(from, data.kind === 'package' ? count : -count));
        expect(data.day).toBe(days.findLast((day) => day <= businessDate(at)));
      }
    }),
  );
});

test('after a sweep nothing more is due on its day: the next check is on a later one', () => {
  fc.assert(
    fc.property(steps, runs, (plan, run) => {
      carryOut(plan, run, ({ audit: { nextCheckOn, state } }, day) => {
        if (nextCheckOn !== undefined) expect(nextCheckOn > day).toBe(true);
        const waits = state === 'registered' || state === 'awaiting revision';
        if (!waits) expect(nextCheckOn).toBeUndefined();
      });
    }),
  );
});

test('with daily sweeps each milestone of a package that is awaited from its registration on is recorded on its own day', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 120 }), (days) => {
      const history = carryOut([{ days, act: 'withdraw', extendBy: 1 }], always);
      const last = addDays(first, days);
      expect(history.told).toEqual(
        [14, 44, 74]
          .filter((count) => addDays(first, count) <= last)
          .map((count) => `${addDays(first, count)} package: ${count} days after`),
      );
    }),
  );
});
