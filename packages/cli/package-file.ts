import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure, type Io } from './command.ts';

/** The path of a file that a person typed: from where npm was called, when it was, since it runs scripts elsewhere. */
export function typedFile({ env }: Pick<Io, 'env'>, file: string): string {
  return env.INIT_CWD ? resolve(env.INIT_CWD, file) : file;
}

/**
 * Makes sure that there is a file that can be read as a package.
 * @returns its size in bytes
 * @throws Failure that names the file
 */
export function packageSize(file: string): Promise<number> {
  return sizeOf(file, 'pack the audit as a ZIP');
}

/**
 * Makes sure that there is a file, and something in it.
 * @param remedy what to do when there is none, or nothing in it
 * @returns its size in bytes
 * @throws Failure that names the file
 */
export async function sizeOf(file: string, remedy: string): Promise<number> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(
      error.code === 'ENOENT' ? `there is no file ${file}: check the path.` : `${file} can't be read (${error.code}).`,
    );
  });
  if (!found.isFile()) throw new Failure(`${file} is not a file: ${remedy} and name that.`);
  if (found.size === 0) throw new Failure(`${file} is empty: ${remedy}.`);
  return found.size;
}
