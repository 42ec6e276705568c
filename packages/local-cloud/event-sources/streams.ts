import { join } from 'node:path';
import type { Plan } from '../template/plan.ts';
import { type Connections, type EventSource, isEnabled } from './event-source.ts';
import { compileFilters } from './filter-pattern.ts';
import { connectStream } from './stream-source.ts';

export function connectStreams({
  plan,
  engines,
  deliver,
  callOf,
  begin,
  warn,
  directory,
}: Connections): readonly EventSource[] {
  return plan.streamSources.filter(isEnabled).map(({ patterns, where, ...source }) => {
    const table = plan.streams.get(source.streamArn) ?? '';
    const positionFile = join(directory, 'streams', positionName(plan, source));
    return connectStream(
      { ...source, filter: compileFilters(patterns, where), positionFile },
      {
        call: callOf(source.functionName),
        deliver: deliver(source.functionName),
        onWrite: (listener) => engines.dynamodb.onWrite((written) => written === table && listener()),
        begin,
        warn,
      },
    );
  });
}

/** The file in which a mapping keeps its place in a stream. */
export function positionName(
  plan: Plan,
  source: { readonly functionName: string; readonly streamArn: string },
): string {
  return `${source.functionName}.${plan.streams.get(source.streamArn) ?? ''}.json`;
}
