import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { notificationName } from '../event-sources/notifications.ts';
import { positionFolder, positionName } from '../event-sources/streams.ts';
import { feedbackName } from '../event-sources/topics.ts';
import type { SqsEngine } from '../sqs/sqs-engine.ts';
import type { StateDirectory } from '../state/state.ts';
import type { Plan } from '../template/plan.ts';

/** Deletes what an earlier deployment on this directory made and this one has not, as CloudFormation does. */
export function deleteLeftOut(plan: Plan, sqs: SqsEngine, state: StateDirectory, warn: (line: string) => void): void {
  const queues = new Set([...plan.queues.values()].map(({ name }) => name));
  for (const name of sqs.queueNames().filter((each) => !queues.has(each))) {
    const { visible, inFlight, delayed } = sqs.pending(name);
    const held = visible + inFlight + delayed;
    if (held > 0) warn(`The queue ${name} is deployed no more: it is deleted, with ${held} messages.`);
    sqs.deleteQueue(name);
  }
  const positions = new Set(plan.streamSources.map((source) => positionName(plan, source)));
  const folder = positionFolder(state);
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    if (!positions.has(file)) rmSync(join(folder, file));
  }
  const { sent, announced, roles } = state.kept();
  const schedules = new Set(plan.schedules.map(({ arn }) => arn));
  const told = new Set([...plan.notifications.map(notificationName), ...[...plan.feedback.values()].map(feedbackName)]);
  state.keep({
    sent: Object.fromEntries(Object.entries(sent).filter(([arn]) => schedules.has(arn))),
    announced: announced.filter((name) => told.has(name)),
    roles: Object.fromEntries([...plan.roles.keys()].map((arn) => [arn, roles[arn] ?? randomUUID()])),
  });
}
