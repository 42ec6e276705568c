import { join } from 'node:path';
import type { Activity } from '../activity.ts';
import type { DynamoDbEngine } from '../dynamodb/dynamodb-engine.ts';
import type { RoleCall } from '../gateway/call-as.ts';
import type { Deliver } from '../lambda/deliver.ts';
import type { StateDirectory } from '../state/state.ts';
import type { Plan } from '../template/plan.ts';
import { type EventSource, isEnabled } from './event-source.ts';
import { compileFilters } from './filter-pattern.ts';
import { connectStream } from './stream-source.ts';

/** Makes the connections from streams of tables to functions that the templates ask for; they begin by `start`. */
export function connectStreams(
  plan: Plan,
  functions: { deliver(functionName: string): Deliver; callOf(functionName: string): RoleCall },
  around: {
    readonly dynamodb: DynamoDbEngine;
    readonly state: StateDirectory;
    readonly activity: Activity;
    readonly warn: (line: string) => void;
  },
): readonly EventSource[] {
  const { dynamodb, state, activity, warn } = around;
  return plan.streamSources.filter(isEnabled).map(({ patterns, where, ...source }) => {
    const table = plan.streams.get(source.streamArn) ?? '';
    const positionFile = join(positionFolder(state), positionName(plan, source));
    return connectStream(
      { ...source, filter: compileFilters(patterns, where), positionFile },
      {
        call: functions.callOf(source.functionName),
        deliver: functions.deliver(source.functionName),
        onWrite: (listener) => dynamodb.onWrite((written) => written === table && listener()),
        begin: activity.begin,
        warn,
      },
    );
  });
}

/** The folder of the files in which mappings keep their places in streams. */
export function positionFolder(state: StateDirectory): string {
  return join(state.path, 'streams');
}

/** The file in which a mapping keeps its place in a stream. */
export function positionName(
  plan: Plan,
  source: { readonly functionName: string; readonly streamArn: string },
): string {
  return `${source.functionName}.${plan.streams.get(source.streamArn) ?? ''}.json`;
}
