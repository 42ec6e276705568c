import type { Io } from './command.ts';
import { bytes } from './format.ts';

const barWidth = 24;
const redrawMs = 100;

/** One state of an upload as a line: bar, percent, bytes, rate. */
export function progressText(label: string, sent: number, total: number, milliseconds: number): string {
  const done = Math.floor((barWidth * sent) / total);
  const percent = Math.floor((100 * sent) / total);
  const rate = milliseconds > 0 ? `  ${bytes(Math.round((1000 * sent) / milliseconds))}/s` : '';
  const bar = '█'.repeat(done) + '░'.repeat(barWidth - done);
  return `${label}  ${bar}  ${String(percent).padStart(3)} %  ${bytes(sent)} of ${bytes(total)}${rate}`;
}

/**
 * Tells on standard error how far an upload is: one line that is written over on a terminal, elsewhere one line for each
 * quarter.
 */
export function progressLine(io: Pick<Io, 'err' | 'columns'>, label: string, total: number) {
  const begun = performance.now();
  let drawn = 0;
  let quarter = 0;
  let last = '';
  return {
    sent(sent: number): void {
      const now = performance.now();
      const columns = io.columns();
      const text = progressText(label, sent, total, now - begun);
      last = text;
      if (columns !== undefined) {
        if (now - drawn < redrawMs) return;
        drawn = now;
        io.err(drawnOver(text, columns));
      } else if (Math.floor((4 * sent) / total) > quarter) {
        quarter = Math.floor((4 * sent) / total);
        io.err(`${text}\n`);
      }
    },
    end(): void {
      const columns = io.columns();
      if (columns !== undefined) io.err(`${drawnOver(last, columns)}\n`);
    },
  };
}

/** The text in place of the terminal's last line; a line that is full would go on in the next, and stay. */
function drawnOver(text: string, columns: number): string {
  return `\r\x1b[2K${text.slice(0, columns - 1)}`;
}
