import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootLocalCloud, currentAssembly } from '@secor/cli';
import { expect, onTestFinished, test } from 'vitest';
import { openSite, outline } from '../support/cloud.ts';

test.each([
  ['four shards of the stream, the last of them read first', { streamShards: 4 }],
  ['a share of a processor for each function, which is frozen between invocations', { processorShare: true }],
])('an audit gets from its upload to the certificate and its letter with %s', async (_, likeAws) => {
  const folder = await mkdtemp(join(tmpdir(), 'secor-like-aws-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const cloud = await bootLocalCloud(await currentAssembly(), join(folder, 'cloud'), true, likeAws);
  try {
    const site = await openSite(cloud, folder);
    const party = await site.enrol();
    const auditNumber = await site.underReview(party);
    await site.decide(auditNumber);
    await site.settled();
    expect(await site.read(party, auditNumber)).toMatchObject({ state: 'closed', outcome: 'passed', report: 'ready' });
    const papers = await party.api('readReport', { parameters: { auditNumber } });
    expect((await fetch(papers.certificate?.url ?? '')).status).toBe(200);
    expect(outline(await site.lettersTo(party), party)).toEqual([
      'assessor: Passed: SECOR certification audit',
      'assessor: SECOR audit: package received, revision 1',
      'contact: Passed: SECOR certification audit',
    ]);
    expect(site.deadLetters()).toEqual({});
  } finally {
    await cloud.stop();
  }
});
