import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { delaySecondsOf, type Outgoing, type QueueName } from '@secor/contracts';
import { environment } from '@secor/lambda';
import { openStore, removeOutboxItem, type Store } from '@secor/store';

/** Where what is published goes. */
export type Publisher = {
  readonly store: Store;
  readonly sqs: SQSClient;
  readonly queueUrls: Readonly<Record<QueueName, string>>;
};

/** The publisher of this function's environment. */
export function openPublisher(): Publisher {
  return {
    store: openStore(environment('TABLE_NAME')),
    sqs: new SQSClient({}),
    queueUrls: JSON.parse(environment('QUEUE_URLS')) as Publisher['queueUrls'],
  };
}

/** Sends an outbox item's message to each of its queues, then deletes the item; a repetition sends it again. */
export async function publish({ store, sqs, queueUrls }: Publisher, { message, queues }: Outgoing): Promise<void> {
  await Promise.all(
    queues.map((queue) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrls[queue],
          MessageBody: JSON.stringify(message),
          DelaySeconds: delaySecondsOf(message.type),
        }),
      ),
    ),
  );
  await removeOutboxItem(store, message);
}
