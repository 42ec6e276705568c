import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditSubject } from '@secor/certification';
import { bootLocalCloud } from '@secor/cli';
import { readHistory, readLetter } from '@secor/store';
import { afterAll, expect, test } from 'vitest';
import { assemblyOfDev } from '../support/assembly.ts';
import { known, openSite } from '../support/cloud.ts';

const folder = await mkdtemp(join(tmpdir(), 'secor-sandbox-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const sandboxRecipients = ['assessor.example.net'];
const assembly = await assemblyOfDev((dev) => ({ ...dev, mail: { ...dev.mail, sandboxRecipients } }), folder);
const cloud = await bootLocalCloud(assembly, join(folder, 'cloud'), true);
afterAll(() => cloud.stop());

test('in the sandbox letters go to the recipients of the stage, of whom IAM is asked, and others are withheld', async () => {
  const site = await openSite(cloud, folder);
  cloud.ses.setAccount({ sandbox: true, verifiedIdentities: sandboxRecipients });
  const party = await site.enrol();
  const auditNumber = await site.underReview(party);
  await site.decide(auditNumber);
  await site.settled();
  expect((await cloud.letters()).flatMap(({ to }) => to)).toEqual([party.assessor.email, party.assessor.email]);
  const subject = auditSubject(auditNumber);
  const { number: event } = known(
    (await readHistory(site.store, subject, 99)).find(({ type }) => type === 'report made'),
  );
  const personId = `${party.employer.employerId}.1`;
  expect(await readLetter(site.store, { subject, event, letter: 'audit passed', personId })).toMatchObject({
    withheld: { reason: 'not a recipient of the sandbox' },
  });
  expect(cloud.denials()).toEqual([]);
  expect(site.deadLetters()).toEqual({});
});
