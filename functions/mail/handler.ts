import { SESClient, type SESServiceException, SendRawEmailCommand } from '@aws-sdk/client-ses';
import { LetterMessage } from '@secor/contracts';
import { CannotSucceed, type Delivery, environment, InOtherHands, ownQueue, queueConsumer } from '@secor/lambda';
import {
  addressedLetters,
  type LetterFacts,
  type LetterName,
  lettersFor,
  mimeMessage,
  type Recipient,
  writeLetter,
} from '@secor/mail';
import {
  type Claimant,
  claimLetter,
  type LetterId,
  letterTag,
  openS3,
  openStore,
  readEvent,
  recordSent,
} from '@secor/store';
import { factsOf, type Sources } from './facts.ts';

type Dependencies = Sources & {
  readonly ses: SESClient;
  readonly sender: string;
  readonly configurationSet: string;
};

/**
 * Sends the letters that an event causes, one message to each recipient. A letter is claimed under its own key before it
 * goes out and recorded after; names and addresses are read as they are now.
 */
export function mail(dependencies: Dependencies) {
  return async ({ message, messageId, sentAt, delivery }: Delivery<LetterMessage>): Promise<void> => {
    const { subject, number } = message;
    const event = await readEvent(dependencies.store, subject, number);
    if (event === undefined) throw new CannotSucceed(`${subject} has no event ${number}`);
    const letters = lettersFor(event);
    if (letters.length === 0) return;
    const facts = await factsOf(dependencies, event, new Set(letters.map(({ role }) => role)));
    if (facts === undefined) return;
    const failures: unknown[] = [];
    for (const { letter, recipient } of addressedLetters(event, facts)) {
      const id: LetterId = { subject: event.subject, event: event.number, letter, personId: recipient.personId };
      await send(dependencies, id, letter, recipient, facts, sentAt, { message: messageId, delivery }).catch((error) =>
        failures.push(error),
      );
    }
    if (failures.length > 0) throw failures[0];
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
  LetterMessage,
  () =>
    mail({
      store: openStore(environment('TABLE_NAME')),
      records: { s3: openS3(), bucket: environment('RECORDS_BUCKET') },
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
