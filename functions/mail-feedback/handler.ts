import { type FeedbackEvent, FeedbackMessage } from '@secor/contracts';
import { CannotSucceed, type Delivery, environment, queueConsumer } from '@secor/lambda';
import { type LetterFeedback, letterOfTag, openStore, readLetter, recordFeedback, type Store } from '@secor/store';
import { tellOfRejected } from './rejected.ts';
import { type Failure, tellPerson } from './undeliverable.ts';

const kinds = { Permanent: 'permanent', Transient: 'transient', Undetermined: 'undetermined' } as const;

/**
 * Records on a letter what SES reports: SES accepted it, it was delivered, it bounced, or its recipient complained. If mail can
 * no longer reach a person, that is recorded with the person. If SES rejected a letter after accepting it, administrators get a
 * letter. Reports may arrive twice and in any order. A report about a letter that we did not send goes to the dead letters.
 */
export function mailFeedback(store: Store) {
  return async ({ message: { Message: event }, sentAt }: Delivery<FeedbackMessage>): Promise<void> => {
    // SES itself sends this when the topic becomes its destination.
    if (event.eventType === 'Validation') return;
    const [tag] = event.mail.tags.letter ?? [];
    const id = tag === undefined ? undefined : letterOfTag(tag);
    if (id === undefined) throw new CannotSucceed(`the ${event.eventType} is of a message without a letter's tag`);
    if (!(await recordFeedback(store, id, feedbackOf(event))))
      throw new CannotSucceed(`event ${id.event} of ${id.subject} has no letter ${id.letter} to this person`);
    if (event.eventType === 'Reject' || event.eventType === 'Rendering Failure')
      return tellOfRejected(store, id, sentAt);
    const reason = failureOf(event);
    const [address] = event.mail.destination;
    if (reason === undefined) return;
    // Who has several roles got one letter for all of them.
    const { alsoAs = [] } = (await readLetter(store, id)) ?? {};
    for (const { personId } of [id, ...alsoAs]) await tellPerson(store, { personId, address, ...reason, sentAt });
  };
}

function feedbackOf(event: FeedbackEvent): LetterFeedback {
  switch (event.eventType) {
    case 'Send':
      return { acceptedAt: utc(event.mail.timestamp), messageId: event.mail.messageId };
    case 'Reject':
      return { rejected: { at: utc(event.mail.timestamp), reason: 'bad content' } };
    case 'Rendering Failure':
      return { rejected: { at: utc(event.mail.timestamp), reason: 'not rendered' } };
    case 'Delivery':
      return { deliveredAt: utc(event.delivery.timestamp) };
    case 'Bounce':
      return { bounced: { at: utc(event.bounce.timestamp), kind: kinds[event.bounce.bounceType] } };
    case 'Complaint': {
      const at = utc(event.complaint.timestamp);
      return isComplaint(event) ? { complainedAt: at } : { notSpamAt: at };
    }
  }
}

/** Whether the recipient complained. `not-spam` is no complaint: somebody moved the letter out of junk. */
function isComplaint({ complaint }: Extract<FeedbackEvent, { readonly eventType: 'Complaint' }>): boolean {
  return complaint.complaintFeedbackType !== 'not-spam';
}

/** Why further mail would not reach the recipient; undefined when it would. */
function failureOf(event: FeedbackEvent): Pick<Failure, 'reason' | 'at'> | undefined {
  if (event.eventType === 'Complaint')
    return isComplaint(event) ? { reason: 'complained', at: utc(event.complaint.timestamp) } : undefined;
  if (event.eventType !== 'Bounce' || event.bounce.bounceType !== 'Permanent') return undefined;
  return { reason: 'bounced', at: utc(event.bounce.timestamp) };
}

const utc = (timestamp: string): string => new Date(timestamp).toISOString();

export const handler = queueConsumer(FeedbackMessage, () => mailFeedback(openStore(environment('TABLE_NAME'))));
