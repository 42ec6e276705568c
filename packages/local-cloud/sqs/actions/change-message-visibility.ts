import { AwsError } from '../../engine.ts';
import { missing, optionalWhole, requireText } from '../input.ts';
import { MAX_VISIBILITY_SECONDS } from '../queue-attributes.ts';
import { parseReceiptHandle } from '../receipt-handle.ts';
import { type Action, rightsOn } from './action.ts';

/** Chooses when a message that was received becomes visible again. */
export const changeMessageVisibility: Action = {
  authorizations: (input, queues) =>
    rightsOn(queues.arnOfUrl(requireText(input, 'QueueUrl')), 'ChangeMessageVisibility'),

  run(input, queues) {
    const queue = queues.byUrl(requireText(input, 'QueueUrl'));
    const handle = parseReceiptHandle(queue.name, requireText(input, 'ReceiptHandle'));
    const seconds = optionalWhole(input, 'VisibilityTimeout', 0, MAX_VISIBILITY_SECONDS);
    if (seconds === undefined) throw missing('VisibilityTimeout');
    const now = queues.clock.now();
    const message = queues.store.message(handle.seq, queue.number);
    if (!message || message.receivedAt === null || handle.receiveCount > message.receiveCount) {
      throw new AwsError(
        'InvalidParameterValue',
        `Value ${String(input.ReceiptHandle)} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
      );
    }
    // As on AWS: what is visible again stays so, and a handle of an earlier receive changes the time of the latest.
    if (message.visibleAt <= now) {
      queues.announceChange(queue);
      return undefined;
    }
    const visibleAt = now + seconds * 1000;
    if (visibleAt - message.receivedAt > MAX_VISIBILITY_SECONDS * 1000) {
      throw new AwsError(
        'InvalidParameterValue',
        `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`,
      );
    }
    queues.store.setVisibleAt(handle.seq, visibleAt);
    if (seconds === 0) {
      queues.announceVisible(queue);
    } else {
      queues.watchVisibility(queue, visibleAt);
      queues.announceChange(queue);
    }
    return undefined;
  },
};
