const units = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** A number of bytes for people: "1.5 MiB", "812 B". */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  // What would be shown as 1024.0 is one of the next unit.
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** The bytes that a text such as "1MiB", "500 KiB" or "2048" says, or undefined when it says none. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const exponent = units.findIndex((unit) => unit.toLowerCase() === (match[2] ?? 'B').toLowerCase());
  return Math.round(Number(match[1]) * 1024 ** exponent);
}

/** A time for people: "340 ms", "2.1 s". */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Rows as aligned columns, two blanks between them; a column named in `right` is aligned to the right. The last one is never padded. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        if (right.includes(column)) return cell.padStart(width);
        return column === row.length - 1 ? cell : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}
