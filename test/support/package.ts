import { sampleAudit } from '@secor/audit-package/build';
import { type Audit, protocolById, ruleSetOn } from '@secor/certification';
import type { AuditFile } from '@secor/contracts';
import { documentOf } from '../../packages/audit-package/package-fixture.ts';
import { type RawEntry, type RawZip, rawZip } from '../../packages/audit-package/zip-fixture.ts';

/** What is to be different from a small package that passes. */
export type PackageFixture = {
  readonly result?: 'passed' | 'failed overall' | 'failed element';
  /** Last day of the data gathering, 'YYYY-MM-DD'. */
  readonly endedOn?: string;
  readonly recordsMonths?: number;
  /** Other answers that come to the same result. */
  readonly seed?: number;
  /** Changes audit.json. */
  readonly audit?: (audit: AuditFile) => unknown;
  /** Beside the manual and evidence/record.pdf; each is named by an answer. */
  readonly documents?: readonly RawEntry[];
  /** Changes the entries: audit.json, manual.pdf, evidence/record.pdf, then the documents. */
  readonly entries?: (entries: readonly RawEntry[]) => readonly RawEntry[];
  readonly zip?: RawZip;
};

/** A small package for an audit, as bytes; crooked where the fixture says so. */
export function packageFor({
  auditNumber,
  kind,
  endedOn,
  result = 'passed',
  recordsMonths = 12,
  seed = 1,
  audit = (same) => same,
  documents = [],
  entries = (same) => same,
  zip = {},
}: PackageFixture & {
  readonly auditNumber: string;
  readonly kind: Audit['kind'];
  readonly endedOn: string;
}): Buffer {
  const ruleSet = ruleSetOn(endedOn);
  const protocol = protocolById(ruleSet.protocol.value);
  if (protocol === undefined) throw new Error(`There is no protocol ${ruleSet.protocol.value}.`);
  const evidence: RawEntry[] = [{ name: 'evidence/record.pdf', data: documentOf('pdf', 2_000) }, ...documents];
  const file = sampleAudit({
    auditNumber,
    kind,
    protocol,
    ruleSet,
    endedOn,
    recordsMonths,
    result,
    assessor: 'Ada Assessor',
    evidence: evidence.map(({ name }) => String(name)),
    seed,
  });
  const all: RawEntry[] = [
    { name: 'audit.json', data: JSON.stringify(audit(file)) },
    { name: 'manual.pdf', data: documentOf('pdf', 3_000), stored: true },
    ...evidence,
  ];
  return rawZip(entries(all), zip);
}
