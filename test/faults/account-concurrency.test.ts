import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootLocalCloud, currentAssembly } from '@secor/cli';
import { askForLink, register } from '@secor/cli/play-audit';
import { ApiError } from '@secor/contracts';
import { expect, onTestFinished, test } from 'vitest';
import { openSite } from '../cloud.ts';

/** What a new account has. */
const smallest = 10;
const packages = 8;
const callers = 4;

/** The assembly as of a stage whose account has no more than a new one: AWS's least for every queue. */
async function forSmallAccount(folder: string): Promise<string> {
  const whole = await currentAssembly();
  const assembly = join(folder, 'assembly');
  await mkdir(assembly);
  const file = 'secor-dev-service.template.json';
  for (const name of (await readdir(whole)).filter((each) => each !== file))
    await symlink(join(whole, name), join(assembly, name));
  const template = await readFile(join(whole, file), 'utf8');
  await writeFile(join(assembly, file), template.replace(/"MaximumConcurrency": \d+/g, '"MaximumConcurrency": 2'));
  return assembly;
}

test('in an account of ten, a burst of packages is taken in whole while the API answers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'secor-concurrency-'));
  const directory = join(folder, 'cloud');
  const cloud = await bootLocalCloud(await forSmallAccount(folder), directory, true, { accountConcurrency: smallest });
  onTestFinished(async () => {
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const site = await openSite(cloud, folder);
  const party = await site.enrol(packages - 1);
  const employers = [party.employer, ...party.furtherEmployers];
  const audits = [];
  for (const { employerId } of employers) audits.push(await register(party.api, employerId, 'certification'));
  const uploads = [];
  for (const audit of audits)
    uploads.push({ link: await askForLink(party.api, audit.auditNumber), bytes: site.pack(audit) });

  let open = 0;
  let most = 0;
  let throttled = 0;
  cloud.on('started', () => {
    open += 1;
    most = Math.max(most, open);
  });
  cloud.on('ended', () => {
    open -= 1;
  });
  cloud.on('throttled', () => {
    throttled += 1;
  });

  let done = false;
  const calls = { answered: 0, atOnce: 0, mostTries: 0 };
  /** Calls again where API Gateway says 503 because Lambda throttles, after the pauses of the typed client. */
  const call = async (): Promise<void> => {
    for (let tries = 1; !done; tries += 1) {
      try {
        await party.api('listAudits', {});
        calls.answered += 1;
        calls.atOnce += tries === 1 ? 1 : 0;
        calls.mostTries = Math.max(calls.mostTries, tries);
        tries = 0;
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 503) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** Math.min(tries, 3)));
      }
    }
  };
  const calling = Promise.all(Array.from({ length: callers }, call));
  await Promise.all(uploads.map(({ link, bytes }) => site.put(link, bytes)));
  const taken = async (): Promise<boolean> => {
    const { audits: listed } = await party.api('listAudits', {}).catch(() => ({ audits: [] }));
    return listed.filter(({ state }) => state !== 'registered').length === packages;
  };
  while (!(await taken())) await new Promise((resolve) => setImmediate(resolve));
  done = true;
  await calling;
  await site.settled();

  const told = JSON.stringify({ ...calls, throttled, most });
  expect(most, told).toBeLessThanOrEqual(smallest);
  expect(calls.answered, told).toBeGreaterThanOrEqual(callers);
  // A try that Lambda throttled is no receive: no package has become a dead letter, and each was taken in once.
  expect(site.deadLetters(), told).toEqual({});
  for (const { auditNumber } of audits) {
    const { history, state } = await site.read(party, auditNumber);
    expect(state, told).toMatch(/review/);
    expect(
      history.filter(({ type }) => type === 'package accepted'),
      told,
    ).toHaveLength(1);
  }
});
