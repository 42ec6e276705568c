import { sampleAudit } from '@secor/audit-package/build';
import { judge, protocolById, protocolIds, ruleSetOn, score } from '@secor/certification';
import { median } from './rounds.ts';
import { type Row, row } from './row.ts';

const measuredMs = 500;
const rounds = 3;

/** Pure scoring: audits a second on one core, from the answers to the outcome. */
export async function rows(): Promise<readonly Row[]> {
  return protocolIds.map((id) => row(`scoring, ${id}`, auditsPerSecond(id), 'audits/s'));
}

function auditsPerSecond(protocolId: string): number {
  const protocol = protocolById(protocolId);
  if (protocol === undefined) throw new Error(`There is no protocol ${protocolId}.`);
  const ruleSet = ruleSetOn('2026-11-23');
  const audits = Array.from({ length: 50 }, (_, seed) =>
    sampleAudit({
      auditNumber: '412345678',
      kind: 'certification',
      protocol,
      ruleSet,
      endedOn: '2026-11-20',
      result: seed % 3 === 0 ? 'failed overall' : 'passed',
      assessor: 'Morgan Tremblay',
      evidence: ['evidence/record.pdf'],
      seed,
    }),
  );
  const measure = () => {
    const begun = performance.now();
    let scored = 0;
    while (performance.now() - begun < measuredMs) {
      for (const { answers } of audits) judge('certification', protocol, score(protocol, answers), ruleSet);
      scored += audits.length;
    }
    return (1000 * scored) / (performance.now() - begun);
  };
  measure(); // warms up
  return median(Array.from({ length: rounds }, measure));
}
