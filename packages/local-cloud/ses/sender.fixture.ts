import { join } from 'node:path';
import { openBusinessClock } from '../clock.ts';
import { createSesEngine } from './ses-engine.ts';

// Sends numbered letters without end, and writes each message id once its letter is acknowledged. To be killed.
const [folder = '.'] = process.argv.slice(2);
const engine = createSesEngine({
  directory: join(folder, 'letters'),
  clock: openBusinessClock(join(folder, 'clock.json')),
  region: 'ca-central-1',
  accountId: '000000000000',
});
engine.addIdentity('partner.example');

for (let number = 0; ; number += 1) {
  const raw = `From: office@partner.example\r\nTo: a@b.example\r\nSubject: ${number}\r\n\r\n${number}\r\n`;
  const { body } = await engine.handle({
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: {},
    body: Buffer.from(
      new URLSearchParams({
        Action: 'SendRawEmail',
        'RawMessage.Data': Buffer.from(raw).toString('base64'),
      }).toString(),
    ),
    principal: { kind: 'operator' },
  });
  const messageId = /<MessageId>(.*)<\/MessageId>/.exec(String(body))?.[1];
  await new Promise((resolve) => process.stdout.write(`${messageId}\n`, resolve));
}
