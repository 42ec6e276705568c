import { readFileSync } from 'node:fs';
import { replaceFile } from './replace-file.ts';

/** The time that the local cloud stamps: the machine's plus an offset that only grows and survives restarts. */
export interface BusinessClock {
  /** Now, in epoch milliseconds. */
  now(): number;
  /** Moves to an instant (epoch milliseconds), then tells the listeners and fires the alarms that this passed, earliest first. Throws for an earlier instant than now. */
  advanceTo(epochMs: number): void;
  /** Moves forward by milliseconds, as `advanceTo` does. Throws for a negative amount. */
  advanceBy(ms: number): void;
  /** Calls the listener with the new instant after each advance; answers the way to unsubscribe. */
  onAdvance(listener: (now: number) => void): () => void;
  /** Calls `ring` once, never within this call, when the clock has reached the instant, by itself or through an advance; answers the way to cancel. */
  at(epochMs: number, ring: () => void): () => void;
}

type Alarm = { readonly epochMs: number; readonly ring: () => void };

/** The longest wait that a timer of Node takes; a later alarm is looked at again then. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Opens the business clock whose offset is kept in `file` (JSON, made at the first advance; its folder must exist).
 * The file is replaced whole, so that a process killed at any moment leaves the old or the new offset.
 * Its timer keeps no process alive. Throws when the file holds no offset.
 */
export function openBusinessClock(file: string): BusinessClock {
  let offsetMs = readOffset(file);
  const alarms = new Set<Alarm>();
  const listeners = new Set<(now: number) => void>();
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;

  const now = () => Date.now() + offsetMs;

  const arm = (epochMs: number) => {
    clearTimeout(timer);
    timerAt = epochMs;
    timer = setTimeout(ringDue, Math.min(Math.max(epochMs - now(), 0), MAX_TIMER_MS));
    timer.unref();
  };

  const ringDue = () => {
    clearTimeout(timer);
    timerAt = Number.POSITIVE_INFINITY;
    const reached = now();
    const due = [...alarms].filter((alarm) => alarm.epochMs <= reached).sort((a, b) => a.epochMs - b.epochMs);
    try {
      for (const alarm of due) {
        if (alarms.delete(alarm)) alarm.ring();
      }
    } finally {
      const next = Math.min(...[...alarms].map((alarm) => alarm.epochMs));
      if (next < timerAt) arm(next);
    }
  };

  const advanceTo = (epochMs: number) => {
    const from = now();
    if (!Number.isSafeInteger(epochMs)) {
      throw new Error(`The business clock can't go to ${epochMs}: give a whole number of epoch milliseconds.`);
    }
    if (epochMs < from) {
      throw new Error(
        `The business clock stands at ${new Date(from).toISOString()} and never goes back: ${new Date(epochMs).toISOString()} is before it. Give a later time, or start over with fresh data.`,
      );
    }
    const offset = offsetMs + epochMs - from;
    replaceFile(file, `${JSON.stringify({ offsetMs: offset })}\n`);
    offsetMs = offset;
    for (const listener of [...listeners]) listener(epochMs);
    ringDue();
  };

  return {
    now,
    advanceTo,
    advanceBy(ms) {
      if (!Number.isSafeInteger(ms) || ms < 0) {
        throw new Error(
          `The business clock can't move by ${ms} ms: it never goes back; give a whole number that is not negative.`,
        );
      }
      advanceTo(now() + ms);
    },
    onAdvance(listener) {
      const own = (instant: number) => listener(instant);
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
    at(epochMs, ring) {
      const alarm = { epochMs, ring };
      alarms.add(alarm);
      if (epochMs < timerAt) arm(epochMs);
      return () => {
        alarms.delete(alarm);
      };
    },
  };
}

function readOffset(file: string): number {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
  try {
    const offsetMs: unknown = (JSON.parse(text) as { offsetMs?: unknown }).offsetMs;
    if (Number.isSafeInteger(offsetMs)) return offsetMs as number;
  } catch {
    // Told below, with the file's name.
  }
  throw new Error(`${file} does not hold the business clock's offset. Restore it, or start over with fresh data.`);
}
