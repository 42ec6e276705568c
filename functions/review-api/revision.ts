import type { Audit, Revision } from '@secor/certification';
import { refusalProblem } from '@secor/lambda';
import { readRevision, type Store } from '@secor/store';

/** The revision that is up for review, or was; 409 while there is none. */
export async function revisionOf(store: Store, audit: Audit): Promise<Revision> {
  if (audit.revision === 0)
    throw refusalProblem({
      refused: 'not-under-review',
      message: `Audit ${audit.auditNumber} is ${audit.state}, and has no package to review. Wait until the assessor has uploaded one.`,
    });
  const revision = await readRevision(store, audit.auditNumber, audit.revision);
  if (revision === undefined) throw new Error(`Audit ${audit.auditNumber} has no revision ${audit.revision}.`);
  return revision;
}
