/** One figure of the bench. */
export type Row = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The most that the value may be; null where there is no limit. */
  readonly limit: number | null;
  readonly ok: boolean;
};

/** What a file of the bench gives: its figures, in the order in which they are shown. */
export type Topic = { rows(): Promise<readonly Row[]> };

/** A figure, judged by its limit as it was measured, and shown to three decimals. */
export function row(name: string, value: number, unit: string, limit: number | null = null): Row {
  return { name, value: Math.round(value * 1000) / 1000, unit, limit, ok: limit === null || value <= limit };
}
