import type { Principal } from '../engine.ts';
import { callAs } from '../gateway/call-as.ts';
import { objectCreatedNotification } from '../s3/index.ts';
import type { Engines } from '../start/engines.ts';
import type { Plan, PlannedNotification } from '../template/plan.ts';

export function notificationName({ bucket, queueArn, configurationId }: PlannedNotification): string {
  return `${bucket} ${queueArn} ${configurationId}`;
}

export function s3Principal(bucket: string, accountId: string): Principal {
  return {
    kind: 'service',
    service: 's3.amazonaws.com',
    sourceArn: `arn:aws:s3:::${bucket}`,
    sourceAccount: accountId,
  };
}

export function notifyQueues(
  plan: Plan,
  { gateway, s3 }: Engines,
  around: { readonly region: string; readonly accountId: string; readonly begin: (label: string) => () => void },
): void {
  const { region, accountId, begin } = around;
  s3.onObjectCreated(async (event) => {
    const end = begin(`${event.bucket}: notification of ${event.key}`);
    try {
      for (const notification of plan.notifications) {
        const { bucket, prefix, suffix, queueArn, configurationId, tags } = notification;
        const kind = notification.event.replace('s3:', '');
        if (bucket !== event.bucket || !(kind.endsWith(':*') || kind === event.eventName)) continue;
        if (!event.key.startsWith(prefix) || !event.key.endsWith(suffix)) continue;
        const body = JSON.stringify(
          objectCreatedNotification(event, { region, accountId, configurationId, awsGeneratedTags: tags }),
        );
        const call = callAs(gateway, s3Principal(bucket, accountId));
        await call('sqs', 'SendMessage', { QueueUrl: plan.queues.get(queueArn)?.url, MessageBody: body });
      }
    } finally {
      end();
    }
  });
}
