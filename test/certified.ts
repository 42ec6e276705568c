import {
  type Actor,
  addDays,
  arriveInCycle,
  businessDate,
  type CycleChange,
  closeAudit,
  newEmployer,
  openAudit,
  ruleSetOn,
} from '@secor/certification';
import { commit, type Store } from '@secor/store';

const system: Actor = { role: 'system' };

/** An employer that was certified: when its audit ended, and on how many months of records. */
export type Certified = {
  readonly employerId: string;
  readonly auditNumber: string;
  readonly assessorId: string;
  /** Instants, ISO, UTC: of the decision, which was ten days after the audit's end. */
  readonly decidedAt: string;
  readonly recordsMonths: number;
};

/** Adds an employer with a certificate, as the program's own steps give it. */
export async function addCertified(store: Store, certified: Certified): Promise<void> {
  const { employerId, auditNumber, assessorId, decidedAt: at, recordsMonths } = certified;
  const data = {
    legalName: `Employer ${employerId} Ltd.`,
    wcbAccount: '4810276',
    employees: 6,
    industryCode: '213118',
    address: { street: '1 Bench Road', city: 'Calgary', province: 'AB', postalCode: 'T2P 0A1' },
    contact: { name: 'Dale Kostiuk', email: `contact-${employerId}@employer.example.com` },
    goodStanding: true,
  };
  const added = newEmployer(employerId, data, system, at);
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
