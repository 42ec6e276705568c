import { join } from 'node:path';
import { openBusinessClock } from '../clock.ts';
import { createSqsEngine } from './sqs-engine.ts';

// Sends numbered messages without end, and writes each number once its message is acknowledged. To be killed.
const [folder = '.'] = process.argv.slice(2);
const engine = createSqsEngine({
  file: join(folder, 'queues.sqlite'),
  clock: openBusinessClock(join(folder, 'clock.json')),
  region: 'ca-central-1',
  accountId: '000000000000',
  baseUrl: 'http://127.0.0.1:1',
});
engine.createQueue('review');

for (let number = 0; ; number += 1) {
  await engine.handle({
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: { 'x-amz-target': 'AmazonSQS.SendMessage' },
    body: Buffer.from(JSON.stringify({ QueueUrl: engine.queueUrl('review'), MessageBody: String(number) })),
    principal: { kind: 'operator' },
  });
  await new Promise((resolve) => process.stdout.write(`${number}\n`, resolve));
}
