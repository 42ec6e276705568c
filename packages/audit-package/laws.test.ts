import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bufferSource } from './byte-source.ts';
import { type Inspection, inspectPackage } from './inspect.ts';
import { documentOf, expectation, type Fixture, packageOf } from './package-fixture.ts';
import type { RawEntry } from './zip-fixture.ts';

const inspect = (bytes: Uint8Array) => inspectPackage(bufferSource(bytes), expectation);

/** What a package says, without where it stands. */
function meaning(inspection: Inspection): unknown {
  if (!inspection.accepted) return inspection;
  const { documents, ...rest } = inspection.content;
  return {
    ...rest,
    documents: documents.map(({ path, type, entry }) => ({ path, type, crc: entry.crc, size: entry.unpacked })),
  };
}

const document = fc.record({
  type: fc.constantFrom('pdf' as const, 'jpeg' as const, 'png' as const),
  size: fc.integer({ min: 110, max: 40_000 }),
});
const packing = fc.record({
  stored: fc.boolean(),
  descriptor: fc.constantFrom(undefined, 12 as const, 16 as const),
  zip64: fc.boolean(),
});

test('a well-formed package says the same however it is packed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(document, { maxLength: 5 }),
      fc.array(packing, { minLength: 8, maxLength: 8 }),
      fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
      fc.option(fc.constantFrom('audit', 'Prüfung', 'a b'), { nil: undefined }),
      fc.boolean(),
      async (documents, packings, order, folder, zip64) => {
        const entries = documents.map(
          ({ type, size }, at): RawEntry => ({ name: `evidence/${at}.${type}`, data: documentOf(type, size) }),
        );
        const packed: Fixture['entries'] = (all) =>
          all
            .map((entry, at) => {
              const { descriptor, ...how } = packings[at] ?? { stored: false, zip64: false };
              const length = descriptor && (how.zip64 ? (descriptor === 12 ? 20 : 24) : descriptor);
              return {
                entry: { ...entry, ...how, ...(length && { descriptor: length as 12 | 16 | 20 | 24 }) },
                at: order[at] ?? 0,
              };
            })
            .sort((a, b) => a.at - b.at)
            .map(({ entry }) => entry);
        const plain = await inspect(packageOf({ documents: entries }));
        expect(plain.accepted).toBe(true);
        const other = await inspect(
          packageOf({ documents: entries, entries: packed, zip: { zip64 }, ...(folder && { folder }) }),
        );
        expect(meaning(other)).toEqual(meaning(plain));
      },
    ),
    { numRuns: 60 },
  );
});

test('no single changed byte of headers and directory is taken for another package, and none is an exception', async () => {
  const bytes = packageOf({ documents: [{ name: 'evidence/b.png', data: documentOf('png', 400), descriptor: 16 }] });
  const plain = meaning(await inspect(bytes));
  const directory = bytes.readUInt32LE(bytes.length - 6);
  const headers = [...bytes.keys()].filter((at) => {
    const before = bytes.lastIndexOf(Buffer.from('PK\x03\x04', 'latin1'), at);
    return at >= directory || at - before < 46;
  });
  let refused = 0;
  for (const at of headers) {
    for (const change of [0x01, 0x80, 0xff]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ change;
      const inspection = await inspect(changed);
      if (inspection.accepted) expect(meaning(inspection)).toEqual(plain);
      else {
        refused += 1;
        expect(inspection.problems.length).toBeGreaterThan(0);
      }
    }
  }
  expect(refused).toBeGreaterThan(headers.length);
});

test('whatever the bytes are, the judgement is a value', async () => {
  const bytes = packageOf();
  const cut = fc.record({
    at: fc.nat({ max: bytes.length }),
    length: fc.nat({ max: 300 }),
    with: fc.uint8Array({ maxLength: 300 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 4 }), async (cuts) => {
      let changed: Buffer = bytes;
      for (const { at, length, with: other } of cuts) {
        changed = Buffer.concat([changed.subarray(0, at), other, changed.subarray(at + length)]);
      }
      const inspection = await inspect(changed);
      expect(inspection.accepted || inspection.problems.length > 0).toBe(true);
    }),
    { numRuns: 150 },
  );
});
