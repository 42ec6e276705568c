import { businessDate, checkAssessor, checkCycle, leaveCycle, parseSubject, rejectOverdue } from '@secor/certification';
import {
  commit,
  type DueCheck,
  offDesk,
  readAssessor,
  readAudit,
  readCycle,
  readReviewer,
  retryingConflicts,
  type Store,
} from '@secor/store';
import { risksNow } from '../shared/risks-now.ts';

/**
 * Does what a day brings for one subject, in one transaction that moves the day of its next check: again when another write was faster,
 * and nothing when somebody else has done it.
 * @param times `at` is the sweep's own time, by which what is due is judged; `sentAt` that of its message, from which the age of what
 * is to be published counts (both ISO, UTC)
 */
export async function checkSubject(store: Store, subject: DueCheck['subject'], times: Times): Promise<void> {
  const { kind, id } = parseSubject(subject);
  const step = steps[kind];
  if (step === undefined) throw new Error(`${subject} is nothing that a sweep could look at`);
  return retryingConflicts(() => step(store, id, times));
}

type Times = { readonly at: string; readonly sentAt: string };

const steps: Readonly<Record<string, (store: Store, id: string, times: Times) => Promise<void>>> = {
  employer: checkEmployer,
  assessor: checkOneAssessor,
  audit: checkAudit,
};

function isNotDue({ nextCheckOn }: { readonly nextCheckOn?: string }, at: string): boolean {
  return nextCheckOn === undefined || nextCheckOn > businessDate(at);
}

/** Records reminders, a cancellation and risks in an employer's cycle. */
async function checkEmployer(store: Store, employerId: string, { at, sentAt }: Times): Promise<void> {
  const cycle = await readCycle(store, employerId);
  if (isNotDue(cycle, at)) return;
  await commit(store, { at: sentAt, cycle: checkCycle(cycle, await risksNow(store, cycle, at), at) });
}

/** Records the reminder of an assessor's refresher. */
async function checkOneAssessor(store: Store, assessorId: string, { at, sentAt }: Times): Promise<void> {
  const assessor = await readAssessor(store, assessorId);
  if (assessor === undefined || isNotDue(assessor, at)) return;
  await commit(store, { at: sentAt, assessor: checkAssessor(assessor, at) });
}

/** Rejects an audit whose revision has not arrived by its day: off the desk, out of the employer's cycle. */
async function checkAudit(store: Store, auditNumber: string, { at, sentAt }: Times): Promise<void> {
  const audit = await readAudit(store, auditNumber);
  const change = audit && rejectOverdue(audit, at);
  if (audit === undefined || change === undefined) return;
  const [cycle, reviewer] = await Promise.all([
    readCycle(store, audit.employerId),
    audit.reviewerId === undefined ? undefined : readReviewer(store, audit.reviewerId),
  ]);
  await commit(store, {
    at: sentAt,
    audit: change,
    cycle: leaveCycle(cycle, auditNumber, at),
    ...offDesk(audit, reviewer),
  });
}
