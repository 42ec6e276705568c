import { isRefusal, issueLink, openAudit, registerAudit, ruleSetOn } from '@secor/certification';
import type { ObjectCreatedRecord } from '@secor/contracts';
import { commit, readAudit, readCycle } from '@secor/store';
import { type Fixture, packageOf } from '../../packages/audit-package/package-fixture.ts';
import { assign } from '../assign/handler.ts';
import { intake } from '../intake/handler.ts';
import { layout } from '../layout/handler.ts';
import { acceptAuditCall } from '../review-api/decisions.ts';
import { openReviewCall } from '../review-api/review.ts';
import { openBuckets } from './buckets.fixture.ts';
import { at, caller } from './desk.fixture.ts';
import { common, openProgram } from './program.fixture.ts';

export { documentOf } from '../../packages/audit-package/package-fixture.ts';

/** The number that the package of the fixture names. */
const auditNumber = '123456789';
const robin = { role: 'assessor', personId: 'a1' } as const;

/** An audit that Robin has registered for e1, with the steps of its way to a certificate, each by the function that takes it. */
export async function openJourney() {
  const { store, ...desk } = await openProgram();
  const buckets = await openBuckets();
  const { records, packages, s3 } = buckets;
  const kind = 'certification';
  const registered = {
    auditNumber,
    kind,
    employerId: 'e1',
    assessorId: 'a1',
    ruleSet: ruleSetOn(at.slice(0, 10)),
  } as const;
  await commit(store, {
    at,
    audit: registerAudit(registered, robin, at),
    cycle: openAudit(
      await readCycle(store, 'e1'),
      { auditNumber, kind, assessorId: 'a1', registeredOn: at.slice(0, 10) },
      robin,
      at,
    ),
  });

  const audit = async () => {
    const found = await readAudit(store, auditNumber);
    if (found === undefined) throw new Error('There is no audit.');
    return found;
  };
  const message = (type: string, number = 1) => ({
    subject: `audit#${auditNumber}` as const,
    number,
    type,
    auditNumber,
  });
  const once = { deliveryId: 'd', sentAt: at, delivery: 1 };
  const takeIn = intake({ store, records, s3 });
  const layOut = layout({ store, records, packagesBucket: packages.bucket });
  return {
    ...desk,
    store,
    buckets,
    auditNumber,
    audit,
    /** A delivery of the audit's message of this type, as relay sends it. */
    delivery: (type: string, number = 1) => ({ message: message(type, number), ...once }),
    /** Counts another upload link, and gives its number. */
    async link(): Promise<number> {
      const change = issueLink(await audit(), robin, at);
      if (isRefusal(change)) throw new Error(change.message);
      await commit(store, { at, audit: change });
      return change.audit.links;
    },
    /** Uploads a package through a link: one that is accepted, but for what is given of it. */
    upload: (link: number, given: Fixture | string = {}): Promise<ObjectCreatedRecord> =>
      buckets.upload(`packages/${auditNumber}/${link}.zip`, typeof given === 'string' ? given : packageOf(given), at),
    /** Hands S3's records to intake. */
    takeIn: (...Records: ObjectCreatedRecord[]) => takeIn({ message: { Records }, ...once }),
    /** Lays out the documents of the revision that is up for review. */
    layOut: () => layOut({ message: message('package accepted'), ...once }),
    /** Has a reviewer open the review, and accept the audit. */
    async accept(): Promise<void> {
      await assign(store)({ message: message('package accepted'), ...once });
      const { reviewerId = '' } = await audit();
      const step = async () => {
        const { version, revision } = await audit();
        const called = { ...common, caller: caller(reviewerId, 'reviewer'), parameters: { auditNumber } };
        return { ...called, ifMatch: version, body: { revision } };
      };
      await openReviewCall({ store, records })(await step());
      await acceptAuditCall({ store, records })(await step());
    },
    close: () => buckets.close(),
  };
}
