import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Records } from '@secor/store';

/** What a link leads to, and how a browser is to take it. */
export type Download = {
  readonly key: string;
  readonly versionId?: string;
  /** The name under which it is saved. */
  readonly name: string;
  /** The media type as which it is served, whatever it was stored as. */
  readonly type: string;
};

/** What a browser shows without running anything of it; everything else is saved. */
const shownTypes: ReadonlySet<string> = new Set(['application/pdf', 'image/jpeg', 'image/png']);

/**
 * Signs a link to an object of the records. Name and type are part of the signature, so that no browser has to guess the type:
 * S3 can not add `X-Content-Type-Options: nosniff` to a signed link; instead, only types that run nothing are shown, the rest is saved.
 * @param how 'shown' only shows what can not run
 * @param expiresIn seconds
 */
export function downloadLink(
  { s3, bucket }: Records,
  { key, versionId, name, type }: Download,
  how: 'saved' | 'shown',
  expiresIn: number,
): Promise<string> {
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    VersionId: versionId,
    ResponseContentDisposition: disposition(how === 'shown' && shownTypes.has(type) ? 'inline' : 'attachment', name),
    ResponseContentType: type,
  });
  return getSignedUrl(s3, command, { expiresIn });
}

/** How a browser takes a document: shown, or saved under this name, as RFC 8187 writes it. */
export function disposition(how: 'inline' | 'attachment', name: string): string {
  const escaped = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${how}; filename*=UTF-8''${escaped}`;
}
