import { defineConfig } from 'vitest/config';

const excluded = ['**/node_modules/**', '**/cdk.out/**', '.build/**', '.local/**'];

/** Two kinds of tests: beside their file, and those in test/, which boot the local cloud and run one file at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,functions,infra}/**/*.test.ts'],
          exclude: excluded,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'cloud',
          include: ['test/**/*.test.ts'],
          exclude: excluded,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
