import { businessDate, type Cycle, type Risk, risksOf } from '@secor/certification';
import { listActing, readEmployer, type Store } from '@secor/store';

/**
 * What is at risk for an employer at an instant (ISO, UTC): by its cycle, its data and who acts for it, as they are now. A message
 * that comes late does not turn back what is known of a later day.
 */
export async function risksNow(store: Store, cycle: Cycle, at: string): Promise<Risk[]> {
  const { employerId } = cycle;
  const [employer, assessors] = await Promise.all([readEmployer(store, employerId), listActing(store, employerId)]);
  const [day = ''] = [businessDate(at), cycle.asOf].toSorted().toReversed();
  return employer === undefined ? [] : risksOf(cycle, employer, assessors, day);
}
