import { isDeepStrictEqual } from 'node:util';
import {
  type Actor,
  type AuditKind,
  addDays,
  addYears,
  arriveInCycle,
  assessorStatus,
  businessDate,
  type Cycle,
  type CycleChange,
  closeAudit,
  currentCertificate,
  judgeCertificate,
  openAudit,
  recordCompletion,
  ruleSetOn,
} from '@secor/certification';
import { currentAssembly } from '@secor/cli';
import type { LocalCloud } from '@secor/local-cloud';
import { addAssessor, commit, openStore, readAssessor, readCycle, retryingConflicts, type Store } from '@secor/store';
import { addCertified } from '../support/certified.ts';
import { inFreshCloud, output } from './bench-cloud.ts';
import { type Row, row } from './row.ts';

const employers = 200;
const years = 3;
const maxSeconds = 180;
/**
 * Of so many employers one lets every audit go by, and loses its certificate, and another its re-certification, and its
 * certificate expires; the others have each audit passed in time, and their assessors take a refresher before their status ends.
 */
const fates = 10;
/** Audits and refreshers are done by whom they fall due for within so many days. */
const ahead = 35;
const [initial, refresher] = ['safety-program-development', 'hazard-management'];
const dayMs = 86_400_000;
const system: Actor = { role: 'system' };

/**
 * Three years in the life of employers whose certificates are of any month: reminders on their days, maintenance audits in
 * their window, re-certification, certificates that are cancelled or expire, assessors whose status is renewed or ends.
 */
export async function rows(): Promise<readonly Row[]> {
  return inFreshCloud('years', await currentAssembly(), async (cloud) => {
    const store = openStore(output(cloud, 'TableName'));
    const now = cloud.clock.now();
    const start = businessDate(now);
    for (let index = 0; index < employers; index += 1) {
      const [employerId, assessorId] = [`bench-employer-${index}`, `bench-assessor-${index}`];
      const decidedAt = new Date(now - ((index * 7) % 300) * dayMs).toISOString();
      const auditNumber = String(100_000_000 + index);
      await addCertified(store, { employerId, auditNumber, assessorId, decidedAt, recordsMonths: 12 });
      const completions = [{ courseId: initial, completedOn: trainedOn(start, index) }];
      const email = `assessor-${index}@assessor.example.net`;
      const at = new Date(now).toISOString();
      await addAssessor(store, { assessorId, name: 'Morgan Tremblay', email, actsFor: [employerId], completions }, at);
    }
    await cloud.quiet();
    const before = (await cloud.letters()).length;
    const failures: string[] = [];
    const begun = performance.now();
    const last = addYears(start, years);
    const dueOn = new Map<number, string>();
    for (let day = start; day < last; ) {
      day = [addDays(day, 28), last].toSorted()[0] ?? last;
      await cloud.advance(day, (each) => failures.push(...each.failures, ...each.open));
      await audit(cloud, store, await dueAudits(store, day, dueOn));
      await refresh(cloud, store, start);
    }
    const seconds = (performance.now() - begun) / 1000;
    if (failures.length > 0) throw new Error(`While advancing: ${failures[0]}`);
    const letters = (await cloud.letters()).length - before;
    const standing = await standings(store, last);
    const careful = await assessorsWithStatus(store, last);
    store.client.destroy();
    const each = employers / fates;
    if (!isDeepStrictEqual(standing, { cancelled: each, expired: each, valid: employers - 2 * each }))
      throw new Error(`Not every fate came about as often as it should: ${JSON.stringify(standing)}`);
    if (careful !== standing.valid) throw new Error(`The status of ${careful} careful assessors holds in the end.`);
    return [
      row(`advancing ${years} years for ${employers} employers`, seconds, 's', maxSeconds),
      row(`letters of ${years} years to ${employers} employers and their assessors`, letters, ''),
    ];
  });
}

/** An audit that an employer has done in time. */
type DueAudit = {
  readonly employerId: string;
  readonly auditNumber: string;
  readonly kind: AuditKind;
  readonly assessorId: string;
};

/** Has audits passed beside each other, step by step: what a step sets off is done before the next, which is another day's in life. */
async function audit(cloud: LocalCloud, store: Store, audits: readonly DueAudit[]): Promise<void> {
  const at = new Date(cloud.clock.now()).toISOString();
  const today = businessDate(at);
  const steps: readonly ((cycle: Cycle, audit: DueAudit) => CycleChange)[] = [
    (cycle, due) => openAudit(cycle, { ...due, registeredOn: today }, system, at),
    (cycle, due) => arriveInCycle(cycle, due, { arrivedOn: today, endedOn: today }, at),
    (cycle, due) =>
      closeAudit(
        cycle,
        { ...due, decisions: 1, outcome: 'passed' },
        { endedOn: today, recordsMonths: 12 },
        ruleSetOn(today),
        at,
      ),
  ];
  for (const step of steps) {
    await Promise.all(
      audits.map((due) =>
        retryingConflicts(async () => {
          const cycle = await readCycle(store, due.employerId);
          await commit(store, { at, cycle: step(cycle, due) });
        }),
      ),
    );
    await cloud.quiet();
  }
}

/**
 * The audits that fall due within five weeks, of the employers that take care of them.
 *
 * @param dueOn when each employer's next one is due, as far as it was seen; it is brought up to date
 */
async function dueAudits(store: Store, today: string, dueOn: Map<number, string>): Promise<DueAudit[]> {
  const isNear = (day: string) => day <= addDays(today, ahead);
  const found: DueAudit[] = [];
  for (let index = 0; index < employers; index += 1) {
    if (index % fates === 0 || !isNear(dueOn.get(index) ?? today)) continue;
    const cycle = await readCycle(store, `bench-employer-${index}`);
    const certificate = currentCertificate(cycle);
    const due =
      certificate && judgeCertificate(cycle, certificate, today).obligations.find(({ state }) => state === 'open');
    dueOn.set(index, due?.dueOn ?? '9999-12-31');
    const isMaintenance = due?.kind === 'maintenance';
    if (due === undefined || !isNear(due.dueOn) || (index % fates === 1 && !isMaintenance)) continue;
    found.push({
      employerId: cycle.employerId,
      auditNumber: `2${String(index).padStart(4, '0')}${due.dueOn.slice(0, 4)}`,
      kind: isMaintenance ? 'maintenance' : 'certification',
      assessorId: `bench-assessor-${index}`,
    });
    dueOn.delete(index);
  }
  return found;
}

/** The day of an assessor's initial training. */
function trainedOn(start: string, index: number): string {
  return addDays(start, -(index % 300));
}

/** Has those assessors take a refresher whose training does not count much longer. */
async function refresh(cloud: LocalCloud, store: Store, start: string): Promise<void> {
  const at = new Date(cloud.clock.now()).toISOString();
  const today = businessDate(at);
  for (let index = 0; index < employers; index += 1) {
    const status = assessorStatus([{ courseId: initial, completedOn: trainedOn(start, index) }], today);
    if (index % fates < 2 || !status.holds || status.through > addDays(today, ahead)) continue;
    await retryingConflicts(async () => {
      const assessor = await readAssessor(store, `bench-assessor-${index}`);
      // Who was there four weeks ago need not come again.
      if (assessor === undefined || assessor.completions.length > 1) return;
      const change = recordCompletion(assessor, { courseId: refresher, completedOn: today }, system, at);
      if (change === undefined || 'refused' in change) throw new Error(`No refresher: ${JSON.stringify(change)}`);
      await commit(store, { at, assessor: change });
    });
  }
  await cloud.quiet();
}

/** Of how many assessors of careful employers the status holds on a day. */
async function assessorsWithStatus(store: Store, day: string): Promise<number> {
  let count = 0;
  for (let index = 0; index < employers; index += 1) {
    if (index % fates < 2) continue;
    const assessor = await readAssessor(store, `bench-assessor-${index}`);
    if (assessor !== undefined && assessorStatus(assessor.completions, day).holds) count += 1;
  }
  return count;
}

/** How many certificates stand how on a day. */
async function standings(store: Store, day: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (let index = 0; index < employers; index += 1) {
    const cycle = await readCycle(store, `bench-employer-${index}`);
    const certificate = currentCertificate(cycle);
    const standing = certificate === undefined ? 'none' : judgeCertificate(cycle, certificate, day).standing;
    counts[standing] = (counts[standing] ?? 0) + 1;
  }
  return counts;
}
