import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import * as v from 'valibot';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { log } from './log.ts';
import { CannotSucceed, ClaimedElsewhere, type Delivery, MustWait, queueConsumer } from './queue-consumer.ts';

type Call = { readonly name: string; readonly input: Record<string, unknown> };
const calls: Call[] = [];
const sqs = {
  async send(command: { readonly input: Record<string, unknown> }) {
    calls.push({ name: command.constructor.name.replace('Command', ''), input: command.input });
    return {};
  },
} as unknown as SQSClient;
const logged = vi.spyOn(log, 'error').mockImplementation(() => {});
beforeEach(() => {
  calls.length = 0;
  logged.mockClear();
});

const schema = v.object({
  email: v.pipe(v.string(), v.email()),
  when: v.optional(v.pipe(v.string(), v.isoTimestamp())),
});
const sentAt = Date.parse('2026-11-23T18:00:00.000Z');
const day = 86_400_000;

/** Hands one message to a consumer whose step does this; gives whether it was acknowledged. */
async function consume(
  step: (delivery: Delivery<unknown>) => Promise<void>,
  {
    body = '{"email":"robin@example.org"}',
    delivery = 1,
    sent = sentAt,
    firstSentAt = undefined as number | undefined,
    putOffBy = undefined as string | undefined,
    putOff = 1,
  } = {},
): Promise<boolean> {
  const handler = queueConsumer(
    schema,
    () => step,
    () => ({ sqs, url: 'work', deadLettersUrl: 'dead', timeoutSeconds: 180 }),
  );
  const record = {
    ...{ messageId: 'q', receiptHandle: 'r', body },
    attributes: { ApproximateReceiveCount: String(delivery), SentTimestamp: String(sent) },
    messageAttributes: {
      ...(firstSentAt !== undefined && { firstSentAt: { dataType: 'Number', stringValue: String(firstSentAt) } }),
      ...(putOffBy !== undefined && {
        putOffBy: { dataType: 'String', stringValue: putOffBy },
        putOff: { dataType: 'Number', stringValue: String(putOff) },
      }),
    },
  } as unknown as SQSRecord;
  const { batchItemFailures } = await handler({ Records: [record] }, {} as never);
  return batchItemFailures.length === 0;
}

it('reads the environment when a message first needs the queue, not when it is loaded', async () => {
  const handler = queueConsumer(schema, () => async () => {});
  const attributes = { ApproximateReceiveCount: '1', SentTimestamp: String(sentAt) };
  const record = { messageId: 'q', body: '{"email":"robin@example.org"}', attributes } as unknown as SQSRecord;
  expect(await handler({ Records: [record] }, {} as never)).toEqual({ batchItemFailures: [] });
});

const failing = (error: Error) => async () => {
  throw error;
};
const waits = failing(new MustWait('the account is paused'));

describe('a message that must wait', () => {
  it('is sent anew with the time at which it was first sent, and the old one is acknowledged', async () => {
    expect(await consume(waits, { delivery: 3 })).toBe(true);
    expect(calls).toEqual([
      {
        name: 'SendMessage',
        input: {
          QueueUrl: 'work',
          MessageBody: '{"email":"robin@example.org"}',
          MessageAttributes: {
            firstSentAt: { DataType: 'Number', StringValue: String(sentAt) },
          },
        },
      },
    ]);
  });

  it('is hidden for an hour when it comes for the first time, and tried when it comes again', async () => {
    const step = vi.fn(async () => {});
    const waiting = { firstSentAt: sentAt, sent: sentAt + 3 * day };
    expect(await consume(step, waiting)).toBe(false);
    expect(calls).toEqual([
      { name: 'ChangeMessageVisibility', input: { QueueUrl: 'work', ReceiptHandle: 'r', VisibilityTimeout: 3600 } },
    ]);
    expect(step).not.toHaveBeenCalled();
    expect(await consume(step, { ...waiting, delivery: 2 })).toBe(true);
    expect(step).toHaveBeenCalledTimes(1);
  });

  it('keeps the time at which it was first sent, and is a dead letter with its reason after ten days', async () => {
    const waiting = (days: number) => ({ delivery: 2, firstSentAt: sentAt, sent: sentAt + days * day });
    await consume(waits, waiting(9.9));
    expect(await consume(waits, waiting(10))).toBe(true);
    expect(calls.map(({ input }) => [input.QueueUrl, input.MessageAttributes])).toEqual([
      ['work', { firstSentAt: { DataType: 'Number', StringValue: String(sentAt) } }],
      ['dead', { reason: { DataType: 'String', StringValue: 'waited for ten days: the account is paused' } }],
    ]);
  });
});

describe('a message whose work is claimed by another delivery', () => {
  const claimElsewhere = async ({ deliveryId }: Delivery<unknown>) => {
    throw new ClaimedElsewhere('it', deliveryId);
  };
  const marks = () =>
    calls.map(({ input }) => (input.MessageAttributes as { putOffBy?: { StringValue: string } }).putOffBy?.StringValue);

  it('is sent anew to come after the timeout of the queue, under a mark that no other delivery of it has', async () => {
    expect(await consume(claimElsewhere)).toBe(true);
    expect(await consume(claimElsewhere, { delivery: 2 })).toBe(true);
    expect(calls.map(({ name, input }) => [name, input.QueueUrl, input.DelaySeconds])).toEqual(
      Array(2).fill(['SendMessage', 'work', 180]),
    );
    expect(new Set(marks()).size).toBe(2);
  });

  it('comes with the id of the delivery that put it off', async () => {
    const step = vi.fn(claimElsewhere);
    await consume(step);
    const [putOffBy = ''] = marks();
    expect(step.mock.calls.map(([{ deliveryId }]) => deliveryId)).toEqual([putOffBy]);
    await consume(step, { putOffBy });
    expect(step.mock.calls.map((given) => given[0].putOffBy)).toEqual([undefined, putOffBy]);
  });

  it('is a dead letter with its reason when it has been put off five times', async () => {
    await consume(claimElsewhere, { putOffBy: 'd', putOff: 4 });
    await consume(claimElsewhere, { putOffBy: 'd', putOff: 5 });
    expect(calls.map(({ input }) => input.QueueUrl)).toEqual(['work', 'dead']);
    expect(calls[1]?.input.MessageAttributes).toEqual({
      reason: { DataType: 'String', StringValue: 'it is claimed by another delivery' },
    });
  });
});

describe('any other message that failed', () => {
  it('comes again after a pause', async () => {
    expect(await consume(failing(new Error('no')))).toBe(false);
    expect(calls.map(({ name }) => name)).toEqual(['ChangeMessageVisibility']);
  });

  it('is a dead letter at once when it can not succeed', async () => {
    expect(await consume(failing(new CannotSucceed('there is no audit')))).toBe(true);
    expect(calls.map(({ input }) => input.QueueUrl)).toEqual(['dead']);
  });
});

describe('a message of another form', () => {
  it.each([
    ['{"email":"Robin <robin@example.org>"}', 'email is not as expected (email)'],
    ['{"email":"robin@example.org","when":"robin@example.org"}', 'when is not as expected (iso_timestamp)'],
    ['{"email":["robin@example.org"]}', 'email is not as expected (string)'],
    ['"robin@example.org"', 'message is not as expected (object)'],
    ['{"robin@example.org":1}', 'email is missing'],
    ['robin@example.org', 'the message is not JSON'],
  ])('%s is told by its places, never by what it holds, in its reason and in the log', async (body, reason) => {
    expect(await consume(async () => {}, { body })).toBe(true);
    const [call] = calls;
    const told = JSON.stringify(call?.input.MessageAttributes);
    expect(told).toContain(reason);
    expect(
      `${told} ${logged.mock.calls.map((each) => JSON.stringify(each) + String((each[1] as { error: Error }).error.stack))}`,
    ).not.toContain('robin@');
  });
});
