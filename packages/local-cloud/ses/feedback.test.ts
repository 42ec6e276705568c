import { describe, expect, test } from 'vitest';
import { type FeedbackType, feedbackOf, feedbackTypes, hasFeedback } from './feedback.ts';

const at = '2031-03-10T12:00:00.000Z';
const place = { region: 'ca-central-1', accountId: '123456789012' };
const raw = Buffer.from(
  'From: Partner <office@partner.example>\r\nTo: Anna <anna@employer.example>\r\nSubject: Hello\r\nX-Kind: test\r\n\r\nHello',
);

function eventsFor(to: readonly string[], types: readonly FeedbackType[] = feedbackTypes, message = raw) {
  const envelope = {
    ...{ messageId: 'm-1', at, source: 'office@partner.example', destinations: to, file: 'm-1.eml' },
    ...{ tags: { letter: 'abc' }, configurationSet: 'secor-dev', caller: 'secor-dev-mail', told: false as const },
  };
  return feedbackOf(envelope, message, new Set(types), place) as Promise<readonly Record<string, unknown>[]>;
}

describe('what becomes of a letter', () => {
  test.each([
    ['anna@employer.example', ['Send', 'Delivery']],
    ['success@simulator.amazonses.com', ['Send', 'Delivery']],
    ['ooto@simulator.amazonses.com', ['Send', 'Delivery']],
    ['bounce@simulator.amazonses.com', ['Send', 'Bounce']],
    ['Bounce+label-7@Simulator.amazonses.com', ['Send', 'Bounce']],
    ['Anna <bounce+a@simulator.amazonses.com>', ['Send', 'Bounce']],
    ['suppressionlist@simulator.amazonses.com', ['Send', 'Bounce']],
    ['complaint+x@simulator.amazonses.com', ['Send', 'Delivery', 'Complaint']],
    ['not-spam@simulator.amazonses.com', ['Send', 'Delivery', 'Complaint']],
    ['reject+a@simulator.amazonses.com', ['Send', 'Reject']],
    ['rendering-failure@simulator.amazonses.com', ['Rendering Failure']],
    ['bounce@simulator.amazonses.com.example', ['Send', 'Delivery']],
    ['constructor@simulator.amazonses.com', ['Send', 'Delivery']],
  ])('to %s is told as %j', async (to, types) => {
    expect((await eventsFor([to])).map(({ eventType }) => eventType)).toEqual(types);
  });

  test('is told for each recipient, of the types that were asked for', async () => {
    const to = ['bounce@simulator.amazonses.com', 'complaint@simulator.amazonses.com'];
    expect(await eventsFor(to, ['bounce', 'complaint'])).toMatchObject([
      { eventType: 'Bounce', bounce: { bouncedRecipients: [{ emailAddress: to[0] }] } },
      { eventType: 'Complaint', complaint: { complainedRecipients: [{ emailAddress: to[1] }] } },
    ]);
    expect(await eventsFor(['not-spam@simulator.amazonses.com'], ['complaint'])).toMatchObject([
      { complaint: { complaintFeedbackType: 'not-spam' } },
    ]);
    expect(hasFeedback(to, new Set<FeedbackType>(['complaint']))).toBe(true);
    expect(hasFeedback(['anna@employer.example'], new Set<FeedbackType>(['bounce', 'complaint']))).toBe(false);
  });

  test('is that SES rejects it, where the file is attached with which virus scanners are tried', async () => {
    const eicar = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';
    const infected = [
      'From: office@partner.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b',
      'Content-Type: text/plain\r\nContent-Disposition: attachment; filename="sample.txt"',
      `Content-Transfer-Encoding: base64\r\n\r\n${Buffer.from(eicar).toString('base64')}\r\n--b--\r\n`,
    ];
    expect(await eventsFor(['anna@employer.example'], feedbackTypes, Buffer.from(infected.join('\r\n')))).toEqual([
      expect.objectContaining({ eventType: 'Send', send: {} }),
      { eventType: 'Reject', mail: expect.anything(), reject: { reason: 'Bad content' } },
    ]);
  });

  test("is told in the form of SES's event publishing, and the same each time", async () => {
    const [event] = await eventsFor(['bounce@simulator.amazonses.com'], ['bounce']);
    expect(event).toEqual({
      eventType: 'Bounce',
      bounce: expect.objectContaining({
        ...{ bounceType: 'Permanent', bounceSubType: 'General', timestamp: at },
        feedbackId: expect.stringMatching(/^[0-9a-f]{32}-000000$/),
      }),
      mail: {
        ...{ timestamp: at, messageId: 'm-1', source: 'office@partner.example', sendingAccountId: '123456789012' },
        sourceArn: 'arn:aws:ses:ca-central-1:123456789012:identity/partner.example',
        destination: ['bounce@simulator.amazonses.com'],
        headersTruncated: false,
        headers: expect.arrayContaining([{ name: 'X-Kind', value: 'test' }]),
        commonHeaders: {
          ...{ from: ['office@partner.example'], to: ['anna@employer.example'], messageId: 'm-1', subject: 'Hello' },
        },
        tags: {
          ...{ letter: ['abc'], 'ses:configuration-set': ['secor-dev'], 'ses:from-domain': ['partner.example'] },
          ...{ 'ses:source-ip': ['127.0.0.1'], 'ses:caller-identity': ['secor-dev-mail'] },
        },
      },
    });
    expect(await eventsFor(['bounce@simulator.amazonses.com'], ['bounce'])).toEqual([event]);
  });
});
