import { describe, expect, test } from 'vitest';
import type { Completion } from '../course/catalogue.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import { type Assessor, type AssessorChange, changeAssessor, recordCompletion } from './assessor.ts';
import { importAssessor } from './import.ts';

const at = '2026-11-23T18:00:00.000Z';
const later = '2026-11-24T18:00:00.000Z';
const administrator = { role: 'administrator', personId: 'x1' } as const;
const initial: Completion = { courseId: 'safety-program-development', completedOn: '2024-02-29' };
const refresher: Completion = { courseId: 'hazard-management', completedOn: '2026-06-20' };
const online: Completion = { courseId: 'understanding-our-canadian-model', completedOn: '2026-10-01' };
const given = { assessorId: 'a1', name: 'Ana', email: 'ana@example.com', actsFor: ['e1'], completions: [initial] };

function done(change: AssessorChange | Refusal | undefined): AssessorChange {
  if (change === undefined) throw new Error('nothing changed');
  if (isRefusal(change)) throw new Error(change.message);
  return change;
}

const ana = done(importAssessor(undefined, given, administrator, at)).assessor;

describe('an imported assessor', () => {
  test('is added under an id that nobody has, with what passed before counted as sent', () => {
    const old = { ...given, completions: [{ ...initial, completedOn: '2020-01-31' }] };
    const { assessor, events } = done(importAssessor(undefined, old, administrator, at));
    expect(assessor).toMatchObject({ version: 1, events: 1, sent: [{ milestone: 'over', dueOn: '2023-01-31' }] });
    expect(events.map(({ type, by }) => [type, by])).toEqual([['assessor added', administrator]]);
  });

  test('changes nothing when all is on record, a completion of a session included', () => {
    expect(importAssessor(ana, given, administrator, later)).toBeUndefined();
    const attended = { ...refresher, sessionId: 's1' };
    const trained = done(recordCompletion(ana, attended, administrator, at)).assessor;
    const again = { ...given, completions: [refresher] };
    expect(importAssessor(trained, again, administrator, later)).toBeUndefined();
  });

  test('is changed by one version, with an event for each thing that happened', () => {
    const next = { ...given, name: 'Ana B.', actsFor: ['e2'], completions: [initial, refresher, online] };
    const { assessor, events, previousCheckOn } = done(importAssessor(ana, next, administrator, later));
    expect(events.map(({ type, number }) => [type, number])).toEqual([
      ['assessor changed', 2],
      ['course completed', 3],
      ['course completed', 4],
    ]);
    expect(assessor).toMatchObject({ version: 2, events: 4, name: 'Ana B.', actsFor: ['e2'] });
    expect(assessor.completions).toEqual([initial, refresher, online]);
    expect(previousCheckOn).toBe(ana.nextCheckOn);
    // As the steps one after the other have it, but for the version.
    const changed = done(changeAssessor(ana, next, administrator, later)).assessor;
    const first = done(recordCompletion(changed, refresher, administrator, later)).assessor;
    const steps: Assessor = done(recordCompletion(first, online, administrator, later)).assessor;
    expect({ ...assessor, version: 0 }).toEqual({ ...steps, version: 0 });
  });

  test.each([
    [{ courseId: 'moose-riding', completedOn: '2026-01-01' }, 'no-course'],
    [{ ...refresher, completedOn: '2026-02-30' }, 'no-date'],
    [{ ...refresher, completedOn: '2026-11-25' }, 'day-ahead'],
  ])('with %j is refused, new or known', (completion, refused) => {
    const wrong = { ...given, name: 'Changed', completions: [initial, completion] };
    expect(importAssessor(undefined, wrong, administrator, later)).toMatchObject({ refused });
    expect(importAssessor(ana, wrong, administrator, later)).toMatchObject({ refused });
  });

  test('is refused what one transaction could not hold: everything that is wrong is told, and nothing is taken', () => {
    const day = (index: number) => ({
      ...refresher,
      completedOn: `2026-${String(1 + (index % 6)).padStart(2, '0')}-${String(1 + Math.floor(index / 6)).padStart(2, '0')}`,
    });
    const courses = (count: number) => Array.from({ length: count }, (_, index) => day(index));
    const employers = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);
    const take = (count: number, actsFor: readonly string[]) =>
      importAssessor(ana, { ...given, actsFor, completions: courses(count) }, administrator, later);
    expect(take(45, ['e1'])).toMatchObject({ refused: 'too-much-at-once' });
    expect(take(44, ['e1'])).toMatchObject({ assessor: { version: 2 } });
    expect(take(24, employers(40))).toMatchObject({ refused: 'too-much-at-once' });
    expect(take(23, employers(40))).toMatchObject({ assessor: { version: 2 } });
  });
});
