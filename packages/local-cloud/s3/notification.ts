import { createHash } from 'node:crypto';

/** An object that has become visible, as the listener of a bucket hears of it. */
export type ObjectCreated = {
  readonly bucket: string;
  /** As it is, not encoded. */
  readonly key: string;
  /** Absent in a bucket without versions. */
  readonly versionId?: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Hexadecimal, 18 digits, strictly increasing. */
  readonly sequencer: string;
  /** ISO instant of the business clock. */
  readonly eventTime: string;
  readonly eventName: 'ObjectCreated:Put' | 'ObjectCreated:Post' | 'ObjectCreated:CompleteMultipartUpload';
  /** Who made it, as S3 names them: AWS:<id>. */
  readonly principalId: string;
};

/** Where a notification comes from, which the bucket's configuration says. */
export type NotificationSource = {
  readonly region: string;
  readonly accountId: string;
  /** The id of the notification configuration. */
  readonly configurationId: string;
  /** The aws:cloudformation:* tags of the bucket, which S3 adds when it has them. */
  readonly awsGeneratedTags?: Readonly<Record<string, string>>;
};

/** The body of the message that S3 sends for one created object, in version 2.5 of the event's structure. */
export function objectCreatedNotification(event: ObjectCreated, source: NotificationSource) {
  const owner = { principalId: identity(source.accountId) };
  return {
    Records: [
      {
        eventVersion: '2.5',
        eventSource: 'aws:s3',
        awsRegion: source.region,
        eventTime: event.eventTime,
        eventName: event.eventName,
        userIdentity: { principalId: event.principalId },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: {
          'x-amz-request-id': requestId(event.sequencer),
          'x-amz-id-2': hostId(event.sequencer),
        },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: source.configurationId,
          bucket: {
            name: event.bucket,
            ownerIdentity: owner,
            arn: `arn:aws:s3:::${event.bucket}`,
            ...(source.awsGeneratedTags === undefined ? {} : { awsGeneratedTags: source.awsGeneratedTags }),
          },
          object: {
            key: notificationKey(event.key),
            size: event.size,
            eTag: event.etag,
            ...(event.versionId === undefined ? {} : { versionId: event.versionId }),
            sequencer: event.sequencer,
          },
        },
      },
    ],
  };
}

/** The body of the message that S3 sends when a notification is configured; time is an ISO instant. */
export function testEvent(bucket: string, time: string) {
  const seed = `${bucket} ${time}`;
  return {
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: time,
    Bucket: bucket,
    RequestId: requestId(seed),
    HostId: hostId(seed),
  };
}

/** The key as notifications carry it: percent-encoded UTF-8, + for a blank, slashes kept. */
export function notificationKey(key: string): string {
  return encodeURIComponent(key.toWellFormed())
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/');
}

/** An id in the form of AWS's unique ids, the same for the same seed. */
export function identity(seed: string): string {
  return `A${createHash('sha256').update(seed).digest('hex').slice(0, 20).toUpperCase()}`;
}

const requestId = (seed: string) => createHash('sha256').update(seed).digest('hex').slice(0, 16).toUpperCase();

const hostId = (seed: string) => createHash('sha384').update(seed).digest('base64');
