import { addDays, addYears, businessDate } from '@secor/certification';
import { currentAssembly } from '@secor/cli';
import { addAssessor, openStore } from '@secor/store';
import { addCertified } from '../certified.ts';
import { inFreshCloud, output } from './bench-cloud.ts';
import { type Row, row } from './row.ts';

const employers = 200;
const years = 3;
const mostSeconds = 180;

/** Three years in the life of employers who do nothing: every reminder of a whole cycle, and what comes of missed dates. */
export async function rows(): Promise<readonly Row[]> {
  return inFreshCloud('years', await currentAssembly(), async (cloud) => {
    const store = openStore(output(cloud, 'TableName'));
    const at = new Date(cloud.clock.now()).toISOString();
    const completions = [{ courseId: 'safety-program-development', completedOn: addDays(businessDate(at), -30) }];
    for (let index = 1; index <= employers; index += 1) {
      const [employerId, assessorId] = [`bench-employer-${index}`, `bench-assessor-${index}`];
      const email = `assessor-${index}@assessor.example.net`;
      await addCertified(store, {
        employerId,
        auditNumber: String(100_000_000 + index),
        assessorId,
        decidedAt: at,
        recordsMonths: 12,
      });
      await addAssessor(store, { assessorId, name: 'Morgan Tremblay', email, actsFor: [employerId], completions }, at);
    }
    store.client.destroy();
    await cloud.quiet();
    const before = (await cloud.letters()).length;
    const begun = performance.now();
    const failures: string[] = [];
    await cloud.advance(addYears(businessDate(at), years), (day) => failures.push(...day.failures, ...day.open));
    const seconds = (performance.now() - begun) / 1000;
    if (failures.length > 0) throw new Error(`While advancing: ${failures[0]}`);
    const letters = (await cloud.letters()).length - before;
    return [
      row(`advancing ${years} years for ${employers} employers`, seconds, 's', mostSeconds),
      row(`letters of ${years} years to ${employers} employers and their assessors`, letters, ''),
    ];
  });
}
