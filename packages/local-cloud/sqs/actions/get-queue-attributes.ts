import { requireText, texts } from '../input.ts';
import { renderQueueAttributes } from '../queue-attributes.ts';
import { type Action, rightsOn } from './action.ts';

/** Answers the attributes of a queue that were asked for, and how many messages it holds. */
export const getQueueAttributes: Action = {
  authorizations: (input, queues) => rightsOn(queues.arnOfUrl(requireText(input, 'QueueUrl')), 'GetQueueAttributes'),

  run(input, queues) {
    const queue = queues.byUrl(requireText(input, 'QueueUrl'));
    const asked = texts(input, 'AttributeNames');
    const pending = queues.store.count(queue.number, queues.clock.now());
    const all: Record<string, string> = {
      QueueArn: queues.arnOf(queue.name),
      ApproximateNumberOfMessages: String(pending.visible),
      ApproximateNumberOfMessagesNotVisible: String(pending.inFlight),
      ApproximateNumberOfMessagesDelayed: String(pending.delayed),
      CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
      LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
      ...renderQueueAttributes(queue.attributes),
    };
    const attributes = Object.fromEntries(
      Object.entries(all).filter(([name]) => asked.includes('All') || asked.includes(name)),
    );
    return Object.keys(attributes).length > 0 ? { Attributes: attributes } : {};
  },
};
