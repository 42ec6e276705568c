import { S3Client } from '@aws-sdk/client-s3';
import { SESClient, SendRawEmailCommand } from '@aws-sdk/client-ses';
import type { AuditEvent, DomainEvent } from '@secor/certification';
import { EventMessage } from '@secor/contracts';
import { CannotSucceed, type Delivery, environment, ownQueue, queueConsumer } from '@secor/lambda';
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
  return async ({ message, sentAt, delivery }: Delivery<EventMessage>): Promise<void> => {
    const { store, records, partner } = dependencies;
    const event = await readEvent(store, message.subject, message.number);
    if (event === undefined || !isAuditEvent(event))
      throw new CannotSucceed(`${message.subject} has no event ${message.number} that letters are written about`);
    const auditNumber = message.subject.replace(/^audit#/, '');
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
      await send(dependencies, id, name, recipient, facts, { sentAt, delivery }).catch((error) => failures.push(error));
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
  { sentAt, delivery }: { readonly sentAt: string; readonly delivery: number },
): Promise<void> {
  const claim = await claimLetter(store, id, delivery);
  if (claim === 'sent') return;
  if (claim === 'elsewhere') throw new Error('another delivery of this message has the letter in hand');
  const letterId = `${id.auditNumber}-${id.event}-${recipient.role.replace(' ', '-')}`;
  const raw = await mimeMessage(writeLetter(name, recipient, facts), {
    from: { name: partner.name, email: sender },
    to: recipient,
    date: sentAt,
    letterId,
    messageIdDomain: sender.slice(sender.indexOf('@') + 1),
  });
  const { MessageId } = await ses.send(
    new SendRawEmailCommand({
      RawMessage: { Data: raw },
      Source: sender,
      Destinations: [recipient.email],
      ConfigurationSetName: configurationSet,
      Tags: [{ Name: 'letter', Value: letterId }],
    }),
  );
  await recordSent(store, id, MessageId ?? '', sentAt);
}

export const handler = queueConsumer(
  EventMessage,
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
