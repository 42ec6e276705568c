import {
  type Audit,
  businessDate,
  checkAssessor,
  checkAudit,
  checkCycle,
  leaveCycle,
  parseSubject,
} from '@secor/certification';
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
  audit: checkOneAudit,
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

/**
 * Records the reminder of a package or a revision. An audit whose revision has not arrived by its day is rejected: off the desk,
 * out of the employer's cycle.
 */
async function checkOneAudit(store: Store, auditNumber: string, { at, sentAt }: Times): Promise<void> {
  const audit = await readAudit(store, auditNumber);
  if (audit === undefined || isNotDue(audit, at)) return;
  const change = checkAudit(audit, at);
  const ended = change.audit.state === 'rejected' ? await leaveDesk(store, audit, at) : {};
  await commit(store, { at: sentAt, audit: change, ...ended });
}

async function leaveDesk(store: Store, audit: Audit, at: string) {
  const [cycle, reviewer] = await Promise.all([
    readCycle(store, audit.employerId),
    audit.reviewerId === undefined ? undefined : readReviewer(store, audit.reviewerId),
  ]);
  return { cycle: leaveCycle(cycle, audit.auditNumber, at), ...offDesk(audit, reviewer) };
}
