import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { samplePeople } from '@secor/cli';
import { afterAll, expect, test } from 'vitest';
import { secor as run } from '../../packages/cli/running.fixture.ts';
import { known, startSite } from '../support/cloud.ts';

const site = await startSite();
const { cloud } = site;
const folder = await mkdtemp(join(tmpdir(), 'secor-command-line-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs commands of `secor` as somebody who has their token in SECOR_TOKEN. */
async function as(email: string, role: 'assessor' | 'reviewer') {
  const env = { SECOR_API: cloud.apiUrl, SECOR_TOKEN: await cloud.token({ email, groups: [role] }), INIT_CWD: folder };
  return async (...typed: string[]) => {
    const { code, out, err } = await run(typed, env);
    if (code !== 0) throw new Error(`${typed.join(' ')}: ${err}`);
    return out;
  };
}

test('an audit from registration to certificate, from the command line alone', async () => {
  const party = await site.enrol();
  const { employerId } = party.employer;
  const assessor = await as(party.assessor.email, 'assessor');

  expect(await assessor('status')).toBe('You have no open audits.\n');
  const registered = await assessor('register', '--employer', employerId, '--kind', 'certification');
  const auditNumber = known(/certification audit (\d{9})/.exec(registered)?.[1]);
  const of = ['--audit', auditNumber];
  expect(await assessor('status')).toMatch(new RegExp(`^${auditNumber} +certification .*registered`, 'm'));

  await assessor('package', 'new', ...of, '--kind', 'certification', '--documents', '3', '--size', '200KiB');
  const submitted = await assessor('submit', `audit-${auditNumber}.zip`);
  expect(submitted).toMatch(/Accepted as revision 1 .*pending review/);
  await site.settled();

  const { reviewerId } = await site.stored(auditNumber);
  const reviewer = await as(
    known(samplePeople.reviewers.find((each) => each.reviewerId === reviewerId)).email,
    'reviewer',
  );
  expect(await reviewer('queue', '--reviewer', 'me')).toMatch(new RegExp(`^${auditNumber} .*to you`, 'm'));
  expect(await reviewer('review', ...of, '--documents', 'documents')).toMatch(/Revision 1; documents: done/);
  expect((await readFile(join(folder, 'documents', 'manual.pdf'))).subarray(0, 5).toString()).toBe('%PDF-');

  await reviewer('review', 'open', ...of, '--revision', '1');
  const note = ['--kind', 'actionable', '--question', '1.1', '--text', 'Add the records of October.'];
  await reviewer('review', 'note', ...of, ...note);
  const slip = ['--kind', 'actionable', '--text', 'Wrong audit.'];
  await reviewer('review', 'note', ...of, ...slip);
  await reviewer('review', 'note', ...of, ...slip);
  await reviewer('review', 'change-note', ...of, '--note', '2', '--kind', 'informational', '--text', 'Well kept.');
  await reviewer('review', 'delete-note', ...of, '--note', '3');
  expect(await reviewer('review', ...of)).toMatch(
    /^Notes:\n {2}1 .*October\.\n {4}not sent yet\n {2}2 \(informational\): Well kept\.\n {4}not sent yet\n\n/m,
  );
  await reviewer('review', 'months', ...of, '--months', '24', '--reason', 'Records since 2024.');
  expect(await reviewer('review', 'revise', ...of)).toMatch(/is awaiting revision/);

  expect(await assessor('status', ...of)).toMatch(/1 \(actionable, question 1\.1\): Add the records of October\./);
  expect(await assessor('answer', ...of)).toMatch(/^Notes to answer:\n {2}1 /);
  const answers = ['--note', '1 They are in evidence/october.pdf.', '--note', '2 Read.'];
  expect(await assessor('answer', ...of, ...answers)).toMatch(/^No note is open/);
  expect(await assessor('submit', `audit-${auditNumber}.zip`)).toMatch(/Accepted as revision 2/);
  await site.settled();

  const again = await reviewer('review', ...of);
  expect(again).toMatch(/months of records: 12 to 24, in revision 1: Records since 2024\.\n/);
  expect(again).toMatch(/October\.\n {4}answered: They are in evidence\/october\.pdf\.\n/);
  await reviewer('review', 'open', ...of, '--revision', '2');
  const { version } = JSON.parse(await reviewer('review', ...of, '--json'));
  await reviewer('review', 'points', ...of, '--question', '1.1', '--points', '0', '--reason', 'Not what was observed.');
  await expect(reviewer('review', 'accept', ...of, '--revision', '2', '--version', `${version}`)).rejects.toThrow(
    /changed/,
  );
  expect(await reviewer('review', 'accept', ...of, '--revision', '2')).toMatch(/is closed, passed/);
  await site.settled();

  expect(await assessor('status', '--closed')).toMatch(new RegExp(`^${auditNumber} .*closed +passed`, 'm'));
  const files = (await assessor('report', ...of, '--out', 'reports')).trimEnd().split('\n');
  expect(files).toEqual(
    [`report-${auditNumber}.pdf`, `certificate-${auditNumber}.pdf`].map((file) => join(folder, 'reports', file)),
  );
  for (const file of files) expect((await readFile(file)).subarray(0, 5).toString()).toBe('%PDF-');
});
