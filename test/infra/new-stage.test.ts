import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { writeStage } from '../../infra/new-stage.ts';
import { isPlaceholderAccount, placeholdersOf } from '../../infra/placeholders.ts';
import { checkStage, settings } from '../../infra/stage.ts';
import { temporaryFolder } from '../support/synthesized.ts';

const root = resolve(import.meta.dirname, '../..');

/** The fields of a schema, at every depth, by their names. */
function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if ('pipe' in schema && Array.isArray(schema.pipe)) return fieldsOf(schema.pipe[0]);
  if ('wrapped' in schema) return fieldsOf(schema.wrapped);
  if (!('entries' in schema) || typeof schema.entries !== 'object') return [];
  return Object.entries(schema.entries ?? {}).flatMap(([name, field]) => [name, ...fieldsOf(field)]);
}

describe('the file of a new stage', () => {
  it('holds every setting with a comment of its own, and passes the types and the check', async () => {
    const folder = temporaryFolder();
    await mkdir(join(folder, 'stages'));
    await writeFile(join(folder, 'stage.ts'), `export type { StageSettings } from '${root}/infra/stage.ts';\n`);
    const file = await writeStage('pilot-2', join(folder, 'stages'));

    const text = await readFile(file, 'utf8');
    const fields = fieldsOf(settings);
    expect(fields).toContain('requestsPerSecond');
    expect(fields).toContain('accessTokenClaims');
    for (const field of fields) {
      // A comment of a line above it; or, where it may be left out, its own line in a comment, with the meaning behind it.
      const explained = new RegExp(`\\*/\\n *${field}: |^ +\\*  ?( {2})?${field}: .*\\S`, 'm');
      expect(text, field).toMatch(explained);
    }

    const written: { readonly default: unknown } = await import(pathToFileURL(file).href);
    const stage = checkStage('pilot-2', written.default);
    expect(isPlaceholderAccount(stage.account)).toBe(true);
    expect(placeholdersOf(stage).map(({ field }) => field)).toEqual([
      ...['partner.name', 'partner.email', 'partner.phone', 'partner.site', 'mail.identity', 'mail.sender'],
      ...['alarmEmail', 'browserOrigins.0'],
    ]);

    const strict = ['--strict', '--module', 'nodenext', '--allowImportingTsExtensions', '--skipLibCheck'];
    const args = [
      '--noEmit',
      '--ignoreConfig',
      '--target',
      'esnext',
      '--types',
      'node',
      '--typeRoots',
      `${root}/node_modules/@types`,
    ];
    await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), [...args, ...strict, file]);
  });

  it('is not written under a bad name, nor over an existing one', async () => {
    const folder = temporaryFolder();
    for (const name of ['Pilot', '1st', 'a.b', '../dev', 'a-name-that-is-too-long', ''])
      await expect(writeStage(name, folder), name).rejects.toThrow(/can't be the name of a stage: it must be 1 to 16/);
    const file = await writeStage('pilot', folder);
    await writeFile(file, 'mine');
    await expect(writeStage('pilot', folder)).rejects.toThrow(
      /There already is a stage 'pilot': see infra\/stages\/pilot\.ts/,
    );
    expect(await readFile(file, 'utf8')).toBe('mine');
  });
});
