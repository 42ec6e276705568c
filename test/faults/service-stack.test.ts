import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootLocalCloud, currentAssembly } from '@secor/cli';
import { askForLink, register } from '@secor/cli/play-audit';
import type { LocalCloud } from '@secor/local-cloud';
import { afterAll, expect, test } from 'vitest';
import { known, openSite, outline, type Party, physical, queuesOf, type Site, workQueues } from '../support/cloud.ts';

const folder = await mkdtemp(join(tmpdir(), 'secor-service-'));
const directory = join(folder, 'cloud');
const whole = await currentAssembly();
let running: LocalCloud | undefined;
afterAll(async () => {
  await running?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Deploys on the same data: what ran before is over. */
async function deploy(assembly: string, stacks?: readonly string[]): Promise<Site> {
  await running?.stop();
  running = await bootLocalCloud(assembly, directory, false, stacks && { stacks });
  return openSite(running, folder);
}
const dataOnly = ['secor-dev-data'];

/** The same assembly with the sources switched off that the runbook names: relay's mapping and the schedules. */
async function drained(): Promise<string> {
  const assembly = join(folder, 'drained');
  await mkdir(assembly);
  const file = 'secor-dev-service.template.json';
  for (const name of (await readdir(whole)).filter((each) => each !== file))
    await symlink(join(whole, name), join(assembly, name));
  const template = JSON.parse(await readFile(join(whole, file), 'utf8'));
  for (const [id, { Type, Properties }] of Object.entries<{ Type: string; Properties: Record<string, unknown> }>(
    template.Resources,
  )) {
    if (Type === 'AWS::Scheduler::Schedule') Properties.State = 'DISABLED';
    if (Type === 'AWS::Lambda::EventSourceMapping' && id.startsWith('Relay')) Properties.Enabled = false;
  }
  await writeFile(join(assembly, file), JSON.stringify(template));
  return assembly;
}

/** The queues that go with the service; those of the data stack wait for it. */
const serviceQueues = await queuesOf('-service');
const lasting = workQueues.filter((name) => !serviceQueues.includes(name));

/** That the audit is closed with its report, and each letter went out once. */
async function expectCertified(site: Site, party: Party, auditNumber: string): Promise<void> {
  expect(await site.read(party, auditNumber)).toMatchObject({ state: 'closed', outcome: 'passed', report: 'ready' });
  expect(outline(await site.lettersTo(party), party)).toEqual([
    'assessor: Passed: SECOR certification audit',
    'assessor: SECOR audit: package received, revision 1',
    'contact: Passed: SECOR certification audit',
  ]);
}

test('drained, taken away and made again, the service goes on with every audit to its certificate and letters', async () => {
  let site = await deploy(whole);
  const [uploading, deciding, done] = [await site.enrol(), await site.enrol(), await site.enrol()];
  const registered = await register(uploading.api, uploading.employer.employerId, 'certification');
  const inReview = await site.underReview(deciding);
  const certified = await site.underReview(done);
  await site.decide(certified);
  await site.settled();

  site = await deploy(await drained());
  const oldLink = await askForLink(uploading.api, registered.auditNumber);
  await site.submit(uploading, registered.auditNumber, site.pack(registered));
  await site.decide(inReview);
  await site.settled();
  // What the API and intake did meanwhile waits in the table.
  expect(await site.read(deciding, inReview)).toMatchObject({ state: 'closed', report: 'being made' });
  const nothing = { visible: 0, inFlight: 0, delayed: 0 };
  for (const name of serviceQueues) expect(site.cloud.sqs.pending(physical(name)), name).toEqual(nothing);

  site = await deploy(whole, dataOnly);
  expect(site.cloud.functions).toEqual({});
  expect(await readdir(join(directory, 'streams'))).toEqual([]);
  for (const name of serviceQueues)
    expect(() => site.cloud.sqs.pending(physical(name)), name).toThrow(/does not exist/);
  for (const name of lasting) expect(site.cloud.sqs.pending(physical(name)), name).toEqual(nothing);
  await expect(site.put(oldLink, site.pack(registered))).rejects.toThrow();

  site = await deploy(whole);
  await site.settled();
  await expectCertified(site, deciding, inReview);
  await site.decide(registered.auditNumber);
  await site.settled();
  await expectCertified(site, uploading, registered.auditNumber);
  await expectCertified(site, done, certified);
  // A role that is made anew signs with other keys: links of before are over, and a new one is asked for.
  await expect(site.put(oldLink, site.pack(registered))).rejects.toThrow();
  expect(site.deadLetters()).toEqual({});
  expect(site.cloud.denials()).toEqual([]);
});

test('where nobody drained it, what its queues held comes again from the stream, which keeps a day', async () => {
  let site = await deploy(whole);
  const party = await site.enrol();
  const auditNumber = await site.underReview(party);
  const failed = site.strikeUntilFailed('report', {
    service: 's3',
    operation: 'PutObject',
    kind: 'error',
    when: 'before',
  });
  await site.decide(auditNumber);
  await failed;
  expect(known(running).sqs.pending(physical('reports'))).not.toMatchObject({ visible: 0, inFlight: 0 });

  site = await deploy(whole, dataOnly);
  expect(() => site.cloud.sqs.pending(physical('reports'))).toThrow(/does not exist/);
  site = await deploy(whole);
  await site.settled();
  await expectCertified(site, party, auditNumber);
  expect(site.deadLetters()).toEqual({});
});
