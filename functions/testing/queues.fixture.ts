import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { openBusinessClock } from '../../packages/local-cloud/clock.ts';
import { listenFor } from '../../packages/local-cloud/sqs/engine-listener.fixture.ts';
import { createSqsEngine } from '../../packages/local-cloud/sqs/sqs-engine.ts';

const region = 'ca-central-1';

/** Queues of these names, in the SQS of the local cloud. */
export async function openQueues<N extends string>(names: readonly N[]) {
  const folder = await mkdtemp(join(tmpdir(), 'queues-'));
  const clock = openBusinessClock(join(folder, 'clock.json'));
  const engine = createSqsEngine({ file: join(folder, 'queues.sqlite'), clock, region, accountId: '000000000000' });
  const listener = await listenFor(engine);
  engine.setBaseUrl(listener.url);
  for (const name of names) engine.createQueue(name);
  const credentials = { accessKeyId: 'a', secretAccessKey: 's' };
  const sqs = new SQSClient({ endpoint: listener.url, region, credentials, maxAttempts: 1 });
  return {
    sqs,
    urls: Object.fromEntries(names.map((name) => [name, engine.queueUrl(name)])) as Record<N, string>,
    /** Receives what has come to a queue, at most ten messages: each as JSON, and the reason it bears as an attribute. */
    async receive(name: N): Promise<{ readonly body: unknown; readonly reason?: string }[]> {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          ...{ QueueUrl: engine.queueUrl(name), MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] },
          WaitTimeSeconds: 0,
        }),
      );
      return Messages.map(({ Body = '', MessageAttributes }) => {
        const reason = MessageAttributes?.reason?.StringValue;
        return { body: JSON.parse(Body), ...(reason === undefined ? {} : { reason }) };
      });
    },
    async close(): Promise<void> {
      sqs.destroy();
      await listener.close();
      await engine.close();
      await rm(folder, { recursive: true });
    },
  };
}
