import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { judge, protocolById, protocolIds, ruleSetOn, score } from '@secor/certification';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { buildSamplePackage, type SampleResult, sampleAudit, sampleJpeg, samplePdf, samplePng } from './build.ts';
import { bufferSource, fileSource } from './byte-source.ts';
import { checkPackage } from './check.ts';
import { inspectPackage } from './inspect.ts';
import { expectation } from './package-fixture.ts';
import { readDocument } from './read-document.ts';

async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

function sampleOf(result: SampleResult, seed = 1) {
  const { auditNumber, kind, protocol, ruleSet } = expectation;
  return { auditNumber, kind, protocol, ruleSet, endedOn: '2026-11-20', result, assessor: 'Ada Assessor', seed };
}

async function built(result: SampleResult, count: number, bytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const to = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  await buildSamplePackage(to, sampleOf(result), { count, bytes });
  return Buffer.concat(chunks);
}

test('a sample comes to the wanted result, for every protocol, kind and seed', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...protocolIds),
      fc.constantFrom('certification' as const, 'maintenance' as const),
      fc.constantFrom<SampleResult>('passed', 'failed overall', 'failed element'),
      fc.nat(),
      (id, kind, result, seed) => {
        const protocol = protocolById(id);
        if (protocol === undefined) throw new Error(id);
        const ruleSet = ruleSetOn('2026-11-01');
        const audit = sampleAudit({
          ...sampleOf(result, seed),
          kind,
          protocol,
          ruleSet,
          evidence: ['evidence/a.pdf', 'evidence/b.pdf'],
        });
        const outcome = judge(kind, protocol, score(protocol, audit.answers), ruleSet);
        const scopes = outcome.shortfalls.map(({ scope }) => scope);
        if (result === 'passed') expect(scopes).toEqual([]);
        else if (result === 'failed overall') expect(scopes).toEqual(['overall']);
        else expect(scopes).toEqual(kind === 'certification' ? ['element'] : []);
        expect(new Set(audit.answers.flatMap(({ evidence = [] }) => evidence))).toEqual(
          new Set(['evidence/a.pdf', 'evidence/b.pdf']),
        );
      },
    ),
  );
});

test('documents have the wanted size, and begin and end as they should', async () => {
  for (const size of [50_000, 65_800, 65_801, 65_803, 131_500, 2_200_003]) {
    const pdf = await collected(samplePdf({ title: 'Manual', size, seed: 1 }));
    const jpeg = await collected(sampleJpeg({ size, seed: 1 }));
    const png = await collected(samplePng({ size, seed: 1 }));
    expect([pdf.length, jpeg.length, png.length]).toEqual([size, size, size]);
    const table = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(pdf.toString('latin1').slice(-60))?.[1]);
    expect(pdf.toString('latin1', table, table + 4)).toBe('xref');
    expect(jpeg.subarray(-2).toString('hex')).toBe('ffd9');
    expect(png.toString('latin1', size - 8, size - 4)).toBe('IEND');
  }
});

test('a built package is accepted, is the same twice, and each document can be read', async () => {
  const bytes = await built('passed', 8, 3 * 2 ** 20);
  expect(bytes.equals(await built('passed', 8, 3 * 2 ** 20))).toBe(true);
  const source = bufferSource(bytes);
  const inspection = await inspectPackage(source, expectation);
  if (!inspection.accepted) throw new Error(JSON.stringify(inspection.problems));
  expect(inspection.content.documents.map(({ type }) => type).sort()).toEqual([
    'jpeg',
    'jpeg',
    'pdf',
    'pdf',
    'pdf',
    'pdf',
    'png',
    'png',
  ]);
  for (const document of inspection.content.documents) {
    expect(await collected(readDocument(source, document))).toHaveLength(Math.floor((3 * 2 ** 20) / 8));
  }
});

test('a large package goes to a file and is read from there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'secor-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'package.zip');
  await buildSamplePackage(createWriteStream(path), sampleOf('passed'), { count: 30, bytes: 64 * 2 ** 20 }, 'audit');
  expect((await stat(path)).size).toBeGreaterThan(64 * 2 ** 20 - 1_000);
  await using source = await fileSource(path);
  expect(await inspectPackage(source, expectation)).toMatchObject({ accepted: true });
});

test('checking gives the provisional score, and what is short where', async () => {
  const passed = await checkPackage(bufferSource(await built('passed', 3, 60_000)), expectation);
  expect(passed).toMatchObject({ accepted: true, problems: [], outcome: 'passed', short: [] });
  expect(passed.score?.elements.map(({ element }) => element)).toEqual(
    expectation.protocol.elements.map(({ id }) => id),
  );
  expect(passed.score?.overall.percentage).toBe('100.0');

  const failed = await checkPackage(bufferSource(await built('failed overall', 3, 60_000)), expectation);
  expect(failed).toMatchObject({ accepted: true, outcome: 'failed', short: [{ scope: 'overall' }] });
});

test('a refused package is scored all the same, when its answers can be', async () => {
  const bytes = await built('failed element', 3, 60_000);
  const check = await checkPackage(bufferSource(bytes), { ...expectation, auditNumber: '987654321' });
  expect(check).toMatchObject({ accepted: false, outcome: 'failed', short: [{ scope: 'element' }] });
  expect(check.problems).toHaveLength(1);

  const unreadable = await checkPackage(bufferSource(bytes.subarray(0, 500)), expectation);
  expect(unreadable).not.toHaveProperty('score');
});
