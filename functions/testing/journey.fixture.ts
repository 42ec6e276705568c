import {
  answerNotes,
  isRefusal,
  issueLink,
  type Note,
  openAudit,
  registerAudit,
  ruleSetOn,
  unansweredNotes,
} from '@secor/certification';
import type { ObjectCreatedRecord } from '@secor/contracts';
import { commit, readAudit, readCycle, readReview } from '@secor/store';
import { type Fixture, packageOf } from '../../packages/audit-package/package-fixture.ts';
import { assign } from '../assign/handler.ts';
import { intake } from '../intake/handler.ts';
import { layout } from '../layout/handler.ts';
import { acceptAuditCall } from '../review-api/decisions.ts';
import { readReviewCall } from '../review-api/reading.ts';
import {
  addNoteCall,
  changePointsCall,
  correctMonthsCall,
  openReviewCall,
  requestRevisionCall,
} from '../review-api/review.ts';
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
  const dependencies = { store, records };
  const once = { deliveryId: 'd', sentAt: at, delivery: 1 };
  const takeIn = intake({ store, records, s3 });
  const layOut = layout({ store, records, packagesBucket: packages.bucket });

  /** Assigns the audit to a reviewer where it has none; gives the steps that its reviewer takes, each of which opens the review where it is not. */
  const review = async () => {
    await assign(store)({ message: message('package accepted'), ...once });
    const call = async <B>(body: B) => {
      const { reviewerId = '', version } = await audit();
      return { ...common, caller: caller(reviewerId, 'reviewer'), parameters: { auditNumber }, ifMatch: version, body };
    };
    const opened = async () => {
      const { state, revision } = await audit();
      if (state === 'pending review') await openReviewCall(dependencies)(await call({ revision }));
    };
    const reason = 'It is not what was observed.';
    return {
      async correctMonths(recordsMonths: number) {
        await opened();
        return correctMonthsCall(dependencies)(await call({ recordsMonths, reason }));
      },
      async changePoints(question: string, awarded: number) {
        await opened();
        return changePointsCall(dependencies)(await call({ question, awarded, reason }));
      },
      async addNote(kind: Note['kind'], text: string) {
        await opened();
        return addNoteCall(dependencies)(await call({ kind, text }));
      },
      async requestRevision(text = 'Add the records of October.') {
        await opened();
        await addNoteCall(dependencies)(await call({ kind: 'actionable' as const, text }));
        return requestRevisionCall(dependencies)(await call(undefined));
      },
      async read() {
        return readReviewCall(dependencies)(await call(undefined));
      },
      /** Accepts the revision that is up, at an instant. */
      async accept(acceptedAt = at) {
        await opened();
        const { revision } = await audit();
        return acceptAuditCall(dependencies)({ ...(await call({ revision })), at: acceptedAt });
      },
    };
  };
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
    review,
    /** Has a reviewer open the review, and accept the audit. */
    async accept(): Promise<void> {
      await (await review()).accept();
    },
    /** Answers every note that waits for an answer. */
    async answerNotes(): Promise<void> {
      const written = await readReview(store, auditNumber);
      const answers = unansweredNotes(written).map(({ note }) => ({ note, text: 'Done.' }));
      const change = answerNotes(await audit(), written, answers, robin, at);
      if (isRefusal(change)) throw new Error(change.message);
      await commit(store, { at, audit: change, review: change.review });
    },
    close: () => buckets.close(),
  };
}
