import { join } from 'node:path';
import { currentAssembly, samplePeople } from '@secor/cli';
import { accept, askForLink, readReview, register, upload } from '@secor/cli/play-audit';
import { type ApiClient, apiClient, type Role } from '@secor/contracts';
import type { LocalCloud } from '@secor/local-cloud';
import { inCloud, inFolder, output, packageFor } from './bench-cloud.ts';
import { type Row, row } from './row.ts';
import { readTable, replaceTable, type StoredItem } from './table-import.ts';

const openAudits = 60;
const [few, many] = [100, 100_000];
/** Of what the page costs with few closed audits: it is the same. */
const maxRatio = 1;

const { administrator, assessors, employers, reviewers } = samplePeople;
const [assessor] = assessors;
const [employer, other = employer] = employers;

/** First pages, as people ask for them. All closed audits are of one assessor and one employer: their lists are the longest. */
const pages: Readonly<Record<string, (cloud: LocalCloud) => Promise<number>>> = {
  'queue of an administrator': async (cloud) => {
    const list = await clientOf(cloud, administrator.email, 'administrator');
    return (await list('listQueue', {})).entries.length;
  },
  'queue of both reviewers': async (cloud) => {
    const lists = await Promise.all(reviewers.map(({ email }) => clientOf(cloud, email, 'reviewer')));
    const entries = await Promise.all(lists.map(async (list) => (await list('listQueue', {})).entries.length));
    // One of them has all that is open.
    return Math.max(...entries);
  },
  'closed audits of an assessor': async (cloud) => {
    const list = await clientOf(cloud, assessor.email, 'assessor');
    return (await list('listAudits', { query: { state: 'closed' } })).audits.length;
  },
  'audits of an employer': async (cloud) => {
    const list = await clientOf(cloud, employer.contact.email, 'employer');
    return (await list('listEmployersAudits', {})).audits.length;
  },
};

/** What the first page of each list costs, with many closed audits in the table against few; as many are open in both. */
export async function rows(): Promise<readonly Row[]> {
  const assembly = await currentAssembly();
  return inFolder('queue', async (folder) => {
    const directory = join(folder, 'cloud');
    const played = await inCloud(assembly, directory, true, (cloud) => playTwo(cloud, folder));
    const { description, items } = played.table;
    const costs = async (closed: number) => {
      const copies = function* (): Generator<string> {
        for (const item of items) yield JSON.stringify(item);
        yield* copiesOf(items, played.open, openAudits - 1, 100_000_000);
        yield* copiesOf(items, played.closed, closed - 1, 500_000_000);
      };
      await replaceTable(directory, description, copies());
      return inCloud(assembly, directory, false, measurePages);
    };
    const [before, after] = [await costs(few), await costs(many)];
    return Object.keys(pages).flatMap((name) => {
      const [small, large] = [known(before.get(name)), known(after.get(name))];
      const compared = `${many.toLocaleString('en')} closed audits to ${few}`;
      return [
        row(`${name}: capacity, ${compared}`, large.capacity / small.capacity, '×', maxRatio),
        row(`${name}: calls to AWS, ${compared}`, large.calls / small.calls, '×', maxRatio),
        row(`${name}: capacity`, large.capacity, 'units'),
      ];
    });
  });
}

/** Plays one audit until it is closed, and another until it is up for review. */
async function playTwo(cloud: LocalCloud, folder: string) {
  const [asAssessor, asAdministrator] = [
    await clientOf(cloud, assessor.email, 'assessor'),
    await clientOf(cloud, administrator.email, 'administrator'),
  ];
  const submitted = async (employerId: string): Promise<string> => {
    const audit = await register(asAssessor, employerId, 'certification');
    const file = await packageFor(audit, folder, { count: 2, bytes: 50_000 });
    await upload(file, await askForLink(asAssessor, audit.auditNumber));
    await cloud.quiet();
    return audit.auditNumber;
  };
  const closed = await submitted(employer.employerId);
  await accept(asAdministrator, await readReview(asAdministrator, closed));
  await cloud.quiet();
  const open = await submitted(other.employerId);
  return { closed, open, table: await readTable(output(cloud, 'TableName')) };
}

/**
 * Copies of an audit under other numbers: of its items those that any list could find. The rest stands in the audit's own
 * partition, where nobody comes who does not name its number.
 */
function* copiesOf(items: readonly StoredItem[], auditNumber: string, count: number, from: number): Generator<string> {
  const listed = items
    .filter(({ pk, sk, gsi1pk }) =>
      pk?.S === `AUDIT#${auditNumber}` ? gsi1pk !== undefined : sk?.S?.includes(auditNumber),
    )
    .map((item) => JSON.stringify(item));
  for (let copy = 1; copy <= count; copy += 1)
    for (const item of listed) yield item.replaceAll(auditNumber, String(from + copy));
}

/** The capacity that the first page of each list reads, and the calls that it makes. */
async function measurePages(cloud: LocalCloud) {
  const costs = new Map<string, { readonly capacity: number; readonly calls: number }>();
  for (const [name, list] of Object.entries(pages)) {
    await cloud.quiet();
    cloud.meter.reset();
    if ((await list(cloud)) < 50) throw new Error(`The first page of ${name} is not full.`);
    const totals = cloud.meter.totals().filter(({ principal }) => /^secor-dev-(assessor|review)-api$/.test(principal));
    costs.set(name, {
      capacity: totals.reduce((sum, { capacity }) => sum + capacity.read, 0),
      calls: totals.reduce((sum, { calls }) => sum + calls, 0),
    });
  }
  return costs;
}

async function clientOf(cloud: LocalCloud, email: string, role: Role): Promise<ApiClient> {
  return apiClient(cloud.apiUrl, await cloud.token({ email, groups: [role] }));
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('What was to be measured is not there.');
  return value;
}
