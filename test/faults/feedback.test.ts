import { readFile } from 'node:fs/promises';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { samplePeople } from '@secor/cli';
import { register } from '@secor/cli/play-audit';
import { letterOfTag, readAssessor, readHistory, readLetter } from '@secor/store';
import { expect, onTestFinished, test } from 'vitest';
import { known, type Letter, type Party, physical, startSite } from '../support/cloud.ts';

const site = await startSite();
const { cloud, store, enrol, settled, underReview } = site;

/** What is known of a letter that SES took. */
const recorded = async ({ tags }: Letter) => known(await readLetter(store, known(letterOfTag(tags.letter ?? ''))));

/** Gives the assessor and the employer's contact these addresses, as they are on their items. */
async function move({ assessor, employer }: Party, addresses: { assessor: string; contact: string }): Promise<void> {
  const items = [
    { pk: `ASSESSOR#${assessor.assessorId}`, sk: 'ASSESSOR', place: '#body.email', email: addresses.assessor },
    { pk: `EMPLOYER#${employer.employerId}`, sk: 'EMPLOYER', place: '#body.contact.email', email: addresses.contact },
  ];
  for (const { pk, sk, place, email } of items)
    await store.client.send(
      new UpdateCommand({
        ...{ TableName: store.table, Key: { pk, sk }, UpdateExpression: `SET ${place} = :email` },
        ...{ ExpressionAttributeNames: { '#body': 'body' }, ExpressionAttributeValues: { ':email': email } },
      }),
    );
}

const sendingOfMail = { principal: physical('mail'), operation: 'SendRawEmail' } as const;

test('it is recorded of each letter that it arrived, came back, or was complained of', async () => {
  const party = await enrol();
  const auditNumber = await underReview(party);
  for (const letter of await site.lettersTo(party))
    expect(await recorded(letter)).toMatchObject({ messageId: letter.messageId, deliveredAt: letter.at });

  const complaining = 'complaint+assessor@simulator.amazonses.com';
  const bouncing = 'bounce+contact@simulator.amazonses.com';
  await move(party, { assessor: complaining, contact: bouncing });
  await site.decide(auditNumber);
  await settled();
  const letters = await cloud.letters();
  const lettersTo = (address: string) => letters.filter(({ to }) => to.includes(address));
  expect(lettersTo(bouncing)).toHaveLength(1);
  for (const letter of lettersTo(bouncing)) {
    const { sentAt, bounced, deliveredAt } = await recorded(letter);
    expect({ bounced, deliveredAt }).toEqual({ bounced: { at: letter.at, kind: 'permanent' }, deliveredAt: undefined });
    expect(sentAt).toBeDefined();
  }
  expect(lettersTo(complaining)).toHaveLength(1);
  for (const letter of lettersTo(complaining))
    expect(await recorded(letter)).toMatchObject({ deliveredAt: letter.at, complainedAt: letter.at });
  expect(cloud.denials()).toEqual([]);
  expect(site.deadLetters()).toEqual({});
});

test('a letter of which the answer of SES is lost goes out once: what became of it settles that it was sent', async () => {
  const party = await enrol();
  await settled();
  onTestFinished(() => cloud.faults.clear());
  // Of both letters, to the assessor and to the reviewer: which one goes first is not certain.
  cloud.faults.inject({ ...sendingOfMail, kind: 'error', when: 'after', times: 2 });
  await underReview(party);
  await settled();
  const [letter, ...others] = await site.lettersTo(party);
  expect(others).toEqual([]);
  const { sentAt, deliveredAt } = await recorded(known(letter));
  expect({ sentAt, deliveredAt }).toEqual({ sentAt: undefined, deliveredAt: known(letter).at });
  expect(site.deadLetters()).toEqual({});
});

const hourMs = 3_600_000;
test('letters wait while SES refuses them for reasons that last, and go once it does not', async () => {
  onTestFinished(() => cloud.ses.setAccount({}));
  const party = await enrol();
  await settled();
  const sendings = () => cloud.meter.calls().filter(({ operation }) => operation === 'SendRawEmail').length;
  const before = sendings();
  const refusals = [
    ['identity not verified', { unverifiedIdentities: ['dev.example.org'] }],
    ['sandbox', { sandbox: true, verifiedIdentities: [party.assessor.email] }],
    ['account paused', { sendingPaused: true }],
    ['configuration set paused', { pausedConfigurationSets: ['secor-dev'] }],
    ['daily quota used up', { max24HourSend: 0 }],
  ] as const;
  cloud.ses.setAccount({ sendingPaused: true });
  const audit = await register(party.api, party.employer.employerId, 'certification');
  await site.submit(party, audit.auditNumber, site.pack(audit));
  expect(await site.onlyInvisibleLeft()).toBe(true);
  // To the assessor, and to the reviewer who has it.
  expect(sendings() - before).toBe(2);
  // An hour apart each, and more often than a message is tried before it is a dead letter.
  for (const [index, [reason, account]] of refusals.entries()) {
    cloud.ses.setAccount(account);
    cloud.clock.advanceBy(hourMs);
    expect(await site.onlyInvisibleLeft()).toBe(true);
    expect(sendings() - before, reason).toBe(2 + 2 * (index + 1));
    expect(known(cloud.functions[physical('mail')]).logs()).toContain(`"reason":"${reason}"`);
  }
  // As the alarms count them: CloudWatch knows a metric by all of its dimensions.
  const counted = known(cloud.functions[physical('mail')])
    .logs()
    .split('\n')
    .filter((line) => line.includes('"LettersWaiting"'))
    .map((line) => JSON.parse(line));
  expect(new Set(counted.map(({ reason }) => reason))).toEqual(new Set(refusals.map(([reason]) => reason)));
  for (const { _aws, ...values } of counted) {
    expect(_aws.CloudWatchMetrics).toMatchObject([{ Namespace: 'secor', Metrics: [{ Name: 'LettersWaiting' }] }]);
    expect(_aws.CloudWatchMetrics[0].Dimensions.map((names: string[]) => names.toSorted())).toEqual([
      ['reason', 'service', 'stage'],
    ]);
    expect(values).toMatchObject({ service: 'mail', stage: 'dev', LettersWaiting: 1 });
  }
  expect(site.deadLetters()).toEqual({});
  expect(await site.lettersTo(party)).toEqual([]);
  cloud.ses.setAccount({});
  cloud.clock.advanceBy(hourMs);
  await settled();
  expect(await site.lettersTo(party)).toHaveLength(1);
  expect(site.deadLetters()).toEqual({});
});

test.each([2, 5])(
  'a letter goes out once when its message comes to %i at once, while the first one waits for SES',
  async (copies) => {
    onTestFinished(() => {
      cloud.sqs.duplicate(physical('mail'), 1);
      cloud.faults.clear();
    });
    const party = await enrol();
    await settled();
    cloud.sqs.duplicate(physical('mail'), copies);
    cloud.faults.inject({ ...sendingOfMail, kind: 'delay', milliseconds: 1500 });
    await underReview(party);
    await settled();
    expect(await site.lettersTo(party)).toHaveLength(1);
    expect(site.deadLetters()).toEqual({});
  },
);

test('a letter that SES has, and of which nothing could be recorded, goes out once: SES tells that it has it', async () => {
  onTestFinished(() => cloud.faults.clear());
  const party = await enrol();
  await settled();
  // Four tries of the client for each of the two letters.
  const recording = { principal: physical('mail'), operation: 'UpdateItem', kind: 'error' } as const;
  cloud.faults.inject({ ...recording, times: 8 });
  await underReview(party);
  await settled();
  const [letter, ...others] = await site.lettersTo(party);
  expect(others).toEqual([]);
  expect(await recorded(known(letter))).toMatchObject({
    messageId: known(letter).messageId,
    acceptedAt: known(letter).at,
  });
  expect((await recorded(known(letter))).sentAt).toBeUndefined();
  expect(site.deadLetters()).toEqual({});
});

test('administrators are told of a letter that SES rejected, and not of one that was taken out of junk', async () => {
  const denied = cloud.denials().length;
  const party = await enrol();
  const auditNumber = await underReview(party);
  const assessor = 'not-spam+assessor@simulator.amazonses.com';
  const contact = 'reject+contact@simulator.amazonses.com';
  await move(party, { assessor, contact });
  await site.decide(auditNumber);
  await settled();
  const letters = await cloud.letters();
  const [rejected, ...further] = letters.filter(({ to }) => to.includes(contact));
  expect(further).toEqual([]);
  expect(await recorded(known(rejected))).toMatchObject({
    rejected: { at: known(rejected).at, reason: 'bad content' },
  });
  const told = letters.filter(({ subject }) => subject.startsWith('Not sent: '));
  expect(told.map(({ to, subject }) => [to, subject])).toEqual([
    [[samplePeople.administrator.email], `Not sent: the letter "audit passed" to ${party.employer.contact.name}`],
  ]);
  const [moved] = letters.filter(({ to }) => to.includes(assessor));
  expect(await recorded(known(moved))).toMatchObject({ notSpamAt: known(moved).at });
  expect((await readAssessor(store, party.assessor.assessorId))?.undeliverableSince).toBeUndefined();
  const toldOf = (events: readonly { readonly type: string }[]) =>
    events.filter(({ type }) => type === 'letter rejected').length;
  expect(toldOf(await readHistory(store, `audit#${auditNumber}`, 99))).toBe(1);
  expect(toldOf((await site.read(party, auditNumber)).history)).toBe(0);
  expect(cloud.denials().slice(denied)).toEqual([]);
  expect(site.deadLetters()).toEqual({});
});

test('what SES writes into a letter is what is recorded: its own Message-ID, and the date on which it was sent', async () => {
  const party = await enrol();
  await underReview(party);
  const [letter] = await site.lettersTo(party);
  const { file, messageId, at } = known(letter);
  const headers = (await readFile(file, 'latin1')).split('\r\n').filter((line) => /^(message-id|date):/i.test(line));
  expect(headers).toEqual([
    `Message-ID: <${messageId}@${cloud.region}.amazonses.com>`,
    `Date: ${new Date(at).toUTCString().replace('GMT', '+0000')}`,
  ]);
  expect(await recorded(known(letter))).toMatchObject({ messageId });
});
