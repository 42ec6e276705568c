import { type Audit, type Revision, refuse } from '@secor/certification';
import { refusalProblem } from '@secor/lambda';
import { readRevision, type Store } from '@secor/store';

/** The revision that is up for review, or was; 409 while there is none. */
export async function revisionOf(store: Store, audit: Audit): Promise<Revision> {
  if (audit.revision === 0)
    throw refusalProblem(refuse('nothing-to-review', { auditNumber: audit.auditNumber, state: audit.state }));
  const revision = await readRevision(store, audit.auditNumber, audit.revision);
  if (revision === undefined) throw new Error(`Audit ${audit.auditNumber} has no revision ${audit.revision}.`);
  return revision;
}
