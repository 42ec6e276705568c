import { type FeedbackEvent, FeedbackMessage } from '@secor/contracts';
import { CannotSucceed, type Delivery, environment, ownQueue, queueConsumer } from '@secor/lambda';
import { type LetterFeedback, letterOfTag, openStore, recordFeedback, type Store } from '@secor/store';

const kinds = { Permanent: 'permanent', Transient: 'transient', Undetermined: 'undetermined' } as const;

/**
 * Records on a letter what became of it, as SES tells: it arrived, came back, or its recipient complained. May come twice
 * and in any order. An event that names no letter of ours can't succeed.
 */
export function mailFeedback(store: Store) {
  return async ({ message: { Message: event } }: Delivery<FeedbackMessage>): Promise<void> => {
    // SES says so itself when it is told of the topic.
    if (event.eventType === 'Validation') return;
    const [tag] = event.mail.tags.letter ?? [];
    const id = tag === undefined ? undefined : letterOfTag(tag);
    if (id === undefined) throw new CannotSucceed(`the ${event.eventType} is of a message without a letter's tag`);
    if (!(await recordFeedback(store, id, feedbackOf(event))))
      throw new CannotSucceed(`event ${id.event} of ${id.subject} has no letter ${id.letter} to this person`);
  };
}

function feedbackOf(event: FeedbackEvent): LetterFeedback {
  switch (event.eventType) {
    case 'Delivery':
      return { deliveredAt: utc(event.delivery.timestamp) };
    case 'Bounce':
      return { bounced: { at: utc(event.bounce.timestamp), kind: kinds[event.bounce.bounceType] } };
    case 'Complaint':
      return { complainedAt: utc(event.complaint.timestamp) };
  }
}

const utc = (timestamp: string): string => new Date(timestamp).toISOString();

export const handler = queueConsumer(
  FeedbackMessage,
  () => mailFeedback(openStore(environment('TABLE_NAME'))),
  ownQueue(),
);
