import type { MoveTask } from './message-store.ts';

/** How many messages a redrive moves at most in a second. */
export const MAX_MOVED_PER_SECOND = 500;

/** Whether a redrive runs. What it moves is there at once; it counts as running for as long as AWS takes at least. */
export function isRunning({ startedAt, moved }: MoveTask, now: number): boolean {
  return now < startedAt + Math.ceil(moved / MAX_MOVED_PER_SECOND) * 1000;
}
