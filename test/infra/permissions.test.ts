import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addDays } from '@secor/certification';
import { bootLocalCloud, currentAssembly, samplePeople } from '@secor/cli';
import { askForLink, openLink, readReview, register } from '@secor/cli/play-audit';
import { queueNames } from '@secor/contracts';
import { addAssessor, linkSignIn, readCycle } from '@secor/store';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { documentOf } from '../../packages/audit-package/package-fixture.ts';
import { addCertified, idsOfOneShard } from '../support/certified.ts';
import { claimsOf, known, openSite, type Party, physical, type Site, startSite, workQueues } from '../support/cloud.ts';
import { deskOf } from '../support/desk-steps.ts';
import { beginInParts, uploadInParts } from '../support/parts.ts';
import { enrolByApi } from '../support/people.ts';

const folder = await mkdtemp(join(tmpdir(), 'secor-permissions-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

type Statement = { readonly Sid?: string; Action: string | string[] };
type Template = {
  readonly Resources: Readonly<
    Record<
      string,
      {
        readonly Type: string;
        readonly Properties?: {
          readonly PolicyDocument?: { readonly Statement: Statement[] };
          readonly Roles?: readonly { readonly Ref: string }[];
        };
      }
    >
  >;
};

async function templates(assembly: string): Promise<readonly (readonly [file: string, template: Template])[]> {
  const files = (await readdir(assembly)).filter((name) => name.endsWith('.template.json'));
  return Promise.all(
    files.map(
      async (name) => [join(assembly, name), JSON.parse(await readFile(join(assembly, name), 'utf8'))] as const,
    ),
  );
}

/** The statements of roles, with the logical id of each role. */
function* statements(template: Template): Generator<readonly [role: string, statement: Statement]> {
  for (const { Type, Properties } of Object.values(template.Resources))
    if (Type === 'AWS::IAM::Policy')
      for (const statement of Properties?.PolicyDocument?.Statement ?? [])
        for (const { Ref } of Properties?.Roles ?? []) yield [Ref, statement];
}

async function registered(party: Party) {
  return register(party.api, party.employer.employerId, 'certification');
}

/** One audit from registration to its letters, with every link opened. */
async function playAll(site: Site): Promise<void> {
  const { administrator, reviewers, settled } = site;
  // Before there is a sweep, republish counts from its own first run.
  site.cloud.clock.advanceBy(5 * 60_000);
  const party = await site.enrol();
  const audit = await registered(party);
  const { auditNumber } = audit;
  await party.api('saveDraft', { parameters: { auditNumber }, ifMatch: 0, body: { recordsMonths: 12 } });
  await party.api('readDraft', { parameters: { auditNumber } });
  const left = await beginInParts(party.api, auditNumber, site.pack(audit));
  await party.api('abortUpload', { parameters: { auditNumber, link: String(left) } });
  await uploadInParts(party.api, auditNumber, site.pack(audit));
  await settled();
  await party.api('readRevision', { parameters: { auditNumber, revision: 'latest' } });
  await Promise.all([administrator, ...reviewers].map((staff) => staff('listQueue', {})));
  for (const { url } of (await readReview(administrator, auditNumber)).documents) await openLink(url);
  await site.decide(auditNumber);
  await settled();
  for (const state of ['active', 'closed'] as const) await party.api('listAudits', { query: { state } });
  await site.read(party, auditNumber);
  const papers = await party.api('readReport', { parameters: { auditNumber } });
  for (const link of [papers.report, known(papers.certificate)]) await openLink(link.url);
}

/** What the review desk does beside accepting: each write once, and what it causes. */
async function playDesk(site: Site): Promise<void> {
  const { administrator, settled, today } = site;
  const { step, reviewerOf, askForRevision, answerAll, submit } = deskOf(site);
  const party = await site.enrol();
  const reason = 'It has to be so.';
  const auditNumber = await site.underReview(party);
  await step((await reviewerOf(auditNumber)).reviewer, 'releaseReview', auditNumber, { reason });
  await settled();
  const { person } = await reviewerOf(auditNumber);
  const { reviewers } = await administrator('listReviewers', {});
  const [{ reviewerId } = person] = reviewers.filter((each) => each.reviewerId !== person.reviewerId);
  await step(administrator, 'reassignReview', auditNumber, { reviewerId });
  const { reviewer } = await reviewerOf(auditNumber);
  await step(reviewer, 'openReview', auditNumber, { revision: 1 });
  await step(reviewer, 'addNote', auditNumber, { kind: 'actionable', text: 'Not meant for this audit.' });
  await step(reviewer, 'changeNote', auditNumber, { kind: 'informational', text: 'Well done.' }, { note: '1' });
  await step(reviewer, 'deleteNote', auditNumber, undefined, { note: '1' });
  await step(reviewer, 'correctMonths', auditNumber, { recordsMonths: 8, reason });
  // Intake compares the next revision with what was corrected in this one.
  await askForRevision(reviewer, auditNumber);
  await step(administrator, 'extendRevision', auditNumber, { dueOn: addDays(today(), 20), reason });
  await answerAll(party, auditNumber);
  await submit(party, auditNumber, { seed: 2 });
  await reviewer('readChanges', { parameters: { auditNumber }, query: { from: '1', to: '2' } });
  await step(reviewer, 'openReview', auditNumber, { revision: 2 });
  await step(reviewer, 'changePoints', auditNumber, { question: '1.1', awarded: 0, reason });
  await step(reviewer, 'correctMonths', auditNumber, { recordsMonths: 24, reason });
  await site.decide(auditNumber);
  await settled();
  await step(administrator, 'reopenAudit', auditNumber, { reason });
  await settled();
  await step(administrator, 'withdrawReview', auditNumber, { reason });

  for (const reviewed of reviewers)
    await administrator('setPresence', { parameters: { reviewerId: reviewed.reviewerId }, body: { present: false } });
  const [{ reviewerId: bound } = person] = reviewers;
  for (const employerIds of [[party.employer.employerId], []])
    await administrator('setConflicts', { parameters: { reviewerId: bound }, body: { employerIds } });
  const waiting = await site.underReview(party);
  // In the table only: a reviewer who comes back by a call is given what waits.
  for (const reviewed of reviewers) await site.setReviewer(reviewed.reviewerId, { present: true });
  const [taker] = site.reviewers;
  await step(known(taker), 'takeReview', waiting);
  for (const state of ['pending review', 'in review'] as const)
    for (const whose of ['me', 'nobody'] as const)
      await known(taker)('listQueue', { query: { state, reviewer: whose } });
  await step(known(taker), 'rejectAudit', waiting, { reason });
  const withdrawn = await site.underReview(party);
  await step(party.api, 'withdrawAudit', withdrawn, { reason });
  await settled();

  const { email } = party.employer.contact;
  const { iss, sub } = claimsOf(await site.cloud.token({ email, groups: ['employer'] }));
  await linkSignIn(site.store, iss, sub, { employerId: party.employer.employerId, contactEmail: email });
  const contact = await site.client(email, 'employer');
  await contact('listEmployersAudits', {});
  await contact('readAudit', { parameters: { auditNumber } });
}

/** Files of employers and assessors: what is new, what has changed, what is refused; each result read. */
async function playImports(site: Site): Promise<void> {
  const header =
    'employerId,legalName,wcbAccount,employees,industryCode,street,city,province,postalCode,contactName,contactEmail,goodStanding';
  const employers = ['imported-one', 'imported-two'].map(
    (id, index) =>
      `${id},${id} Ltd.,${6_810_276 + index},6,213118,1 Test Road,Calgary,AB,T2P 0A1,Ann,ann@${id}.example.com,yes`,
  );
  const assessor = (actsFor: string) =>
    `assessorId,name,email,actsFor,initialTraining,refreshers\nimported,Ana,ana@one.example.com,${actsFor},2025-01-31,`;
  for (const [of, content] of [
    ['employers', [header, ...employers, 'refused'].join('\n')],
    ['assessors', assessor('imported-one')],
    ['assessors', assessor('imported-two')],
    ['employers', 'no such columns'],
  ] as const) {
    const { importId, ...link } = await site.administrator('startImport', { body: { of } });
    await site.put(link, Buffer.from(content));
    await site.settled();
    const { result } = await site.administrator('readImport', { parameters: { importId } });
    await openLink(known(result).url);
  }
  expect((await site.administrator('listImports', {})).imports).toHaveLength(4);
}

/** What the sweep of a day finds: a shard with more than is done at once, a revision that is overdue, a contact without mail. */
async function playDue(site: Site): Promise<void> {
  const { cloud, store, administrator, settled } = site;
  const daysFromNow = (days: number) => new Date(cloud.clock.now() + days * 86_400_000).toISOString();
  const { reviewerOf, askForRevision } = deskOf(site);
  const party = await site.enrol();
  const overdue = await site.underReview(party);
  await askForRevision((await reviewerOf(overdue)).reviewer, overdue);

  // More than a page of one shard; their certificates of a year expire in 80 days.
  const actsFor = idsOfOneShard('due', 27);
  const assessorId = 'sweeper';
  const completions = [{ courseId: 'safety-program-development', completedOn: site.today() }];
  await addAssessor(store, { assessorId, name: 'Sam', email: 'sam@example.net', actsFor, completions }, daysFromNow(0));
  for (const [index, employerId] of actsFor.entries()) {
    const held = { employerId, assessorId, decidedAt: daysFromNow(-275), recordsMonths: 6 };
    const bouncing = index === 0 ? { contactEmail: 'bounce+due@simulator.amazonses.com' } : {};
    await addCertified(store, { ...held, ...bouncing, auditNumber: String(610_000_000 + index) });
  }
  await settled();
  await site.send('sweep', JSON.stringify({ scheduledTime: daysFromNow(20) }));
  await settled();

  expect((await site.stored(overdue)).state).toBe('rejected');
  for (const id of actsFor) expect((await readCycle(store, id)).sent, id).toHaveLength(1);
  expect((await administrator('listRisks', {})).employers).toEqual([
    expect.objectContaining({ employerId: actsFor[0], risks: [{ risk: 'mail to the contact failed' }] }),
  ]);
  // The schedule asks for the sweep of the next morning itself.
  cloud.clock.advanceBy(86_400_000);
  await settled();
}

/** What goes wrong: packages and documents that are refused, what can't succeed, what relay leaves behind. */
async function playRefusals(site: Site): Promise<void> {
  const { administrator, cloud, settled } = site;
  const party = await site.enrol();
  const audit = await registered(party);
  await site.submit(party, audit.auditNumber, Buffer.from('no archive'));
  const damaged = documentOf('png', 40_000);
  const packedData = documentOf('png', 40_000).fill(0, 39_999);
  const documents = [{ name: 'evidence/damaged.png', data: damaged, stored: true, packedData }];
  await site.submit(party, audit.auditNumber, site.pack(audit, { documents }));
  await settled();
  // Both show what was wrong.
  await site.read(party, audit.auditNumber);
  await readReview(administrator, audit.auditNumber);

  await Promise.all(workQueues.map((queue) => site.send(queue, 'no JSON')));
  await site.putItem({ pk: 'OUTBOX#crooked', sk: 'OUTBOX', kind: 'outbox', body: { message: 7 } });
  // Each says itself that this is not what it is told of.
  for (const [index, queue] of queueNames.entries()) {
    const message = { subject: 'audit#100000001' as const, number: index + 1, type: 'report made' };
    await site.leaveBehind(message, [queue], new Date(cloud.clock.now() - 60_000).toISOString());
  }
  const ofEmployer = { subject: 'employer#nobody' as const, number: 1, type: 'audit opened' };
  await site.leaveBehind(ofEmployer, ['risks'], new Date(cloud.clock.now() - 60_000).toISOString());
  cloud.clock.advanceBy(10 * 60_000);
  await settled();

  // A message that fails in each queue comes back.
  const other = await site.enrol();
  const failing = ['intake', 'import', 'assign', 'layout', 'report', 'mail', 'waiting'].map((name) =>
    site.strikeUntilFailed(name, { service: 'dynamodb', operation: 'GetItem', kind: 'error' }),
  );
  failing.push(site.strikeUntilFailed('mail-feedback', { operation: 'UpdateItem', kind: 'error' }));
  failing.push(site.strikeUntilFailed('risks', { operation: 'GetItem', kind: 'error' }));
  for (const name of ['republish', 'remind'])
    failing.push(site.strikeUntilFailed(name, { operation: 'Query', kind: 'error' }));
  await site.send('sweep', JSON.stringify({ scheduledTime: new Date(cloud.clock.now()).toISOString() }));
  cloud.clock.advanceBy(10 * 60_000);
  const { importId: _, ...link } = await site.administrator('startImport', { body: { of: 'assessors' } });
  await site.put(link, Buffer.from('no such columns'));
  await site.decide(await site.underReview(other));
  await settled();
  await Promise.all(failing);
}

/** What administrators and assessors do in the program: people, courses, a binder, and what is due. */
async function playProgram(site: Site): Promise<void> {
  const { administrator, today, settled } = site;
  const { api, assessor, employer } = await enrolByApi(site, today());
  const { assessorId, name, email } = assessor;
  const { employerId } = employer;
  await administrator('listEmployers', {});
  await administrator('readEmployer', { parameters: { employerId } });
  await administrator('listRisks', {});
  await api('readOwnStatus', {});
  await api('checkEligibility', { parameters: { employerId }, query: { kind: 'certification' } });
  await api('readStanding', { parameters: { employerId }, query: { on: addDays(today(), -1) } });
  const planned = {
    courseId: 'hazard-management',
    instructor: 'Sam Rivers',
    places: 3,
    time: '09:30',
    place: 'Room 4',
  };
  const { sessionId } = await administrator('scheduleSession', { body: { ...planned, date: addDays(today(), 30) } });
  // What one person enrols in is counted.
  await api('enrol', { parameters: { sessionId } });
  const body = { employerId, assessorId, kind: 'certification', endedOn: today(), postmarkedOn: today() } as const;
  const binder = await administrator('recordBinder', { body: { ...body, receivedOn: today() } });
  const { auditNumber } = binder;
  const link = await administrator('issueBinderLink', { parameters: { auditNumber } });
  await site.put(link, site.pack(binder));
  // Who acts for nobody is on no employer's list.
  const idle = { parameters: { assessorId }, ifMatch: assessor.version, body: { name, email, actsFor: [] } };
  await administrator('changeAssessor', idle);
  await settled();
}

/** Letters that wait, as SES takes none, and one that it rejects. */
async function playLetters(site: Site): Promise<void> {
  const { cloud } = site;
  const party = await site.enrol();
  await site.settled();
  cloud.ses.setAccount({ sendingPaused: true });
  const audit = await registered(party);
  await site.submit(party, audit.auditNumber, site.pack(audit));
  await site.onlyInvisibleLeft();
  cloud.ses.setAccount({});
  cloud.clock.advanceBy(3_600_000);
  await site.settled();
}

const site = await startSite();
const { cloud } = site;

// It comes first, while nobody else's work is in the cloud.
test('a clean run makes these calls: a new one is a decision', async () => {
  const callsOfRun = async () => {
    // assign and layout change the same audit: who comes second tries again. Here layout always does, and has no need to.
    const slow = { principal: physical('layout'), service: 's3', operation: 'PutObject', kind: 'delay' } as const;
    const end = cloud.faults.inject({ ...slow, milliseconds: 600, times: 1 });
    const party = await site.enrol();
    await site.settled();
    cloud.meter.reset();
    const audit = await registered(party);
    await site.put(await askForLink(party.api, audit.auditNumber), site.pack(audit));
    await site.settled();
    await site.decide(audit.auditNumber);
    await site.settled();
    await party.api('readReport', { parameters: { auditNumber: audit.auditNumber } });
    end();
    const totals = cloud.meter
      .totals()
      .filter(({ principal, operation }) => principal.startsWith('secor-') && !polls.has(operation));
    expect(totals.filter(({ errors }) => errors > 0)).toEqual([]);
    const byFunction = Object.groupBy(totals, ({ principal }) => principal.replace(physical(''), ''));
    return Object.fromEntries(
      Object.entries(byFunction).map(([name, of = []]) => [
        name,
        Object.fromEntries(of.map(({ service, operation, calls }) => [`${service} ${operation}`, calls])),
      ]),
    );
  };
  await callsOfRun();
  const calls = await callsOfRun();
  expect(calls).toEqual(expectedCalls);
});

/** What the pollers do in a function's name: their number depends on the moment. */
const polls = new Set(['ReceiveMessage', 'GetQueueAttributes', 'GetRecords', 'GetShardIterator', 'DescribeStream']);

/** By function: the operations and how often, for one small package that is accepted. */
const expectedCalls = {
  'assessor-api': { 'dynamodb GetItem': 12, 'dynamodb TransactWriteItems': 2 },
  // Audit, upload, cycle; and what has been uploaded through the link, to the audit and by the person.
  intake: {
    'dynamodb GetItem': 6,
    'dynamodb TransactWriteItems': 1,
    's3 GetObject': 1,
    's3 PutObject': 1,
    'sqs DeleteMessage': 1,
  },
  relay: { 'dynamodb DeleteItem': 7, 'sqs SendMessage': 11 },
  // Audit and cycle; the staff, the audit's assessor and its employer, each with their sign-ins.
  assign: { 'dynamodb GetItem': 2, 'dynamodb Query': 3, 'dynamodb TransactWriteItems': 1, 'sqs DeleteMessage': 1 },
  // Once more when the audit was closed: whether there is a draft to delete.
  layout: {
    'dynamodb GetItem': 6,
    'dynamodb TransactWriteItems': 1,
    's3 GetObject': 3,
    's3 PutObject': 2,
    'sqs DeleteMessage': 2,
  },
  'review-api': {
    'dynamodb GetItem': 10,
    'dynamodb Query': 5,
    'dynamodb TransactWriteItems': 1,
    's3 GetObject': 1,
  },
  report: {
    'dynamodb GetItem': 8,
    'dynamodb TransactWriteItems': 1,
    's3 GetObject': 1,
    's3 PutObject': 2,
    'sqs DeleteMessage': 1,
  },
  mail: {
    'dynamodb GetItem': 14,
    // Whether mail reaches the reviewer.
    'dynamodb Query': 1,
    'dynamodb PutItem': 4,
    'dynamodb UpdateItem': 4,
    'ses SendRawEmail': 4,
    'sqs DeleteMessage': 3,
  },
  // Of each letter that SES took it, and that it arrived.
  'mail-feedback': { 'dynamodb UpdateItem': 8, 'sqs DeleteMessage': 8 },
  // That it was opened, and that it arrived, is nothing to an employer without a certificate: the cycle tells that.
  risks: { 'dynamodb GetItem': 5, 'dynamodb Query': 1, 'sqs DeleteMessage': 3 },
  waiting: { 'dynamodb GetItem': 4, 'dynamodb TransactWriteItems': 1, 'sqs DeleteMessage': 1 },
};

describe('each role', () => {
  test('may do what its function does, and no more', { timeout: 240_000 }, async () => {
    await playAll(site);
    await playDesk(site);
    await playImports(site);
    await playProgram(site);
    await playDue(site);
    await playRefusals(site);
    await playLetters(site);
    expect(cloud.denials()).toEqual([]);

    // What only AWS uses has its reasons in one file of infra, and says so by its Sid.
    const awsOnly = (await templates(await currentAssembly())).flatMap(([, template]) =>
      [...statements(template)]
        .filter(([, { Sid = '' }]) => Sid.startsWith('AwsOnly'))
        .flatMap(([role, { Action }]) => [Action].flat().map((action) => `${role} ${action}`)),
    );
    expect(awsOnly.length).toBeGreaterThan(0);
    const unused = cloud
      .unusedGrants()
      .filter(({ role, action }) => !awsOnly.some((line) => line === `${role.split('-').at(-1)} ${action}`))
      .map(({ role, action, resource }) => `${role}: ${action} on ${resource}`);
    expect(unused).toEqual([]);
  });

  test('without one action fails as on AWS, and the action and the resource are printed', async () => {
    const whole = await currentAssembly();
    const assembly = join(folder, 'cdk.out');
    await mkdir(assembly);
    for (const name of await readdir(whole)) {
      if (name.startsWith('asset.')) await symlink(join(whole, name), join(assembly, name));
      else await cp(join(whole, name), join(assembly, name), { recursive: true });
    }
    for (const [file, template] of await templates(assembly)) {
      for (const [role, statement] of statements(template))
        if (role.startsWith('Assign'))
          statement.Action = [statement.Action].flat().filter((a) => a !== 'dynamodb:Query');
      await writeFile(file, JSON.stringify(template));
    }
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => printed.mockRestore());
    const cloud = await bootLocalCloud(assembly, join(folder, 'denied'), true);
    onTestFinished(() => cloud.stop());
    const site = await openSite(cloud, folder);
    const party = await site.enrol();
    const auditNumber = await site.underReview(party);

    const table = `arn:aws:dynamodb:${cloud.region}:${cloud.accountId}:table/${site.store.table}`;
    expect(cloud.denials()[0]).toMatchObject({
      principal: { name: physical('assign') },
      action: 'dynamodb:Query',
      resource: table,
      operation: 'Query',
    });
    const lines = printed.mock.calls.map(([line]) => String(line));
    expect(
      lines.find((line) => line.includes(`${physical('assign')} may not dynamodb:Query on ${table}`)),
    ).toBeDefined();
    expect(known(cloud.functions[physical('assign')]).logs()).toContain('AccessDeniedException');
    // Nobody has the audit; its message waits among the dead letters, with those that tell of the two reviewers.
    expect((await site.stored(auditNumber)).queuePosition).toBeUndefined();
    expect(site.deadLetters()).toEqual({ 'review-dead-letters': 1 + samplePeople.reviewers.length });
  });
});
