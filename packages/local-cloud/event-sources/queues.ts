import type { Activity } from '../activity.ts';
import type { SqsEngine } from '../sqs/sqs-engine.ts';
import type { Plan } from '../template/plan.ts';
import { type Connections, type EventSource, isEnabled } from './event-source.ts';
import { compileFilters } from './filter-pattern.ts';
import { connectQueue } from './queue-source.ts';

export function connectQueues({
  plan,
  engines,
  deliver,
  callOf,
  begin,
  warn,
  region,
}: Connections): readonly EventSource[] {
  return plan.queueSources.filter(isEnabled).map(({ patterns, where, ...source }) => {
    const queue = plan.queues.get(source.queueArn);
    if (queue === undefined) throw new Error(`${where}: there is no queue ${source.queueArn}.`);
    // No invocation of the last run lives on: what it had in flight need not wait for its visibility timeout.
    engines.sqs.returnInFlight(queue.name);
    return connectQueue(
      {
        ...source,
        queueUrl: queue.url,
        hiddenMs: queue.visibilitySeconds * 1000,
        region,
        filter: compileFilters(patterns, where),
      },
      {
        call: callOf(source.functionName),
        deliver: deliver(source.functionName),
        onVisible: (listener) => engines.sqs.onVisible(queue.name, listener),
        onFailed: (receiptHandles) => engines.sqs.endReceives(queue.name, receiptHandles),
        begin,
        warn,
      },
    );
  });
}

/** What the queues that a function reads hold: the label for people, and whether nobody may see any of it yet. */
export function openQueues(
  plan: Plan,
  sqs: SqsEngine,
): readonly { readonly label: string; readonly hidden: boolean }[] {
  return plan.queueSources.filter(isEnabled).flatMap(({ queueArn }) => {
    const name = plan.queues.get(queueArn)?.name ?? '';
    const { visible, inFlight, delayed } = sqs.pending(name);
    if (visible + inFlight + delayed === 0) return [];
    const label = `${name}: ${visible} messages waiting, ${inFlight} in flight, ${delayed} delayed`;
    return [{ label, hidden: visible === 0 }];
  });
}

/** Tells the activity of the messages in queues that a function reads. */
export function watchQueues(plan: Plan, sqs: SqsEngine, activity: Activity): () => void {
  const remove = activity.addSource(() => openQueues(plan, sqs).map(({ label }) => label));
  const unsubscribe = sqs.onChange(() => activity.changed());
  return () => {
    unsubscribe();
    remove();
  };
}
