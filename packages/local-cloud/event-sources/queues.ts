import type { Activity } from '../activity.ts';
import type { RoleCall } from '../gateway/call-as.ts';
import type { Deliver } from '../lambda/deliver.ts';
import type { SqsEngine } from '../sqs/sqs-engine.ts';
import type { Plan } from '../template/plan.ts';
import { type EventSource, isEnabled } from './event-source.ts';
import { compileFilters } from './filter-pattern.ts';
import { connectQueue } from './queue-source.ts';

/** Makes the connections from queues to functions that the templates ask for; they begin by `start`. */
export function connectQueues(
  plan: Plan,
  functions: { deliver(functionName: string): Deliver; callOf(functionName: string): RoleCall },
  around: {
    readonly region: string;
    readonly sqs: SqsEngine;
    readonly activity: Activity;
    readonly warn: (line: string) => void;
  },
): readonly EventSource[] {
  const { region, sqs, activity, warn } = around;
  return plan.queueSources.filter(isEnabled).map(({ patterns, where, ...source }) => {
    const queue = plan.queues.get(source.queueArn);
    if (queue === undefined) throw new Error(`${where}: there is no queue ${source.queueArn}.`);
    // No invocation of the last run lives on: what it had in flight need not wait for its visibility timeout.
    sqs.returnInFlight(queue.name);
    return connectQueue(
      {
        ...source,
        queueUrl: queue.url,
        hiddenMs: queue.visibilitySeconds * 1000,
        region,
        filter: compileFilters(patterns, where),
      },
      {
        call: functions.callOf(source.functionName),
        deliver: functions.deliver(source.functionName),
        onVisible: (listener) => sqs.onVisible(queue.name, listener),
        onFailed: (receiptHandles) => sqs.endReceives(queue.name, receiptHandles),
        begin: activity.begin,
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

/** Counts the messages in queues that a function reads as open work. Answers how to stop that. */
export function watchQueues(
  plan: Plan,
  { sqs, activity }: { readonly sqs: SqsEngine; readonly activity: Activity },
): () => void {
  const remove = activity.addSource(() => openQueues(plan, sqs).map(({ label }) => label));
  const unsubscribe = sqs.onChange(() => activity.changed());
  return () => {
    unsubscribe();
    remove();
  };
}
