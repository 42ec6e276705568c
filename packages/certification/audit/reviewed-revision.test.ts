import { expect, it } from 'vitest';
import { ruleSetOn } from '../rules/rule-set.ts';
import { registerAudit } from './audit.ts';
import { judge } from './outcome.ts';
import { newReview, type Review } from './review.ts';
import { reviewedRevision } from './reviewed-revision.ts';
import type { Revision } from './revision.ts';
import { rulesOf } from './rules.ts';
import { score } from './scoring.ts';

const at = '2026-11-23T18:00:00.000Z';
const facts = { kind: 'certification', employerId: 'e1', assessorId: 'a1', ruleSet: ruleSetOn('2026-11-23') } as const;
const { audit } = registerAudit({ auditNumber: '412345678', ...facts }, { role: 'assessor', personId: 'a1' }, at);
const { protocol, ruleSet } = rulesOf(audit);

/** A package in which every question was answered in full. */
const full = score(
  protocol,
  protocol.elements.flatMap(({ questions }) =>
    questions.map(({ id }) => ({ question: id, sampled: 10, positive: 10, note: '', evidence: [] })),
  ),
);
const revision: Revision = {
  ...{ auditNumber: '412345678', revision: 1, startedOn: '2026-11-10', endedOn: '2026-11-20', recordsMonths: 12 },
  ...{ score: full, outcome: judge('certification', protocol, full, ruleSet), documents: 0, warnings: [] },
  content: { key: 'content', versionId: 'v1' },
  upload: { link: 1, sequencer: '0A', key: 'packages/412345678/1.zip', versionId: 'v', size: 1, arrivedAt: at },
};
const written = { reason: 'The records show it.', byReviewerId: 'r1', at };

it('is the revision itself where its reviewer changed nothing', () => {
  expect(reviewedRevision(audit, revision, newReview('412345678'))).toEqual(revision);
});

it('has the changed points, the corrected months, and the outcome that they give', () => {
  const [element] = protocol.elements;
  const changedPoints = (element?.questions ?? []).map(({ id, points }) => ({
    ...{ revision: 1, question: id, awarded: 0, own: points },
    ...written,
  }));
  const review: Review = {
    ...newReview('412345678'),
    changedPoints,
    correctedMonths: [{ revision: 1, recordsMonths: 6, own: 12, ...written }],
  };
  const reviewed = reviewedRevision(audit, revision, review);
  expect(reviewed.recordsMonths).toBe(6);
  expect(reviewed.score.elements[0]?.awarded).toBe(0);
  expect(reviewed.outcome).toMatchObject({ result: 'failed' });
  expect(reviewed.outcome.shortfalls.map((shortfall) => shortfall.element)).toContain(element?.id);
});

it('is judged by the rules of the registration only: an unknown protocol is an error that names it', () => {
  expect(() => rulesOf({ ...audit, protocol: 'secor-1999' })).toThrow('There is no protocol secor-1999.');
});
