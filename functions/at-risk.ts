import { businessDate, type Cycle, type Risk, risksOf } from '@secor/certification';
import { listActing, readEmployer, type Store } from '@secor/store';

/** What is at risk for an employer at an instant (ISO, UTC): by its cycle, its data and who acts for it, as they are now. */
export async function risksNow(store: Store, cycle: Cycle, at: string): Promise<Risk[]> {
  const { employerId } = cycle;
  const [employer, assessors] = await Promise.all([readEmployer(store, employerId), listActing(store, employerId)]);
  return employer === undefined ? [] : risksOf(cycle, employer, assessors, businessDate(at));
}
