import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '@secor/cli';
import { expect, onTestFinished, test } from 'vitest';
import { claimsOf, known } from '../support/cloud.ts';

/** Runs `secor` on a folder of its own machine; `told` is called with all that it has printed so far. */
async function secor(folder: string, typed: readonly string[], told = (_: string) => {}, stop?: AbortSignal) {
  let [out, err] = ['', ''];
  const code = await main(typed, {
    out: (text) => {
      out += text;
      told(out);
    },
    err: (text) => {
      err += text;
    },
    columns: () => undefined,
    env: { SECOR_LOCAL: folder },
    stop: stop ?? new AbortController().signal,
  });
  return { code, out, err };
}

/** The commands of `secor` that a text tells, as they are typed. */
function commandsIn(text: string): string[][] {
  const lines = [...text.matchAll(/^ {2}npm run (?:--silent )?secor -- (.+)$/gm)].map(([, line = '']) => line);
  return lines.map((line) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''));
}

test('secor start --empty adds nobody, and the commands that it prints make the first administrator and their token', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'secor-start-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const stop = new AbortController();
  const ready = Promise.withResolvers<string>();
  const told = (out: string) => out.includes('Ctrl-C') && ready.resolve(out);
  const ended = secor(folder, ['start', '--empty'], told, stop.signal);
  const begun = await Promise.race([ready.promise, ended.then(({ err }) => Promise.reject(new Error(err)))]);
  try {
    expect(begun).toContain('The local cloud is ready');
    expect(begun).toContain('Nobody was added.');
    expect(begun).not.toContain('Who is there');
    const [add, token, ...others] = commandsIn(begun);
    expect(others).toEqual([]);
    expect(await secor(folder, known(add))).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('link: made'),
    });
    const { out } = await secor(folder, known(token));
    expect(claimsOf(out.trim())).toMatchObject({ token_use: 'access', 'cognito:groups': ['administrator'] });
  } finally {
    stop.abort();
  }
  expect(await ended).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('Stopped. The data are kept'),
  });
});
