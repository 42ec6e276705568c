/** A metric alarm as the template has it, as far as CloudWatch judges by it. */
export type AlarmProperties = {
  readonly MetricName: string;
  /** Seconds. */
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly Threshold: number;
  readonly ComparisonOperator: 'GreaterThanOrEqualToThreshold';
  readonly Statistic: 'Maximum';
  readonly TreatMissingData: 'missing' | 'breaching' | 'notBreaching' | 'ignore';
  readonly AlarmActions?: readonly unknown[];
  readonly InsufficientDataActions?: readonly unknown[];
};

/** A value of a metric; `at` in epoch milliseconds. */
export type Reported = { readonly at: number; readonly value: number };

type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/**
 * The instants (epoch milliseconds) at which an alarm rings: when it comes into a state for which it has an action. It is made at
 * `from` and judged each minute until `to`.
 *
 * What CloudWatch does with missing data, by its User Guide, "Configuring how CloudWatch alarms treat missing data"
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html) and "Alarm evaluation"
 * (…/alarm-evaluation.html):
 * - an alarm begins in INSUFFICIENT_DATA; an action is taken when the state changes, and not again while it lasts;
 * - it is judged each minute, whatever its period, also by periods before it was made;
 * - it looks back over an "evaluation range" of more periods than EvaluationPeriods; how many more is not published, and in the
 *   guide's one example there are 5 for 3;
 * - where that range holds at least EvaluationPeriods values, the latest of them are judged, however old they are within the
 *   range, and TreatMissingData does not count: this is why an alarm on a metric of once a day rings late;
 * - where it holds fewer, the missing ones are judged as TreatMissingData says, beside all that are there: `breaching` rings where
 *   there has never been a value; `missing` gives INSUFFICIENT_DATA where there is none in the range.
 *
 * @param further so many periods beyond EvaluationPeriods are in the evaluation range
 */
export function ringing(
  alarm: AlarmProperties,
  reported: readonly Reported[],
  { from, to, further }: { readonly from: number; readonly to: number; readonly further: number },
): number[] {
  const period = alarm.Period * 1000;
  const maxima = new Map<number, number>();
  for (const { at, value } of reported) {
    const slot = Math.floor(at / period);
    maxima.set(slot, Math.max(value, maxima.get(slot) ?? value));
  }
  const rings: number[] = [];
  let state: AlarmState = 'INSUFFICIENT_DATA';
  for (let now = from; now <= to; now += 60_000) {
    // The newest period that is over: an alarm that rings in time by it does so by a younger one.
    const newest = Math.floor(now / period) - 1;
    const slots = Array.from({ length: alarm.EvaluationPeriods + further }, (_, index) => newest - index);
    const next = judge(
      alarm,
      state,
      slots.map((slot) => maxima.get(slot)),
    );
    const actions = { OK: undefined, ALARM: alarm.AlarmActions, INSUFFICIENT_DATA: alarm.InsufficientDataActions };
    if (next !== state && actions[next] !== undefined) rings.push(now);
    state = next;
  }
  return rings;
}

/** The state that follows from the values of the evaluation range, newest first. */
function judge(alarm: AlarmProperties, state: AlarmState, range: readonly (number | undefined)[]): AlarmState {
  const breaches = (value: number) => value >= alarm.Threshold;
  const values = range.filter((value) => value !== undefined);
  if (values.length >= alarm.EvaluationPeriods)
    return values.slice(0, alarm.EvaluationPeriods).every(breaches) ? 'ALARM' : 'OK';
  switch (alarm.TreatMissingData) {
    case 'breaching':
      return values.every(breaches) ? 'ALARM' : 'OK';
    case 'notBreaching':
      return 'OK';
    case 'ignore':
      return state;
    case 'missing':
      if (values.length === 0) return 'INSUFFICIENT_DATA';
      return values.every(breaches) ? 'ALARM' : 'OK';
  }
}
