import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { addDays, businessDate, traceOfReviewer, tracesOfPerson } from '@secor/certification';
import { bootLocalCloud, currentAssembly, main } from '@secor/cli';
import { accept, openLink, untilLaidOut, untilReported } from '@secor/cli/play-audit';
import type { ApiClient } from '@secor/contracts';
import { listAdministrators, listReviewers, openStore, readSignIn, readStaff } from '@secor/store';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { addStaff } from '../../packages/cli/staff.ts';
import { createApp, createBrowser } from '../../packages/local-cloud/identity/browser.fixture.ts';
import { checkedClient } from '../support/checked-api.ts';
import { claimsOf, known, output } from '../support/cloud.ts';
import { newAssessor, newEmployer } from '../support/people.ts';

const lena = { email: 'lena@partner.example.org', name: 'Lena Baptiste', role: 'administrator' };
const joan = { email: 'joan@partner.example.org', name: 'Joan Whitford', role: 'reviewer' };

let folder: string;
let cloud: Awaited<ReturnType<typeof bootLocalCloud>>;
let store: ReturnType<typeof openStore>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secor-first-'));
  cloud = await bootLocalCloud(await currentAssembly(), join(folder, 'cloud'), true, { empty: true });
  store = openStore(output(cloud, 'TableName'));
});
afterAll(async () => {
  store.client.destroy();
  await cloud.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs `secor` beside the local cloud. */
async function secor(typed: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const told = { out: '', err: '' };
  const code = await main(typed, {
    out: (text) => {
      told.out += text;
    },
    err: (text) => {
      told.err += text;
    },
    columns: () => undefined,
    env: { SECOR_LOCAL: folder, ...env },
    stop: new AbortController().signal,
  });
  return { code, ...told };
}

function adminAdd({ email, name, role }: typeof lena, ...more: readonly string[]) {
  return secor(['admin', 'add', '--email', email, '--name', name, '--role', role, ...more]);
}

/** Signs somebody in by the pages of the issuer; gives their access token and the API as they reach it. */
async function signIn(email: string): Promise<{ readonly token: string; readonly api: ApiClient }> {
  const app = createApp(cloud.issuer, output(cloud, 'UserPoolClientId'), 'http://localhost:5173/callback');
  const browser = createBrowser(new URL(cloud.issuer).origin);
  const arrival = await browser.submit(await browser.open(app.signInAddress()), { email, password: 'local' });
  const token = known((await app.redeem(arrival)).body.access_token);
  return { token, api: checkedClient({ apiUrl: cloud.apiUrl, token }) };
}

/** Makes a user as the operator does with the AWS CLI. */
async function makeUser(email: string, group: string): Promise<void> {
  const client = new CognitoIdentityProviderClient({});
  const user = { UserPoolId: output(cloud, 'UserPoolId'), Username: email };
  const UserAttributes = [
    { Name: 'email', Value: email },
    { Name: 'email_verified', Value: 'true' },
  ];
  await client.send(new AdminCreateUserCommand({ ...user, UserAttributes, DesiredDeliveryMediums: ['EMAIL'] }));
  await client.send(new AdminAddUserToGroupCommand({ ...user, GroupName: group }));
  client.destroy();
}

test('from nobody to a certificate: the first administrator by secor, everybody else by them', async () => {
  const lenas = async () => (await listAdministrators(store)).filter(({ email }) => email === lena.email);
  expect(await lenas()).toEqual([]);
  // It dies half-way: the person and the user are there, the group and the link are not.
  const mend = cloud.faults.inject({ service: 'cognito-idp', operation: 'AdminAddUserToGroup', kind: 'error' });
  expect((await adminAdd(lena)).code).toBe(1);
  mend();
  const [{ administratorId } = { administratorId: '' }] = await lenas();
  const finished = await adminAdd(lena);
  expect(finished).toMatchObject({ code: 0, err: '' });
  expect(finished.out).toContain(`person: ${administratorId}, was there`);
  expect(finished.out).toContain('link: made');
  const { token, api: administrator } = await signIn(lena.email);
  const { iss, sub } = claimsOf(token);
  expect(await readSignIn(store, iss, sub)).toEqual({ administratorId, email: lena.email });

  // Once more, in another case, as an operator of the stage: nothing is doubled.
  const again = await adminAdd({ ...lena, email: 'LENA@Partner.example.org' }, '--stage', 'dev');
  expect(again).toMatchObject({ code: 0, err: '' });
  expect(again.out).toMatch(/was there(.|\n)*was there(.|\n)*link: was there/);
  expect(await lenas()).toHaveLength(1);
  expect(claimsOf((await signIn(lena.email)).token).sub).toBe(sub);

  // Whoever else reviews goes: the audit is Joan's, whatever other tests left.
  for (const { reviewerId: other, present } of (await administrator('listReviewers', {})).reviewers)
    if (present) await administrator('leaveReviewers', { parameters: { reviewerId: other } });

  // Two at once: one person.
  expect((await Promise.all([adminAdd(joan), adminAdd(joan)])).map(({ code, err }) => [code, err])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  const joans = (await listReviewers(store)).filter(({ email }) => email === joan.email);
  const [{ reviewerId } = { reviewerId: '' }, ...others] = joans;
  expect(others).toEqual([]);

  const today = businessDate(cloud.clock.now());
  const employer = await administrator('addEmployer', { body: newEmployer() });
  const assessor = await administrator('addAssessor', {
    body: newAssessor([employer.employerId], addDays(today, -100)),
  });
  const link = { body: { email: assessor.email, assessorId: assessor.assessorId } };
  await expect(administrator('linkSignIn', link)).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining('Make the user'),
  });
  await makeUser(assessor.email, 'assessor');
  expect(await administrator('linkSignIn', link)).toMatchObject({ issuer: iss, assessorId: assessor.assessorId });

  const { token: assessorsToken, api } = await signIn(assessor.email);
  const audit = await api('registerAudit', { body: { employerId: employer.employerId, kind: 'certification' } });
  const file = join(folder, 'audit.zip');
  const { auditNumber } = audit;
  expect(
    await secor([
      'package',
      'new',
      '--audit',
      auditNumber,
      '--kind',
      'certification',
      '--size',
      '200KiB',
      '--out',
      file,
    ]),
  ).toMatchObject({ code: 0 });
  const submitted = await secor(['submit', file], { SECOR_API: cloud.apiUrl, SECOR_TOKEN: assessorsToken });
  expect(submitted).toMatchObject({ code: 0, out: expect.stringContaining('Accepted as revision 1') });
  await cloud.quiet();

  const { api: reviewer } = await signIn(joan.email);
  const review = await untilLaidOut(reviewer, auditNumber, { limitMs: 30_000 });
  expect(review.reviewerId).toBe(reviewerId);
  expect(await accept(reviewer, review)).toMatchObject({ state: 'closed', outcome: 'passed' });
  const { certificate } = await untilReported(api, auditNumber, { limitMs: 30_000 });
  expect((await openLink(known(certificate).url)).type).toBe('application/pdf');
  await cloud.quiet();
  expect(cloud.denials()).toEqual([]);
});

test('a reviewer joins, is corrected, and leaves: their audits go to others, and their sign-in reviews no more', async () => {
  const admin = { email: 'max@partner.example.org', name: 'Max', role: 'administrator' };
  const [rae, ray, roy] = ['rae', 'ray', 'roy'].map((id) => ({
    reviewerId: id,
    name: id,
    email: `${id}@partner.example.org`,
  }));
  expect((await adminAdd(admin)).code).toBe(0);
  const { api: administrator } = await signIn(admin.email);
  for (const { reviewerId, present } of (await administrator('listReviewers', {})).reviewers)
    if (present) await administrator('leaveReviewers', { parameters: { reviewerId } });
  await administrator('addReviewer', { body: known(rae) });
  await expect(administrator('addReviewer', { body: known(rae) })).rejects.toMatchObject({ status: 409 });
  const raes = { parameters: { reviewerId: 'rae' } };
  const corrected = { name: 'Rae Dubois', email: 'rae.dubois@partner.example.org' };
  expect(await administrator('changeReviewer', { ...raes, body: corrected })).toMatchObject({
    ...corrected,
    present: true,
  });
  await makeUser(corrected.email, 'reviewer');
  await administrator('linkSignIn', { body: { email: corrected.email, reviewerId: 'rae' } });

  // The assessor of the one audit reviews as well: what waits goes to Rae alone.
  const employer = await administrator('addEmployer', { body: newEmployer() });
  const completedOn = addDays(businessDate(cloud.clock.now()), -100);
  const assessor = await administrator('addAssessor', { body: newAssessor([employer.employerId], completedOn) });
  await makeUser(assessor.email, 'assessor');
  await administrator('linkSignIn', { body: { email: assessor.email, assessorId: assessor.assessorId } });
  const own = { reviewerId: 'also-assessor', name: assessor.name, email: assessor.email };
  await administrator('addReviewer', { body: own });
  const { token, api } = await signIn(assessor.email);
  const { auditNumber } = await api('registerAudit', {
    body: { employerId: employer.employerId, kind: 'certification' },
  });
  const file = join(folder, 'second.zip');
  await secor(['package', 'new', '--audit', auditNumber, '--kind', 'certification', '--size', '200KiB', '--out', file]);
  await secor(['submit', file], { SECOR_API: cloud.apiUrl, SECOR_TOKEN: token });
  await cloud.quiet();
  const { api: reviewer } = await signIn(corrected.email);
  const holder = async () => (await administrator('readReview', { parameters: { auditNumber } })).reviewerId;
  expect(await holder()).toBe('rae');
  await reviewer('readReview', { parameters: { auditNumber } });

  const left = await administrator('leaveReviewers', raes);
  expect(left).toMatchObject({ present: false, leftAt: expect.any(String) });
  await cloud.quiet();
  expect(await holder()).toBeUndefined();
  await expect(reviewer('listQueue', {})).rejects.toMatchObject({ status: 403 });
  await expect(reviewer('readReview', { parameters: { auditNumber } })).rejects.toMatchObject({ status: 403 });
  const back = administrator('setPresence', { ...raes, body: { present: true } });
  await expect(back).rejects.toMatchObject({ status: 409, message: expect.stringContaining('another id') });
  expect(await administrator('leaveReviewers', raes)).toMatchObject({ leftAt: left.leftAt });
  expect((await adminAdd({ ...joan, ...corrected })).err).toContain('has left');
  const history = (await administrator('readReview', { parameters: { auditNumber } })).history;
  expect(history.filter(({ data }) => data.reviewerId === 'rae').map(({ type }) => type)).toEqual([
    'reviewer assigned',
    'reviewer released',
  ]);

  // Whoever joins is given what waits.
  await administrator('addReviewer', { body: known(ray) });
  await cloud.quiet();
  expect(await holder()).toBe('ray');
  const { version } = await administrator('readReview', { parameters: { auditNumber } });
  const give = (reviewerId: string) =>
    administrator('reassignReview', { parameters: { auditNumber }, body: { reviewerId }, ifMatch: version });
  for (const unfit of ['rae', 'also-assessor']) await expect(give(unfit)).rejects.toMatchObject({ status: 409 });

  // Where another one is fit, it goes to them.
  await administrator('addReviewer', { body: known(roy) });
  await administrator('leaveReviewers', { parameters: { reviewerId: 'ray' } });
  await cloud.quiet();
  expect(await holder()).toBe('roy');
});

test('two administrators who link one sign-in at once leave it with one reviewer, who alone is known to act for the employer', async () => {
  const admin = { email: 'eva@partner.example.org', name: 'Eva', role: 'administrator' };
  expect((await adminAdd(admin)).code).toBe(0);
  const { api: administrator } = await signIn(admin.email);
  const { employerId } = await administrator('addEmployer', { body: newEmployer() });
  const reviewerIds = ['una', 'ula'];
  for (const reviewerId of reviewerIds)
    await administrator('addReviewer', {
      body: { reviewerId, name: reviewerId, email: `${reviewerId}@partner.example.org` },
    });
  const body = { sub: 'two-at-once', employerId };
  await Promise.all(reviewerIds.map((reviewerId) => administrator('linkSignIn', { body: { ...body, reviewerId } })));
  const linked = await readSignIn(store, cloud.issuer, body.sub);
  const { reviewers, traces } = await readStaff(store);
  const acting = reviewers.filter((reviewer) =>
    tracesOfPerson(traceOfReviewer(reviewer), traces).some((trace) => trace.employerId === employerId),
  );
  expect(acting.map(({ reviewerId }) => reviewerId)).toEqual([linked?.reviewerId]);
  await cloud.quiet();
});

test('where people sign in at an issuer of the stage’s own, the person is added, and linked once their sub is known', async () => {
  const place = { table: output(cloud, 'TableName'), issuer: 'https://id.partner.example.org' };
  const staff = { role: 'reviewer', name: 'Uma', email: 'uma@partner.example.org' } as const;
  const at = new Date(cloud.clock.now()).toISOString();
  const added = await addStaff(place, staff, at);
  expect(added).toEqual({ personId: expect.stringMatching(/^reviewer-/), person: 'added' });
  const { personId } = added;
  const linked = { personId, person: 'there', user: 'given' };
  expect(await addStaff(place, { ...staff, sub: 'umas-sub' }, at)).toEqual({ ...linked, link: 'made' });
  expect(await addStaff(place, { ...staff, sub: 'umas-sub' }, at)).toEqual({ ...linked, link: 'there' });
  expect(await readSignIn(store, place.issuer, 'umas-sub')).toEqual({ reviewerId: personId });
  await expect(addStaff(place, { ...staff, email: 'una@partner.example.org', sub: 'umas-sub' }, at)).rejects.toThrow(
    `already stands for the reviewer ${personId}`,
  );
});

test('who can not be invited while SES is in its sandbox is told of with the remedy, and the next run after it goes on', async () => {
  const ida = { email: 'ida@elsewhere.example.net', name: 'Ida', role: 'reviewer' };
  onTestFinished(() => cloud.ses.setAccount({}));
  cloud.ses.setAccount({ sandbox: true });
  for (const _ of ['first', 'again']) {
    const refused = await adminAdd(ida);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(
      /^secor admin add: the user ida@elsewhere\.example\.net was created but not invited, because SES is in its sandbox[^.]*\. Verify it[^.]*npm run deploy[^.]*\. Then run this again\.\n$/,
    );
  }
  cloud.ses.setAccount({ sandbox: true, verifiedIdentities: [ida.email] });
  const finished = await adminAdd(ida);
  expect(finished).toMatchObject({ code: 0, err: '' });
  expect(finished.out).toMatch(/person: .*, was there\n.*sign-in: was there, invited again,.*\n.*link: made/);
  // Who was invited is not invited by each further run.
  const calls = () => cloud.meter.calls().filter(({ operation }) => operation === 'AdminCreateUser').length;
  const before = calls();
  expect((await adminAdd(ida)).out).toMatch(/sign-in: was there, in the group/);
  expect(calls()).toBe(before);
  const { token } = await signIn(ida.email);
  expect(claimsOf(token)).toMatchObject({ 'cognito:groups': ['reviewer'] });

  cloud.ses.setAccount({ sendingPaused: true });
  expect((await adminAdd({ ...ida, email: 'ira@elsewhere.example.net' })).err).toMatch(
    /not invited \(.*Email sending is disabled for your account\)\. Correct that.* run this again\.\n$/,
  );
});

test('what is typed wrongly, or is somebody else’s, is told with its remedy', async () => {
  const wrong = await adminAdd({ email: 'nobody', name: ' ', role: 'reviewer' }, '--id', 'a b');
  expect(wrong.code).toBe(2);
  expect(wrong.err).toMatch(/--name .*--email .*--id /);
  expect((await adminAdd(lena, '--sub', 'x')).err).toContain('user pool');
  const sam = { ...lena, email: 'sam@partner.example.org' };
  expect((await adminAdd(sam, '--id', 'sam')).code).toBe(0);
  expect((await adminAdd(sam, '--id', 'sam-2')).err).toContain('sam already has this address');
  expect((await adminAdd({ ...sam, email: 'samuel@partner.example.org' }, '--id', 'sam')).err).toContain(
    'name another',
  );
  expect((await adminAdd(sam, '--stage', 'nowhere')).err).toContain('There is no stage');
});
