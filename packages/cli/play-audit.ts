import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AuditKind } from '@secor/certification';
import { type AnswerOf, type ApiClient, ApiError } from '@secor/contracts';
import { Failure } from './command.ts';
import { packageSize } from './package-file.ts';
import { type Progress, uploadFile } from './upload.ts';

/** How a client waits for what happens behind the API. */
export type Patience = {
  /** After so many milliseconds it gives up. */
  readonly limitMs: number;
  /** Waits before it looks again, at most so many milliseconds; it may return earlier when something has happened. */
  readonly pause?: (milliseconds: number) => Promise<void>;
};

/** What did not come within its limit. */
export class Late extends Failure {}

const lookMs = 200;

/**
 * Reads until the value is as wanted.
 * @param what is named when it doesn't come: "the decision"
 * @throws Late
 */
export async function until<T>(
  what: string,
  read: () => Promise<T>,
  wanted: (value: T) => boolean,
  { limitMs, pause = sleep }: Patience,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const value = await read();
    if (wanted(value)) return value;
    const left = end - performance.now();
    if (left <= 0) throw new Late(`${what} did not come within ${limitMs / 1000} s.`);
    await pause(Math.min(lookMs, left));
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Registers an audit of an employer for whom the assessor acts. */
export function register(assessor: ApiClient, employerId: string, kind: AuditKind): Promise<AnswerOf<'registerAudit'>> {
  return assessor('registerAudit', { body: { employerId, kind } });
}

/** Asks for a link for one upload of the package. */
export function askForLink(assessor: ApiClient, auditNumber: string): Promise<AnswerOf<'issueLink'>> {
  return assessor('issueLink', { parameters: { auditNumber } });
}

/**
 * Uploads a package by a link.
 * @param stop breaks it off
 * @throws Failure when the file can't be read or the storage refuses it; AbortError when it was stopped
 */
export async function upload(
  file: string,
  link: Pick<AnswerOf<'issueLink'>, 'url' | 'fields'>,
  progress: Progress = () => {},
  stop?: AbortSignal,
): Promise<void> {
  await uploadFile(file, await packageSize(file), link, progress, stop);
}

/** What became of an upload. */
export type Reading = {
  readonly became: 'accepted' | 'refused' | 'late' | 'superseded';
  readonly audit: AnswerOf<'readAudit'>;
  /** What can be done about one that came too late. */
  readonly remedy: string | undefined;
};

/** Waits until the audit shows what became of the upload by this link. */
export async function untilRead(
  assessor: ApiClient,
  auditNumber: string,
  link: number,
  patience: Patience,
): Promise<Reading> {
  const { became, audit, remedy } = await until(
    `the reading of the package of audit ${auditNumber}`,
    async () => {
      const read = await assessor('readAudit', { parameters: { auditNumber } });
      return { ...fateOf(read, link), audit: read };
    },
    (reading) => reading.became !== undefined,
    patience,
  );
  return { became: became ?? 'refused', audit, remedy };
}

/** What the audit shows of the upload; nothing while it does not show all of it. */
function fateOf(
  { history, score }: AnswerOf<'readAudit'>,
  link: number,
): { readonly became?: Reading['became']; readonly remedy?: string } {
  const of = (type: string) => history.find((entry) => entry.type === type && entry.data.link === link);
  if (of('package superseded')) return { became: 'superseded' };
  const late = of('package late') ?? of('uploads over limit');
  if (late !== undefined) return { became: 'late', remedy: String(late.data.remedy) };
  if (of('package refused')) return { became: 'refused' };
  const accepted = of('package accepted');
  if (accepted === undefined) return {};
  const { revision } = accepted.data;
  // Damage deep in a document is found after the package was accepted.
  if (history.some(({ type, data }) => type === 'documents refused' && data.revision === revision)) {
    return { became: 'refused' };
  }
  // The history may be read a moment after the audit.
  return score === undefined ? {} : { became: 'accepted' };
}

/** Waits until the audit is in the queue of one of these reviewers; gives that one's place in the list. */
export async function untilAssigned(
  reviewers: readonly ApiClient[],
  auditNumber: string,
  patience: Patience,
): Promise<number> {
  const theirs = async (reviewer: ApiClient) => {
    let cursor: string | undefined;
    do {
      const page = await reviewer('listQueue', { query: cursor === undefined ? {} : { cursor } });
      if (page.entries.some((entry) => entry.auditNumber === auditNumber && entry.assigned === 'to you')) return true;
      cursor = page.cursor;
    } while (cursor !== undefined);
    return false;
  };
  return until(
    `a reviewer for audit ${auditNumber}`,
    async () => (await Promise.all(reviewers.map(theirs))).indexOf(true),
    (index) => index >= 0,
    patience,
  );
}

/** Waits until every document of the revision up for review has been laid out. Throws Failure when one was damaged. */
export async function untilLaidOut(
  reviewer: ApiClient,
  auditNumber: string,
  patience: Patience,
): Promise<AnswerOf<'readReview'>> {
  const review = await until(
    `the documents of audit ${auditNumber}`,
    () => readReview(reviewer, auditNumber),
    ({ layout }) => layout !== 'pending',
    patience,
  );
  if (review.layout !== 'done') throw new Failure(`audit ${auditNumber} was refused for damaged documents.`);
  return review;
}

/** Reads an audit as its reviewer sees it. */
export function readReview(reviewer: ApiClient, auditNumber: string): Promise<AnswerOf<'readReview'>> {
  return reviewer('readReview', { parameters: { auditNumber } });
}

/** Accepts the revision that the reviewer has read. */
export function accept(
  reviewer: ApiClient,
  { auditNumber, revision, version }: Pick<AnswerOf<'readReview'>, 'auditNumber' | 'revision' | 'version'>,
): Promise<AnswerOf<'acceptAudit'>> {
  return reviewer('acceptAudit', { parameters: { auditNumber }, body: { revision }, ifMatch: version });
}

/** Waits until the report of a decided audit can be fetched; gives the links to it. */
export async function untilReported(
  assessor: ApiClient,
  auditNumber: string,
  patience: Patience,
): Promise<AnswerOf<'readReport'>> {
  await until(
    `the report of audit ${auditNumber}`,
    () => assessor('readAudit', { parameters: { auditNumber } }),
    ({ report }) => report === 'ready',
    patience,
  );
  return assessor('readReport', { parameters: { auditNumber } });
}

/** Opens a link, as a browser does: gives the media type and the bytes. */
export async function openLink(url: string): Promise<{ type: string; bytes: Uint8Array }> {
  const response = await opened(url);
  return { type: response.headers.get('content-type') ?? '', bytes: await response.bytes() };
}

/** Downloads the file of a link and saves it. */
export async function download(url: string, file: string): Promise<void> {
  const { body } = await opened(url);
  if (body === null) throw new Failure('the link leads to no file.');
  await pipeline(Readable.fromWeb(body), createWriteStream(file));
}

async function opened(url: string): Promise<Response> {
  const response = await fetch(url);
  if (response.ok) return response;
  const code = /<Code>([^<]*)<\/Code>/.exec(await response.text())?.[1] ?? '';
  throw new ApiError(response.status, {
    detail: `The link ${new URL(url).pathname} was refused (${response.status} ${code}): ask for a new one.`,
  });
}
