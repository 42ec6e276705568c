import { requireText } from '../input.ts';
import { parseReceiptHandle } from '../receipt-handle.ts';
import { type Action, rightsOn } from './action.ts';

/** Deletes a message by its receive; a later receive of it keeps it. */
export const deleteMessage: Action = {
  authorizations: (input, queues) => rightsOn(queues.arnOfUrl(requireText(input, 'QueueUrl')), 'DeleteMessage'),

  run(input, queues) {
    const queue = queues.byUrl(requireText(input, 'QueueUrl'));
    const handle = parseReceiptHandle(queue.name, requireText(input, 'ReceiptHandle'));
    queues.store.remove(handle.seq, queue.number, handle.receiveCount);
    queues.announceChange(queue);
    return undefined;
  },
};
