import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openS3 } from './objects.ts';

const root = join(import.meta.dirname, '../..');

test('streams are gathered to pieces that S3 takes', () => {
  expect(openS3().config).toMatchObject({ requestStreamBufferSize: 65_536 });
});

test('no other place of the product makes a client of S3', () => {
  const sources = globSync('{functions,packages,infra}/**/*.ts', {
    cwd: root,
    exclude: ['**/node_modules/**', '**/*.test.ts', '**/*.fixture.ts', 'packages/local-cloud/**'],
  });
  expect(sources.length).toBeGreaterThan(100);
  const makers = sources.filter((path) =>
    /new\s+(S3|S3Client)\s*\(|\blib-storage\b/.test(readFileSync(join(root, path), 'utf8')),
  );
  expect(makers).toEqual(['packages/store/objects.ts']);
});
