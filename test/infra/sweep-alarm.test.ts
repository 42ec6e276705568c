import type { SQSClient } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Store } from '@secor/store';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { remind } from '../../functions/remind/handler.ts';
import { republish } from '../../functions/republish/handler.ts';
import { tableInMemory } from '../../functions/testing/table.fixture.ts';
import { stageNamed } from '../../infra/stages.ts';
import { type AlarmProperties, type Reported, ringing } from '../support/cloudwatch.ts';
import { propertiesOf, synthesized } from '../support/synthesized.ts';

// The log is no part of what is tested, and its file is read at load.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_DEV', 'true'));
vi.spyOn(console, 'error').mockImplementation(() => {});
afterAll(() => vi.unstubAllEnvs());

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** How many periods beyond those it judges CloudWatch looks back: it does not say, so that some are tried. */
const ranges = [0, 1, 2, 5];

let alarms: Map<string, AlarmProperties & { readonly AlarmName: string }>;
beforeAll(async () => {
  const { service } = await synthesized(stageNamed('dev'));
  alarms = new Map(
    [...propertiesOf<AlarmProperties & { AlarmName: string }>(service, 'AWS::CloudWatch::Alarm').values()].map(
      (alarm) => [alarm.AlarmName, alarm],
    ),
  );
});

/** Swept as meant, with some subjects left over, or not at all. */
type Morning = 'swept' | 'left over' | 'missed';

/** When the sweep of a day falls due: 06:00 in Alberta, so many hours ahead of it, in epoch milliseconds. */
function sweepTime(date: string, hoursBehindUtc: number): number {
  return Date.parse(`${date}T06:00:00Z`) + hoursBehindUtc * hour;
}

/**
 * What republish reports every five minutes of a stage that is deployed at `from`, whose sweeps fall due as given.
 * @param silent no report is made in this time
 */
async function reports(
  from: number,
  to: number,
  sweeps: readonly { readonly at: number; readonly morning: Morning }[],
  silent?: { readonly from: number; readonly to: number },
): Promise<Map<string, Reported[]>> {
  const { store } = tableInMemory();
  const reported = new Map<string, Reported[]>();
  let now = from;
  const metrics = {
    addMetric(name: string, _unit: string, value: number) {
      const values = reported.get(name) ?? [];
      values.push({ at: now, value });
      reported.set(name, values);
    },
    publishStoredMetrics: () => {},
  } as unknown as Parameters<typeof republish>[1];
  const sqs = { send: async () => ({}) } as unknown as SQSClient;
  const report = republish({ store, sqs, queueUrls: {} as Parameters<typeof republish>[0]['queueUrls'] }, metrics);
  const waiting = sweeps.filter(({ at }) => at >= from).toSorted((a, b) => a.at - b.at);
  for (now = from; now <= to; now += 5 * minute) {
    while (waiting[0] !== undefined && waiting[0].at <= now)
      await sweep(store, waiting.shift() ?? { at: 0, morning: 'missed' });
    if (silent !== undefined && now >= silent.from && now < silent.to) continue;
    const at = new Date(now).toISOString();
    await report({ message: { scheduledTime: at }, deliveryId: 'd', sentAt: at, delivery: 1 });
  }
  return reported;

  async function sweep(table: Store, { at, morning }: { readonly at: number; readonly morning: Morning }) {
    if (morning === 'missed') return;
    const scheduledTime = new Date(at).toISOString();
    if (morning === 'left over') {
      // Of an audit that can't be read nothing is recorded.
      const today = scheduledTime.slice(0, 10);
      const entry = { pk: 'CHECK#00', sk: `${today}#broken#1`, kind: 'due check' };
      await putItem(table, { ...entry, body: { subject: 'broken#1', day: today } });
    }
    const step = remind({ store: table, sqs, queueUrl: 'sweep' });
    await step({ message: { scheduledTime }, deliveryId: 'd', sentAt: scheduledTime, delivery: 1 });
  }
}

async function putItem({ client, table }: Store, Item: Record<string, unknown>): Promise<void> {
  await client.send(new PutCommand({ TableName: table, Item }));
}

/** The rings of an alarm of the template, in hours after an instant. */
function ringsOf(
  name: string,
  reported: ReadonlyMap<string, readonly Reported[]>,
  from: number,
  to: number,
  since = from,
) {
  const alarm = alarms.get(`secor-dev-${name}`);
  if (alarm === undefined) throw new Error(`There is no alarm ${name}.`);
  const [first, ...others] = ranges.map((further) =>
    ringing(alarm, reported.get(alarm.MetricName) ?? [], { from, to, further }),
  );
  // Its one period makes the alarm independent of how far CloudWatch looks back, but for when it calls silence so.
  for (const other of others) expect(other.length).toBe(first?.length);
  return (first ?? []).map((at) => (at - since) / hour);
}

const mornings = (date: string, ...each: Morning[]) =>
  each.map((morning, index) => ({ at: sweepTime(date, 6) + index * day, morning }));

describe('the alarm of missed sweeps', () => {
  it.each([
    ['a minute before the first sweep', -minute],
    ['a minute after the sweep of the day', minute],
    ['in the afternoon', 9 * hour],
  ])('does not ring at a first deployment %s, nor while each day is swept', async (_, offset) => {
    const from = sweepTime('2027-01-11', 6) + offset;
    const to = from + 4 * day;
    const reported = await reports(from, to, mornings('2027-01-11', 'swept', 'swept', 'swept', 'swept', 'swept'));
    expect(ringsOf('sweep-missed', reported, from, to)).toEqual([]);
  });

  it('rings after a first deployment whose first sweep does not come, once that is due', async () => {
    const from = sweepTime('2027-01-11', 6) + minute;
    const to = from + 2 * day;
    const [rings, ...others] = ringsOf('sweep-missed', await reports(from, to, []), from, to);
    expect(rings).toBeGreaterThan(24);
    expect(rings).toBeLessThanOrEqual(30);
    expect(others).toEqual([]);
  });

  it.each(['missed', 'left over'] as const)(
    'rings within 30 hours of the last good sweep when one is %s',
    async (bad) => {
      const sweeps = mornings('2027-01-11', 'swept', 'swept', bad, bad);
      const from = sweepTime('2027-01-11', 6) - hour;
      const to = from + 4 * day;
      const [rings, ...others] = ringsOf('sweep-missed', await reports(from, to, sweeps), from, to, sweeps[1]?.at);
      expect(rings).toBeGreaterThan(26);
      expect(rings).toBeLessThanOrEqual(30);
      expect(others).toEqual([]);
    },
  );

  it('is over with the next good sweep, and rings again for the next one that is missed', async () => {
    const sweeps = mornings('2027-01-11', 'swept', 'missed', 'swept', 'swept', 'missed', 'missed');
    const from = sweepTime('2027-01-11', 6) - hour;
    const to = from + 6 * day;
    const rings = ringsOf('sweep-missed', await reports(from, to, sweeps), from, to, sweeps[0]?.at);
    expect(rings).toHaveLength(2);
    expect(rings[0]).toBeLessThanOrEqual(30);
    expect(rings[1]).toBeGreaterThan(3 * 24);
    expect(rings[1]).toBeLessThanOrEqual(3 * 24 + 30);
  });

  it('takes a day of 23 hours, one of 25, and a sweep that comes an hour off', async () => {
    const gaps = [0, 24, 23, 24, 25, 26, 24];
    const first = sweepTime('2027-03-12', 7);
    const sweeps = gaps.map((_, index) => {
      const hours = gaps.slice(0, index + 1).reduce((sum, gap) => sum + gap, 0);
      return { at: first + hours * hour, morning: 'swept' as const };
    });
    const from = first - hour;
    const to = (sweeps.at(-1)?.at ?? 0) + hour;
    expect(ringsOf('sweep-missed', await reports(from, to, sweeps), from, to)).toEqual([]);
  });

  it('rings when nothing tells any more how long it is ago', async () => {
    const from = sweepTime('2027-01-11', 6) - hour;
    const to = from + 3 * day;
    const silent = { from: from + day, to: to + day };
    const reported = await reports(from, to, mornings('2027-01-11', 'swept', 'swept', 'swept'), silent);
    for (const name of ['sweep-missed', 'outbox-age']) {
      const [rings, ...others] = ringsOf(name, reported, from, to, silent.from);
      expect(rings, name).toBeLessThanOrEqual(1);
      expect(others, name).toEqual([]);
    }
  });

  it('is judged by a day’s metric as late, and at a first deployment at once, where missing data count as breaching', () => {
    // As it was once: five periods of six hours, of a metric that comes with each sweep.
    const alarm: AlarmProperties = {
      MetricName: 'SubjectsNotSwept',
      Period: 6 * 3600,
      EvaluationPeriods: 5,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Statistic: 'Maximum',
      TreatMissingData: 'breaching',
      AlarmActions: ['topic'],
    };
    const from = sweepTime('2027-01-11', 6) + minute;
    const to = from + 5 * day;
    const reported = mornings('2027-01-11', 'swept', 'swept').map(({ at }) => ({ at, value: 0 }));
    const [atOnce, late] = ringing(alarm, reported, { from, to, further: 2 });
    expect(atOnce).toBe(from);
    expect(((late ?? 0) - (reported[1]?.at ?? 0)) / hour).toBeGreaterThan(40);
  });
});

describe('the alarm of the outbox', () => {
  it('does not ring at a first deployment before there is a report', async () => {
    const from = sweepTime('2027-01-11', 6) + minute;
    const first = from + 7 * minute;
    expect(ringsOf('outbox-age', await reports(first, first + 2 * hour, []), from, first + 2 * hour)).toEqual([]);
  });
});
