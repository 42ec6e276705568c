import type { Audit, Trace } from '@secor/certification';
import { type KnownStaff, readTracesOfAssessor, readTracesOfContacts, type Store } from '@secor/store';

/**
 * All that is recorded, as it is now, of who the partner's staff, these assessors and these employers' contacts are: whoever of staff
 * is one of them does not review their audits. Also of the assessors that staff are linked to, who may be recorded twice.
 */
export async function readPersonTraces(
  store: Store,
  staff: Pick<KnownStaff, 'traces'>,
  audits: readonly Pick<Audit, 'assessorId' | 'employerId'>[],
): Promise<readonly Trace[]> {
  const assessors = new Set([
    ...audits.map(({ assessorId }) => assessorId),
    ...staff.traces.flatMap(({ assessorId }) => assessorId ?? []),
  ]);
  const employers = new Set(audits.map(({ employerId }) => employerId));
  const read = await Promise.all([
    ...[...assessors].map((id) => readTracesOfAssessor(store, id)),
    ...[...employers].map((id) => readTracesOfContacts(store, id)),
  ]);
  return [...staff.traces, ...read.flat()];
}
