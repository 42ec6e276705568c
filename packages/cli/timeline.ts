/** One thing that happened. */
export type Moment = {
  /** ISO, UTC, by the machine's clock. */
  readonly at: string;
  readonly what: string;
  /** The services and the function that did it. */
  readonly where: string;
  /** Milliseconds since the moment before, or since the start. */
  readonly milliseconds: number;
};

const widths = { milliseconds: 7, where: 34 };

/** Writes moments down as they come, as rows of one table, and keeps them. */
export function timeline(write: (text: string) => void, start = performance.now()) {
  const moments: Moment[] = [];
  let last = start;
  write(row('ms', 'where', 'what'));
  return {
    moments: moments as readonly Moment[],
    /** Notes what happened this moment. */
    add(what: string, where: string): void {
      const now = performance.now();
      const milliseconds = Math.round(now - last);
      last = now;
      moments.push({ at: new Date().toISOString(), what, where, milliseconds });
      write(row(String(milliseconds), where, what));
    },
  };
}

function row(milliseconds: string, where: string, what: string): string {
  return `${milliseconds.padStart(widths.milliseconds)}  ${where.padEnd(widths.where)}  ${what}\n`;
}
