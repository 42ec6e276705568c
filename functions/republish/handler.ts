import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { Outgoing, ScheduledMessage } from '@secor/contracts';
import { type Delivery, environment, log, queueConsumer } from '@secor/lambda';
import { lastSweep, outboxItemsBefore } from '@secor/store';
import * as v from 'valibot';
import { openPublisher, type Publisher, publish } from '../shared/publish.ts';

const leftBehindMs = 5 * 60_000;

/**
 * Publishes what relay missed: outbox items that are five minutes old at the schedule's time. Reports two metrics in seconds,
 * each watched by an alarm: the age of the oldest item, and the time since the last complete daily sweep. The second is reported
 * here because this function runs every five minutes: a metric that came only once a day would be missing most of the time.
 */
export function republish(publisher: Publisher, metrics: Metrics) {
  return async ({ message }: Delivery<v.InferOutput<typeof ScheduledMessage>>): Promise<void> => {
    const now = Date.parse(message.scheduledTime);
    const failures: unknown[] = [];
    let oldestSeconds = 0;
    for await (const { at, body } of outboxItemsBefore(publisher.store, new Date(now - leftBehindMs).toISOString())) {
      oldestSeconds = Math.max(oldestSeconds, (now - Date.parse(at)) / 1000);
      const left = v.safeParse(Outgoing, body);
      if (left.success) await publish(publisher, left.output).catch((error) => failures.push(error));
      else log.error('outbox item is not readable', { at });
    }
    metrics.addMetric('OldestOutboxItem', MetricUnit.Seconds, oldestSeconds);
    const swept = Date.parse(await lastSweep(publisher.store, new Date(now).toISOString()));
    metrics.addMetric('SinceSweep', MetricUnit.Seconds, Math.max(0, (now - swept) / 1000));
    metrics.publishStoredMetrics();
    if (failures.length > 0)
      throw new AggregateError(failures, `${failures.length} outbox items could not be published`);
  };
}

export const handler = queueConsumer(ScheduledMessage, () =>
  republish(openPublisher(), new Metrics({ namespace: 'secor', defaultDimensions: { stage: environment('STAGE') } })),
);
