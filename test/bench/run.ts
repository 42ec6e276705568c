import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Row, Topic } from './row.ts';

/** What is measured, in this order. A new one is a file with `rows` and its name here. */
const topics: Readonly<Record<string, () => Promise<Topic>>> = {
  scoring: () => import('./scoring.ts'),
  init: () => import('./init.ts'),
  start: () => import('./start.ts'),
  database: () => import('./database.ts'),
  intake: () => import('./intake.ts'),
  pipeline: () => import('./pipeline.ts'),
  report: () => import('./report.ts'),
  queue: () => import('./queue.ts'),
  api: () => import('./api.ts'),
  sweep: () => import('./sweep.ts'),
  crowd: async () => ({ rows: (await import('./sweep.ts')).crowdRows }),
  memory: async () => ({ rows: (await import('./sweep.ts')).memoryRows }),
  years: () => import('./years.ts'),
};

const folder = resolve(import.meta.dirname, '../../.local');
const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(topics, name));
if (unknown !== undefined) {
  console.error(`bench: there is nothing named "${unknown}": there are ${Object.keys(topics).join(', ')}.`);
  process.exit(2);
}

const rows: Row[] = [];
const failures: string[] = [];
for (const [name, load] of Object.entries(topics)) {
  if (names.length > 0 && !names.includes(name)) continue;
  console.error(`bench: ${name} …`);
  try {
    rows.push(...(await (await load()).rows()));
  } catch (error) {
    failures.push(`bench: ${name} could not be measured: ${error instanceof Error ? error.message : error}`);
  }
}
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'bench.json'), `${JSON.stringify(rows, null, 2)}\n`);

const cells = [
  ['', 'value', '', 'limit', ''],
  ...rows.map(({ name, value, unit, limit, ok }) => [
    name,
    shown(value),
    unit,
    limit === null ? '–' : shown(limit),
    limit === null ? '' : ok ? 'ok' : 'OVER',
  ]),
];
const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
const numeric = new Set([1, 3]);
for (const line of cells) {
  const padded = line.map((cell, column) =>
    numeric.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
  );
  console.log(padded.join('  ').trimEnd());
}
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 || rows.some(({ ok }) => !ok) ? 1 : 0;

function shown(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });
}
