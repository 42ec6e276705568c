import type { Activity } from '../activity.ts';
import { AwsError, type Principal } from '../engine.ts';
import { callAs } from '../gateway/call-as.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { messageOf } from '../message-of.ts';
import type { SesEngine } from '../ses/ses-engine.ts';
import { notificationBody } from '../sns/notification.ts';
import type { SnsEngine } from '../sns/sns-engine.ts';
import type { StateDirectory } from '../state/state.ts';
import type { Plan, PlannedFeedback } from '../template/plan.ts';

type Place = { readonly region: string; readonly accountId: string };

/** The subject that SES gives to what it publishes. */
const feedbackSubject = 'Amazon SES Email Event Notification';

function sesPrincipal(configurationSet: string, { region, accountId }: Place): Principal {
  return {
    kind: 'service',
    service: 'ses.amazonaws.com',
    sourceArn: `arn:aws:ses:${region}:${accountId}:configuration-set/${configurationSet}`,
    sourceAccount: accountId,
  };
}

/** By what it is remembered that a topic was told. */
export function feedbackName({
  configurationSet,
  topicArn,
  name,
}: Pick<PlannedFeedback, 'configurationSet' | 'topicArn' | 'name'>): string {
  return `${configurationSet} ${topicArn} ${name}`;
}

async function publish(gateway: Gateway, principal: Principal, parameters: Record<string, string>): Promise<void> {
  await gateway.dispatch('sns', {
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams({ Action: 'Publish', ...parameters }).toString()),
    principal,
  });
}

/**
 * Tells SES of a topic for what becomes of a configuration set's letters. As SES does then, it asks whether it may publish there, and at
 * the first time publishes a sentence that says so.
 *
 * @throws Error naming the configuration set, the topic and the remedy when SES may not
 */
export async function addFeedback(
  { name, configurationSet, topicArn, types, where }: PlannedFeedback,
  around: Place & { readonly gateway: Gateway; readonly ses: SesEngine; readonly state: StateDirectory },
): Promise<void> {
  const { gateway, ses, state } = around;
  const principal = sesPrincipal(configurationSet, around);
  const { allowed, reason } = gateway.authorize(principal, { action: 'sns:Publish', resource: topicArn });
  if (!allowed) {
    throw new Error(
      `${where}: SES can't tell ${topicArn} what becomes of the letters of ${configurationSet}: ${reason}. The topic's policy must allow ses.amazonaws.com, and the event destination must depend on that policy.`,
    );
  }
  ses.addFeedbackDestination({ configurationSet, topicArn, types: new Set(types) });
  const announced = feedbackName({ configurationSet, topicArn, name });
  if (state.kept().announced.includes(announced)) return;
  await publish(gateway, principal, {
    TopicArn: topicArn,
    Message: 'Successfully validated SNS topic for Amazon SES event publishing.',
  });
  state.keep({ announced: [...state.kept().announced, announced] });
}

/**
 * Has SES publish to the topics of the templates, and their topics send to the queues that are subscribed. Answers how to stop
 * counting what is on its way.
 */
export function connectTopics(
  plan: Plan,
  around: Place & {
    readonly gateway: Gateway;
    readonly ses: SesEngine;
    readonly sns: SnsEngine;
    readonly activity: Activity;
    readonly warn: (line: string) => void;
  },
): () => void {
  const { gateway, ses, sns, region, accountId, activity, warn } = around;
  sns.onPublication(async (publication) => {
    const { topicArn, queueArn } = publication;
    const queue = plan.queues.get(queueArn);
    if (queue === undefined) return warn(`${topicArn} gives up a publication: there is no ${queueArn} any more.`);
    const end = activity.begin(`${topicArn}: a publication to ${queueArn}`);
    const sourceAccount = accountId;
    const principal = { kind: 'service', service: 'sns.amazonaws.com', sourceArn: topicArn, sourceAccount } as const;
    try {
      await callAs(gateway, principal)('sqs', 'SendMessage', {
        QueueUrl: queue.url,
        MessageBody: notificationBody(publication, region),
      });
    } catch (error) {
      // What is not allowed won't be at the next try: SNS gives it up.
      if (!(error instanceof AwsError && error.code.startsWith('AccessDenied'))) throw error;
      warn(`${topicArn} gives up a publication to ${queueArn}: ${messageOf(error)}`);
    } finally {
      end();
    }
  });

  ses.onFeedback(async ({ configurationSet, topicArn, message }) => {
    const end = activity.begin(`${configurationSet}: what became of a letter`);
    try {
      await publish(gateway, sesPrincipal(configurationSet, { region, accountId }), {
        TopicArn: topicArn,
        Subject: feedbackSubject,
        Message: message,
      });
    } finally {
      end();
    }
  });
  return activity.addSource(() => [
    ...(ses.pendingFeedback() === 0 ? [] : [`what became of ${ses.pendingFeedback()} letters`]),
    ...(sns.unconfirmed() === 0 ? [] : [`${sns.unconfirmed()} publications`]),
  ]);
}
