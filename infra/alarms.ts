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

/** What the text of an alarm needs: what the failure means for people, and the log group to read. */
type AlarmFacts = { readonly errorImpact: string; readonly logGroup: ILogGroup };

type WaitingLetters = {
  /** The metric that counts the messages that SES refused for a reason. */
  readonly metricOf: (reason: string) => IMetric;
  readonly sender: string;
  readonly configurationSet: string;
};

/** Why SES refuses letters, with the names that the function mail counts, and what to do. */
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

/** Makes the alarms, which notify the alarm topic. Every alarm says what the failure means for people, and what to do. */
export class Alarms {
  private readonly stage: Stage;
  private readonly action: SnsAction;

  constructor(stage: Stage, topic: ITopic) {
    this.stage = stage;
    this.action = new SnsAction(topic);
  }

  /** Goes off with the first dead letter. */
  onDeadLetters(scope: Construct, facts: AlarmFacts & { readonly queue: IQueue; readonly name: string }): void {
    const queueName = `${facts.name}-dead-letters`;
    this.addAlarm(scope, 'DeadLettersAlarm', queueName, {
      metric: facts.queue.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: Stats.MAXIMUM,
      }),
      threshold: 1,
      says:
        `${facts.errorImpact} To do: read the reason in the log group ${facts.logGroup.logGroupName}, correct the cause, ` +
        `then start a redrive within 14 days at ${this.consoleLink(queueName)}`,
    });
  }

  /** Goes off when a message has waited longer than three tries take, so not for a single failure that is retried. */
  onStandstill(scope: Construct, facts: AlarmFacts & { readonly work: WorkQueue }): void {
    const { work } = facts;
    this.addAlarm(scope, 'StandstillAlarm', `${work.name}-standstill`, {
      metric: work.queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1), statistic: Stats.MAXIMUM }),
      threshold: 3 * work.visibilityTimeout.toSeconds(),
      says:
        `Messages are waiting and are not processed. If this lasts: ${facts.errorImpact} To do: look for errors and throttles in the ` +
        `log group ${facts.logGroup.logGroupName}, and for the queue's length at ${this.consoleLink(work.name)}`,
    });
  }

  /** Goes off when SES refuses letters for a reason that lasts: one alarm for each reason, with what to do about it. */
  onLettersWaiting(scope: Construct, facts: WaitingLetters): void {
    for (const { reason, name, cause, remedy } of reasonsToWait(facts)) {
      this.addAlarm(scope, `LettersWaiting-${name}`, `letters-waiting-${name}`, {
        metric: facts.metricOf(reason),
        threshold: 1,
        // A waiting message is tried every hour, with some minutes of delay.
        within: 15,
        says:
          `${cause} Letters are waiting: assessors, employers and reviewers do not know what was decided or is due. To do: ${remedy} ` +
          'Each letter is tried again every hour and goes out automatically once this is corrected. After ten days it becomes a dead letter.',
      });
    }
  }

  /** Goes off when the reader of a stream is more than five minutes behind. Records are kept for a day. */
  onFallingBehind(scope: Construct, facts: AlarmFacts & { readonly name: string; readonly function: IFunction }): void {
    this.addAlarm(scope, 'FallingBehindAlarm', `${facts.name}-behind`, {
      metric: facts.function.metric('IteratorAge', { period: Duration.minutes(1), statistic: Stats.MAXIMUM }),
      threshold: Duration.minutes(5).toMilliseconds(),
      says:
        `The stream is not processed. ${facts.errorImpact} To do: read the error in the log group ${facts.logGroup.logGroupName} and ` +
        'correct it today: a stream record is deleted after 24 hours, and then only the scheduled sweep publishes its events.',
    });
  }

  /** Goes off when the API answers with a server error. */
  onServerErrors(scope: Construct, facts: AlarmFacts & { readonly api: IHttpApi }): void {
    this.addAlarm(scope, 'ApiErrorsAlarm', 'api-errors', {
      metric: facts.api.metricServerError({ period: Duration.minutes(5), statistic: Stats.SUM }),
      threshold: 1,
      says:
        `${facts.errorImpact} To do: find the route in the log group ${facts.logGroup.logGroupName}, read the error in the ` +
        'log group of its function, and correct it or roll back the last release.',
    });
  }

  /**
   * Goes off when an item has been in the outbox longer than relay and one run of republish should leave it there, or when
   * republish no longer reports.
   */
  onOldOutbox(scope: Construct, facts: AlarmFacts & { readonly metric: IMetric }): void {
    this.addAlarm(scope, 'OldOutboxAlarm', 'outbox-age', {
      metric: facts.metric,
      threshold: Duration.minutes(10).toSeconds(),
      orNoData: true,
      says:
        `${facts.errorImpact} To do: read the errors in the log group ${facts.logGroup.logGroupName} and in that of relay, and correct ` +
        'the cause. The next sweep, within five minutes, then publishes what is left.',
    });
  }

  /** Goes off within 30 hours of the last complete sweep, or when republish no longer reports how long ago that was. */
  onMissedSweep(scope: Construct, facts: AlarmFacts & { readonly metric: IMetric }): void {
    this.addAlarm(scope, 'MissedSweepAlarm', 'sweep-missed', {
      metric: facts.metric,
      // Two sweeps are at most 26 hours apart: clocks may go back, and the scheduler's zone data may be an hour off.
      threshold: Duration.hours(29).toSeconds(),
      orNoData: true,
      says:
        `For more than a day no sweep has completed all the checks that were due; when data are missing, republish no longer reports. ${facts.errorImpact} To do: check the schedule and its role, then look for errors in the log group ` +
        `${facts.logGroup.logGroupName}. The next sweep finds all that is due. To start one, send a message to its queue.`,
    });
  }

  private addAlarm(
    scope: Construct,
    id: string,
    name: string,
    alarm: {
      readonly metric: IMetric;
      readonly threshold: number;
      readonly says: string;
      /**
       * The alarm also goes off when the metric stops. Before its first value it does not: a new alarm has no data, and only a
       * change of state notifies.
       */
      readonly orNoData?: true;
      /** How many periods are evaluated; the alarm goes off if one of them reaches the threshold. Default: 1. */
      readonly within?: number;
    },
  ): void {
    const created = new Alarm(scope, id, {
      alarmName: `secor-${this.stage.name}-${name}`,
      alarmDescription: alarm.says,
      metric: alarm.metric,
      threshold: alarm.threshold,
      evaluationPeriods: alarm.within ?? 1,
      datapointsToAlarm: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: alarm.orNoData ? TreatMissingData.MISSING : TreatMissingData.NOT_BREACHING,
    });
    created.addAlarmAction(this.action);
    if (alarm.orNoData) created.addInsufficientDataAction(this.action);
  }

  private consoleLink(queue: string): string {
    const { account, name, region } = this.stage;
    const url = encodeURIComponent(`https://sqs.${region}.amazonaws.com/${account}/secor-${name}-${queue}`);
    return `https://${region}.console.aws.amazon.com/sqs/v3/home?region=${region}#/queues/${url}`;
  }
}
