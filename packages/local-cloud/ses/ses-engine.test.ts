import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  ListIdentitiesCommand,
  SESClient,
  SendRawEmailCommand,
  type SendRawEmailCommandInput,
} from '@aws-sdk/client-ses';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BusinessClock, openBusinessClock } from '../clock.ts';
import { listenFor } from '../sqs/engine-listener.fixture.ts';
import type { Letter } from './letter-box.ts';
import { createSesEngine, type SesEngine } from './ses-engine.ts';

const ACCOUNT = '000000000000';
const REGION = 'ca-central-1';
const OFFICE = 'office@partner.example';

let folder: string;
let clock: BusinessClock;
let engine: SesEngine;
let listener: Awaited<ReturnType<typeof listenFor>>;
let client: SESClient;

async function start() {
  clock = openBusinessClock(join(folder, 'clock.json'));
  engine = createSesEngine({ directory: join(folder, 'letters'), clock, region: REGION, accountId: ACCOUNT });
  engine.addIdentity('partner.example');
  engine.addConfigurationSet('secor-dev');
  listener = await listenFor(engine);
  client = new SESClient({
    endpoint: listener.url,
    region: REGION,
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    maxAttempts: 1,
  });
}

async function stop() {
  client.destroy();
  await engine.close();
  await listener.close();
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ses-'));
  await start();
});

afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');

const SUBJECT = 'Prüfung 123456789 bestanden – 😀';

const RAW = [
  'From: "Safety Partner" <Office@partner.example>',
  'To: Anna <anna@employer.example>',
  `Subject: =?UTF-8?B?${base64(SUBJECT)}?=`,
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed;',
  ' boundary="outer"',
  '',
  '--outer',
  'Content-Type: multipart/alternative; boundary=inner',
  '',
  '--inner',
  'Content-Type: text/plain; charset=UTF-8',
  'Content-Transfer-Encoding: base64',
  '',
  base64('Grüße, you passed: 5 < 6 & more.'),
  '--inner',
  'Content-Type: text/html; charset=UTF-8',
  'Content-Transfer-Encoding: base64',
  '',
  base64('<p class="a">Grüße, <b>you passed</b></p><script>alert(1)</script>'),
  '--inner--',
  '--outer',
  'Content-Type: application/pdf; name="report.pdf"',
  'Content-Disposition: attachment; filename="report.pdf"',
  'Content-Transfer-Encoding: base64',
  '',
  base64(Buffer.from([0x25, 0x50, 0x44, 0x46, 0xff, 0x00])),
  '--outer--',
  '',
].join('\r\n');

/** A message whose parts are multiparts themselves, so many times. */
function nested(depth: number): string {
  const part = (level: number): string =>
    level === depth
      ? 'Content-Type: text/plain\r\n\r\nText\r\n'
      : `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n${part(level + 1)}--b${level}--\r\n`;
  return `From: office@partner.example\r\nTo: anna@employer.example\r\n${part(0)}`;
}

const simple = (subject = 'Hello', from = OFFICE) =>
  `From: ${from}\r\nTo: anna@employer.example\r\nSubject: ${subject}\r\n\r\nText\r\n`;

/** A message as SES sends it: with a Message-ID and a Date of its own, and no other ones. */
const asSent = (raw: string, { messageId, at }: { readonly messageId: string; readonly at: string }) =>
  `Message-ID: <${messageId}@${REGION}.amazonses.com>\r\nDate: ${new Date(at).toUTCString().replace('GMT', '+0000')}\r\n${raw}`;

const sendRaw = async (raw: string | Buffer, more: Partial<SendRawEmailCommandInput> = {}): Promise<string> => {
  const { MessageId } = await client.send(
    new SendRawEmailCommand({ RawMessage: { Data: typeof raw === 'string' ? Buffer.from(raw) : raw }, ...more }),
  );
  return String(MessageId);
};

const onlyLetter = async (): Promise<Letter> => {
  const [letter, ...others] = await engine.letters();
  expect(others).toEqual([]);
  if (!letter) throw new Error('There is no letter.');
  return letter;
};

describe('SendRawEmail', () => {
  test('keeps the message byte by byte but for its Message-ID and Date, and what SES knows of it', async () => {
    clock.advanceTo(Date.parse('2027-05-31T23:00:00.000Z'));
    const messageId = await sendRaw(RAW, {
      Source: OFFICE,
      Destinations: ['anna@employer.example'],
      ConfigurationSetName: 'secor-dev',
      Tags: [{ Name: 'letter', Value: 'audit-123456789_7' }],
    });
    const letter = await onlyLetter();
    expect(letter).toEqual({
      messageId,
      at: expect.stringMatching(/^2027-05-31T23:00:/),
      source: OFFICE,
      destinations: ['anna@employer.example'],
      configurationSet: 'secor-dev',
      tags: { letter: 'audit-123456789_7' },
      from: 'Office@partner.example',
      to: ['anna@employer.example'],
      subject: SUBJECT,
      text: expect.stringContaining('Grüße, you passed: 5 < 6 & more.'),
      html: expect.stringContaining('<b>you passed</b>'),
      attachments: [{ name: 'report.pdf', type: 'application/pdf', bytes: 6 }],
      file: expect.any(String),
    });
    expect(readFileSync(letter.file, 'latin1')).toBe(asSent(RAW, letter));
    expect(basename(letter.file)).toMatch(new RegExp(`^20270531-2300\\d\\d-1-${messageId}\\.eml$`));
  });

  test('puts its own Message-ID and Date in the place of those of the message', async () => {
    clock.advanceTo(Date.parse('2027-05-31T23:00:00.000Z'));
    const own = 'Message-Id:\r\n <abc@partner.example>\r\ndate: Mon, 01 Jan 2024 00:00:00 +0000\r\n';
    await sendRaw(`${own}${simple('Hello')}Message-ID: in the text\r\n`);
    const letter = await onlyLetter();
    expect(readFileSync(letter.file, 'latin1')).toBe(asSent(`${simple('Hello')}Message-ID: in the text\r\n`, letter));
    expect(letter.at).toMatch(/^2027-05-31T23:00/);
  });

  test('without Source and Destinations, those of the message count', async () => {
    await sendRaw(
      'From: office@partner.example\r\nTo: a@x.example, "B" <b@x.example>\r\nCc: c@x.example\r\nBcc: d@x.example\r\n\r\nText\r\n',
    );
    expect(await onlyLetter()).toMatchObject({
      source: OFFICE,
      destinations: ['a@x.example', 'b@x.example', 'c@x.example', 'd@x.example'],
    });
  });

  test('tells a listener of each letter', async () => {
    const told = new Promise<Letter>((resolve) => {
      engine.onLetter(resolve);
    });
    const messageId = await sendRaw(simple('Told'));
    expect(await told).toMatchObject({ messageId, subject: 'Told' });
  });

  test.each([
    ['no headers', 'Just text, no headers at all'],
    ['a header that is none', 'From: office@partner.example\r\nno colon here\r\n\r\nText'],
    ['no From', 'To: a@x.example\r\n\r\nText'],
    ['no recipient', 'From: office@partner.example\r\n\r\nText'],
    ['an overlong line', `${simple()}${'x'.repeat(999)}\r\n`],
    [
      'a multipart without parts',
      'From: office@partner.example\r\nTo: a@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nText',
    ],
    ['a multipart without end', RAW.replace('--outer--', '')],
    ['parts within parts without end', nested(300)],
    ['an address that is none', 'From: office@partner.example\r\nTo: anna\r\n\r\nText'],
  ])('refuses a message with %s', async (_, raw) => {
    await expect(sendRaw(raw)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    expect(await engine.letters()).toEqual([]);
  });

  test('takes a line of 1000 characters with its end, and a message of 10 MB, not a byte more', async () => {
    await sendRaw(`${simple()}${'x'.repeat(998)}\r\n`);
    const head = simple();
    const line = `${'x'.repeat(98)}\r\n`;
    const limit = 10 * 1024 * 1024;
    const full = (head + line.repeat(Math.ceil(limit / line.length))).slice(0, limit);
    await sendRaw(full);
    await expect(sendRaw(`${full}x`)).rejects.toThrow('Message length is more than 10485760 bytes long');
  });

  test('takes 50 recipients, not 51', async () => {
    const recipients = Array.from({ length: 51 }, (_, number) => `r${number}@x.example`);
    await sendRaw(simple(), { Destinations: recipients.slice(0, 50) });
    await expect(sendRaw(simple(), { Destinations: recipients })).rejects.toThrow('Recipient count exceeds 50');
  });

  test('refuses a sender that is not verified, by Source or by From', async () => {
    await expect(sendRaw(simple('x', 'someone@elsewhere.example'))).rejects.toMatchObject({
      name: 'MessageRejected',
      message:
        'Email address is not verified. The following identities failed the check in region CA-CENTRAL-1: someone@elsewhere.example',
    });
    await expect(sendRaw(simple(), { Source: 'a@notpartner.example' })).rejects.toMatchObject({
      name: 'MessageRejected',
    });
    await sendRaw(simple('x', 'office@mail.partner.example'));
    engine.addIdentity('Someone@elsewhere.example');
    await sendRaw(simple('x', 'someone@elsewhere.example'));
    await expect(sendRaw(simple('x', 'other@elsewhere.example'))).rejects.toMatchObject({ name: 'MessageRejected' });
  });

  test('takes a tag of 255 characters, not of 256', async () => {
    await sendRaw(simple(), { Tags: [{ Name: 'letter', Value: 'a'.repeat(255) }] });
    await expect(sendRaw(simple(), { Tags: [{ Name: 'letter', Value: 'a'.repeat(256) }] })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });

  test.each([
    [
      { unverifiedIdentities: ['partner.example'] },
      'MessageRejected',
      /^Email address is not verified\. .* CA-CENTRAL-1: office@partner\.example$/,
    ],
    [{ sandbox: true }, 'MessageRejected', /^Email address is not verified\. .* CA-CENTRAL-1: anna@employer\.example$/],
    [{ sendingPaused: true }, 'AccountSendingPausedException', /disabled for your account/],
    [{ pausedConfigurationSets: ['secor-dev'] }, 'ConfigurationSetSendingPausedException', /<secor-dev>/],
    [{ max24HourSend: 1 }, 'Throttling', /^Daily message quota exceeded\.$/],
  ])('refuses to send while the account is %j, and goes on after', async (account, name, message) => {
    const send = () => sendRaw(simple(), { ConfigurationSetName: 'secor-dev' });
    await send();
    engine.setAccount(account);
    await expect(send()).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
    engine.setAccount({});
    await send();
    expect(await engine.letters()).toHaveLength(2);
  });

  test('in the sandbox reaches verified addresses and domains, and the mailbox simulator', async () => {
    engine.setAccount({ sandbox: true, verifiedIdentities: ['anna@employer.example', 'friends.example'] });
    await sendRaw(simple());
    await sendRaw(simple(), { Destinations: ['kit@friends.example', 'bounce@simulator.amazonses.com'] });
    await expect(sendRaw(simple(), { Destinations: ['kit@employer.example'] })).rejects.toThrow('kit@employer.example');
  });

  test('refuses an unknown configuration set, and tags with other characters', async () => {
    await expect(sendRaw(simple(), { ConfigurationSetName: 'secor-prod' })).rejects.toThrow('secor-prod');
    await expect(sendRaw(simple(), { Tags: [{ Name: 'to', Value: 'a@b.example' }] })).rejects.toThrow('a@b.example');
    expect(await engine.letters()).toEqual([]);
  });
});

test('an operation that is not supported is named', async () => {
  await expect(client.send(new ListIdentitiesCommand({}))).rejects.toMatchObject({
    name: 'InvalidAction',
    message: expect.stringContaining('ListIdentities'),
  });
});

describe('rights', () => {
  const needs = (parameters: Record<string, string>) =>
    engine.authorizations({
      method: 'POST',
      path: '/',
      query: new URLSearchParams(),
      headers: {},
      body: Buffer.from(new URLSearchParams(parameters).toString()),
      principal: { kind: 'operator' },
    });
  const arn = (resource: string) => `arn:aws:ses:${REGION}:${ACCOUNT}:${resource}`;

  test('sending needs the identity that is known, and the configuration set', async () => {
    const raw = { Action: 'SendRawEmail', 'RawMessage.Data': base64(RAW), ConfigurationSetName: 'secor-dev' };
    const context = {
      'ses:FromAddress': OFFICE,
      'ses:FromDisplayName': 'Safety Partner',
      'ses:Recipients': ['anna@employer.example'],
    };
    expect(await needs(raw)).toEqual([
      { action: 'ses:SendRawEmail', resource: arn('identity/partner.example'), context },
      { action: 'ses:SendRawEmail', resource: arn('configuration-set/secor-dev'), context },
    ]);
    engine.addIdentity(OFFICE);
    expect((await needs(raw))[0]?.resource).toBe(arn(`identity/${OFFICE}`));
    expect(
      await needs({ Action: 'SendRawEmail', 'RawMessage.Data': base64(simple('x', 'a@elsewhere.example')) }),
    ).toMatchObject([{ resource: arn('identity/a@elsewhere.example') }]);
  });

  test("sending in the sandbox needs the recipient's identity, too", async () => {
    engine.setAccount({ sandbox: true, verifiedIdentities: ['friends.example'] });
    const resources = async (...to: string[]) =>
      (
        await needs({
          ...{ Action: 'SendRawEmail', 'RawMessage.Data': base64(simple()) },
          ...Object.fromEntries(to.map((address, index) => [`Destinations.member.${index + 1}`, address])),
        })
      ).map(({ resource }) => resource);
    expect(await resources('Anna@employer.example', 'kit@friends.example', 'b@simulator.amazonses.com')).toEqual(
      ['partner.example', 'anna@employer.example', 'friends.example'].map((name) => arn(`identity/${name}`)),
    );
    engine.setAccount({});
    expect(await resources('anna@employer.example')).toEqual([arn('identity/partner.example')]);
  });
});

describe('restarts', () => {
  test('letters are kept, and their numbers go on', async () => {
    await sendRaw(simple('one'));
    await stop();
    await start();
    await sendRaw(simple('two'));
    const letters = await engine.letters();
    expect(letters.map((letter) => letter.subject)).toEqual(['one', 'two']);
    expect(await engine.subjects(1)).toEqual(['two']);
    expect(letters.map((letter) => basename(letter.file).split('-')[2])).toEqual(['1', '2']);
  });

  test('a line that was not finished when the process died harms nothing', async () => {
    await sendRaw(simple('one'));
    await stop();
    appendFileSync(join(folder, 'letters', 'letters.jsonl'), '{"messageId":"torn');
    await start();
    await sendRaw(simple('two'));
    await stop();
    await start();
    expect((await engine.letters()).map((letter) => letter.subject)).toEqual(['one', 'two']);
  });

  test('a process killed in the midst of sending loses no letter that was acknowledged', async () => {
    const sender = spawn(process.execPath, [fileURLToPath(new URL('./sender.fixture.ts', import.meta.url)), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = new Promise((resolve) => sender.on('exit', (_, signal) => resolve(signal)));
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: sender.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === 100) sender.kill('SIGKILL');
    }
    expect(await gone).toBe('SIGKILL');
    await stop();
    await start();
    const kept = (await engine.letters()).map((letter) => letter.messageId);
    expect(kept.slice(0, acknowledged.length)).toEqual(acknowledged);
    expect(kept.length - acknowledged.length).toBeLessThanOrEqual(1);
    expect(readdirSync(join(folder, 'letters')).filter((name) => name.endsWith('.eml')).length).toBeGreaterThanOrEqual(
      kept.length,
    );
  });
});

describe('the inbox page', () => {
  const body = async (path: string) => String((await engine.inboxPage(path)).body);

  test('says when it is empty', async () => {
    expect(await body('/')).toContain('No letter was sent yet.');
  });

  test('lists the newest first, each with a link', async () => {
    const first = await sendRaw(simple('The <first> & oldest'));
    clock.advanceBy(60_000);
    const second = await sendRaw(simple('The second'));
    const page = await body('/');
    expect(page).toContain('2 letters');
    expect([...page.matchAll(/href="\/letters\/([^"]+)">([^<]*)</g)].map((link) => [link[1], link[2]])).toEqual([
      [second, 'The second'],
      [first, 'The &lt;first&gt; &amp; oldest'],
    ]);
  });

  test('shows a letter: headers, text, HTML that can run nothing, and the message itself', async () => {
    const messageId = await sendRaw(RAW, { ConfigurationSetName: 'secor-dev', Tags: [{ Name: 'letter', Value: '7' }] });
    const answer = await engine.inboxPage(`/letters/${messageId}`);
    const page = String(answer.body);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page).toContain(`<h1>${SUBJECT}</h1>`);
    expect(page).toContain('you passed: 5 &lt; 6 &amp; more.');
    expect(page).toContain('letter = 7');
    expect(page).toContain('report.pdf (application/pdf, 6 bytes)');
    expect(page).not.toContain('<script>');
    expect(page).toMatch(
      /<iframe sandbox="" title="[^"]+" srcdoc="[^"]*&lt;p class=&quot;a&quot;&gt;Grüße[^"]*&lt;script&gt;[^"]*">/,
    );
    const link = /href="([^"]+\.eml)"/.exec(page)?.[1] ?? '';
    const eml = await engine.inboxPage(link);
    expect(eml.headers['content-type']).toBe('message/rfc822');
    expect((eml.body as Buffer).toString('latin1')).toBe(asSent(RAW, await onlyLetter()));
  });

  test.each(['/letters/unknown', '/letters/../clock.json', '/letters/unknown.eml', '/else'])(
    '%s is not found',
    async (path) => {
      expect((await engine.inboxPage(path)).status).toBe(404);
    },
  );
});
