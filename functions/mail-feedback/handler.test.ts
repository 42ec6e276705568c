import { FeedbackMessage, queuesFor } from '@secor/contracts';
import { CannotSucceed } from '@secor/lambda';
import {
  claimLetter,
  type LetterId,
  letterTag,
  readAssessor,
  readCycle,
  readHistory,
  readLetter,
  recordSent,
} from '@secor/store';
import fc from 'fast-check';
import * as v from 'valibot';
import { beforeEach, describe, expect, it } from 'vitest';
import { addAudit, addCompany, addRobin, openDesk } from '../testing/desk.fixture.ts';
import { tableInMemory } from '../testing/table.fixture.ts';
import { mailFeedback } from './handler.ts';

const id: LetterId = { subject: 'employer#e1', event: 3, letter: 'certificate expires', personId: 'a1' };
/** To whom the letters go. */
const address = 'robin@example.org';
const delivered = { deliveryId: 'd' };
const sentAt = '2026-11-23T18:00:00.000Z';
const later = '2026-11-23T18:00:05.000Z';

let store: ReturnType<typeof tableInMemory>['store'];
beforeEach(() => {
  store = tableInMemory().store;
});

const tags = (tag: string | undefined) => ({ 'ses:configuration-set': ['secor'], ...(tag && { letter: [tag] }) });
const delivery = { eventType: 'Delivery', delivery: { timestamp: later, recipients: ['a@example.org'] } };
const complaint = { eventType: 'Complaint', complaint: { timestamp: later } };
const notSpam = { eventType: 'Complaint', complaint: { timestamp: later, complaintFeedbackType: 'not-spam' } };
const send = { eventType: 'Send', send: {} };
const reject = { eventType: 'Reject', reject: { reason: 'Bad content' } };
const notRendered = { eventType: 'Rendering Failure', failure: { errorMessage: 'x', templateName: 'y' } };
const bounce = (bounceType: string, timestamp = later) => ({
  eventType: 'Bounce',
  bounce: { bounceType, bounceSubType: 'General', timestamp },
});

/** Hands an event of SES to the function, as the queue brings it. */
async function deliver(event: object | string, tag: string | undefined = letterTag(id)): Promise<void> {
  const Message =
    typeof event === 'string'
      ? event
      : JSON.stringify({
          ...event,
          mail: { timestamp: later, messageId: 'ses-1', destination: [address], tags: tags(tag) },
        });
  const message = v.parse(FeedbackMessage, { Type: 'Notification', MessageId: 'm', Message });
  await mailFeedback(store)({ message, deliveryId: 'd', sentAt: later, delivery: 1 });
}

describe('what becomes of a letter', () => {
  it.each([
    [delivery, { deliveredAt: later }],
    [bounce('Permanent'), { bounced: { at: later, kind: 'permanent' } }],
    [bounce('Transient'), { bounced: { at: later, kind: 'transient' } }],
    [bounce('Undetermined'), { bounced: { at: later, kind: 'undetermined' } }],
    [complaint, { complainedAt: later }],
    [notSpam, { notSpamAt: later }],
    [send, { acceptedAt: later }],
    [reject, { rejected: { at: later, reason: 'bad content' } }],
    [notRendered, { rejected: { at: later, reason: 'not rendered' } }],
  ])('is recorded: %j', async (event, recorded) => {
    await claimLetter(store, id, delivered);
    await recordSent(store, id, 'ses-1', sentAt);
    await deliver(event);
    expect(await readLetter(store, id)).toMatchObject({ ...recorded, sentAt, messageId: 'ses-1' });
  });

  it('is the same in any order and however often it comes, before or after SES was heard to take it', async () => {
    const sent = () => recordSent(store, id, 'ses-1', sentAt);
    const steps = [
      sent,
      ...[send, delivery, complaint, notSpam, bounce('Transient'), bounce('Permanent')].flatMap((event) => [
        () => deliver(event),
        () => deliver(event),
      ]),
    ];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(steps, { minLength: steps.length }), async (order) => {
        store = tableInMemory().store;
        await claimLetter(store, id, delivered);
        for (const step of order) await step();
        expect(await readLetter(store, id)).toEqual({
          ...{ attempt: 1, isClaimed: true, sentAt, messageId: 'ses-1', acceptedAt: later },
          ...{ deliveredAt: later, complainedAt: later, notSpamAt: later, bounced: { at: later, kind: 'permanent' } },
        });
      }),
    );
  });

  it.each([send, delivery, complaint, notSpam, reject, bounce('Transient')])(
    'settles a letter that SES took though its answer was lost: %j',
    async (event) => {
      await claimLetter(store, id, delivered);
      await deliver(event);
      for (const putOffBy of ['d', 'd', 'other'])
        expect(await claimLetter(store, id, { deliveryId: 'd2', putOffBy })).toBe('settled');
      if (event === send) expect(await readLetter(store, id)).toMatchObject({ messageId: 'ses-1' });
    },
  );
});

describe('a letter that SES rejected', () => {
  const letters = {
    audit: { subject: 'audit#412345678', event: 1, letter: 'audit passed', personId: 'e1.1' },
    employer: { subject: 'employer#e1', event: 1, letter: 'certificate expires', personId: 'e1.1' },
    assessor: { subject: 'assessor#a1', event: 1, letter: 'status ended', personId: 'a1' },
  } as const;

  it.each(Object.keys(letters) as (keyof typeof letters)[])(
    'is told to administrators by one event of its %s, however often it comes',
    async (kind) => {
      const desk = await openDesk();
      await addCompany(desk.store, 'e1', {});
      await addRobin(desk.store, 'e1');
      await addAudit(desk.store, '412345678');
      store = desk.store;
      const letter = letters[kind];
      await claimLetter(store, letter, { deliveryId: 'q' });
      const before = (await readHistory(store, letter.subject, 99)).length;
      for (const _ of [1, 2]) await deliver(reject, letterTag(letter));
      const { subject, ...data } = letter;
      const told = (await readHistory(store, subject, 99)).slice(before);
      expect(told).toMatchObject([{ type: 'letter rejected', data, at: later, by: { role: 'system' } }]);
      expect(queuesFor('letter rejected')).toEqual(['mail']);
    },
  );

  it('is told to nobody when it is the letter that tells of one', async () => {
    const telling = { ...letters.employer, letter: 'letter rejected', personId: 'x1' };
    await claimLetter(store, telling, { deliveryId: 'q' });
    await deliver(reject, letterTag(telling));
    expect(await readHistory(store, telling.subject, 99)).toEqual([]);
    expect(await readLetter(store, telling)).toMatchObject({ rejected: { reason: 'bad content' } });
  });
});

describe('that a letter was taken out of junk', () => {
  it('is no complaint: letters still go to that address', async () => {
    const desk = await openDesk();
    await addCompany(desk.store, 'e1', {});
    await addRobin(desk.store, 'e1');
    store = desk.store;
    await claimLetter(store, id, { deliveryId: 'q' });
    await deliver(notSpam);
    expect((await readAssessor(store, 'a1'))?.undeliverableSince).toBeUndefined();
    await deliver(complaint);
    expect((await readAssessor(store, 'a1'))?.undeliverableSince).toBe(later);
  });
});

describe('that a letter came back', () => {
  it('is recorded of every role in which its recipient would have got it at that address', async () => {
    const desk = await openDesk();
    const secondContact = { name: 'Ines', email: 'ines@example.com' };
    await addCompany(desk.store, 'e1', { contact: { name: 'Robin', email: 'Robin@example.org' }, secondContact });
    await addRobin(desk.store, 'e1');
    store = desk.store;
    const alsoAs = ['e1.1', 'e1.2'].map((personId) => ({ letter: id.letter, personId }));
    await claimLetter(store, id, delivered, alsoAs);
    for (const _ of [1, 2]) await deliver(bounce('Permanent'));
    expect((await readAssessor(store, 'a1'))?.undeliverableSince).toBe(later);
    // The second contact has another address by now.
    expect((await readCycle(store, 'e1')).undeliverable).toEqual({ first: later });
  });
});

describe('what can not succeed', () => {
  it('is an event without a tag of ours, or of a letter that there is not', async () => {
    await expect(deliver(delivery, '')).rejects.toThrow(CannotSucceed);
    await expect(deliver(delivery, '412345678-7-assessor')).rejects.toThrow(/Delivery is of a message without/);
    await expect(deliver(delivery)).rejects.toThrow('event 3 of employer#e1 has no letter certificate expires');
  });

  it('is not the sentence by which SES says that it may publish', async () => {
    await deliver('Successfully validated SNS topic for Amazon SES event publishing.');
  });

  it.each(['anna@example.org', '{}', '{"eventType":"Open","mail":{"destination":["anna@example.org"]}}'])(
    '%s has not the expected form, of which no address is told',
    async (text) => {
      await expect(deliver(text)).rejects.toThrow(v.ValiError);
      await expect(deliver(text)).rejects.not.toThrow('anna');
    },
  );
});
