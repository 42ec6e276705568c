import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import {
  type Actor,
  type Audit,
  type AuditChange,
  type Count,
  isRefusal,
  issueLink,
  notAnswered,
} from '@secor/certification';
import { type AnswerOf, maxPackageBytes } from '@secor/contracts';
import { type Call, refusalProblem } from '@secor/lambda';
import { commit, type Packages, packageKey, readReview, type Store } from '@secor/store';

/** How long a link is valid. */
export const linkSeconds = 15 * 60;

/** The instant (ISO, UTC) from which a link that was made at `at` is valid no more. */
export function linkExpiry(at: string): string {
  return new Date(Date.parse(at) + linkSeconds * 1000).toISOString();
}

/**
 * Counts the next upload link of an audit: the change, and the limits that it counts towards. A revision's notes are answered first.
 * @param audit as just read
 * @throws HttpProblem 409 when the audit takes no packages
 */
export async function countLink(
  store: Store,
  audit: Audit,
  by: Actor,
  at: string,
): Promise<{ readonly change: AuditChange; readonly counts: readonly Count[] }> {
  const change = notAnswered(audit, await readReview(store, audit.auditNumber)) ?? issueLink(audit, by, at);
  if (isRefusal(change)) throw refusalProblem(change);
  // One administrator may enter the binders of everybody.
  const counts = by.role === 'assessor' ? [{ limit: 'linksOfPerson', subject: by.personId } as const] : [];
  return { change, counts };
}

/**
 * Counts an upload link of an audit and signs it: one key, ZIP, 1 byte to 1 GiB, 15 minutes.
 * @param audit as just read
 * @throws HttpProblem 409 when the audit takes no packages
 */
export async function issueUploadLink(
  { store, packages }: { readonly store: Store; readonly packages: Packages },
  audit: Audit,
  by: Actor,
  { at, idempotency }: Pick<Call<'issueLink'>, 'at' | 'idempotency'>,
): Promise<AnswerOf<'issueLink'>> {
  const { auditNumber } = audit;
  const { change, counts } = await countLink(store, audit, by, at);
  const link = change.audit.links;
  const { url, fields } = await createPresignedPost(packages.s3, {
    Bucket: packages.bucket,
    Key: packageKey(auditNumber, link),
    Fields: { 'Content-Type': 'application/zip' },
    Conditions: [['content-length-range', 1, maxPackageBytes]],
    Expires: linkSeconds,
  });
  const answer = { link, url, fields, expiresAt: linkExpiry(at) };
  // A repetition gets no link that has expired.
  await commit(store, { at, audit: change, counts, idempotency: idempotency(answer, answer.expiresAt) });
  return answer;
}
