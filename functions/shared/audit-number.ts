import { randomInt } from 'node:crypto';

/** Nine random digits, the first not zero; the transaction that registers makes sure that nobody has them. */
export function randomAuditNumber(): string {
  return String(randomInt(100_000_000, 1_000_000_000));
}
