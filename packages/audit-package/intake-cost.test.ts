import { deflateRawSync } from 'node:zlib';
import { beforeEach, expect, test, vi } from 'vitest';
import { bufferSource } from './byte-source.ts';
import { inspectPackage } from './inspect.ts';
import { expectation, officeFile, packageOf } from './package-fixture.ts';
import { type RawEntry, rawZip } from './zip-fixture.ts';

const inflated = vi.hoisted(() => ({ bytes: 0 }));

vi.mock('node:zlib', async (importOriginal) => {
  const zlib = await importOriginal<typeof import('node:zlib')>();
  const inflateRawSync: typeof zlib.inflateRawSync = (data, options) => {
    try {
      const result = zlib.inflateRawSync(data, options);
      inflated.bytes += result.length;
      return result;
    } catch (error) {
      inflated.bytes += options?.maxOutputLength ?? 0;
      throw error;
    }
  };
  const createInflateRaw: typeof zlib.createInflateRaw = (options) => {
    const inflater = zlib.createInflateRaw(options);
    const push = inflater.push.bind(inflater);
    inflater.push = (chunk: Uint8Array | null, encoding?: BufferEncoding) => {
      inflated.bytes += chunk?.length ?? 0;
      return push(chunk, encoding);
    };
    return inflater;
  };
  return { ...zlib, inflateRawSync, createInflateRaw };
});

beforeEach(() => {
  inflated.bytes = 0;
});

const zeros = Buffer.alloc(2 ** 20);
const packedZeros = deflateRawSync(zeros);
const bomb = (name: string): RawEntry => ({ name, data: zeros, packedData: packedZeros });
const bombs = Array.from({ length: 60 }, (_, at) => bomb(`word/media/${at}.xml`));
const described = bombs.map((part) => ({ ...part, descriptor: 16 as const }));

test.each<[string, Buffer]>([
  ['parts whose end only their data tell', officeFile('docx', described, { types: '<Types/>', typesLast: true })],
  ['parts whose end only their data tell, behind the list', officeFile('docx', described)],
  ['parts of known length', officeFile('docx', bombs, { typesLast: true })],
  ['a list of content types that is a bomb', rawZip([bomb('[Content_Types].xml')])],
  ['many lists of content types that are bombs', rawZip(Array.from({ length: 60 }, () => bomb('[Content_Types].xml')))],
  ['a document that is a bomb', Buffer.concat([Buffer.from('%PDF-'), zeros, zeros])],
  ['a document just under a mebibyte', Buffer.concat([Buffer.from('%PDF-'), zeros.subarray(5)])],
])('a document makes intake inflate 256 KiB at most: %s', async (_what, data) => {
  const count = 20;
  const packedData = deflateRawSync(data);
  const documents = Array.from({ length: count }, (_, at) => ({ name: `evidence/${at}.docx`, data, packedData }));
  await inspectPackage(bufferSource(packageOf({ documents })), expectation);
  expect(inflated.bytes).toBeGreaterThan(0);
  expect(inflated.bytes).toBeLessThanOrEqual(2 ** 20 + count * 256 * 1024);
});

test('of a package with many files named audit.json only one is unpacked', async () => {
  const copy = { name: 'audit.json', data: zeros, packedData: packedZeros };
  const inspection = await inspectPackage(bufferSource(rawZip(Array(2_000).fill(copy))), expectation);
  expect(inspection).toMatchObject({
    problems: expect.arrayContaining([
      expect.objectContaining({ place: 'audit.json', code: 'name-twice' }),
      expect.objectContaining({ place: 'audit.json', code: 'json-value-expected' }),
    ]),
  });
  expect(inflated.bytes).toBe(2 ** 20);
});
