import {
  type Actor,
  addDays,
  addYears,
  arriveInCycle,
  businessDate,
  type Cycle,
  type CycleChange,
  closeAudit,
  currentCertificate,
  judgeCertificate,
  openAudit,
  ruleSetOn,
} from '@secor/certification';
import { currentAssembly } from '@secor/cli';
import { addAssessor, commit, openStore, readCycle, retryingConflicts, type Store } from '@secor/store';
import { addCertified } from '../certified.ts';
import { inFreshCloud, output } from './bench-cloud.ts';
import { type Row, row } from './row.ts';

const employers = 200;
const years = 3;
const mostSeconds = 180;
/** One of so many lets every maintenance audit go by, and loses the certificate; the others meet theirs. */
const careless = 10;
const dayMs = 86_400_000;
const system: Actor = { role: 'system' };

/**
 * Three years in the life of employers whose certificates are of any month: reminders on their days, maintenance audits in
 * their window, certificates that are cancelled or expire, assessors whose status ends.
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
      const completions = [{ courseId: 'safety-program-development', completedOn: addDays(start, -(index % 300)) }];
      const email = `assessor-${index}@assessor.example.net`;
      const at = new Date(now).toISOString();
      await addAssessor(store, { assessorId, name: 'Morgan Tremblay', email, actsFor: [employerId], completions }, at);
    }
    await cloud.quiet();
    const before = (await cloud.letters()).length;
    const failures: string[] = [];
    const begun = performance.now();
    const last = addYears(start, years);
    for (let day = start; day < last; ) {
      day = [addDays(day, 28), last].toSorted()[0] ?? last;
      await cloud.advance(day, (each) => failures.push(...each.failures, ...each.open));
      await maintain(store, day, new Date(cloud.clock.now()).toISOString());
      await cloud.quiet();
    }
    const seconds = (performance.now() - begun) / 1000;
    if (failures.length > 0) throw new Error(`While advancing: ${failures[0]}`);
    const letters = (await cloud.letters()).length - before;
    const standing = await standings(store, last);
    store.client.destroy();
    if (standing.cancelled === undefined || standing.expired === undefined || standing.valid === undefined)
      throw new Error(`Not every fate came about: ${JSON.stringify(standing)}`);
    return [
      row(`advancing ${years} years for ${employers} employers`, seconds, 's', mostSeconds),
      row(`letters of ${years} years to ${employers} employers and their assessors`, letters, ''),
    ];
  });
}

/** Has a maintenance audit passed for each employer that takes care and whose next one falls due within five weeks. */
async function maintain(store: Store, today: string, at: string): Promise<void> {
  for (let index = 0; index < employers; index += 1) {
    if (index % careless === 0) continue;
    const cycle = await readCycle(store, `bench-employer-${index}`);
    const certificate = currentCertificate(cycle);
    const due =
      certificate && judgeCertificate(cycle, certificate, today).obligations.find(({ state }) => state === 'open');
    if (due === undefined || due.kind !== 'maintenance' || due.dueOn > addDays(today, 35)) continue;
    const audit = {
      auditNumber: `2${String(index).padStart(4, '0')}${due.dueOn.slice(0, 4)}`,
      kind: 'maintenance',
    } as const;
    const opened = { ...audit, assessorId: `bench-assessor-${index}`, registeredOn: today };
    const steps: readonly ((cycle: Cycle) => CycleChange)[] = [
      (now) => openAudit(now, opened, system, at),
      (now) => arriveInCycle(now, audit, { arrivedOn: today, endedOn: today }, at),
      (now) =>
        closeAudit(
          now,
          { ...audit, decisions: 1, outcome: 'passed' },
          { endedOn: today, recordsMonths: 12 },
          ruleSetOn(today),
          at,
        ),
    ];
    for (const step of steps)
      await retryingConflicts(async () => commit(store, { at, cycle: step(await readCycle(store, cycle.employerId)) }));
  }
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
