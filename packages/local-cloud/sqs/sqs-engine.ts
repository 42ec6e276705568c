import { randomUUID } from 'node:crypto';
import type { BusinessClock } from '../clock.ts';
import { AwsError, type Engine, type EngineRequest, type EngineResponse } from '../engine.ts';
import type { Action } from './actions/action.ts';
import { changeMessageVisibility } from './actions/change-message-visibility.ts';
import { deleteMessage } from './actions/delete-message.ts';
import { getQueueAttributes } from './actions/get-queue-attributes.ts';
import { listMessageMoveTasks } from './actions/list-message-move-tasks.ts';
import { receiveMessage } from './actions/receive-message.ts';
import { sendMessage } from './actions/send-message.ts';
import { startMessageMoveTask } from './actions/start-message-move-task.ts';
import { inputOf } from './input.ts';
import type { DeliveryOrder } from './queue.ts';
import { openQueues } from './queues.ts';
import { parseReceiptHandle } from './receipt-handle.ts';
import { seededRandom } from './seeded-random.ts';

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
  /** How many messages have come into a queue since the start: sent, moved from another queue, or come as a dead letter. Throws AwsError when there is no such queue. */
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

/** The operations that can be called. */
const ACTIONS: Readonly<Record<string, Action>> = {
  SendMessage: sendMessage,
  ReceiveMessage: receiveMessage,
  DeleteMessage: deleteMessage,
  ChangeMessageVisibility: changeMessageVisibility,
  GetQueueAttributes: getQueueAttributes,
  StartMessageMoveTask: startMessageMoveTask,
  ListMessageMoveTasks: listMessageMoveTasks,
};

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
  const { clock, accountId } = options;
  const queues = openQueues(options);
  const { store } = queues;
  let baseUrl = options.baseUrl;

  const queueUrl = (name: string) => {
    if (baseUrl === undefined)
      throw new Error(`The queue ${name} has no URL yet: the address of the gateway is not set.`);
    return `${baseUrl}/${accountId}/${name}`;
  };

  return {
    service: 'sqs',
    operations: Object.keys(ACTIONS),
    operation: operationOf,
    authorizations: (request) => actionOf(request).authorizations(inputOf(request), queues),

    async handle(request) {
      const answer = await actionOf(request).run(inputOf(request), queues, request);
      return {
        status: 200,
        headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() },
        ...(answer === undefined ? {} : { body: JSON.stringify(answer) }),
      };
    },

    renderError,

    createQueue(name, given = {}) {
      queues.create(name, given);
      return {
        arn: queues.arnOf(name),
        get url() {
          return queueUrl(name);
        },
      };
    },

    queueNames: queues.names,
    deleteQueue: queues.delete,

    setBaseUrl(url) {
      baseUrl = url.replace(/\/+$/, '');
    },

    queueArn: queues.arnOf,
    queueUrl,
    pending: (name) => store.count(queues.named(name).number, clock.now()),
    arrivals: (name) => queues.named(name).arrivals,
    nextVisibleAt: (name) => store.firstVisibleFrom(queues.named(name).number, clock.now() + 1),

    onVisible(name, listener) {
      const queue = queues.named(name);
      const own = () => listener();
      queue.listeners.add(own);
      setImmediate(() => {
        if (!queues.isClosed() && queue.listeners.has(own) && store.count(queue.number, clock.now()).visible > 0) own();
      });
      return () => {
        queue.listeners.delete(own);
      };
    },

    onChange: queues.onChange,

    endReceives(name, receiptHandles) {
      const queue = queues.named(name);
      for (const receiptHandle of receiptHandles) {
        const { seq, receiveCount } = parseReceiptHandle(name, receiptHandle);
        store.endReceive(seq, queue.number, receiveCount);
      }
    },

    returnInFlight(name) {
      const queue = queues.named(name);
      const now = clock.now();
      store.atomically(() => {
        store.undoReceives(queue.number, now);
        store.showReceived(queue.number, now);
      });
      queues.announceVisible(queue);
    },

    setOrder(name, order, seed) {
      const queue = queues.named(name);
      queue.order = order;
      queue.random = seed === undefined ? Math.random : seededRandom(seed);
    },

    duplicate(name, copies) {
      queues.named(name).copies = copies;
    },

    close: async () => queues.close(),
  };
}

const TARGET_PREFIX = 'AmazonSQS.';

function operationOf(request: EngineRequest): string {
  const target = request.headers['x-amz-target'];
  return typeof target === 'string' && target.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : '';
}

function actionOf(request: EngineRequest): Action {
  const operation = operationOf(request);
  const action = Object.hasOwn(ACTIONS, operation) ? ACTIONS[operation] : undefined;
  if (action !== undefined) return action;
  const named = operation || 'a call without a target';
  throw new AwsError('UnsupportedOperation', `The local cloud's SQS does not support ${named}.`);
}

function renderError(error: AwsError, requestId: string): EngineResponse {
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
}
