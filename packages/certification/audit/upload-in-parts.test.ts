import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRefusal, type Refusal } from '../refusal.ts';
import {
  abortUpload,
  beginCompletion,
  countParts,
  endCompletion,
  endedUpload,
  maxUploadDays,
  missingParts,
  partBytes,
  partsOf,
  type UploadInParts,
  uploadExpiry,
  uploadHasEnded,
} from './upload-in-parts.ts';

const begunAt = '2026-11-23T18:00:00.000Z';
const upload: UploadInParts = {
  auditNumber: '412345678',
  link: 3,
  version: 1,
  uploadId: 'u1',
  begunAt,
  bytes: 2 * partBytes + 7,
  crc32: ['00000001', '00000002', '00000003'],
  state: 'open',
};

/** The upload that a step gave, which must not be a refusal. */
function taken(step: UploadInParts | Refusal): UploadInParts {
  if (isRefusal(step)) throw new Error(step.message);
  return step;
}

/** An upload of any size up to that of the largest package. */
const uploads = fc.integer({ min: 1, max: 1024 ** 3 }).map(
  (bytes): UploadInParts => ({
    ...upload,
    bytes,
    crc32: Array.from({ length: countParts(bytes) }, (_, index) => index.toString(16).padStart(8, '0')),
  }),
);

describe('the parts of an upload', () => {
  test('are all of the full size but the last, are at most 64, and come to the whole', () => {
    fc.assert(
      fc.property(uploads, (each) => {
        const parts = partsOf(each);
        expect(parts.length).toBeLessThanOrEqual(64);
        expect(parts.map(({ part }) => part)).toEqual(parts.map((_, index) => index + 1));
        expect(parts.slice(0, -1).every(({ bytes }) => bytes === partBytes)).toBe(true);
        expect(parts.at(-1)?.bytes).toBeGreaterThan(0);
        expect(parts.at(-1)?.bytes).toBeLessThanOrEqual(partBytes);
        expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(each.bytes);
      }),
    );
  });

  test('are missing unless one of their number, size and checksum is there', () => {
    fc.assert(
      fc.property(uploads, fc.infiniteStream(fc.boolean()), (each, random) => {
        const there = partsOf(each).filter(() => random.next().value);
        const missing = missingParts(each, there);
        expect([...there, ...missing].toSorted((a, b) => a.part - b.part)).toEqual(partsOf(each));
      }),
    );
    const [first, second, last] = partsOf(upload);
    if (!first || !second || !last) throw new Error('There are not three parts.');
    for (const wrong of [{ bytes: 8 }, { crc32: '00000009' }, { part: 9 }])
      expect(missingParts(upload, [first, second, { ...last, ...wrong }])).toEqual([last]);
  });
});

describe('an upload', () => {
  const parts = partsOf(upload);

  test('is completed with all its parts, and says which are missing', () => {
    expect(beginCompletion(upload, parts.slice(1, 2))).toEqual({
      refused: 'parts-missing',
      message:
        'Upload 3 of audit 412345678 is not complete. Of its 3 parts, these are missing: 1, 3. Upload them, then complete it.',
      values: { auditNumber: '412345678', link: 3, parts: 3, missing: '1, 3' },
    });
    const completing = taken(beginCompletion(upload, parts));
    expect(completing).toMatchObject({ state: 'completing', version: 2 });
    // A call whose answer was lost is made again.
    expect(beginCompletion(completing, parts)).toBe(completing);
    const complete = endCompletion(completing);
    expect(complete).toMatchObject({ state: 'complete', version: 3 });
    expect(endCompletion(complete)).toBe(complete);
  });

  test('is aborted while nobody completes it', () => {
    const aborted = taken(abortUpload(upload));
    expect(aborted).toMatchObject({ state: 'aborted', version: 2 });
    expect(abortUpload(aborted)).toBe(aborted);
    for (const state of ['completing', 'complete'] as const)
      expect(abortUpload({ ...upload, state })).toMatchObject({ refused: 'upload-complete' });
  });

  test('ends after its days, unless it is complete', () => {
    const end = uploadExpiry(upload);
    expect(Date.parse(end) - Date.parse(begunAt)).toBe(maxUploadDays * 24 * 60 * 60 * 1000);
    const before = new Date(Date.parse(end) - 1).toISOString();
    for (const state of ['open', 'completing'] as const)
      expect([before, end].map((at) => uploadHasEnded({ ...upload, state }, at))).toEqual([false, true]);
    expect(uploadHasEnded({ ...upload, state: 'complete' }, end)).toBe(false);
    expect(uploadHasEnded({ ...upload, state: 'aborted' }, begunAt)).toBe(true);
  });

  test('that has ended says why', () => {
    const told = (state: UploadInParts['state'], at: string) => endedUpload({ ...upload, state }, at).message;
    expect(told('aborted', begunAt)).toBe('Upload 3 of audit 412345678 was aborted. Begin a new upload.');
    expect(told('open', uploadExpiry(upload))).toContain('was not completed within 7 days.');
    expect(told('open', begunAt)).toContain('is not there any more.');
  });
});
