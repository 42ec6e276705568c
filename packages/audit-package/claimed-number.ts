import { maxAuditFileBytes } from '@secor/contracts';
import { checkLocalHeader, isReadable, readDirectory } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import { unpack } from './unpack.ts';

const maxHeaderBytes = 64 * 1024;

/**
 * The audit number in the audit.json of a package, or undefined when there is none to be found: whether the
 * package is any good is not judged here.
 */
export async function claimedAuditNumber(source: ByteSource): Promise<string | undefined> {
  const { entries = [] } = await readDirectory(source);
  const entry = entries
    .filter(({ name }) => /^(?:[^/]+\/)?audit\.json$/.test(name) && !name.startsWith('__MACOSX/'))
    .toSorted((a, b) => a.name.length - b.name.length)[0];
  if (entry === undefined || !isReadable(entry) || entry.unpacked > maxAuditFileBytes) return undefined;
  const header = await source.read(entry.offset, Math.min(maxHeaderBytes, entry.end - entry.offset));
  const location = checkLocalHeader(entry, header);
  if ('code' in location) return undefined;
  try {
    const text = Buffer.concat(await Array.fromAsync(unpack(source, location))).toString('utf8');
    const { auditNumber }: { auditNumber?: unknown } = JSON.parse(text.replace(/^\ufeff/, '')) ?? {};
    return typeof auditNumber === 'string' && /^[1-9]\d{8}$/.test(auditNumber) ? auditNumber : undefined;
  } catch {
    return undefined;
  }
}
