import { messageOf } from '../message-of.ts';

/** Which port something listens on. */
type PortChoice = {
  /** The one that was asked for. */
  readonly fixed: number | undefined;
  /** The one of the last run; 0 before the first. */
  readonly last: number;
};

/**
 * Opens what listens on the port that was asked for, else on that of the last run, else on any free one.
 *
 * @throws Error naming the port that was asked for when it is taken
 */
export async function openOnPort<T>(
  { fixed, last }: PortChoice,
  open: (port: number) => Promise<T>,
  warn: (line: string) => void,
): Promise<T> {
  if (fixed !== undefined) return open(fixed);
  if (last === 0) return open(0);
  return open(last).catch((error: unknown) => {
    warn(`${messageOf(error)} Now another port is taken: addresses, links and tokens of the last run hold no more.`);
    return open(0);
  });
}

/** The port of "http://127.0.0.1:PORT". */
export function portOf(url: string): number {
  return Number(new URL(url).port);
}
