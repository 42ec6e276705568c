import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { bootLocalCloud } from '@secor/cli';
import { askForLink, register } from '@secor/cli/play-audit';
import { expect, onTestFinished, test } from 'vitest';
import { assemblyOfDev } from '../support/assembly.ts';
import { checkedClient } from '../support/checked-api.ts';
import { openSite, physical, workQueues } from '../support/cloud.ts';

/** What a new account has. */
const accountConcurrency = 10;
const packages = 16;
const callers = 4;

test('in an account of ten, a burst of packages is taken in whole while the typed client has each call answered', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'secor-concurrency-'));
  const directory = join(folder, 'cloud');
  const assembly = await assemblyOfDev((dev) => ({ ...dev, accountConcurrency }), folder);
  const cloud = await bootLocalCloud(assembly, directory, true, { accountConcurrency });
  onTestFinished(async () => {
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const site = await openSite(cloud, folder);
  const party = await site.enrol(packages);
  // Every function has an instance then: ten that start at once on this machine's processors would be another test than on AWS.
  await site.underReview(party);
  const audits = [];
  for (const { employerId } of party.furtherEmployers)
    audits.push(await register(party.api, employerId, 'certification'));
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

  /** How many calls were answered at their first try, at their second, and so on. */
  const answeredAt = new Map<number, number>();
  let maxMs = 0;
  const isAtWork = () =>
    workQueues.some((name) => {
      const { visible, inFlight } = cloud.sqs.pending(physical(name));
      return visible + inFlight > 0;
    });
  /** Calls by the typed client, which throws what it was answered last, until the packages are taken in and worked off. */
  const callUntilTaken = async (): Promise<void> => {
    let tries = 1;
    const pause = (milliseconds: number): Promise<void> => {
      tries += 1;
      return setTimeout(milliseconds);
    };
    const api = checkedClient({ apiUrl: cloud.apiUrl, token: party.token, pause });
    for (;;) {
      tries = 1;
      const began = performance.now();
      const { audits: listed } = await api('listAudits', {});
      maxMs = Math.max(maxMs, Math.round(performance.now() - began));
      answeredAt.set(tries, (answeredAt.get(tries) ?? 0) + 1);
      if (listed.filter(({ state }) => state !== 'registered').length === packages + 1 && !isAtWork()) return;
    }
  };
  await Promise.all([
    ...Array.from({ length: callers }, callUntilTaken),
    ...uploads.map(({ link, bytes }) => site.put(link, bytes)),
  ]);
  await site.settled();

  const told = JSON.stringify({ answeredAt: [...answeredAt].toSorted(), maxMs, throttled, most });
  expect(most, told).toBeLessThanOrEqual(accountConcurrency);
  // Lambda has refused some, or nothing was tried.
  expect(throttled, told).toBeGreaterThan(0);
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
