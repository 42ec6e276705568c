import { type Input, optionalWhole, requireText, texts } from '../input.ts';
import { type MessageAttributes, md5OfAttributes, md5OfText, selectAttributes } from '../message-attributes.ts';
import type { Candidate, StoredMessage } from '../message-store.ts';
import type { LongPoll, Queue } from '../queue.ts';
import { MAX_VISIBILITY_SECONDS } from '../queue-attributes.ts';
import type { Queues } from '../queues.ts';
import { renderReceiptHandle } from '../receipt-handle.ts';
import { type Action, rightsOn } from './action.ts';

const MAX_MESSAGES = 10;
const MAX_WAIT_SECONDS = 20;

/** Hands out visible messages and hides them; waits for one as long as the caller wants. */
export const receiveMessage: Action = {
  authorizations: (input, queues) => rightsOn(queues.arnOfUrl(requireText(input, 'QueueUrl')), 'ReceiveMessage'),

  run(input, queues, { signal }) {
    const queue = queues.byUrl(requireText(input, 'QueueUrl'));
    const limit = optionalWhole(input, 'MaxNumberOfMessages', 1, MAX_MESSAGES) ?? 1;
    const visibility =
      optionalWhole(input, 'VisibilityTimeout', 0, MAX_VISIBILITY_SECONDS) ?? queue.attributes.visibilityTimeout;
    const waitSeconds =
      optionalWhole(input, 'WaitTimeSeconds', 0, MAX_WAIT_SECONDS) ?? queue.attributes.receiveMessageWaitTimeSeconds;
    const answer = (messages: readonly StoredMessage[]) =>
      messages.length === 0 ? {} : { Messages: messages.map((message) => renderMessage(queue.name, message, input)) };

    const receive = () => take(queues, queue, limit, visibility);
    const messages = receive();
    if (messages.length > 0 || waitSeconds === 0) return answer(messages);
    return waitFor(queue, receive, waitSeconds, signal).then(answer);
  },
};

/** Waits until messages can be received, the time is over, or the caller has gone. */
function waitFor(
  queue: Queue,
  receive: () => readonly StoredMessage[],
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<readonly StoredMessage[]> {
  return new Promise((resolve) => {
    const finish = (found: readonly StoredMessage[]) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      queue.polls.delete(poll);
      resolve(found);
    };
    const end = () => finish([]);
    const poll: LongPoll = {
      attempt: () => {
        const found = receive();
        if (found.length > 0) finish(found);
        return found.length > 0;
      },
      end,
    };
    const timer = setTimeout(end, seconds * 1000);
    signal?.addEventListener('abort', end, { once: true });
    queue.polls.add(poll);
    if (signal?.aborted) end();
  });
}

/** Takes up to `limit` visible messages; those received too often go to the dead-letter queue instead. */
function take(queues: Queues, queue: Queue, limit: number, visibilitySeconds: number): readonly StoredMessage[] {
  const { store, clock } = queues;
  const now = clock.now();
  const visibleAt = now + visibilitySeconds * 1000;
  const deadLetters = queues.deadLettersOf(queue);
  const taken = new Map<string, StoredMessage>();
  let moved = 0;
  const choose = () => {
    let movedBefore: number;
    do {
      movedBefore = moved;
      for (const { seq, id, receiveCount } of candidates(queues, queue, now, limit)) {
        if (taken.size === limit) return;
        if (deadLetters && receiveCount >= deadLetters.after) {
          const sentAt = store.moveToDeadLetters(seq, deadLetters.queue.number, queues.arnOf(queue.name), now);
          deadLetters.queue.arrivals += 1;
          queues.watchMessage(deadLetters.queue, { sentAt });
          moved += 1;
        } else if (!taken.has(id)) {
          taken.set(id, store.take(seq, now, visibleAt));
        }
      }
    } while (moved > movedBefore);
  };
  // An empty receive, the most frequent call, writes nothing.
  if ((store.firstVisibleFrom(queue.number, 0) ?? now + 1) > now) return [];
  store.atomically(choose);
  if (taken.size > 0) queues.watchVisibility(queue, visibleAt);
  if (deadLetters && moved > 0) queues.announceVisible(deadLetters.queue);
  // Without a timeout what was taken is visible again at once.
  if (taken.size > 0 && visibilitySeconds === 0)
    queueMicrotask(() => !queues.isClosed() && queues.announceVisible(queue));
  else if (taken.size > 0 || moved > 0) queues.announceChange(queue);
  return [...taken.values()];
}

function candidates({ store }: Queues, queue: Queue, now: number, limit: number): Candidate[] {
  // Twice as many, because a message that is delivered twice comes once per receive.
  if (queue.order === 'fifo') return store.oldest(queue.number, now, limit * 2);
  if (queue.order === 'lifo') return store.newest(queue.number, now, limit * 2);
  return store.shuffled(queue.number, now, queue.random);
}

function renderMessage(queueName: string, message: StoredMessage, input: Input): Record<string, unknown> {
  const asked = [...texts(input, 'MessageSystemAttributeNames'), ...texts(input, 'AttributeNames')];
  const sent = JSON.parse(message.system) as MessageAttributes;
  const system: Record<string, string> = {
    SenderId: message.sender,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ...(message.sourceArn === null ? {} : { DeadLetterQueueSourceArn: message.sourceArn }),
    ...(sent.AWSTraceHeader?.StringValue === undefined ? {} : { AWSTraceHeader: sent.AWSTraceHeader.StringValue }),
  };
  const shownSystem = Object.fromEntries(
    Object.entries(system).filter(([name]) => asked.includes('All') || asked.includes(name)),
  );
  const stored = JSON.parse(message.attributes) as MessageAttributes;
  const attributes = selectAttributes(stored, texts(input, 'MessageAttributeNames'));
  const md5 = md5OfAttributes(attributes);
  return {
    MessageId: message.id,
    ReceiptHandle: renderReceiptHandle(queueName, message),
    MD5OfBody: md5OfText(message.body),
    Body: message.body,
    ...(Object.keys(shownSystem).length > 0 ? { Attributes: shownSystem } : {}),
    ...(md5 === undefined ? {} : { MD5OfMessageAttributes: md5, MessageAttributes: attributes }),
  };
}
