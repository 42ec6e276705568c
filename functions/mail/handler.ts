import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { SESClient } from '@aws-sdk/client-ses';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { LetterMessage } from '@secor/contracts';
import { CannotSucceed, ClaimedElsewhere, type Delivery, environment, log, queueConsumer } from '@secor/lambda';
import {
  type AddressedLetter,
  addressedLetters,
  type LetterFacts,
  lettersFor,
  mimeMessage,
  writeLetter,
} from '@secor/mail';
import {
  claimLetter,
  type LetterId,
  letterTag,
  openS3,
  openStore,
  readEvent,
  recordSent,
  recordUnanswered,
  recordWithheld,
  releaseLetter,
} from '@secor/store';
import { forEachAtOnce } from '../shared/for-each-at-once.ts';
import { factsOf, isOfAllPlaces, readToldByAddress, type Sources } from './facts.ts';
import { AnswerMissing, covers, type LastingRefusal, post, SendingRefused } from './post.ts';

type Dependencies = Sources & {
  /** The function's own queue, to which it sends a message for each of many recipients. */
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly ses: SESClient;
  readonly sender: string;
  readonly configurationSet: string;
  /** Addresses and domains, the only ones that letters go to while the account is in SES's sandbox; empty outside of it. */
  readonly sandboxRecipients: readonly string[];
  /** Counts a letter that SES refused for a reason that lasts. */
  readonly onRefused: (refusal: LastingRefusal) => void;
};

/**
 * Sends the letters that an event causes, one to each address. A letter is claimed under its own key before it is sent,
 * and recorded afterwards. Names and addresses are read at that time. While SES refuses letters for a reason that lasts, the
 * message waits.
 */
export function mail(dependencies: Dependencies) {
  return async ({ message, ...delivery }: Delivery<LetterMessage>): Promise<void> => {
    const { subject, number } = message;
    const event = await readEvent(dependencies.store, subject, number);
    if (event === undefined) throw new CannotSucceed(`${subject} has no event ${number}`);
    const letters = lettersFor(event);
    if (letters.length === 0) return;
    // Up to 500 letters in one delivery would take longer than it may, and one that fails would hold up the others.
    if (isOfAllPlaces(event) && message.assessorIds === undefined) return askForEach(dependencies, event, message);
    const facts = await factsOf(dependencies, event, new Set(letters.map(({ role }) => role)), message.assessorIds);
    if (facts === undefined) return;
    if (letters.some(({ role }) => role === 'administrator') && facts.staff?.administrators.length === 0)
      log.error(
        'a letter to the administrators went to nobody: there is no administrator whom mail reaches; record an address that works',
        { subject, event: number },
      );
    const failures: unknown[] = [];
    for (const addressed of addressedLetters(event, facts))
      await send(dependencies, addressed, facts, delivery).catch((error) => failures.push(error));
    const refused = failures.find((error) => error instanceof SendingRefused);
    if (refused !== undefined) dependencies.onRefused(refused.refusal);
    // If another delivery has claimed one of the letters, the message must come again only after the queue's timeout, even if
    // other letters failed differently. The message becomes a dead letter only when none of the letters that are left can
    // succeed.
    if (failures.length > 0)
      throw (
        refused ??
        failures.find((error) => error instanceof ClaimedElsewhere) ??
        failures.find((error) => !(error instanceof CannotSucceed)) ??
        failures[0]
      );
  };
}

/** How many messages are sent to the queue at the same time. */
const messagesAtOnce = 20;

/**
 * Sends a message of its own for each person whom an event of all places in a session concerns, so that each letter is tried again,
 * waits, or becomes a dead letter alone. If this ends half-way, the messages are sent again: a letter is claimed only once.
 */
async function askForEach(
  { store, sqs, queueUrl }: Dependencies,
  event: Parameters<typeof readToldByAddress>[1],
  message: LetterMessage,
): Promise<void> {
  await forEachAtOnce(await readToldByAddress(store, event), messagesAtOnce, async (assessorIds) => {
    const each: LetterMessage = { ...message, assessorIds };
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(each) }));
  });
}

async function send(
  dependencies: Dependencies,
  { letter, recipient, alsoAs }: AddressedLetter,
  facts: LetterFacts,
  { sentAt, ...delivery }: Pick<Delivery<LetterMessage>, 'sentAt' | 'deliveryId' | 'putOffBy'>,
): Promise<void> {
  const { store, ses, sender, partner, configurationSet, sandboxRecipients } = dependencies;
  const { subject, number: event } = facts.event;
  const id: LetterId = { subject, event, letter, personId: recipient.personId };
  const tag = tagOf(id);
  if (sandboxRecipients.length > 0 && !sandboxRecipients.some((identity) => covers(identity, recipient.email))) {
    for (const each of [id, ...alsoAs.map((other) => ({ ...id, ...other }))])
      await recordWithheld(store, each, 'not a recipient of the sandbox', sentAt);
    return;
  }
  const claim = await claimLetter(store, id, delivery, alsoAs);
  if (claim === 'settled') return;
  if (claim === 'elsewhere') throw new ClaimedElsewhere(`letter ${id.event} of ${id.subject}`, delivery.deliveryId);
  let messageId: string;
  try {
    const raw = await composeMessage(writeLetter(letter, recipient, facts), {
      from: { name: partner.name, email: sender },
      to: recipient,
      letterId: `${id.subject}/${id.event}/${id.letter}/${id.personId}`,
    });
    messageId = await post(ses, {
      ...{ raw, sender, recipient: recipient.email, configurationSet },
      tags: [{ Name: 'letter', Value: tag }],
    });
  } catch (error) {
    // Only SES knows whether it accepted the letter. If it does not report that soon, the letter is sent again.
    if (error instanceof AnswerMissing) {
      await recordUnanswered(store, id, claim, delivery.deliveryId).catch((failure: Error) =>
        log.error('SES gave no answer, and that was not recorded', { error: failure }),
      );
      throw new ClaimedElsewhere(`letter ${id.event} of ${id.subject}: ${error.message}`, delivery.deliveryId);
    }
    await releaseLetter(store, id, claim);
    throw error;
  }
  await recordSent(store, id, messageId, sentAt).catch((error: Error) => {
    log.error('a letter went out, and that was not recorded', { messageId, error });
    throw new ClaimedElsewhere(`letter ${id.event} of ${id.subject}, which SES has,`, delivery.deliveryId);
  });
}

/** The tag that connects SES's reports with the letter. An id that is too long for a tag can't succeed. */
function tagOf(id: LetterId): string {
  try {
    return letterTag(id);
  } catch (error) {
    throw new CannotSucceed(error instanceof Error ? error.message : 'the letter has no tag');
  }
}

/** The message, or the reason why there can be none: a malformed address stays malformed however often it is tried. */
async function composeMessage(...letter: Parameters<typeof mimeMessage>): Promise<Buffer> {
  try {
    return await mimeMessage(...letter);
  } catch (error) {
    throw new CannotSucceed(error instanceof Error ? error.message : 'the letter could not be composed');
  }
}

/** Counts by the reason, so that each has an alarm of its own. */
function countRefusals(metrics: Metrics): Dependencies['onRefused'] {
  return (refusal) => {
    metrics.singleMetric().addDimension('reason', refusal).addMetric('LettersWaiting', MetricUnit.Count, 1);
  };
}

export const handler = queueConsumer(LetterMessage, () =>
  mail({
    store: openStore(environment('TABLE_NAME')),
    records: { s3: openS3(), bucket: environment('RECORDS_BUCKET') },
    // The client must not retry by itself: that could send a letter twice. The queue retries, under the letter's claim.
    ses: new SESClient({ maxAttempts: 1 }),
    sqs: new SQSClient({}),
    queueUrl: environment('QUEUE_URL'),
    partner: {
      name: environment('PARTNER_NAME'),
      email: environment('PARTNER_EMAIL'),
      phone: environment('PARTNER_PHONE'),
      site: environment('PARTNER_SITE'),
    },
    sender: environment('MAIL_FROM'),
    configurationSet: environment('CONFIGURATION_SET'),
    sandboxRecipients: process.env.SANDBOX_RECIPIENTS?.split(' ') ?? [],
    onRefused: countRefusals(new Metrics({ namespace: 'secor', defaultDimensions: { stage: environment('STAGE') } })),
  }),
);
