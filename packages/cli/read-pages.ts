/** Reads a list to its end, page by page. */
export async function readPages<P extends { readonly cursor?: string | undefined }, T>(
  read: (cursor: string | undefined) => Promise<P>,
  entriesOf: (page: P) => readonly T[],
): Promise<T[]> {
  const entries: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    entries.push(...entriesOf(page));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return entries;
}
