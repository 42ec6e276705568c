import { createHash, randomUUID } from 'node:crypto';
import type { BusinessClock } from '../clock.ts';
import { createDelivery, type DeliveryListener } from '../delivery.ts';
import { AwsError, type Engine } from '../engine.ts';
import { parametersOf, queryAnswer, queryError } from '../query-protocol.ts';
import type { Publication } from './notification.ts';
import { openPublicationStore } from './publication-store.ts';

/** Amazon SNS, as far as topics bring messages to queues. */
export interface SnsEngine extends Engine {
  /** Makes a topic known (until the next start). */
  createTopic(topicArn: string): void;
  /** Brings what is published to a topic from now on (until the next start) to a queue. */
  subscribe(subscription: { readonly topicArn: string; readonly queueArn: string; readonly raw: boolean }): void;
  /**
   * Sets the one listener for what goes to a queue. It hears of each publication at least once: of those that it has not
   * confirmed (by resolving) again, with growing pauses and after the next start, and in no certain order.
   */
  onPublication(listener: DeliveryListener<Publication>): void;
  /** How many publications no queue has yet. */
  unconfirmed(): number;
}

export type SnsEngineOptions = {
  /** The SQLite file; its folder must exist. */
  readonly file: string;
  /** Stamps what is published. */
  readonly clock: Pick<BusinessClock, 'now'>;
};

type Subscription = { readonly queueArn: string; readonly raw: boolean; readonly subscriptionArn: string };

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';
const MAX_MESSAGE_BYTES = 262_144;
const MAX_SUBJECT_LENGTH = 100;
const KNOWN_PARAMETERS = new Set(['Action', 'Version', 'TopicArn', 'Message', 'Subject']);

/** Opens SNS on the publications kept in `file`. */
export function createSnsEngine({ file, clock }: SnsEngineOptions): SnsEngine {
  const store = openPublicationStore(file);
  const delivery = createDelivery(store);
  const topics = new Map<string, Subscription[]>();

  const subscriptionsOf = (topicArn: string): Subscription[] => {
    const subscriptions = topics.get(topicArn);
    if (subscriptions === undefined) throw new AwsError('NotFound', `Topic does not exist: ${topicArn}`, 404);
    return subscriptions;
  };

  const publish = (call: URLSearchParams): string => {
    const unknown = [...call.keys()].find((name) => !KNOWN_PARAMETERS.has(name));
    if (unknown !== undefined)
      throw invalid(`The local cloud's SNS publishes messages to topics only, without ${unknown}.`);
    const topicArn = call.get('TopicArn') ?? '';
    const message = call.get('Message') ?? '';
    const subject = call.get('Subject') ?? undefined;
    const subscriptions = subscriptionsOf(topicArn);
    if (message === '') throw invalid('Invalid parameter: Empty message');
    if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) throw invalid('Invalid parameter: Message too long');
    if (subject !== undefined && (subject === '' || subject.length > MAX_SUBJECT_LENGTH || /\p{Cc}/u.test(subject)))
      throw invalid('Invalid parameter: Subject');
    const messageId = randomUUID();
    const publishedAt = new Date(clock.now()).toISOString();
    const owed = store.add(
      subscriptions.map((subscription) => ({
        ...subscription,
        topicArn,
        messageId,
        ...(subject === undefined ? {} : { subject }),
        message,
        publishedAt,
      })),
    );
    for (const each of owed) delivery.deliver(each);
    return messageId;
  };

  return {
    service: 'sns',
    operations: ['Publish'],

    operation: (request) => parametersOf(request).get('Action') ?? '',

    authorizations(request) {
      const call = parametersOf(request);
      return [{ action: `sns:${call.get('Action') ?? ''}`, resource: call.get('TopicArn') || '*' }];
    },

    async handle(request) {
      const call = parametersOf(request);
      const action = call.get('Action') ?? '';
      if (action !== 'Publish')
        throw new AwsError(
          'InvalidAction',
          `The local cloud's SNS does not support ${action || 'a call without an Action'}.`,
        );
      return queryAnswer(NAMESPACE, action, `<MessageId>${publish(call)}</MessageId>`);
    },

    renderError: (error, requestId) => queryError(NAMESPACE, error, requestId),

    createTopic(topicArn) {
      if (!topics.has(topicArn)) topics.set(topicArn, []);
    },

    subscribe({ topicArn, queueArn, raw }) {
      const id = createHash('sha256').update(queueArn).digest('hex').slice(0, 32);
      subscriptionsOf(topicArn).push({ queueArn, raw, subscriptionArn: `${topicArn}:${id}` });
    },

    onPublication: (listener) => delivery.listen(listener),

    unconfirmed: store.count,

    async close() {
      delivery.stop();
      store.close();
    },
  };
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameter', message);
}
