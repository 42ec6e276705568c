import { askForLink, register, untilAssigned } from '@secor/cli/play-audit';
import { letterTag, outboxItemsBefore } from '@secor/store';
import { describe, expect, onTestFinished, test } from 'vitest';
import { known, outline, physical, startSite, workQueues } from '../support/cloud.ts';

const site = await startSite();
const { cloud, enrol, settled, lettersTo, read } = site;

const passed = [
  'assessor: Passed: SECOR certification audit',
  'assessor: SECOR audit: package received, revision 1',
  'contact: Passed: SECOR certification audit',
];
/** An import that there is not, and what S3 tells of a file for it. */
const noImport = '6fa459ea-ee8a-4ca4-894e-db77e160355e';
const fileOfNoImport = {
  eventName: 'ObjectCreated:Post',
  eventTime: '2026-11-23T18:00:00.000Z',
  s3: {
    bucket: { name: 'packages' },
    object: { key: `imports/${noImport}.csv`, size: 1, versionId: '1', sequencer: '1' },
  },
};
/** An audit that there is not. */
const nowhere = 'audit#100000001' as const;

/** That a letter with these tags arrived, as the topic tells it. */
function told(tags: Readonly<Record<string, readonly string[]>>): string {
  const timestamp = '2026-11-23T18:00:00.000Z';
  const mail = { timestamp, messageId: 'm', destination: ['robin@assessor.example.net'], tags };
  const event = { eventType: 'Delivery', mail, delivery: { timestamp } };
  return JSON.stringify({ Type: 'Notification', Message: JSON.stringify(event) });
}

describe('what can not succeed', () => {
  const notJson = 'the message is not JSON';
  const otherForm = 'the message is not of the expected form';
  type Poison = readonly (readonly [body: string, reason: string])[];
  const poison: Readonly<Record<string, Poison>> = {
    intake: [
      ['{', notJson],
      ['{"Records":[{"eventName":"ObjectRemoved:Delete"}]}', otherForm],
    ],
    import: [
      ['{', notJson],
      ['{"Records":[{"eventName":"ObjectRemoved:Delete"}]}', otherForm],
      [JSON.stringify({ Records: [fileOfNoImport] }), `there is no import ${noImport}`],
    ],
    review: [
      ['not json', notJson],
      ['{"subject":"moose","number":1,"type":"x"}', otherForm],
    ],
    documents: [['{"subject":"audit#1"}', otherForm]],
    reports: [
      ['[]', otherForm],
      [JSON.stringify({ subject: nowhere, number: 1, type: 'audit closed' }), `${nowhere} was not closed by event 1`],
    ],
    mail: [
      ['null', otherForm],
      [JSON.stringify({ subject: nowhere, number: 1, type: 'report made' }), `${nowhere} has no event 1`],
      [JSON.stringify({ subject: 'employer#x', number: 1, type: 'reminder due' }), 'employer#x has no event 1'],
      [JSON.stringify({ subject: 'reviewer#x', number: 1, type: 'reviewer changed' }), otherForm],
    ],
    feedback: [
      ['{"Type":"Notification","Message":"news"}', otherForm],
      [told({}), 'the Delivery is of a message without'],
      [
        told({ letter: [letterTag({ subject: nowhere, event: 1, letter: 'x', personId: 'y' })] }),
        `event 1 of ${nowhere}`,
      ],
    ],
    waiting: [
      ['7', otherForm],
      [JSON.stringify({ subject: nowhere, number: 1, type: 'audit closed' }), `${nowhere} has no event 1`],
    ],
    risks: [
      ['0', otherForm],
      [JSON.stringify({ subject: nowhere, number: 1, type: 'audit opened' }), otherForm],
    ],
    sweep: [
      ['{"scheduledTime":"at six"}', otherForm],
      ['{"shard":3}', otherForm],
      ['{"subjects":["employer#x"]}', otherForm],
    ],
    outbox: [
      ['{}', otherForm],
      ['{"scheduledTime":"soon"}', otherForm],
    ],
  };

  test('goes to its dead-letter queue with its reason, and the audits beside it go on', async () => {
    const sent = workQueues.map((queue): [string, Poison] => [
      queue,
      [['{ not JSON', notJson], ...(poison[queue] ?? [])],
    ]);
    expect(workQueues).toEqual(expect.arrayContaining(Object.keys(poison)));
    const spread = () =>
      Promise.all(sent.flatMap(([queue, messages]) => messages.map(([body]) => site.send(queue, body))));
    const party = await enrol();
    const audit = await register(party.api, party.employer.employerId, 'certification');
    const link = await askForLink(party.api, audit.auditNumber);
    await Promise.all([spread(), site.put(link, site.pack(audit))]);
    await settled();
    await Promise.all([spread(), site.decide(audit.auditNumber)]);
    await settled();
    expect(await read(party, audit.auditNumber)).toMatchObject({ state: 'closed', report: 'ready' });
    expect(outline(await lettersTo(party), party)).toEqual(passed);
    for (const [queue, messages] of sent) {
      const taken = (await site.takeDeadLetters(queue)).map(({ body, reason = '' }) => `${body}: ${reason}`).toSorted();
      const expected = [...messages, ...messages].map(([body, reason]) => `${body}: ${reason}`).toSorted();
      expect(taken, queue).toEqual(expected.map((line) => expect.stringContaining(line)));
    }
    expect(site.deadLetters()).toEqual({});
  });

  test('a batch is not held up: what is good in it is acknowledged at its first delivery', async () => {
    const party = await enrol();
    const auditNumber = await site.underReview(party);
    const { history } = await read(party, auditNumber);
    const { number, type } = known(history.find((event) => event.type === 'package accepted'));
    const body = (content: object | string) => (typeof content === 'string' ? content : JSON.stringify(content));
    const good = { subject: `audit#${auditNumber}`, number, type };
    const records = ['{', good, { subject: nowhere, number: 1, type: 'x' }, good].map((content, index) => ({
      messageId: String(index),
      body: body(content),
      attributes: { SentTimestamp: String(cloud.clock.now()), ApproximateReceiveCount: '1' },
    }));
    const { result, error } = await known(cloud.functions[physical('mail')]).invoke({ Records: records });
    expect(error).toBeUndefined();
    expect(result).toEqual({ batchItemFailures: [] });
    expect(outline(await lettersTo(party), party)).toEqual(['assessor: SECOR audit: package received, revision 1']);
    expect((await site.takeDeadLetters('mail')).map(({ reason }) => reason).toSorted()).toEqual([
      expect.stringContaining('has no event 1'),
      'the message is not JSON',
    ]);
  });

  test("a stream record that can not be read goes whole to relay's dead letters, and those behind it go on", async () => {
    await site.putItem({ pk: 'OUTBOX#crooked', sk: 'OUTBOX', kind: 'outbox', body: { subject: 7 } });
    const party = await enrol();
    const auditNumber = await site.underReview(party);
    expect(outline(await lettersTo(party), party)).toHaveLength(1);
    const [record, ...others] = await site.takeDeadLetters('relay');
    expect(others).toEqual([]);
    expect(known(record).reason).toMatch(/^not an outbox item: /);
    expect(JSON.parse(known(record).body)).toMatchObject({
      eventName: 'INSERT',
      dynamodb: { NewImage: { pk: { S: 'OUTBOX#crooked' }, body: { M: { subject: { N: '7' } } } } },
    });
    expect(await site.decide(auditNumber)).toMatchObject({ state: 'closed' });
    await settled();
    expect(site.deadLetters()).toEqual({});
  });
});

describe('relay', () => {
  test('is broken for a while: all arrives after', async () => {
    // Three tries of the SDK each: four invocations of relay fail.
    cloud.faults.inject({ principal: physical('relay'), operation: 'SendMessage', kind: 'error', times: 12 });
    onTestFinished(() => cloud.faults.clear());
    const party = await enrol();
    const auditNumber = await site.underReview(party);
    await site.decide(auditNumber);
    await settled();
    expect(await read(party, auditNumber)).toMatchObject({ state: 'closed', report: 'ready' });
    expect(outline(await lettersTo(party), party)).toEqual(passed);
    expect(site.deadLetters()).toEqual({});
  });

  test('stays broken: after five minutes republish does its work, and relay repeats nothing when it is back', async () => {
    onTestFinished(() => cloud.faults.clear());
    const party = await enrol();
    const audit = await register(party.api, party.employer.employerId, 'certification');
    // What these caused is no matter of relay's failing.
    await settled();
    const mend = cloud.faults.inject({ principal: physical('relay'), operation: 'SendMessage', kind: 'error' });
    const letter = Promise.withResolvers<void>();
    onTestFinished(cloud.on('letter', ({ to }) => to.includes(party.assessor.email) && letter.resolve()));
    const relayFailed = Promise.withResolvers<void>();
    onTestFinished(
      cloud.on('ended', ({ functionName }) => functionName === physical('relay') && relayFailed.resolve()),
    );
    await site.submit(party, audit.auditNumber, site.pack(audit));
    await relayFailed.promise;
    expect(await lettersTo(party)).toEqual([]);
    expect((await site.stored(audit.auditNumber)).queuePosition).toBeUndefined();

    cloud.clock.advanceBy(11 * 60_000);
    await letter.promise;
    await untilAssigned(site.reviewers, audit.auditNumber, { limitMs: 10_000 });
    mend();
    await settled();
    expect(outline(await lettersTo(party), party)).toEqual(['assessor: SECOR audit: package received, revision 1']);
    expect(await site.decide(audit.auditNumber)).toMatchObject({ state: 'closed', outcome: 'passed' });
    await settled();
    expect(outline(await lettersTo(party), party)).toEqual(passed);
    expect(site.deadLetters()).toEqual({});
  });
});

describe('republish', () => {
  test('publishes what is five minutes old and was left behind, and leaves what is younger to relay', async () => {
    await settled();
    const now = cloud.clock.now();
    const left = { subject: nowhere, number: 5, type: 'report made' } as const;
    await site.leaveBehind(left, ['mail'], new Date(now - 60_000).toISOString());
    await site.leaveBehind({ ...left, number: 6 }, ['mail'], new Date(now + 30 * 60_000).toISOString());
    await settled();
    expect(site.deadLetters()).toEqual({});

    cloud.clock.advanceBy(10 * 60_000);
    await settled();
    const taken = await site.takeDeadLetters('mail');
    expect(taken).toEqual([{ body: JSON.stringify(left), reason: expect.stringContaining('has no event 5') }]);
    const items = await Array.fromAsync(outboxItemsBefore(site.store, new Date(now + 60 * 60_000).toISOString()));
    expect(items.map(({ body }) => body)).toEqual([{ message: { ...left, number: 6 }, queues: ['mail'] }]);
    // Its age is what the alarm watches.
    expect(known(cloud.functions[physical('republish')]).logs()).toMatch(/"OldestOutboxItem":(3\d\d|[4-9]\d\d)/);

    cloud.clock.advanceBy(60 * 60_000);
    await settled();
    expect(await site.takeDeadLetters('mail')).toHaveLength(1);
  });
});
