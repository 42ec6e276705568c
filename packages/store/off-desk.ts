import type { Audit, Reviewer } from '@secor/certification';
import { withOpenReviews } from './people.ts';
import { queueEntryKey } from './queue.ts';
import type { Changes } from './transaction.ts';

/**
 * The writes, besides its own change, for an audit that leaves the review: they remove its queue entry, and take it off its
 * reviewer's count.
 * @param audit as it was before the change
 * @param reviewer the audit's reviewer, as they are now; undefined when it has none
 */
export function offDesk(audit: Audit, reviewer: Reviewer | undefined): Required<Pick<Changes, 'replace' | 'remove'>> {
  return {
    replace: reviewer === undefined ? [] : [withOpenReviews(reviewer, -1)],
    remove: audit.queuePosition === undefined ? [] : [queueEntryKey(audit.queuePosition)],
  };
}
