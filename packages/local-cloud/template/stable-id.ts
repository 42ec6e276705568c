import { createHash } from 'node:crypto';

/** An id in the form of AWS's: the same for the same resource at every start. */
export function stableId(seed: string, length: number): string {
  return createHash('sha256').update(seed).digest('hex').slice(0, length);
}
