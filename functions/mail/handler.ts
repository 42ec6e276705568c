import { S3Client } from '@aws-sdk/client-s3';
import { SESClient, type SESServiceException, SendRawEmailCommand } from '@aws-sdk/client-ses';
import type { AuditEvent, DomainEvent } from '@secor/certification';
import { AuditMessage } from '@secor/contracts';
import { CannotSucceed, type Delivery, environment, InOtherHands, ownQueue, queueConsumer } from '@secor/lambda';
import {
  type LetterFacts,
  type LetterName,
  lettersFor,
  mimeMessage,
  type Partner,
  type Recipient,
  writeLetter,
} from '@secor/mail';
import {
  type Claimant,
  claimLetter,
  type LetterId,
  openStore,
  type Records,
  readAssessor,
  readAudit,
  readEmployer,
  readEvent,
  readProblems,
  recordSent,
  type Store,
} from '@secor/store';

type Dependencies = {
  readonly store: Store;
  readonly records: Records;
  readonly ses: SESClient;
  readonly partner: Partner;
  readonly sender: string;
  readonly configurationSet: string;
};

/**
 * Sends the letters that an event causes, one message to each recipient. A letter is claimed under its own key before it
 * goes out and recorded after; names and addresses are read as they are now.
 */
export function mail(dependencies: Dependencies) {
  return async ({ message, messageId, sentAt, delivery }: Delivery<AuditMessage>): Promise<void> => {
    const { store, records, partner } = dependencies;
    const event = await readEvent(store, message.subject, message.number);
    if (event === undefined || !isAuditEvent(event))
      throw new CannotSucceed(`${message.subject} has no event ${message.number} that letters are written about`);
    const { auditNumber } = message;
    const facts: LetterFacts = {
      event,
      partner,
      ...(await peopleOf(store, auditNumber)),
      ...('problemList' in event.data ? { problems: await readProblems(records, event.data.problemList) } : {}),
    };
    const failures: unknown[] = [];
    for (const { name, role } of lettersFor(event)) {
      const recipient = recipientOf(role, facts);
      const id: LetterId = { auditNumber, event: event.number, letter: name, personId: recipient.personId };
      await send(dependencies, id, name, recipient, facts, sentAt, { message: messageId, delivery }).catch((error) =>
        failures.push(error),
      );
    }
    if (failures.length > 0) throw failures[0];
  };
}

function isAuditEvent(event: DomainEvent): event is AuditEvent {
  return event.subject.startsWith('audit#');
}

async function peopleOf(store: Store, auditNumber: string): Promise<Pick<LetterFacts, 'employer' | 'assessor'>> {
  const audit = await readAudit(store, auditNumber);
  const [employer, assessor] = await Promise.all([
    audit && readEmployer(store, audit.employerId),
    audit && readAssessor(store, audit.assessorId),
  ]);
  if (employer === undefined || assessor === undefined)
    throw new CannotSucceed(`audit ${auditNumber} lacks its employer or assessor`);
  return { employer, assessor };
}

function recipientOf(role: Recipient['role'], { employer, assessor }: LetterFacts): Recipient {
  return role === 'assessor'
    ? { role, personId: assessor.assessorId, name: assessor.name, email: assessor.email }
    : { role, personId: employer.employerId, name: employer.contact.name, email: employer.contact.email };
}

async function send(
  { store, ses, sender, partner, configurationSet }: Dependencies,
  id: LetterId,
  name: LetterName,
  recipient: Recipient,
  facts: LetterFacts,
  sentAt: string,
  claimant: Claimant,
): Promise<void> {
  const claim = await claimLetter(store, id, claimant);
  if (claim === 'sent') return;
  if (claim === 'elsewhere') throw new InOtherHands(`letter ${id.auditNumber}-${id.event}`);
  const letterId = `${id.auditNumber}-${id.event}-${recipient.role.replace(' ', '-')}`;
  const raw = await composed(writeLetter(name, recipient, facts), {
    from: { name: partner.name, email: sender },
    to: recipient,
    date: sentAt,
    letterId,
    messageIdDomain: sender.slice(sender.indexOf('@') + 1),
  });
  const messageId = await post(
    ses,
    new SendRawEmailCommand({
      RawMessage: { Data: raw },
      Source: sender,
      Destinations: [recipient.email],
      ConfigurationSetName: configurationSet,
      Tags: [{ Name: 'letter', Value: letterId }],
    }),
  );
  await recordSent(store, id, claimant, messageId, sentAt);
}

/** The message, or why there can be none: an address that is none stays wrong however often it is tried. */
async function composed(...letter: Parameters<typeof mimeMessage>): Promise<Buffer> {
  try {
    return await mimeMessage(...letter);
  } catch (error) {
    throw new CannotSucceed(error instanceof Error ? error.message : 'the letter could not be composed');
  }
}

const throttledTries = 6;

/** Gives a message to SES. What SES throttled it has not sent, so that is tried again; nothing else is. */
async function post(ses: SESClient, message: SendRawEmailCommand): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { MessageId } = await ses.send(message);
      return MessageId ?? '';
    } catch (error) {
      const { name, $metadata } = error as Partial<SESServiceException>;
      if (!/^Throttling|^TooManyRequests/.test(name ?? '') || attempt === throttledTries)
        // SES repeats addresses in its messages, which must not reach the log.
        throw new Error(`SES did not take the letter: ${name} (request ${$metadata?.requestId ?? 'without an id'})`);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 500 * attempt));
    }
  }
}

export const handler = queueConsumer(
  AuditMessage,
  () =>
    mail({
      store: openStore(environment('TABLE_NAME')),
      records: { s3: new S3Client({}), bucket: environment('RECORDS_BUCKET') },
      // A second try of the client's own could send a letter twice: the queue tries again, under the letter's claim.
      ses: new SESClient({ maxAttempts: 1 }),
      partner: {
        name: environment('PARTNER_NAME'),
        email: environment('PARTNER_EMAIL'),
        phone: environment('PARTNER_PHONE'),
        site: environment('PARTNER_SITE'),
      },
      sender: environment('MAIL_FROM'),
      configurationSet: environment('CONFIGURATION_SET'),
    }),
  ownQueue(),
);
