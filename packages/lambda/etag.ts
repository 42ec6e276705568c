/** Whether the caller names the version that they have, alone or in a list (`If-None-Match`); a cache may have marked it as weak. */
export function hasVersion(etag: string, ifNoneMatch: string | undefined): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
