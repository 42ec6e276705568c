import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EngineRequest } from '../engine.ts';
import { notificationBody, type Publication } from './notification.ts';
import { createSnsEngine, type SnsEngine } from './sns-engine.ts';

const topicArn = 'arn:aws:sns:ca-central-1:000000000000:feedback';
const queueArn = 'arn:aws:sqs:ca-central-1:000000000000:feedback';
const now = Date.parse('2031-03-10T12:00:00.000Z');

let folder: string;
let engine: SnsEngine;

function open(): SnsEngine {
  const opened = createSnsEngine({ file: join(folder, 'topics.sqlite'), clock: { now: () => now } });
  opened.createTopic(topicArn);
  return opened;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sns-'));
  engine = open();
});

afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

function call(parameters: Readonly<Record<string, string>>): EngineRequest {
  const body = Buffer.from(new URLSearchParams({ Version: '2010-03-31', ...parameters }).toString());
  return {
    ...{ method: 'POST', path: '/', query: new URLSearchParams(), headers: {}, body },
    principal: { kind: 'operator' },
  };
}

const publish = (message: string, more: Readonly<Record<string, string>> = {}) =>
  engine.handle(call({ Action: 'Publish', TopicArn: topicArn, Message: message, ...more }));

/** Hears of so many publications. */
function heard(count: number): Promise<Publication[]> {
  const { promise, resolve } = Promise.withResolvers<Publication[]>();
  const publications: Publication[] = [];
  engine.onPublication(async (publication) => {
    publications.push(publication);
    if (publications.length === count) resolve(publications);
  });
  return promise;
}

describe('publishing', () => {
  test('brings the message to each queue that is subscribed, stamped by the business clock', async () => {
    engine.subscribe({ topicArn, queueArn, raw: false });
    engine.subscribe({ topicArn, queueArn: `${queueArn}-2`, raw: true });
    const coming = heard(2);
    const { body } = await publish('{"a":1}', { Subject: 'News' });
    const publications = await coming;
    const [, messageId] = /<MessageId>(.+)<\/MessageId>/.exec(String(body)) ?? [];
    expect(publications.map((publication) => publication.queueArn).toSorted()).toEqual([queueArn, `${queueArn}-2`]);
    const [enveloped = '', raw] = publications
      .toSorted((a, b) => Number(a.raw) - Number(b.raw))
      .map((publication) => notificationBody(publication, 'ca-central-1'));
    expect(raw).toBe('{"a":1}');
    expect(JSON.parse(enveloped)).toMatchObject({
      ...{ Type: 'Notification', MessageId: messageId, TopicArn: topicArn, Subject: 'News', Message: '{"a":1}' },
      ...{ Timestamp: '2031-03-10T12:00:00.000Z', SignatureVersion: '1' },
    });
    await expect.poll(() => engine.unconfirmed()).toBe(0);
  });

  test('to nobody is nothing to do', async () => {
    await publish('x');
    expect(engine.unconfirmed()).toBe(0);
  });

  test('is judged on the topic', () => {
    expect(engine.authorizations(call({ Action: 'Publish', TopicArn: topicArn, Message: 'x' }))).toEqual([
      { action: 'sns:Publish', resource: topicArn },
    ]);
  });

  test.each([
    ['to a topic that there is not', { TopicArn: `${topicArn}-2` }, 'NotFound'],
    ['of nothing', { Message: '' }, 'InvalidParameter'],
    ['of more than 256 KiB', { Message: 'x'.repeat(262_145) }, 'InvalidParameter'],
    ['under a subject that is too long', { Subject: 'x'.repeat(101) }, 'InvalidParameter'],
    ['with what is not supported', { 'MessageAttributes.entry.1.Name': 'x' }, 'InvalidParameter'],
    ['by another action', { Action: 'CreateTopic' }, 'InvalidAction'],
  ])('%s is refused', async (_, parameters, code) => {
    await expect(publish('x', parameters)).rejects.toMatchObject({ code });
    expect(engine.unconfirmed()).toBe(0);
  });
});

test('what no queue has yet is brought again, and after a restart too', async () => {
  engine.subscribe({ topicArn, queueArn, raw: true });
  let refused = 0;
  engine.onPublication(async () => {
    refused += 1;
    throw new Error('no');
  });
  await publish('x');
  await expect.poll(() => refused).toBeGreaterThan(1);
  expect(engine.unconfirmed()).toBe(1);
  await engine.close();
  engine = open();
  expect(engine.unconfirmed()).toBe(1);
  expect(await heard(1)).toMatchObject([{ queueArn, message: 'x', raw: true }]);
  await expect.poll(() => engine.unconfirmed()).toBe(0);
});
