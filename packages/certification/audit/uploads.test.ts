import { describe, expect, test } from 'vitest';
import { ruleSetOn } from '../rules/rule-set.ts';
import { type Audit, registerAudit } from './audit.ts';
import { closedToLink } from './uploads.ts';

const on = '2026-11-23';
const { audit } = registerAudit(
  { auditNumber: '412345678', kind: 'certification', employerId: 'e1', assessorId: 'a1', ruleSet: ruleSetOn(on) },
  { role: 'assessor', personId: 'a1' },
  '2026-11-23T18:00:00.000Z',
);
const having = (more: Partial<Audit>): Audit => ({ ...audit, links: 3, ...more });

describe('a link', () => {
  test('takes a package while the audit does, and was not issued before the last revision was requested', () => {
    expect(closedToLink(having({}), 1, on)).toBeUndefined();
    expect(closedToLink(having({ state: 'pending review' }), 1, on)).toBeUndefined();
    const awaiting = having({ state: 'awaiting revision', spentLinks: 2, revisionDueOn: on });
    expect(closedToLink(awaiting, 3, on)).toBeUndefined();
    expect(closedToLink(awaiting, 2, on)).toMatchObject({ refused: 'link-before-revision' });
    expect(closedToLink(awaiting, 3, '2026-11-24')).toMatchObject({ refused: 'revision-overdue' });
  });

  test.each([
    ['pending review', 'link-replaced', 'To replace that one, ask for a new link.'],
    ['in review', 'package-in-review', 'ask the certifying partner for a revision.'],
    ['closed', 'audit-takes-no-packages', 'Register a new audit if another one is due.'],
  ] as const)('of a revision before takes none while the audit is %s: %s', (state, refused, remedy) => {
    expect(closedToLink(having({ state, spentLinks: 2 }), 2, on)).toMatchObject({
      refused,
      message: expect.stringContaining(remedy),
    });
  });
});
