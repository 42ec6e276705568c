import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from './secor.ts';

/** What a run of `secor` gave. */
export type Run = { readonly code: number; readonly out: string; readonly err: string };

/**
 * Runs `secor` in this process with what was typed, as if no local cloud were running unless `env` names one.
 * @param stop aborted where a person would press Ctrl-C
 */
export async function secor(
  typed: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stop = new AbortController().signal,
): Promise<Run> {
  let out = '';
  let err = '';
  const code = await main(typed, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    columns: () => undefined,
    env: { SECOR_LOCAL: '/nowhere', ...env },
    stop,
  });
  return { code, out, err };
}

/** A folder of its own; give it back with `await using`. */
export async function freshFolder(): Promise<{ file(name: string): string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'secor-cli-'));
  return {
    file: (name) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
