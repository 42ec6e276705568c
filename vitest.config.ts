import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

const excluded = ['**/node_modules/**', '**/cdk.out/**', '.build/**', '.local/**'];

/**
 * Two kinds of tests: beside their file, and those in test/. Most files in test/ start a local cloud of their own, with its own
 * directory and ports: two of them run at a time.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,functions,infra}/**/*.test.ts'],
          exclude: excluded,
          maxWorkers: '100%',
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'cloud',
          include: ['test/**/*.test.ts'],
          exclude: excluded,
          globalSetup: 'test/support/assembly-once.ts',
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
