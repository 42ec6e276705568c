import { FeedbackMessage } from '@secor/contracts';
import { CannotSucceed } from '@secor/lambda';
import { claimLetter, type LetterId, letterTag, readLetter, recordSent } from '@secor/store';
import fc from 'fast-check';
import * as v from 'valibot';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { tableInMemory } from '../table.fixture.ts';

vi.stubEnv('QUEUE_URL', 'https://queue.example.org');
vi.stubEnv('DEAD_LETTER_QUEUE_URL', 'https://dead-letters.example.org');
afterAll(() => vi.unstubAllEnvs());
const { mailFeedback } = await import('./handler.ts');

const id: LetterId = { subject: 'employer#e1', event: 3, letter: 'certificate expires', personId: 'a1' };
/** To whom the letters go. */
const address = 'robin@example.org';
const claimant = { message: 'q', delivery: 1 };
const sentAt = '2026-11-23T18:00:00.000Z';
const later = '2026-11-23T18:00:05.000Z';

let store: ReturnType<typeof tableInMemory>['store'];
beforeEach(() => {
  store = tableInMemory().store;
});

const tags = (tag: string | undefined) => ({ 'ses:configuration-set': ['secor'], ...(tag && { letter: [tag] }) });
const delivery = { eventType: 'Delivery', delivery: { timestamp: later, recipients: ['a@example.org'] } };
const complaint = { eventType: 'Complaint', complaint: { timestamp: later } };
const bounce = (bounceType: string, timestamp = later) => ({
  eventType: 'Bounce',
  bounce: { bounceType, bounceSubType: 'General', timestamp },
});

/** Hands an event of SES to the function, as the queue brings it. */
async function deliver(event: object | string, tag: string | undefined = letterTag(id)): Promise<void> {
  const Message =
    typeof event === 'string' ? event : JSON.stringify({ ...event, mail: { destination: [address], tags: tags(tag) } });
  const message = v.parse(FeedbackMessage, { Type: 'Notification', MessageId: 'm', Message });
  await mailFeedback(store)({ message, messageId: 'm', sentAt: later, delivery: 1 });
}

describe('what becomes of a letter', () => {
  it.each([
    [delivery, { deliveredAt: later }],
    [bounce('Permanent'), { bounced: { at: later, kind: 'permanent' } }],
    [bounce('Transient'), { bounced: { at: later, kind: 'transient' } }],
    [bounce('Undetermined'), { bounced: { at: later, kind: 'undetermined' } }],
    [complaint, { complainedAt: later }],
  ])('is recorded: %j', async (event, recorded) => {
    await claimLetter(store, id, claimant);
    await recordSent(store, id, claimant, 'ses-1', sentAt);
    await deliver(event);
    expect(await readLetter(store, id)).toMatchObject({ ...recorded, sentAt, messageId: 'ses-1' });
  });

  it('is the same in any order and however often it comes, before or after SES was heard to take it', async () => {
    const sent = () => recordSent(store, id, claimant, 'ses-1', sentAt);
    const steps = [
      sent,
      ...[delivery, complaint, bounce('Transient'), bounce('Permanent')].flatMap((event) => [
        () => deliver(event),
        () => deliver(event),
      ]),
    ];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(steps, { minLength: steps.length }), async (order) => {
        store = tableInMemory().store;
        await claimLetter(store, id, claimant);
        for (const step of order) await step();
        expect(await readLetter(store, id)).toEqual({
          ...{ attempt: 1, claimant: 'q', sentAt, messageId: 'ses-1' },
          ...{ deliveredAt: later, complainedAt: later, bounced: { at: later, kind: 'permanent' } },
        });
      }),
    );
  });

  it.each([delivery, complaint, bounce('Transient')])(
    'settles a letter that SES took though its answer was lost: %j',
    async (event) => {
      await claimLetter(store, id, claimant);
      await deliver(event);
      expect(await claimLetter(store, id, { message: 'q', delivery: 2 })).toBe('sent');
    },
  );

  it('leaves a letter alone of which nothing is known: the same message claims it again', async () => {
    await claimLetter(store, id, claimant);
    expect(await claimLetter(store, id, { message: 'other', delivery: 1 })).toBe('elsewhere');
    expect(await claimLetter(store, id, { message: 'q', delivery: 2 })).toBe('claimed');
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
