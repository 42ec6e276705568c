import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

type Entry = {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
};

const lockFile = resolve(import.meta.dirname, '../../package-lock.json');
const { packages }: { readonly packages: Readonly<Record<string, Entry>> } = JSON.parse(readFileSync(lockFile, 'utf8'));
// Our own packages stand by their folder, and once more as links.
const installed = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);

/** The package in whose archive a bundled one comes. */
function bundling(path: string): Entry | undefined {
  const outer = path.slice(0, path.lastIndexOf('/node_modules/'));
  return packages[outer]?.inBundle ? bundling(outer) : packages[outer];
}

test('npm checks every package that it installs, on every platform, by the hash in the lock file', () => {
  expect(installed.length).toBeGreaterThan(100);
  const unchecked = installed.filter(([path, entry]) => {
    const { integrity = '' } = (entry.inBundle ? bundling(path) : entry) ?? {};
    return !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity);
  });
  expect(
    unchecked.map(([path]) => path),
    'Give these the value of `npm view NAME@VERSION dist.integrity`: npm leaves it out for platforms that it did not install.',
  ).toEqual([]);
});

test('every package comes from the registry that is configured, and none from an address of its own', () => {
  expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
});
