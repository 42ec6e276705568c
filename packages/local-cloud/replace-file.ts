import { renameSync, writeFileSync } from 'node:fs';

/**
 * Replaces a file whole, or makes it: a process killed at any moment leaves the old or the new text, never a part. Its
 * folder must exist, and one process at a time may replace it. Only the owner may read it.
 */
export function replaceFile(file: string, text: string): void {
  const fresh = `${file}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, file);
}
