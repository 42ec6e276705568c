import { countParts } from '@secor/certification';
import * as v from 'valibot';
import type { Endpoint } from './endpoint.ts';
import { fieldSentences } from './field-sentences.ts';
import { maxPackageBytes } from './package-format.ts';

import { auditNumber, listOf } from './schemas.ts';
import { Sentence } from './sentence.ts';

const crc32 = v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/, fieldSentences['not-a-crc']), v.examples(['cbf43926']));

/** Whether both are within their limits; what is not has a problem of its own. */
function canBe(bytes: number, parts: number): boolean {
  return bytes >= 1 && bytes <= maxPackageBytes && parts >= 1 && parts <= maxParts;
}

const maxParts = countParts(maxPackageBytes);

/** What will be uploaded in parts: its size, and the CRC-32 of each part, so that nothing else can arrive. */
const Parts = v.pipe(
  v.strictObject({
    bytes: v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1, 'must be at least 1: a package is not empty'),
      v.maxValue(maxPackageBytes, `must be at most ${maxPackageBytes}: the limit of a package is 1 GiB`),
    ),
    crc32: v.pipe(listOf(crc32, maxParts), v.minLength(1, 'must have one entry for each part')),
  }),
  v.forward(
    v.check(
      ({ bytes, crc32: sent }) => !canBe(bytes, sent.length) || sent.length === countParts(bytes),
      fieldSentences['not-one-entry-a-part'],
    ),
    ['crc32'],
  ),
);

const linkNumber = v.pipe(v.string(), v.regex(/^[1-9]\d{0,5}$/, fieldSentences['not-an-upload']), v.transform(Number));

/** One part: when it is not there yet, with the link that takes it and nothing else, and the headers to send with it. */
const Part = v.object({
  part: v.number(),
  bytes: v.number(),
  crc32: v.string(),
  isThere: v.boolean(),
  upload: v.optional(v.object({ url: v.string(), headers: v.record(v.string(), v.string()), expiresAt: v.string() })),
});

/** An upload in parts: what is there, and links for what is missing; `closed` says why it can't be completed any more. */
export const UploadInParts = v.object({
  link: v.number(),
  state: v.picklist(['open', 'complete', 'closed']),
  closed: v.optional(Sentence),
  bytes: v.number(),
  partBytes: v.number(),
  /** Until when it can be completed. */
  expiresAt: v.string(),
  parts: v.array(Part),
});

const path = v.object({ auditNumber });
const uploadPath = v.object({ auditNumber, link: linkNumber });
const roles = ['assessor', 'administrator'] as const;

export const uploadEndpoints = {
  beginUpload: {
    method: 'POST',
    path: '/v1/audits/{auditNumber}/uploads',
    function: 'assessor-api',
    summary:
      'Begin an upload of the package in parts of 16 MiB, which can be resumed within 7 days. For a binder, an administrator can do it too',
    roles,
    parameters: path,
    body: Parts,
    answer: v.object({
      link: v.number(),
      parts: v.number(),
      partBytes: v.number(),
      expiresAt: v.string(),
    }),
    status: 201,
  },
  readUpload: {
    method: 'GET',
    path: '/v1/audits/{auditNumber}/uploads/{link}',
    function: 'assessor-api',
    summary: 'Read which parts of an upload are there, and get links for the missing ones, valid for 15 minutes',
    roles,
    parameters: uploadPath,
    answer: UploadInParts,
    status: 200,
  },
  completeUpload: {
    method: 'POST',
    path: '/v1/audits/{auditNumber}/uploads/{link}/complete',
    function: 'assessor-api',
    summary: 'Complete an upload whose parts are all there. The package arrives at this moment',
    roles,
    parameters: uploadPath,
    answer: v.object({ link: v.number(), state: v.literal('complete') }),
    status: 200,
  },
  abortUpload: {
    method: 'POST',
    path: '/v1/audits/{auditNumber}/uploads/{link}/abort',
    function: 'assessor-api',
    summary: 'Abort an upload: its parts are deleted',
    roles,
    parameters: uploadPath,
    answer: v.object({ link: v.number(), state: v.literal('aborted') }),
    status: 200,
  },
} as const satisfies Record<string, Endpoint>;
