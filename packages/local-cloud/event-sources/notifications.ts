import type { Activity } from '../activity.ts';
import type { BusinessClock } from '../clock.ts';
import type { Principal } from '../engine.ts';
import { callAs } from '../gateway/call-as.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { type ObjectCreated, objectCreatedNotification, type S3Engine, testEvent } from '../s3/index.ts';
import type { StateDirectory } from '../state/state.ts';
import type { Plan, PlannedNotification } from '../template/plan.ts';

type Place = { readonly region: string; readonly accountId: string };

/** By what it is remembered that a notification was announced. */
export function notificationName({ bucket, queueArn, configurationId }: PlannedNotification): string {
  return `${bucket} ${queueArn} ${configurationId}`;
}

function s3Principal(bucket: string, accountId: string): Principal {
  return {
    kind: 'service',
    service: 's3.amazonaws.com',
    sourceArn: `arn:aws:s3:::${bucket}`,
    sourceAccount: accountId,
  };
}

/**
 * Announces the notifications of a bucket. As S3 does when one is configured, it asks whether it may send, and at the first time
 * sends a test.
 *
 * @throws Error naming the bucket, the queue and the remedy when S3 may not
 */
export async function announceNotifications(
  bucket: string,
  plan: Plan,
  around: Place & { readonly gateway: Gateway; readonly clock: BusinessClock; readonly state: StateDirectory },
): Promise<void> {
  const { gateway, clock, state, accountId } = around;
  for (const notification of plan.notifications.filter((each) => each.bucket === bucket)) {
    const { queueArn } = notification;
    const queue = plan.queues.get(queueArn);
    if (queue === undefined)
      throw new Error(`The bucket ${bucket} notifies ${queueArn}, which is no queue of the templates.`);
    const principal = s3Principal(bucket, accountId);
    const { allowed, reason } = gateway.authorize(principal, { action: 'sqs:SendMessage', resource: queueArn });
    if (!allowed) {
      throw new Error(
        `The bucket ${bucket} can't notify ${queueArn}: ${reason}. The queue's policy must allow s3.amazonaws.com, and the bucket must depend on that policy.`,
      );
    }
    const name = notificationName(notification);
    if (state.kept().announced.includes(name)) continue;
    const body = JSON.stringify(testEvent(bucket, new Date(clock.now()).toISOString()));
    await callAs(gateway, principal)('sqs', 'SendMessage', { QueueUrl: queue.url, MessageBody: body });
    state.keep({ announced: [...state.kept().announced, name] });
  }
}

/** Has buckets notify queues of created objects, as the templates say. Answers how to stop counting what is on its way. */
export function connectNotifications(
  plan: Plan,
  around: Place & { readonly gateway: Gateway; readonly s3: S3Engine; readonly activity: Activity },
): () => void {
  const { gateway, s3, activity, region, accountId } = around;
  s3.onObjectCreated(async (event) => {
    const end = activity.begin(`${event.bucket}: notification of ${event.key}`);
    try {
      for (const notification of plan.notifications) {
        if (!concerns(notification, event)) continue;
        const { bucket, queueArn, configurationId, tags } = notification;
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
  return activity.addSource(() => {
    const waiting = s3.unconfirmed();
    return waiting === 0 ? [] : [`${waiting} notifications of created objects`];
  });
}

function concerns({ bucket, event, prefix, suffix }: PlannedNotification, created: ObjectCreated): boolean {
  const kind = event.replace('s3:', '');
  return (
    bucket === created.bucket &&
    (kind.endsWith(':*') || kind === created.eventName) &&
    created.key.startsWith(prefix) &&
    created.key.endsWith(suffix)
  );
}
