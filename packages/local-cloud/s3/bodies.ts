import { randomUUID } from 'node:crypto';
import { createReadStream, openSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** The bytes of objects and parts, one file each, known by a name that the store's rows hold. */
export type Bodies = {
  /** Writes a body aside and gives its name; nothing is left of one whose source fails. */
  receive(source: AsyncIterable<Uint8Array>): Promise<string>;
  /** Moves a received body to its place; the row that names it makes it visible. */
  settle(name: string): Promise<void>;
  /** The bytes from start to end, both included. The file is open when this returns, so it may be removed meanwhile. */
  read(name: string, start: number, end: number): Readable;
  /** Removes bodies that no row names any more, settled or not. */
  remove(names: readonly string[]): Promise<void>;
};

/** Opens the folder and clears it of what a killed process left: bodies half received, or settled without a row. */
export async function openBodies(directory: string, known: ReadonlySet<string>): Promise<Bodies> {
  const incoming = join(directory, 'incoming');
  const settled = join(directory, 'bodies');
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true });
  await mkdir(settled, { recursive: true });
  for (const name of await readdir(settled)) {
    if (!known.has(name)) await rm(join(settled, name), { force: true });
  }
  return {
    async receive(source) {
      const name = randomUUID();
      const path = join(incoming, name);
      const file = await open(path, 'wx');
      try {
        for await (const chunk of source) await file.writeFile(chunk);
      } catch (error) {
        await file.close();
        await rm(path, { force: true });
        throw error;
      }
      await file.close();
      return name;
    },
    settle: (name) => rename(join(incoming, name), join(settled, name)),
    read: (name, start, end) => createReadStream('', { fd: openSync(join(settled, name), 'r'), start, end }),
    async remove(names) {
      for (const name of names) {
        await rm(join(incoming, name), { force: true });
        await rm(join(settled, name), { force: true });
      }
    },
  };
}
