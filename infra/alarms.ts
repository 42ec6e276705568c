import { Duration } from 'aws-cdk-lib';
import type { IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { WorkQueue } from './constructs/work-queue.ts';
import type { Stage } from './stage.ts';

/** What an alarm tells: what the failure means for people, and where to read more. */
type Told = { readonly errorImpact: string; readonly logGroup: ILogGroup };

type WaitingLetters = {
  /** How many messages found that SES takes no letters, by the reason. */
  readonly metricOf: (reason: string) => IMetric;
  readonly sender: string;
  readonly configurationSet: string;
};

/** Why SES takes no letters, as the function mail counts it, and what to do. */
function reasonsToWait({ sender, configurationSet }: WaitingLetters) {
  return [
    {
      reason: 'identity not verified',
      name: 'identity',
      cause: `SES has not verified the identity of ${sender}, or lacks the MX record of its MAIL FROM domain.`,
      remedy: "add the identity's DNS records, which the SES console shows under Identities, to the domain's DNS.",
    },
    {
      reason: 'sandbox',
      name: 'sandbox',
      cause:
        'The account is in the SES sandbox, and a recipient is not verified, or not in mail.sandboxRecipients of the stage.',
      remedy:
        "request production access in the SES console; until then name verified recipients in mail.sandboxRecipients of the stage's file and deploy.",
    },
    {
      reason: 'account paused',
      name: 'account-paused',
      cause: 'Sending is paused for the whole account.',
      remedy:
        'read the mail from AWS to the account, do what it asks for, then resume sending: aws ses update-account-sending-enabled --enabled.',
    },
    {
      reason: 'configuration set paused',
      name: 'configuration-set-paused',
      cause: `Sending is paused for the configuration set ${configurationSet}.`,
      remedy:
        'find out who paused it and why, then resume sending for it in the SES console, under Configuration sets.',
    },
    {
      reason: 'daily quota used up',
      name: 'daily-quota',
      cause: 'The account has sent as much as SES allows in 24 hours.',
      remedy:
        'check in the SES console, under Account dashboard, what sends so much. If it is right, request a higher quota.',
    },
  ];
}

/** Rings at the alarm topic. Every alarm says what the failure means for people, and what to do. */
export class Alarms {
  private readonly stage: Stage;
  private readonly action: SnsAction;

  constructor(stage: Stage, topic: ITopic) {
    this.stage = stage;
    this.action = new SnsAction(topic);
  }

  /** Rings with the first dead letter. */
  onDeadLetters(scope: Construct, told: Told & { readonly queue: IQueue; readonly name: string }): void {
    const queueName = `${told.name}-dead-letters`;
    this.ring(scope, 'DeadLettersAlarm', queueName, {
      metric: told.queue.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: Stats.MAXIMUM,
      }),
      threshold: 1,
      says:
        `${told.errorImpact} To do: read the reason in the log group ${told.logGroup.logGroupName}, correct the cause, ` +
        `then start a redrive within 14 days at ${this.consoleLink(queueName)}`,
    });
  }

  /** Rings when a message has waited for longer than three tries take: one failure that is tried again does not. */
  onStandstill(scope: Construct, told: Told & { readonly work: WorkQueue }): void {
    const { work } = told;
    this.ring(scope, 'StandstillAlarm', `${work.name}-standstill`, {
      metric: work.queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1), statistic: Stats.MAXIMUM }),
      threshold: 3 * work.visibilityTimeout.toSeconds(),
      says:
        `Messages are waiting and are not processed. If this lasts: ${told.errorImpact} To do: look for errors and throttles in the ` +
        `log group ${told.logGroup.logGroupName}, and for the queue's length at ${this.consoleLink(work.name)}`,
    });
  }

  /** Rings when SES takes no letters for a reason that lasts: an alarm for each reason, with what to do about it. */
  onLettersWaiting(scope: Construct, told: WaitingLetters): void {
    for (const { reason, name, cause, remedy } of reasonsToWait(told)) {
      this.ring(scope, `LettersWaiting-${name}`, `letters-waiting-${name}`, {
        metric: told.metricOf(reason),
        threshold: 1,
        // A message that waits is tried once an hour, and some minutes later.
        within: 15,
        says:
          `${cause} Letters are waiting: assessors, employers and reviewers do not know what was decided or is due. To do: ${remedy} ` +
          'Each letter is tried again every hour and goes out automatically once this is corrected. After ten days it becomes a dead letter.',
      });
    }
  }

  /** Rings when the reader of a stream is more than five minutes behind: records live for a day. */
  onFallingBehind(scope: Construct, told: Told & { readonly name: string; readonly function: IFunction }): void {
    this.ring(scope, 'FallingBehindAlarm', `${told.name}-behind`, {
      metric: told.function.metric('IteratorAge', { period: Duration.minutes(1), statistic: Stats.MAXIMUM }),
      threshold: Duration.minutes(5).toMilliseconds(),
      says:
        `The stream is not processed. ${told.errorImpact} To do: read the error in the log group ${told.logGroup.logGroupName} and ` +
        'correct it today: a stream record is deleted after 24 hours, and then only the scheduled sweep publishes its events.',
    });
  }

  /** Rings when the API answers that it failed. */
  onServerErrors(scope: Construct, told: Told & { readonly api: IHttpApi }): void {
    this.ring(scope, 'ApiErrorsAlarm', 'api-errors', {
      metric: told.api.metricServerError({ period: Duration.minutes(5), statistic: Stats.SUM }),
      threshold: 1,
      says:
        `${told.errorImpact} To do: find the route in the log group ${told.logGroup.logGroupName}, read the error in the ` +
        'log group of its function, and correct it or roll back the last release.',
    });
  }

  /** Rings when an item has been in the outbox for longer than relay and one sweep should leave it, or when no sweep tells any more. */
  onOldOutbox(scope: Construct, told: Told & { readonly metric: IMetric }): void {
    this.ring(scope, 'OldOutboxAlarm', 'outbox-age', {
      metric: told.metric,
      threshold: Duration.minutes(10).toSeconds(),
      whenSilent: true,
      says:
        `${told.errorImpact} To do: read the errors in the log group ${told.logGroup.logGroupName} and in that of relay, and correct ` +
        'the cause. The next sweep, within five minutes, then publishes what is left.',
    });
  }

  /** Rings within 30 hours of the last sweep that took all that was due, or when nothing tells any more how long that is ago. */
  onMissedSweep(scope: Construct, told: Told & { readonly metric: IMetric }): void {
    this.ring(scope, 'MissedSweepAlarm', 'sweep-missed', {
      metric: told.metric,
      // Two sweeps are at most 26 hours apart: clocks may go back, and the scheduler's zone data may be an hour off.
      threshold: Duration.hours(29).toSeconds(),
      whenSilent: true,
      says:
        `For more than a day no sweep has completed all the checks that were due; when data are missing, republish no longer reports. ${told.errorImpact} To do: check the schedule and its role, then look for errors in the log group ` +
        `${told.logGroup.logGroupName}. The next sweep finds all that is due. To start one, send a message to its queue.`,
    });
  }

  private ring(
    scope: Construct,
    id: string,
    name: string,
    alarm: {
      readonly metric: IMetric;
      readonly threshold: number;
      readonly says: string;
      /** Rings too when the metric stops coming. Before its first value it does not: an alarm begins without data, and only a change rings. */
      readonly whenSilent?: true;
      /** So many periods are looked at, of which one must be so; one unless told otherwise. */
      readonly within?: number;
    },
  ): void {
    const ringing = new Alarm(scope, id, {
      alarmName: `secor-${this.stage.name}-${name}`,
      alarmDescription: alarm.says,
      metric: alarm.metric,
      threshold: alarm.threshold,
      evaluationPeriods: alarm.within ?? 1,
      datapointsToAlarm: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: alarm.whenSilent ? TreatMissingData.MISSING : TreatMissingData.NOT_BREACHING,
    });
    ringing.addAlarmAction(this.action);
    if (alarm.whenSilent) ringing.addInsufficientDataAction(this.action);
  }

  private consoleLink(queue: string): string {
    const { account, name, region } = this.stage;
    const url = encodeURIComponent(`https://sqs.${region}.amazonaws.com/${account}/secor-${name}-${queue}`);
    return `https://${region}.console.aws.amazon.com/sqs/v3/home?region=${region}#/queues/${url}`;
  }
}
