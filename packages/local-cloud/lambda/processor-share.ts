import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What an instance may use of a processor, as on Lambda: nothing between invocations, and in one its share. */
export type ProcessorShare = {
  /** To be called when an invocation begins: the instance thaws. */
  begin(): void;
  /** To be called when it has ended: the instance freezes, with all its timers and connections. */
  end(): void;
};

/** So much memory comes with one whole processor, MB. */
const wholeProcessorMegabytes = 1769;
/** How often the use is compared with the share, milliseconds. */
const lookMs = 10;

/** Every instance at full speed, never frozen. */
export const unlimited: ProcessorShare = { begin() {}, end() {} };

/**
 * Holds a process to the share of a processor that comes with its memory, by stopping it while it is ahead. What it uses before
 * its first invocation ends is not limited: Lambda lends a whole processor to a start. On machines without /proc it only freezes.
 */
export function limitTo(child: ChildProcess, memoryMegabytes: number): ProcessorShare {
  const share = Math.min(1, memoryMegabytes / wholeProcessorMegabytes);
  let watch: NodeJS.Timeout | undefined;
  let pause: NodeJS.Timeout | undefined;
  const run = () => child.kill('SIGCONT');
  const stop = () => child.kill('SIGSTOP');
  const clear = () => {
    clearInterval(watch);
    clearTimeout(pause);
    pause = undefined;
  };
  child.once('exit', clear);
  return {
    begin() {
      run();
      if (share === 1) return;
      const [began, before] = [performance.now(), usedMs(child)];
      watch = setInterval(() => {
        if (pause !== undefined) return;
        const ahead = usedMs(child) - before - share * (performance.now() - began);
        if (ahead < lookMs * share) return;
        stop();
        pause = setTimeout(() => {
          pause = undefined;
          run();
        }, ahead / share);
      }, lookMs);
    },
    end() {
      clear();
      stop();
    },
  };
}

/** The time for which a process's first thread, which runs the handler, has had a processor, milliseconds. */
function usedMs({ pid }: ChildProcess): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return 0;
  }
}
