import fc from 'fast-check';
import { expect, test } from 'vitest';
import { notificationKey, objectCreatedNotification, testEvent } from './notification.ts';

test('a record is what S3 sends', () => {
  const body = objectCreatedNotification(
    {
      bucket: 'packages',
      key: 'packages/123456789/1 (final) é+.zip',
      versionId: 'v1',
      size: 1024,
      etag: 'd41d8cd98f00b204e9800998ecf8427e',
      sequencer: '0055AED6DCD90281E5',
      eventTime: '2026-11-23T12:00:00.250Z',
      eventName: 'ObjectCreated:Post',
      principalId: 'AWS:AIDA',
    },
    { region: 'ca-central-1', accountId: '123456789012', configurationId: 'intake' },
  );
  expect(body).toEqual({
    Records: [
      {
        eventVersion: '2.5',
        eventSource: 'aws:s3',
        awsRegion: 'ca-central-1',
        eventTime: '2026-11-23T12:00:00.250Z',
        eventName: 'ObjectCreated:Post',
        userIdentity: { principalId: 'AWS:AIDA' },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: {
          'x-amz-request-id': expect.stringMatching(/^[0-9A-F]{16}$/),
          'x-amz-id-2': expect.any(String),
        },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'intake',
          bucket: {
            name: 'packages',
            ownerIdentity: { principalId: expect.stringMatching(/^A[0-9A-F]+$/) },
            arn: 'arn:aws:s3:::packages',
          },
          object: {
            key: 'packages/123456789/1+%28final%29+%C3%A9%2B.zip',
            size: 1024,
            eTag: 'd41d8cd98f00b204e9800998ecf8427e',
            versionId: 'v1',
            sequencer: '0055AED6DCD90281E5',
          },
        },
      },
    ],
  });
});

test('a reader who undoes the encoding of the key has the key', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (key) => {
      expect(decodeURIComponent(notificationKey(key).replaceAll('+', ' '))).toBe(key);
    }),
  );
});

test('the test event names the bucket and has no records', () => {
  const event = testEvent('packages', '2026-11-23T12:00:00.000Z');
  expect(event).toMatchObject({
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: '2026-11-23T12:00:00.000Z',
    Bucket: 'packages',
  });
  expect(event).not.toHaveProperty('Records');
});
