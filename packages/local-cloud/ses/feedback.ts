import { createHash } from 'node:crypto';
import PostalMime from 'postal-mime';
import { addressesOf, bareAddress, type Envelope } from './letter-box.ts';
import { parseHeaders } from './raw-message.ts';

/** What SES can tell of a message that it has accepted, as `MatchingEventTypes` names it. */
export const feedbackTypes = ['send', 'reject', 'delivery', 'bounce', 'complaint', 'renderingFailure'] as const;
export type FeedbackType = (typeof feedbackTypes)[number];

/** What becomes of a message to one recipient, in order. */
type Fate = readonly (
  | { readonly type: 'send' | 'reject' | 'delivery' | 'renderingFailure' }
  | { readonly type: 'bounce'; readonly subType: 'General' | 'Suppressed' }
  | { readonly type: 'complaint'; readonly feedbackType: 'abuse' | 'not-spam' }
)[];

const sent = { type: 'send' } as const;
const delivered: Fate = [sent, { type: 'delivery' }];
const rejected: Fate = [sent, { type: 'reject' }];

/** The addresses of SES's own mailbox simulator, by what stands before the @ and any "+label". */
const simulated = new Map<string, Fate>([
  ['success', delivered],
  // The answer that its owner is away goes to the sender's mailbox, of which nothing is told here.
  ['ooto', delivered],
  ['bounce', [sent, { type: 'bounce', subType: 'General' }]],
  ['suppressionlist', [sent, { type: 'bounce', subType: 'Suppressed' }]],
  ['complaint', [...delivered, { type: 'complaint', feedbackType: 'abuse' }]],
  // These three are the local cloud's own: SES's simulator has no addresses for these.
  ['not-spam', [...delivered, { type: 'complaint', feedbackType: 'not-spam' }]],
  ['reject', rejected],
  ['rendering-failure', [{ type: 'renderingFailure' }]],
]);

/** The file with which virus scanners are tried: SES rejects a message that has it attached. */
const eicar = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';

/** Whether a message has the file attached with which virus scanners are tried. */
async function isInfected(raw: Buffer): Promise<boolean> {
  if (!raw.includes('attachment')) return false;
  const { attachments } = await PostalMime.parse(raw);
  return attachments.some(({ content }) =>
    Buffer.from(content as ArrayBuffer)
      .subarray(0, 100)
      .includes(eicar),
  );
}

/** What becomes of a message to an address: as SES's mailbox simulator decides for its own, else it is delivered. */
function fateOf(address: string): Fate {
  const [, mailbox = ''] = /^([^+@]+)(?:\+[^@]*)?@simulator\.amazonses\.com$/i.exec(address) ?? [];
  return simulated.get(mailbox.toLowerCase()) ?? delivered;
}

/** Whether there may be anything of these types to tell of a message to these recipients. */
export function hasFeedback(destinations: readonly string[], types: ReadonlySet<FeedbackType>): boolean {
  return (
    types.has('reject') || destinations.some((each) => fateOf(bareAddress(each)).some(({ type }) => types.has(type)))
  );
}

/**
 * The events that SES publishes of an accepted message, of these types, each recipient for itself; the same arguments give
 * the same events. All happens at the instant of acceptance.
 */
export async function feedbackOf(
  envelope: Envelope,
  raw: Buffer,
  types: ReadonlySet<FeedbackType>,
  place: { readonly region: string; readonly accountId: string },
): Promise<readonly object[]> {
  const { at, messageId, source } = envelope;
  const email = await parseHeaders(raw);
  const domain = bareAddress(source).replace(/^.*@/, '');
  const tags = {
    ...Object.fromEntries(Object.entries(envelope.tags).map(([name, value]) => [name, [value]])),
    ...(envelope.configurationSet === undefined ? {} : { 'ses:configuration-set': [envelope.configurationSet] }),
    'ses:source-ip': ['127.0.0.1'],
    'ses:from-domain': [domain],
    'ses:caller-identity': [envelope.caller ?? 'operator'],
  };
  const mail = {
    timestamp: at,
    source,
    sourceArn: `arn:aws:ses:${place.region}:${place.accountId}:identity/${domain}`,
    sendingAccountId: place.accountId,
    messageId,
    destination: envelope.destinations.map(bareAddress),
    headersTruncated: false,
    headers: email.headers.map(({ originalKey, value }) => ({ name: originalKey, value })),
    commonHeaders: {
      from: addressesOf(email.from ? [email.from] : []),
      to: addressesOf(email.to ?? []),
      messageId,
      subject: email.subject ?? '',
    },
  };
  const host = `mail.${domain}`;
  const fate = (await isInfected(raw)) ? () => rejected : fateOf;
  return mail.destination.flatMap((address, index) =>
    fate(address)
      .filter(({ type }) => types.has(type))
      .map((fate) => {
        const feedbackId = `${createHash('sha256').update(`${messageId} ${index} ${fate.type}`).digest('hex').slice(0, 32)}-000000`;
        switch (fate.type) {
          case 'send':
            return { eventType: 'Send', mail: { ...mail, tags }, send: {} };
          case 'reject':
            return { eventType: 'Reject', mail: { ...mail, tags }, reject: { reason: 'Bad content' } };
          case 'renderingFailure':
            return {
              eventType: 'Rendering Failure',
              mail: { ...mail, tags },
              failure: { errorMessage: "Attribute 'name' is not present in the rendering data.", templateName: 'none' },
            };
          case 'delivery':
            return {
              eventType: 'Delivery',
              mail: { ...mail, tags: { ...tags, 'ses:outgoing-ip': ['127.0.0.1'] } },
              delivery: {
                timestamp: at,
                processingTimeMillis: 0,
                recipients: [address],
                smtpResponse: '250 2.0.0 OK',
                reportingMTA: host,
              },
            };
          case 'bounce':
            return {
              eventType: 'Bounce',
              bounce: {
                feedbackId,
                bounceType: 'Permanent',
                bounceSubType: fate.subType,
                bouncedRecipients: [
                  {
                    emailAddress: address,
                    action: 'failed',
                    status: '5.1.1',
                    diagnosticCode: 'smtp; 550 5.1.1 user unknown',
                  },
                ],
                timestamp: at,
                reportingMTA: `dsn; ${host}`,
              },
              mail: { ...mail, tags },
            };
          default:
            return {
              eventType: 'Complaint',
              complaint: {
                feedbackId,
                complaintSubType: null,
                complainedRecipients: [{ emailAddress: address }],
                timestamp: at,
                userAgent: 'Amazon SES Mailbox Simulator',
                complaintFeedbackType: fate.feedbackType,
                arrivalDate: at,
              },
              mail: { ...mail, tags },
            };
        }
      }),
  );
}
