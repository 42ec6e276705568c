import {
  type Actor,
  addDays,
  arriveInCycle,
  businessDate,
  type CycleChange,
  closeAudit,
  cycleSubject,
  isRefusal,
  newEmployer,
  openAudit,
  ruleSetOn,
} from '@secor/certification';
import { employerData } from '@secor/certification/testing';
import { commit, dueCheckItem, type Store, takeAccountOf } from '@secor/store';

const system: Actor = { role: 'system' };

/** An employer that was certified: when its audit ended, and on how many months of records. */
export type Certified = {
  readonly employerId: string;
  readonly auditNumber: string;
  readonly assessorId: string;
  /** Instants, ISO, UTC: of the decision, which was ten days after the audit's end. */
  readonly decidedAt: string;
  readonly recordsMonths: number;
  /** The address of its contact; one that names the employer unless told otherwise. */
  readonly contactEmail?: string;
};

/** Ids of employers that the sweep finds in one shard, which no other run has: they begin with the name. */
export function idsOfOneShard(name: string, count: number): string[] {
  const shardOf = (employerId: string) => dueCheckItem({ subject: cycleSubject(employerId), day: '' }).pk;
  const ids: string[] = [];
  for (let number = 1; ids.length < count; number += 1) {
    const id = `${name}-${number}`;
    if (shardOf(id) === shardOf(`${name}-1`)) ids.push(id);
  }
  return ids;
}

/** Adds an employer with a certificate, as the program's own steps give it. */
export async function addCertified(store: Store, certified: Certified): Promise<void> {
  const { employerId, auditNumber, assessorId, decidedAt: at, recordsMonths } = certified;
  const { contactEmail = `contact-${employerId}@employer.example.com` } = certified;
  const contact = { name: 'Dale Kostiuk', email: contactEmail };
  const data = employerData({ legalName: `Employer ${employerId} Ltd.`, contact });
  const account = await takeAccountOf(store, employerId, { wcbAccount: data.wcbAccount, shares: false });
  if (isRefusal(account)) throw new Error(account.message);
  const added = newEmployer(employerId, data, account, system, at);
  await commit(store, { at, ...added });
  const endedOn = addDays(businessDate(at), -10);
  const opened = { auditNumber, kind: 'certification', assessorId, registeredOn: endedOn } as const;
  const steps: readonly ((cycle: CycleChange['cycle']) => CycleChange)[] = [
    (cycle) => openAudit(cycle, opened, system, at),
    (cycle) => arriveInCycle(cycle, opened, { arrivedOn: businessDate(at), endedOn }, at),
    (cycle) =>
      closeAudit(
        cycle,
        { ...opened, decisions: 1, outcome: 'passed' },
        { endedOn, recordsMonths },
        ruleSetOn(endedOn),
        at,
      ),
  ];
  let { cycle } = added.cycle;
  for (const step of steps) {
    const change = step(cycle);
    await commit(store, { at, cycle: change });
    ({ cycle } = change);
  }
}
