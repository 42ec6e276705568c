import type { ByteSource } from './byte-source.ts';
import { watchOf } from './document-type.ts';
import type { PackageDocument } from './inspect.ts';
import { type Problem, problemAt, shown } from './problem.ts';
import type { Fault } from './sentences.ts';
import { DamagedEntry, unpack } from './unpack.ts';

/** A document that is not what it seemed when the package was inspected; the package has to be refused with `problem`. */
export class DamagedDocument extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.place}: ${problem.message}`);
    this.name = 'DamagedDocument';
    this.problem = problem;
  }
}

/**
 * Streams one document of an inspected package, unpacked, in constant memory, and judges it to its end: size, CRC, and
 * what only the whole of it tells: the parts of an office file (macros, archives within), whether a PDF needs a password. The error comes after the last bytes: whoever stores them
 * must drop them then.
 * @param source the same bytes that were inspected
 * @throws DamagedDocument with the problem to tell the assessor; the source's own errors as they are
 */
export async function* readDocument(
  source: ByteSource,
  document: PackageDocument,
): AsyncGenerator<Uint8Array, void, undefined> {
  const refuse = (what: Fault) => new DamagedDocument(problemAt(shown(document.path), what));
  const watch = watchOf(document.type);
  try {
    for await (const chunk of unpack(source, document.entry)) {
      watch?.add(chunk);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof DamagedEntry ? refuse(error.fault) : error;
  }
  const judged = await watch?.judge();
  if (judged !== undefined && typeof judged !== 'string') throw refuse(judged);
}
