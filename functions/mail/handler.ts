import { S3Client } from '@aws-sdk/client-s3';
import { SESClient, type SESServiceException, SendRawEmailCommand } from '@aws-sdk/client-ses';
import {
  type Audit,
  type AuditEvent,
  awaitsReviewer,
  currentRevision,
  type DomainEvent,
  revokedAt,
} from '@secor/certification';
import { AuditMessage } from '@secor/contracts';
import { CannotSucceed, type Delivery, environment, InOtherHands, ownQueue, queueConsumer } from '@secor/lambda';
import {
  answeredNotes,
  type LetterFacts,
  type LetterName,
  lettersFor,
  mimeMessage,
  type Partner,
  type Recipient,
  type RecipientRole,
  recipientsOf,
  writeLetter,
} from '@secor/mail';
import {
  type Claimant,
  claimLetter,
  type LetterId,
  letterTag,
  listAdministrators,
  openStore,
  type Records,
  readAssessor,
  readAudit,
  readCycle,
  readEmployer,
  readEvent,
  readHistory,
  readProblems,
  readReviewer,
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
    const audit = await readAudit(store, auditNumber);
    if (audit === undefined) throw new CannotSucceed(`there is no audit ${auditNumber}`);
    const letters = isOutdated(event, audit) ? [] : lettersFor(event);
    const [people, matter, staff] = await Promise.all([
      peopleOf(store, audit),
      matterOf(store, records, event, audit),
      staffOf(store, audit, new Set(letters.map(({ role }) => role))),
    ]);
    const facts: LetterFacts = { event, partner, audit: known(audit), ...people, ...matter, staff };
    const failures: unknown[] = [];
    for (const { letter, role } of letters)
      for (const recipient of recipientsOf(role, facts)) {
        const id: LetterId = { subject: event.subject, event: event.number, letter, personId: recipient.personId };
        await send(dependencies, id, letter, recipient, facts, sentAt, { message: messageId, delivery }).catch(
          (error) => failures.push(error),
        );
      }
    if (failures.length > 0) throw failures[0];
  };
}

function isAuditEvent(event: DomainEvent): event is AuditEvent {
  return event.subject.startsWith('audit#');
}

/** Whether the event asks somebody to review what has gone to another since, or tells an outcome that does not hold any more. */
function isOutdated(event: AuditEvent, audit: Audit): boolean {
  if (event.type === 'reviewer assigned') return event.data.reviewerId !== audit.reviewerId;
  if (event.type === 'report made') return audit.state !== 'closed' || audit.decisions !== event.data.decision;
  return event.type === 'review unassigned' && !awaitsReviewer(audit);
}

function known(audit: Audit): LetterFacts['audit'] {
  const { kind, protocol } = audit;
  const arrivedAt = currentRevision(audit)?.arrivedAt;
  return { kind, protocol, ...(arrivedAt === undefined ? {} : { arrivedAt }) };
}

async function peopleOf(store: Store, audit: Audit): Promise<Pick<LetterFacts, 'employer' | 'assessor'>> {
  const [employer, assessor] = await Promise.all([
    readEmployer(store, audit.employerId),
    readAssessor(store, audit.assessorId),
  ]);
  if (employer === undefined || assessor === undefined)
    throw new CannotSucceed(`audit ${audit.auditNumber} lacks its employer or assessor`);
  return { employer, assessor };
}

/** What a letter of this event needs beyond the event itself. */
async function matterOf(
  store: Store,
  records: Records,
  event: AuditEvent,
  audit: Audit,
): Promise<Pick<LetterFacts, 'problems' | 'answeredNotes' | 'revoked'>> {
  if ('problemList' in event.data) return { problems: await readProblems(records, event.data.problemList) };
  if (event.type === 'package accepted' && event.data.round > 0)
    return { answeredNotes: answeredNotes(await readHistory(store, event.subject, event.number), event.data.round) };
  if (event.type === 'report made') return { revoked: event.data.revoked ?? [] };
  if (event.type === 'audit rejected' || event.type === 'audit withdrawn')
    return { revoked: revokedAt(await readCycle(store, audit.employerId), audit.auditNumber, event.at) };
  return {};
}

/** The partner's people, as far as letters go to them: who has the audit now, and who are administrators now. */
async function staffOf(
  store: Store,
  { auditNumber, reviewerId }: Audit,
  roles: ReadonlySet<RecipientRole>,
): Promise<LetterFacts['staff']> {
  const asked = roles.has('reviewer') || roles.has('administrator') ? reviewerId : undefined;
  const [reviewer, administrators] = await Promise.all([
    asked === undefined ? undefined : readReviewer(store, asked),
    roles.has('administrator') ? listAdministrators(store) : [],
  ]);
  if (asked !== undefined && reviewer === undefined) throw new CannotSucceed(`audit ${auditNumber} lacks its reviewer`);
  return {
    ...(reviewer && { reviewer: { personId: reviewer.reviewerId, name: reviewer.name, email: reviewer.email } }),
    administrators: administrators.map(({ administratorId: personId, name, email }) => ({ personId, name, email })),
  };
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
  const tag = tagOf(id);
  const claim = await claimLetter(store, id, claimant);
  if (claim === 'sent') return;
  if (claim === 'elsewhere') throw new InOtherHands(`letter ${id.event} of ${id.subject}`);
  const raw = await composed(writeLetter(name, recipient, facts), {
    from: { name: partner.name, email: sender },
    to: recipient,
    date: sentAt,
    letterId: `${id.subject}/${id.event}/${id.letter}/${id.personId}`,
    messageIdDomain: sender.slice(sender.indexOf('@') + 1),
  });
  const messageId = await post(
    ses,
    new SendRawEmailCommand({
      RawMessage: { Data: raw },
      Source: sender,
      Destinations: [recipient.email],
      ConfigurationSetName: configurationSet,
      Tags: [{ Name: 'letter', Value: tag }],
    }),
  );
  await recordSent(store, id, claimant, messageId, sentAt);
}

/** The tag by which what becomes of the letter finds it; an id that is too long for one stays so. */
function tagOf(id: LetterId): string {
  try {
    return letterTag(id);
  } catch (error) {
    throw new CannotSucceed(error instanceof Error ? error.message : 'the letter has no tag');
  }
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
