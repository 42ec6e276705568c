import { digest, parts } from './document.at-build.ts';

/** The description of the API as JSON, and its entity tag, for the issuer of the access tokens: an address. */
export function documentFor(issuer: string): { readonly document: string; readonly etag: string } {
  const written = JSON.stringify(issuer.replace(/\/$/, '')).slice(1, -1);
  return { document: parts.join(written), etag: `"${digest}-${Buffer.from(issuer).toString('base64url')}"` };
}
