import { placeOf, readBodies } from './batch.ts';
import { administratorKey, assessorKey, employerKey, reviewerKey } from './people.ts';
import type { Key, Store } from './table.ts';

/** The ids of those whose names a list shows; one id may come several times. */
type Named = {
  readonly employerIds?: readonly string[];
  readonly assessorIds?: readonly string[];
  readonly reviewerIds?: readonly string[];
  readonly administratorIds?: readonly string[];
};

/** Names by id, as they are recorded now; the id itself where there is no record. */
export type Names = {
  legalName(employerId: string): string;
  assessorName(assessorId: string): string;
  reviewerName(reviewerId: string): string;
  administratorName(administratorId: string): string;
};

/**
 * Reads the names of people and companies, each once: one call for up to 100. The read may be a moment behind, as a list is.
 *
 * @throws Error when DynamoDB leaves keys unread six times
 */
export async function readNames(store: Store, named: Named): Promise<Names> {
  const { employerIds = [], assessorIds = [], reviewerIds = [], administratorIds = [] } = named;
  const keys = [
    ...[...new Set(employerIds)].map(employerKey),
    ...[...new Set(assessorIds)].map(assessorKey),
    ...[...new Set(reviewerIds)].map(reviewerKey),
    ...[...new Set(administratorIds)].map(administratorKey),
  ];
  const bodies = await readBodies(store, keys, ['legalName', 'name']);
  const nameAt = (key: Key, id: string) => {
    const { legalName, name } = (bodies.get(placeOf(key)) ?? {}) as { legalName?: string; name?: string };
    return legalName ?? name ?? id;
  };
  return {
    legalName: (id) => nameAt(employerKey(id), id),
    assessorName: (id) => nameAt(assessorKey(id), id),
    reviewerName: (id) => nameAt(reviewerKey(id), id),
    administratorName: (id) => nameAt(administratorKey(id), id),
  };
}
