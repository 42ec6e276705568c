import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LocalCloud } from './start/local-cloud.ts';
import { writeSmallApp } from './start/small-app.fixture.ts';
import { startLocalCloud } from './start/start.ts';

const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');

/** The cells of the rows of a section's table, without its header. */
function rowsOf(section: string): string[][] {
  const [, text = ''] = readme.split(`## ${section}\n`);
  const lines = (text.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const rows = rowsOf('What can be called');
let root: string;
let cloud: LocalCloud;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'readme-'));
  writeSmallApp(join(root, 'app'), {});
  cloud = await startLocalCloud({ assembly: join(root, 'app'), directory: join(root, 'state') });
});
afterAll(async () => {
  await cloud.stop();
  rmSync(root, { recursive: true });
});

describe('README.md', () => {
  test('has each operation that is supported in its table, and no other', () => {
    const written = rows.flatMap(([service, operations = '']) =>
      operations.split(', ').map((operation) => `${service} ${operation}`),
    );
    const supported = Object.entries(cloud.operations()).flatMap(([service, operations]) =>
      operations.map((operation) => `${service} ${operation}`),
    );
    const line = (name: string) => `| ${name.replace(' ', ' | ')} | the file of its test |`;
    const missing = supported.filter((name) => !written.includes(name)).map(line);
    expect(missing, 'Add these lines to the table of packages/local-cloud/README.md').toEqual([]);
    const gone = written.filter((name) => !supported.includes(name));
    expect(gone, 'Take these out of the table of packages/local-cloud/README.md').toEqual([]);
    expect(written.toSorted()).toEqual([...new Set(written)].toSorted());
  });

  test('has each folder in its table, and no other', () => {
    const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
      .map(({ name }) => `\`${name}\``);
    expect(rowsOf('How it is built').map(([folder]) => folder)).toEqual(expect.arrayContaining(folders));
    expect(rowsOf('How it is built')).toHaveLength(folders.length);
  });

  test('names files that there are', () => {
    const files = [...readme.matchAll(/`([a-z0-9./-]+\.test\.ts)`/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => !existsSync(new URL(file, import.meta.url)))).toEqual([]);
  });

  test('names for all that the product never does the test that notices it', () => {
    const never = rowsOf('What the product never does');
    expect(never.length).toBeGreaterThan(3);
    for (const [what, noticed = ''] of never) {
      const [, file = '', name = ''] = /^`([^`]+)`: (.+)$/.exec(noticed) ?? [];
      expect(readFileSync(new URL(file, import.meta.url), 'utf8'), what).toContain(name);
    }
  });
});
