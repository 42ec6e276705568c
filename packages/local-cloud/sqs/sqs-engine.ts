import { randomUUID } from 'node:crypto';
import type { BusinessClock } from '../clock.ts';
import {
  type Authorization,
  AwsError,
  type Engine,
  type EngineRequest,
  type EngineResponse,
  type Principal,
} from '../engine.ts';
import {
  type MessageAttributes,
  md5OfAttributes,
  md5OfText,
  parseMessageAttributes,
  parseSystemAttributes,
  requireAllowedCharacters,
  selectAttributes,
  sizeOfAttributes,
} from './message-attributes.ts';
import {
  type Candidate,
  type MoveTask,
  openMessageStore,
  type StoredMessage,
  type StoredQueue,
} from './message-store.ts';
import { parseQueueAttributes, type QueueAttributes, renderQueueAttributes } from './queue-attributes.ts';

/** The order in which a queue hands out its visible messages. */
type DeliveryOrder = 'fifo' | 'lifo' | 'random';

/** How many messages a queue holds, by what a consumer could do with them now. */
type PendingMessages = { readonly visible: number; readonly inFlight: number; readonly delayed: number };

/** A call that may tell when its caller has gone: a long poll then ends without taking a message. */
type SqsRequest = EngineRequest & { readonly signal?: AbortSignal };

/** Amazon SQS, standard queues, on one SQLite file. Times are the business clock's; only a long poll waits by the machine's. */
export interface SqsEngine extends Engine {
  handle(request: SqsRequest): Promise<EngineResponse>;
  /**
   * Makes a queue, or gives an existing one new attributes; its messages stay. Attributes are named as in the API and in
   * CloudFormation; values may be strings, numbers, booleans or (policies) objects. Those absent take AWS's defaults.
   * A dead-letter queue is made before the queue that names it; the URL can be read once the base URL is set. Throws AwsError for an unknown attribute or a value out of range.
   */
  createQueue(
    name: string,
    attributes?: Readonly<Record<string, unknown>>,
  ): { readonly url: string; readonly arn: string };
  /** The names of all queues. */
  queueNames(): readonly string[];
  /** Deletes a queue with all that it holds, as CloudFormation does. Throws AwsError when there is no such queue. */
  deleteQueue(name: string): void;
  /** Sets the address under which callers reach this engine, once it is known. */
  setBaseUrl(baseUrl: string): void;
  queueArn(name: string): string;
  queueUrl(name: string): string;
  /** Throws AwsError when there is no such queue. */
  pending(name: string): PendingMessages;
  /** How many messages have come into a queue since the start: sent, buried or moved. Throws AwsError when there is no such queue. */
  arrivals(name: string): number;
  /** The next instant (epoch milliseconds) at which a message that nobody may see yet becomes visible. Throws AwsError when there is no such queue. */
  nextVisibleAt(name: string): number | undefined;
  /** Calls the listener whenever a message has become visible (sent, delay over, visibility over), and soon after this call if one is. Answers the way to unsubscribe. */
  onVisible(name: string, listener: () => void): () => void;
  /** Calls the listener after every change of what a queue holds or shows. Answers the way to unsubscribe. */
  onChange(listener: (name: string) => void): () => void;
  /** Tells that an invocation has ended which had received these messages (receipt handles) and did not delete them: the receive counts. */
  endReceives(name: string, receiptHandles: readonly string[]): void;
  /**
   * Makes every message that somebody has received and not deleted visible at once: whoever received them is gone. What was
   * still in hand then (no `endReceives`) counts as not received. One whose receiver chose by ChangeMessageVisibility when it
   * comes again is left to that time.
   */
  returnInFlight(name: string): void;
  /** Hands out a queue's messages in this order from now on (until the next start); `seed` makes 'random' repeatable. */
  setOrder(name: string, order: DeliveryOrder, seed?: number): void;
  /** Delivers each message that is sent from now on (until the next start) so many times, as a standard queue may. */
  duplicate(name: string, copies: number): void;
}

export type SqsEngineOptions = {
  /** The SQLite file; its folder must exist. */
  readonly file: string;
  readonly clock: BusinessClock;
  readonly region: string;
  readonly accountId: string;
  readonly baseUrl?: string;
};

type Input = Readonly<Record<string, unknown>>;

type LongPoll = { readonly attempt: () => boolean; readonly end: () => void };

type Queue = {
  readonly number: number;
  readonly name: string;
  readonly createdAt: number;
  modifiedAt: number;
  attributes: QueueAttributes;
  order: DeliveryOrder;
  random: () => number;
  copies: number;
  arrivals: number;
  readonly listeners: Set<() => void>;
  readonly polls: Set<LongPoll>;
  readonly wake: Alarm;
  readonly expire: Alarm;
};

/** One alarm of a queue: kept at the earliest instant that was asked for. */
type Alarm = { at: number; cancel: () => void };

const MOST_ENTRIES = 10;
/** At most so many of a redrive. */
const MOVED_PER_SECOND = 500;
const LONGEST_VISIBILITY_S = 43_200;
const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;

/** Errors of the API's model, with the name that the older Query protocol has for them (header x-amzn-query-error). */
const MODELLED: Readonly<Record<string, string>> = {
  InvalidAttributeName: 'InvalidAttributeName',
  InvalidAttributeValue: 'InvalidAttributeValue',
  InvalidMessageContents: 'InvalidMessageContents',
  OverLimit: 'OverLimit',
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  ReceiptHandleIsInvalid: 'ReceiptHandleIsInvalid',
  RequestThrottled: 'RequestThrottled',
  ResourceNotFoundException: 'ResourceNotFoundException',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
};

/** Opens the queues kept in `file`, which this process then holds alone. */
export function createSqsEngine(options: SqsEngineOptions): SqsEngine {
  const { clock, region, accountId } = options;
  const store = openMessageStore(options.file);
  const queues = new Map<string, Queue>();
  const changeListeners = new Set<(name: string) => void>();
  let baseUrl = options.baseUrl;
  let closed = false;

  const queueArn = (name: string) => `arn:aws:sqs:${region}:${accountId}:${name}`;

  const queueUrl = (name: string) => {
    if (baseUrl === undefined)
      throw new Error(`The queue ${name} has no URL yet: the address of the gateway is not set.`);
    return `${baseUrl}/${accountId}/${name}`;
  };

  const requireQueue = (name: string): Queue => {
    const queue = queues.get(name);
    if (queue) return queue;
    throw new AwsError('QueueDoesNotExist', `The specified queue does not exist: ${name}.`);
  };

  const queueOf = (input: Input) => requireQueue(nameFromUrl(requireText(input, 'QueueUrl'), accountId));

  const told = (queue: Queue) => {
    for (const listener of [...changeListeners]) listener(queue.name);
  };

  /** To be called after messages of the queue have become visible, outside of any transaction. */
  const shown = (queue: Queue) => {
    for (const poll of [...queue.polls]) {
      if (poll.attempt()) queue.polls.delete(poll);
    }
    for (const listener of [...queue.listeners]) listener();
    told(queue);
  };

  const ringBy = (alarm: Alarm, at: number, ring: () => void) => {
    if (at >= alarm.at) return;
    alarm.cancel();
    alarm.at = at;
    alarm.cancel = clock.at(at, () => {
      alarm.at = Number.POSITIVE_INFINITY;
      ring();
    });
  };

  const wakeBy = (queue: Queue, at: number) => {
    ringBy(queue.wake, at, () => {
      const now = clock.now();
      const first = store.firstVisibleFrom(queue.number, at);
      const next = store.firstVisibleFrom(queue.number, now + 1);
      if (next !== undefined) wakeBy(queue, next);
      if (first !== undefined && first <= now) shown(queue);
    });
  };

  const retentionMs = (queue: Queue) => queue.attributes.messageRetentionPeriod * 1000;

  const expireBy = (queue: Queue, at: number) => {
    ringBy(queue.expire, at, () => {
      const removed = store.removeSentBy(queue.number, clock.now() - retentionMs(queue));
      const oldest = store.firstSentAt(queue.number);
      if (oldest !== undefined) expireBy(queue, oldest + retentionMs(queue));
      if (removed > 0) told(queue);
    });
  };

  /** Sets the alarms of a queue from what it holds; what expired while nobody ran is deleted first. */
  const takeUp = (queue: Queue) => {
    const now = clock.now();
    store.removeSentBy(queue.number, now - retentionMs(queue));
    const oldest = store.firstSentAt(queue.number);
    if (oldest !== undefined) expireBy(queue, oldest + retentionMs(queue));
    const next = store.firstVisibleFrom(queue.number, now + 1);
    if (next !== undefined) wakeBy(queue, next);
  };

  const addQueue = (stored: StoredQueue): Queue => {
    const queue: Queue = {
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
      wake: { at: Number.POSITIVE_INFINITY, cancel: () => {} },
      expire: { at: Number.POSITIVE_INFINITY, cancel: () => {} },
    };
    queues.set(queue.name, queue);
    takeUp(queue);
    return queue;
  };

  for (const stored of store.queues()) addQueue(stored);

  const deadLetterQueueOf = (queue: Queue) => {
    const policy = queue.attributes.redrivePolicy;
    return policy && { queue: requireQueue(nameFromArn(policy.deadLetterTargetArn)), after: policy.maxReceiveCount };
  };

  const sourcesOf = (deadLetterArn: string) =>
    [...queues.values()].filter((queue) => queue.attributes.redrivePolicy?.deadLetterTargetArn === deadLetterArn);

  // Sending

  /** Checks and stores one message, without telling anyone yet. */
  const put = (queue: Queue, input: Input, sender: string) => {
    const message = parseMessage(queue, input);
    const now = clock.now();
    const visibleAt = now + message.delaySeconds * 1000;
    const id = store.insert(
      {
        queue: queue.number,
        body: message.body,
        attributes: JSON.stringify(message.attributes),
        system: JSON.stringify(message.system),
        sender,
        sentAt: now,
        visibleAt,
      },
      queue.copies,
    );
    queue.arrivals += queue.copies;
    expireBy(queue, now + retentionMs(queue));
    if (visibleAt > now) wakeBy(queue, visibleAt);
    const md5OfMessageAttributes = md5OfAttributes(message.attributes);
    const md5OfSystemAttributes = md5OfAttributes(message.system);
    return {
      delayed: visibleAt > now,
      answer: {
        MessageId: id,
        MD5OfMessageBody: md5OfText(message.body),
        ...(md5OfMessageAttributes ? { MD5OfMessageAttributes: md5OfMessageAttributes } : {}),
        ...(md5OfSystemAttributes ? { MD5OfMessageSystemAttributes: md5OfSystemAttributes } : {}),
      },
    };
  };

  const sendMessage = (input: Input, principal: Principal) => {
    const queue = queueOf(input);
    const { answer, delayed } = put(queue, input, senderId(principal));
    if (delayed) told(queue);
    else shown(queue);
    return answer;
  };

  // Receiving

  const candidates = (queue: Queue, now: number, limit: number): Candidate[] => {
    // Twice as many, because a message that is delivered twice comes once per receive.
    if (queue.order === 'fifo') return store.oldest(queue.number, now, limit * 2);
    if (queue.order === 'lifo') return store.newest(queue.number, now, limit * 2);
    return store.shuffled(queue.number, now, queue.random);
  };

  /** Takes up to `limit` visible messages; those received too often go to the dead-letter queue instead. */
  const take = (queue: Queue, limit: number, visibilitySeconds: number): StoredMessage[] => {
    const now = clock.now();
    const visibleAt = now + visibilitySeconds * 1000;
    const deadLetters = deadLetterQueueOf(queue);
    const taken = new Map<string, StoredMessage>();
    let buried = 0;
    const choose = () => {
      let buriedBefore: number;
      do {
        buriedBefore = buried;
        for (const { seq, id, receiveCount } of candidates(queue, now, limit)) {
          if (taken.size === limit) return;
          if (deadLetters && receiveCount >= deadLetters.after) {
            const sentAt = store.bury(seq, deadLetters.queue.number, queueArn(queue.name), now);
            deadLetters.queue.arrivals += 1;
            expireBy(deadLetters.queue, sentAt + retentionMs(deadLetters.queue));
            buried += 1;
          } else if (!taken.has(id)) {
            taken.set(id, store.take(seq, now, visibleAt));
          }
        }
      } while (buried > buriedBefore);
    };
    // An empty receive, the most frequent call, writes nothing.
    if ((store.firstVisibleFrom(queue.number, 0) ?? now + 1) > now) return [];
    store.atomically(choose);
    if (taken.size > 0) wakeBy(queue, visibleAt);
    if (deadLetters && buried > 0) shown(deadLetters.queue);
    // Without a timeout what was taken is visible again at once.
    if (taken.size > 0 && visibilitySeconds === 0) queueMicrotask(() => !closed && shown(queue));
    else if (taken.size > 0 || buried > 0) told(queue);
    return [...taken.values()];
  };

  const receiveMessage = (input: Input, signal: AbortSignal | undefined): Promise<unknown> | unknown => {
    const queue = queueOf(input);
    const limit = optionalWhole(input, 'MaxNumberOfMessages', 1, MOST_ENTRIES) ?? 1;
    const visibility =
      optionalWhole(input, 'VisibilityTimeout', 0, LONGEST_VISIBILITY_S) ?? queue.attributes.visibilityTimeout;
    const waitSeconds =
      optionalWhole(input, 'WaitTimeSeconds', 0, 20) ?? queue.attributes.receiveMessageWaitTimeSeconds;
    const asked = [...texts(input, 'MessageSystemAttributeNames'), ...texts(input, 'AttributeNames')];
    const askedMessage = texts(input, 'MessageAttributeNames');
    const answer = (messages: readonly StoredMessage[]) =>
      messages.length === 0
        ? {}
        : { Messages: messages.map((message) => renderMessage(queue.name, message, asked, askedMessage)) };

    const messages = take(queue, limit, visibility);
    if (messages.length > 0 || waitSeconds === 0) return answer(messages);
    return new Promise((resolve) => {
      const finish = (found: readonly StoredMessage[]) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        queue.polls.delete(poll);
        resolve(answer(found));
      };
      const end = () => finish([]);
      const poll: LongPoll = {
        attempt: () => {
          const found = take(queue, limit, visibility);
          if (found.length > 0) finish(found);
          return found.length > 0;
        },
        end,
      };
      const timer = setTimeout(end, waitSeconds * 1000);
      signal?.addEventListener('abort', end, { once: true });
      queue.polls.add(poll);
      if (signal?.aborted) end();
    });
  };

  // Answering for what was received

  const deleteOne = (queue: Queue, input: Input) => {
    const handle = parseReceiptHandle(queue.name, requireText(input, 'ReceiptHandle'));
    store.remove(handle.seq, queue.number, handle.receiveCount);
  };

  const changeOne = (queue: Queue, input: Input): { readonly visible: boolean } => {
    const handle = parseReceiptHandle(queue.name, requireText(input, 'ReceiptHandle'));
    const seconds = optionalWhole(input, 'VisibilityTimeout', 0, LONGEST_VISIBILITY_S);
    if (seconds === undefined) throw missing('VisibilityTimeout');
    const now = clock.now();
    const message = store.message(handle.seq, queue.number);
    if (!message || message.receivedAt === null || handle.receiveCount > message.receiveCount) {
      throw new AwsError(
        'InvalidParameterValue',
        `Value ${String(input.ReceiptHandle)} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
      );
    }
    // As on AWS: what is visible again stays so, and a handle of an earlier receive changes the time of the latest.
    if (message.visibleAt <= now) return { visible: false };
    const visibleAt = now + seconds * 1000;
    if (visibleAt - message.receivedAt > LONGEST_VISIBILITY_S * 1000) {
      throw new AwsError(
        'InvalidParameterValue',
        `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [${LONGEST_VISIBILITY_S} seconds].`,
      );
    }
    store.setVisibleAt(handle.seq, visibleAt);
    if (seconds > 0) wakeBy(queue, visibleAt);
    return { visible: seconds === 0 };
  };

  const deleteMessage = (input: Input) => {
    const queue = queueOf(input);
    deleteOne(queue, input);
    told(queue);
    return undefined;
  };

  const changeMessageVisibility = (input: Input) => {
    const queue = queueOf(input);
    if (changeOne(queue, input).visible) shown(queue);
    else told(queue);
    return undefined;
  };

  // Queues

  const getQueueAttributes = (input: Input) => {
    const queue = queueOf(input);
    const asked = texts(input, 'AttributeNames');
    const pending = store.count(queue.number, clock.now());
    const all: Record<string, string> = {
      QueueArn: queueArn(queue.name),
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
  };

  // Redriving dead letters

  /** What it moves is there at once; it counts as running for as long as AWS takes at least. */
  const isRunning = ({ startedAt, moved }: MoveTask) =>
    clock.now() < startedAt + Math.ceil(moved / MOVED_PER_SECOND) * 1000;

  const startMessageMoveTask = (input: Input) => {
    const sourceArn = requireText(input, 'SourceArn');
    const source = queueByArn(sourceArn);
    optionalWhole(input, 'MaxNumberOfMessagesPerSecond', 1, MOVED_PER_SECOND);
    if (store.tasks(sourceArn, 1).some(isRunning)) {
      throw new AwsError(
        'InvalidParameterValue',
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      );
    }
    if (sourcesOf(sourceArn).length === 0) {
      throw new AwsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
    }
    const destinationArn = typeof input.DestinationArn === 'string' ? input.DestinationArn : undefined;
    const destination = destinationArn === undefined ? undefined : queueByArn(destinationArn);
    const now = clock.now();
    const reached = new Set<Queue>();
    const handle = Buffer.from(JSON.stringify({ taskId: randomUUID(), sourceArn })).toString('base64');
    store.atomically(() => {
      const messages = store.visible(source.number, now);
      let moved = 0;
      for (const message of messages) {
        const target = destination ?? (message.sourceArn ? queues.get(nameFromArn(message.sourceArn)) : undefined);
        if (!target) continue;
        const { body, attributes, system, sender } = message;
        const visibleAt = now + target.attributes.delaySeconds * 1000;
        store.removeSeq(message.seq);
        store.insert({ queue: target.number, body, attributes, system, sender, sentAt: now, visibleAt }, 1);
        if (visibleAt > now) wakeBy(target, visibleAt);
        target.arrivals += 1;
        expireBy(target, now + retentionMs(target));
        reached.add(target);
        moved += 1;
      }
      store.putTask({
        handle,
        sourceArn,
        destinationArn: destinationArn ?? null,
        status: moved === messages.length ? 'COMPLETED' : 'FAILED',
        startedAt: now,
        moved,
        toMove: messages.length,
        failureReason: moved === messages.length ? null : 'CouldNotDetermineMessageSource',
      });
    });
    told(source);
    for (const queue of reached) shown(queue);
    return { TaskHandle: handle };
  };

  const listMessageMoveTasks = (input: Input) => {
    const sourceArn = requireText(input, 'SourceArn');
    queueByArn(sourceArn);
    const tasks = store.tasks(sourceArn, optionalWhole(input, 'MaxResults', 1, 10) ?? 1);
    return {
      Results: tasks.map((task) => ({
        ...(isRunning(task) ? { TaskHandle: task.handle, Status: 'RUNNING' } : { Status: task.status }),
        SourceArn: task.sourceArn,
        ...(task.destinationArn === null ? {} : { DestinationArn: task.destinationArn }),
        ApproximateNumberOfMessagesMoved: task.moved,
        ApproximateNumberOfMessagesToMove: task.toMove,
        StartedTimestamp: task.startedAt,
        ...(task.failureReason === null ? {} : { FailureReason: task.failureReason }),
      })),
    };
  };

  const queueByArn = (arn: string): Queue => {
    const queue = queues.get(nameFromArn(arn));
    if (queue && queueArn(queue.name) === arn) return queue;
    throw new AwsError('ResourceNotFoundException', `The resource that you specified does not exist: ${arn}.`, 404);
  };

  const carriedOut: Readonly<Record<string, (input: Input, request: SqsRequest) => Promise<unknown> | unknown>> = {
    SendMessage: (input, { principal }) => sendMessage(input, principal),
    ReceiveMessage: (input, { signal }) => receiveMessage(input, signal),
    DeleteMessage: deleteMessage,
    ChangeMessageVisibility: changeMessageVisibility,
    GetQueueAttributes: getQueueAttributes,
    StartMessageMoveTask: startMessageMoveTask,
    ListMessageMoveTasks: listMessageMoveTasks,
  };

  return {
    service: 'sqs',
    operations: Object.keys(carriedOut),
    operation: operationOf,

    authorizations(request) {
      const operation = operationOf(request);
      const input = inputOf(request);
      const on = (resource: string, ...actions: string[]): Authorization[] =>
        actions.map((action) => ({ action: `sqs:${action}`, resource }));
      if (operation === 'ListMessageMoveTasks') return on(requireText(input, 'SourceArn'), operation);
      if (operation === 'StartMessageMoveTask') {
        const sourceArn = requireText(input, 'SourceArn');
        const targets =
          typeof input.DestinationArn === 'string'
            ? [input.DestinationArn]
            : sourcesOf(sourceArn).map((queue) => queueArn(queue.name));
        return [
          ...on(sourceArn, operation, 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'),
          ...targets.flatMap((target) => on(target, 'SendMessage')),
        ];
      }
      const arn = queueArn(nameFromUrl(requireText(input, 'QueueUrl'), accountId));
      return on(arn, operation);
    },

    async handle(request) {
      const operation = operationOf(request);
      const carryOut = Object.hasOwn(carriedOut, operation) ? carriedOut[operation] : undefined;
      if (carryOut === undefined) {
        const named = operation || 'a call without a target';
        throw new AwsError('UnsupportedOperation', `The local cloud's SQS does not play ${named}.`);
      }
      const answer = await carryOut(inputOf(request), request);
      return {
        status: 200,
        headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() },
        ...(answer === undefined ? {} : { body: JSON.stringify(answer) }),
      };
    },

    renderError(error, requestId) {
      const queryCode = MODELLED[error.code];
      const type =
        queryCode === undefined
          ? `com.amazon.coral.service#${error.code.replace(/(Exception)?$/, 'Exception')}`
          : `com.amazonaws.sqs#${error.code}`;
      return {
        status: error.status,
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amzn-requestid': requestId,
          'x-amzn-query-error': `${queryCode ?? error.code.replace(/Exception$/, '')};${error.status < 500 ? 'Sender' : 'Receiver'}`,
        },
        body: JSON.stringify({ __type: type, message: error.message, ...error.details }),
      };
    },

    createQueue(name, given = {}) {
      if (!QUEUE_NAME.test(name)) {
        throw new AwsError(
          'InvalidParameterValue',
          `'${name}' can't name a queue: up to 80 letters, digits, hyphens and underscores.`,
        );
      }
      const attributes = parseQueueAttributes(given);
      const target = attributes.redrivePolicy?.deadLetterTargetArn;
      if (target !== undefined && !queues.has(nameFromArn(target))) {
        throw new AwsError(
          'InvalidParameterValue',
          `Value ${JSON.stringify(attributes.redrivePolicy)} for parameter RedrivePolicy of ${name} is invalid. Reason: Dead letter target does not exist.`,
        );
      }
      const stored = store.putQueue(name, JSON.stringify(attributes), clock.now());
      const queue = queues.get(name);
      if (queue) {
        queue.attributes = attributes;
        queue.modifiedAt = stored.modifiedAt;
        takeUp(queue);
      } else {
        addQueue(stored);
      }
      return {
        arn: queueArn(name),
        get url() {
          return queueUrl(name);
        },
      };
    },

    queueNames: () => [...queues.keys()],

    deleteQueue(name) {
      const queue = requireQueue(name);
      queue.wake.cancel();
      queue.expire.cancel();
      for (const poll of queue.polls) poll.end();
      store.removeQueue(queue.number);
      queues.delete(name);
      told(queue);
    },

    setBaseUrl(url) {
      baseUrl = url.replace(/\/+$/, '');
    },

    queueArn,
    queueUrl,

    pending(name) {
      return store.count(requireQueue(name).number, clock.now());
    },

    arrivals: (name) => requireQueue(name).arrivals,

    nextVisibleAt: (name) => store.firstVisibleFrom(requireQueue(name).number, clock.now() + 1),

    onVisible(name, listener) {
      const queue = requireQueue(name);
      const own = () => listener();
      queue.listeners.add(own);
      setImmediate(() => {
        if (!closed && queue.listeners.has(own) && store.count(queue.number, clock.now()).visible > 0) own();
      });
      return () => {
        queue.listeners.delete(own);
      };
    },

    onChange(listener) {
      const own = (name: string) => listener(name);
      changeListeners.add(own);
      return () => {
        changeListeners.delete(own);
      };
    },

    endReceives(name, receiptHandles) {
      const queue = requireQueue(name);
      for (const receiptHandle of receiptHandles) {
        const { seq, receiveCount } = parseReceiptHandle(name, receiptHandle);
        store.endReceive(seq, queue.number, receiveCount);
      }
    },

    returnInFlight(name) {
      const queue = requireQueue(name);
      const now = clock.now();
      store.atomically(() => {
        store.undoReceives(queue.number, now);
        store.showReceived(queue.number, now);
      });
      shown(queue);
    },

    setOrder(name, order, seed) {
      const queue = requireQueue(name);
      queue.order = order;
      queue.random = seed === undefined ? Math.random : seededRandom(seed);
    },

    duplicate(name, copies) {
      requireQueue(name).copies = copies;
    },

    async close() {
      if (closed) return;
      closed = true;
      changeListeners.clear();
      for (const queue of queues.values()) {
        queue.listeners.clear();
        queue.wake.cancel();
        queue.expire.cancel();
        for (const poll of [...queue.polls]) poll.end();
      }
      store.close();
    },
  };
}

const TARGET_PREFIX = 'AmazonSQS.';

function operationOf(request: EngineRequest): string {
  const target = request.headers['x-amz-target'];
  return typeof target === 'string' && target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : '';
}

/** A call is asked for its rights and then carried out: its body is read once. */
const parsedBodies = new WeakMap<Buffer, Input>();

function inputOf(request: EngineRequest): Input {
  const { body } = request;
  if (!Buffer.isBuffer(body)) throw new AwsError('SerializationException', 'The request has no body.');
  const known = parsedBodies.get(body);
  if (known) return known;
  let input: unknown;
  try {
    input = JSON.parse(body.length === 0 ? '{}' : body.toString('utf8'));
  } catch {
    input = undefined;
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new AwsError('SerializationException', 'The request is no JSON object.');
  }
  parsedBodies.set(body, input as Input);
  return input as Input;
}

function nameFromUrl(url: string, accountId: string): string {
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

function nameFromArn(arn: string): string {
  return arn.split(':').at(-1) ?? '';
}

function missing(name: string): AwsError {
  return new AwsError('MissingParameter', `The request must contain the parameter ${name}.`);
}

function requireText(input: Input, name: string): string {
  const value = input[name];
  if (typeof value !== 'string' || value === '') throw missing(name);
  return value;
}

function texts(input: Input, name: string): string[] {
  const value = input[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function optionalWhole(input: Input, name: string, least: number, most: number): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new AwsError(
    'InvalidParameterValue',
    `Value ${String(value)} for parameter ${name} is invalid. Reason: Must be between ${least} and ${most}, if provided.`,
  );
}

type ParsedMessage = {
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly system: MessageAttributes;
  readonly delaySeconds: number;
};

function parseMessage(queue: Queue, input: Input): ParsedMessage {
  const unplayed = ['MessageGroupId', 'MessageDeduplicationId'].find((name) => input[name] !== undefined);
  if (unplayed !== undefined)
    throw new AwsError('InvalidParameterValue', `The local cloud does not play ${unplayed}: leave it out.`);
  const body = requireText(input, 'MessageBody');
  requireAllowedCharacters(body);
  const attributes = parseMessageAttributes(input.MessageAttributes);
  const system = parseSystemAttributes(input.MessageSystemAttributes);
  const most = queue.attributes.maximumMessageSize;
  if (Buffer.byteLength(body) + sizeOfAttributes(attributes) > most) {
    throw new AwsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${most} bytes.`,
    );
  }
  const delaySeconds = optionalWhole(input, 'DelaySeconds', 0, 900) ?? queue.attributes.delaySeconds;
  return { body, attributes, system, delaySeconds };
}

/** A handle stands for one receive of one message of one queue. */
function receiptHandle(queueName: string, message: StoredMessage): string {
  return Buffer.from(`${queueName}:${message.seq}:${message.receiveCount}`).toString('base64');
}

function parseReceiptHandle(
  queueName: string,
  handle: string,
): { readonly seq: number; readonly receiveCount: number } {
  const parts = /^([^:]+):(\d+):(\d+)$/.exec(Buffer.from(handle, 'base64').toString());
  if (!parts || parts[1] !== queueName) {
    throw new AwsError(
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${handle}" is not a valid receipt handle.`,
      404,
    );
  }
  return { seq: Number(parts[2]), receiveCount: Number(parts[3]) };
}

function renderMessage(
  queueName: string,
  message: StoredMessage,
  askedSystem: readonly string[],
  askedMessage: readonly string[],
): Record<string, unknown> {
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
    Object.entries(system).filter(([name]) => askedSystem.includes('All') || askedSystem.includes(name)),
  );
  const attributes = selectAttributes(JSON.parse(message.attributes) as MessageAttributes, askedMessage);
  const md5 = md5OfAttributes(attributes);
  return {
    MessageId: message.id,
    ReceiptHandle: receiptHandle(queueName, message),
    MD5OfBody: md5OfText(message.body),
    Body: message.body,
    ...(Object.keys(shownSystem).length > 0 ? { Attributes: shownSystem } : {}),
    ...(md5 === undefined ? {} : { MD5OfMessageAttributes: md5, MessageAttributes: attributes }),
  };
}

function senderId(principal: Principal): string {
  switch (principal.kind) {
    case 'role':
      return principal.roleArn;
    case 'service':
      return principal.service;
    default:
      return principal.kind;
  }
}

/** Mulberry32: the same numbers (0 to below 1) for the same seed. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
