import { createHash } from 'node:crypto';

/** What was published to a topic, on its way to one subscriber. */
export type Publication = {
  readonly topicArn: string;
  /** The queue that it goes to. */
  readonly queueArn: string;
  /** Whether the queue gets the message alone, without SNS's envelope. */
  readonly raw: boolean;
  readonly subscriptionArn: string;
  readonly messageId: string;
  readonly subject?: string;
  readonly message: string;
  /** ISO instant of the business clock. */
  readonly publishedAt: string;
};

/** The body of the message that SNS sends to a queue: its envelope, unless the subscription is raw. Nobody can verify the signature. */
export function notificationBody(publication: Publication, region: string): string {
  const { topicArn, subscriptionArn, raw, messageId, subject, message, publishedAt } = publication;
  if (raw) return message;
  const host = `https://sns.${region}.amazonaws.com`;
  return JSON.stringify({
    Type: 'Notification',
    MessageId: messageId,
    TopicArn: topicArn,
    ...(subject === undefined ? {} : { Subject: subject }),
    Message: message,
    Timestamp: publishedAt,
    SignatureVersion: '1',
    Signature: createHash('sha256').update(messageId).digest('base64'),
    SigningCertURL: `${host}/SimpleNotificationService-local.pem`,
    UnsubscribeURL: `${host}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`,
  });
}
