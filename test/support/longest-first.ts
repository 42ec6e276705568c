import { resolve } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take the longest, the longest first. One that starts last runs on alone, while the other core has nothing to do.
 * By itself Vitest knows how long a file takes only where it has run before.
 */
const longest = [
  'packages/certification/cycle/cycle.laws.test.ts',
  'packages/certification/cycle/cycle-reminders.laws.test.ts',
  'packages/local-cloud/start/start.test.ts',
  'test/program/journeys.test.ts',
  'test/faults/writes.test.ts',
  'test/races/interleavings.test.ts',
  'test/desk/fuzz.test.ts',
  'test/infra/permissions.test.ts',
  'test/program/imports.test.ts',
].map((file) => resolve(import.meta.dirname, '../..', file));

/** Starts the files that take the longest first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => longest.indexOf(moduleId) + 1 || longest.length + 1;
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
