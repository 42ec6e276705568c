import type { Audit, Reviewer } from '@secor/certification';
import { withOpenReviews } from './people.ts';
import { queueEntryKey } from './queue.ts';
import type { Changes } from './transaction.ts';

/**
 * What takes an audit off the desk, beside its own change: out of the queue, and off the count of its reviewer.
 * @param audit as it was before the change
 * @param reviewer who has it, as they are now; undefined when nobody has
 */
export function offDesk(audit: Audit, reviewer: Reviewer | undefined): Required<Pick<Changes, 'replace' | 'remove'>> {
  return {
    replace: reviewer === undefined ? [] : [withOpenReviews(reviewer, -1)],
    remove: audit.queuePosition === undefined ? [] : [queueEntryKey(audit.queuePosition)],
  };
}
