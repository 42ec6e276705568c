import type { CorsRule } from '../../s3/index.ts';
import type { Reader } from '../reader.ts';
import type { ResourceKind } from '../resource-kind.ts';
import { stableId } from '../stable-id.ts';
import { policyOf } from './policy.ts';

/** The resource types of S3. */
export const s3Kinds: Readonly<Record<string, ResourceKind>> = {
  'AWS::S3::Bucket': {
    properties: ['BucketName', 'VersioningConfiguration', 'CorsConfiguration', 'NotificationConfiguration'],
    ignored: [
      'BucketEncryption',
      'LifecycleConfiguration',
      'OwnershipControls',
      'PublicAccessBlockConfiguration',
      'Tags',
      'LoggingConfiguration',
      'ObjectLockEnabled',
    ],
    make({ properties, generatedName, plan, targets, stack, logicalId }) {
      const name = properties.optionalText('BucketName') ?? bucketName(generatedName);
      const versioned = properties.optionalObject('VersioningConfiguration')?.text('Status') === 'Enabled';
      const cors = properties.optionalObject('CorsConfiguration')?.objects('CorsRules') ?? [];
      targets.createBucket(name, { versioned, cors: cors.map(corsRule) });
      const notifications = properties.optionalObject('NotificationConfiguration')?.only('QueueConfigurations');
      for (const [index, notification] of (notifications?.objects('QueueConfigurations') ?? []).entries()) {
        notification.only('Event', 'Filter', 'Queue');
        const event = notification.text('Event');
        if (!event.startsWith('s3:ObjectCreated:')) {
          throw new Error(
            `${notification.where}: the local cloud supports s3:ObjectCreated events only, not "${event}".`,
          );
        }
        const rules = notification.optionalObject('Filter')?.object('S3Key').objects('Rules') ?? [];
        const rule = (kind: string): string =>
          rules.find((each) => each.text('Name').toLowerCase() === kind)?.text('Value') ?? '';
        plan.notifications.push({
          bucket: name,
          queueArn: notification.text('Queue'),
          configurationId: `${stableId(`${stack}/${logicalId}`, 8)}-${index}`,
          event,
          prefix: rule('prefix'),
          suffix: rule('suffix'),
          tags: {
            'aws:cloudformation:stack-name': stack,
            'aws:cloudformation:logical-id': logicalId,
            'aws:cloudformation:stack-id': `arn:aws:cloudformation:${targets.region}:${targets.accountId}:stack/${stack}/local`,
          },
        });
      }
      return {
        reference: name,
        attributes: {
          Arn: `arn:aws:s3:::${name}`,
          DomainName: `${name}.s3.amazonaws.com`,
          RegionalDomainName: `${name}.s3.${targets.region}.amazonaws.com`,
        },
      };
    },
  },

  'AWS::S3::BucketPolicy': {
    properties: ['Bucket', 'PolicyDocument'],
    make({ properties, targets, generatedName }) {
      targets.setResourcePolicy(`arn:aws:s3:::${properties.text('Bucket')}`, policyOf(properties, 'PolicyDocument'));
      return { reference: generatedName };
    },
  },
};

function corsRule(rule: Reader): CorsRule {
  const maxAge = rule.optionalNumber('MaxAge');
  return {
    allowedOrigins: rule.texts('AllowedOrigins'),
    allowedMethods: rule.texts('AllowedMethods'),
    allowedHeaders: rule.texts('AllowedHeaders'),
    exposedHeaders: rule.texts('ExposedHeaders'),
    ...(maxAge === undefined ? {} : { maxAgeSeconds: maxAge }),
  };
}

function bucketName(text: string): string {
  const valid = text.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-');
  return valid.length <= 63 ? valid : `${valid.slice(0, 54)}-${stableId(text, 8)}`;
}
