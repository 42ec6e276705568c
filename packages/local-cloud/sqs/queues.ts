import type { BusinessClock } from '../clock.ts';
import { AwsError } from '../engine.ts';
import { createAlarm } from './alarm.ts';
import { type MessageStore, openMessageStore, type StoredQueue } from './message-store.ts';
import type { Queue } from './queue.ts';
import { parseQueueAttributes, type QueueAttributes } from './queue-attributes.ts';

/** What the actions share: the queues with their messages, and who waits for what. */
export type Queues = {
  readonly clock: BusinessClock;
  readonly store: MessageStore;
  isClosed(): boolean;
  /** The names of all queues. */
  names(): readonly string[];
  arnOf(name: string): string;
  /** Throws AwsError when there is no such queue. */
  named(name: string): Queue;
  /** Throws AwsError when there is no such queue in this account. */
  byUrl(url: string): Queue;
  /** Throws AwsError when there is no such queue. */
  byArn(arn: string): Queue;
  /** The ARN of the queue that a URL names, whether there is one or not. Throws AwsError for another account's. */
  arnOfUrl(url: string): string;
  /** The dead-letter queue of a queue, and after how many receives a message goes there. */
  deadLettersOf(queue: Queue): { readonly queue: Queue; readonly after: number } | undefined;
  /** The queues whose dead letters come to this one. */
  sourcesOf(deadLetterArn: string): readonly Queue[];
  /** Makes a queue, or gives an existing one new attributes. Throws AwsError for an unknown attribute or a value out of range. */
  create(name: string, attributes: Readonly<Record<string, unknown>>): void;
  /** Deletes a queue with all that it holds. Throws AwsError when there is no such queue. */
  delete(name: string): void;
  /** To be called when a message of a queue was stored: it expires, and may become visible later. */
  watchMessage(queue: Queue, message: { readonly sentAt: number; readonly visibleAt?: number }): void;
  /** To be called when a message of a queue becomes visible at a later instant. */
  watchVisibility(queue: Queue, at: number): void;
  /** To be called after messages of the queue have become visible, outside of any transaction. */
  announceVisible(queue: Queue): void;
  /** To be called after any other change of what a queue holds or shows. */
  announceChange(queue: Queue): void;
  /** Calls the listener after every change. Answers how to unsubscribe. */
  onChange(listener: (name: string) => void): () => void;
  close(): void;
};

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;

/** Opens the queues kept in a file, which this process then holds alone. */
export function openQueues(options: {
  readonly file: string;
  readonly clock: BusinessClock;
  readonly region: string;
  readonly accountId: string;
}): Queues {
  const { clock, region, accountId } = options;
  const store = openMessageStore(options.file);
  const queues = new Map<string, Queue>();
  const changeListeners = new Set<(name: string) => void>();
  let closed = false;

  const arnOf = (name: string) => `arn:aws:sqs:${region}:${accountId}:${name}`;

  const named = (name: string): Queue => {
    const queue = queues.get(name);
    if (queue) return queue;
    throw new AwsError('QueueDoesNotExist', `The specified queue does not exist: ${name}.`);
  };

  const announceChange = (queue: Queue): void => {
    for (const listener of [...changeListeners]) listener(queue.name);
  };

  const announceVisible = (queue: Queue): void => {
    for (const poll of [...queue.polls]) {
      if (poll.attempt()) queue.polls.delete(poll);
    }
    for (const listener of [...queue.listeners]) listener();
    announceChange(queue);
  };

  const watchVisibility = (queue: Queue, at: number): void => {
    queue.visible.setBy(at, () => {
      const now = clock.now();
      const first = store.firstVisibleFrom(queue.number, at);
      const next = store.firstVisibleFrom(queue.number, now + 1);
      if (next !== undefined) watchVisibility(queue, next);
      if (first !== undefined && first <= now) announceVisible(queue);
    });
  };

  const retentionMs = (queue: Queue) => queue.attributes.messageRetentionPeriod * 1000;

  const watchExpiry = (queue: Queue, sentAt: number): void => {
    queue.expired.setBy(sentAt + retentionMs(queue), () => {
      const removed = store.removeSentBy(queue.number, clock.now() - retentionMs(queue));
      const oldest = store.firstSentAt(queue.number);
      if (oldest !== undefined) watchExpiry(queue, oldest);
      if (removed > 0) announceChange(queue);
    });
  };

  /** Sets the alarms of a queue from what it holds; what expired while nobody ran is deleted first. */
  const watchAll = (queue: Queue): void => {
    const now = clock.now();
    store.removeSentBy(queue.number, now - retentionMs(queue));
    const oldest = store.firstSentAt(queue.number);
    if (oldest !== undefined) watchExpiry(queue, oldest);
    const next = store.firstVisibleFrom(queue.number, now + 1);
    if (next !== undefined) watchVisibility(queue, next);
  };

  const stopWatching = (queue: Queue): void => {
    queue.visible.cancel();
    queue.expired.cancel();
    for (const poll of [...queue.polls]) poll.end();
  };

  const open = (stored: StoredQueue): void => {
    const queue = queueFrom(stored, clock);
    queues.set(queue.name, queue);
    watchAll(queue);
  };

  for (const stored of store.queues()) open(stored);

  return {
    clock,
    store,
    isClosed: () => closed,
    names: () => [...queues.keys()],
    arnOf,
    named,
    byUrl: (url) => named(nameInUrl(url, accountId)),
    byArn(arn) {
      const queue = queues.get(nameInArn(arn));
      if (queue && arnOf(queue.name) === arn) return queue;
      throw new AwsError('ResourceNotFoundException', `The resource that you specified does not exist: ${arn}.`, 404);
    },
    arnOfUrl: (url) => arnOf(nameInUrl(url, accountId)),
    deadLettersOf(queue) {
      const policy = queue.attributes.redrivePolicy;
      return policy && { queue: named(nameInArn(policy.deadLetterTargetArn)), after: policy.maxReceiveCount };
    },
    sourcesOf: (deadLetterArn) =>
      [...queues.values()].filter((queue) => queue.attributes.redrivePolicy?.deadLetterTargetArn === deadLetterArn),

    create(name, given) {
      const attributes = attributesFor(name, given, (arn) => queues.has(nameInArn(arn)));
      const stored = store.putQueue(name, JSON.stringify(attributes), clock.now());
      const queue = queues.get(name);
      if (queue === undefined) return open(stored);
      queue.attributes = attributes;
      queue.modifiedAt = stored.modifiedAt;
      watchAll(queue);
    },
    delete(name) {
      const queue = named(name);
      stopWatching(queue);
      store.removeQueue(queue.number);
      queues.delete(name);
      announceChange(queue);
    },

    watchMessage(queue, { sentAt, visibleAt }) {
      watchExpiry(queue, sentAt);
      if (visibleAt !== undefined && visibleAt > clock.now()) watchVisibility(queue, visibleAt);
    },
    watchVisibility,
    announceVisible,
    announceChange,
    onChange(listener) {
      const own = (name: string) => listener(name);
      changeListeners.add(own);
      return () => {
        changeListeners.delete(own);
      };
    },
    close() {
      if (closed) return;
      closed = true;
      changeListeners.clear();
      for (const queue of queues.values()) {
        queue.listeners.clear();
        stopWatching(queue);
      }
      store.close();
    },
  };
}

function queueFrom(stored: StoredQueue, clock: BusinessClock): Queue {
  return {
    number: stored.queue,
    name: stored.name,
    createdAt: stored.createdAt,
    modifiedAt: stored.modifiedAt,
    attributes: JSON.parse(stored.attributes) as QueueAttributes,
    order: 'fifo',
    random: Math.random,
    copies: 1,
    arrivals: 0,
    listeners: new Set(),
    polls: new Set(),
    visible: createAlarm(clock),
    expired: createAlarm(clock),
  };
}

function attributesFor(
  name: string,
  given: Readonly<Record<string, unknown>>,
  isQueue: (arn: string) => boolean,
): QueueAttributes {
  if (!QUEUE_NAME.test(name)) {
    throw new AwsError(
      'InvalidParameterValue',
      `'${name}' can't name a queue: up to 80 letters, digits, hyphens and underscores.`,
    );
  }
  const attributes = parseQueueAttributes(given);
  const target = attributes.redrivePolicy?.deadLetterTargetArn;
  if (target !== undefined && !isQueue(target)) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ${JSON.stringify(attributes.redrivePolicy)} for parameter RedrivePolicy of ${name} is invalid. Reason: Dead letter target does not exist.`,
    );
  }
  return attributes;
}

function nameInUrl(url: string, accountId: string): string {
  const segments = url.split('/');
  const name = segments.at(-1) ?? '';
  if (segments.length > 1 && segments.at(-2) !== accountId) {
    throw new AwsError(
      'QueueDoesNotExist',
      `The specified queue does not exist: ${url} is not of account ${accountId}.`,
    );
  }
  return name;
}

/** The name of a queue in its ARN. */
export function nameInArn(arn: string): string {
  return arn.split(':').at(-1) ?? '';
}
