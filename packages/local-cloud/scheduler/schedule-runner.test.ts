import { expect, test } from 'vitest';
import { runSchedule } from './schedule-runner.ts';

/** A clock that moves only when told, and rings like the business clock: never within the call of `at`. */
function handClock(start: string) {
  let now = Date.parse(start);
  const alarms = new Set<{ readonly at: number; readonly ring: () => void }>();
  return {
    now: () => now,
    at(at: number, ring: () => void) {
      const alarm = { at, ring };
      alarms.add(alarm);
      return () => void alarms.delete(alarm);
    },
    async advance(to: string) {
      now = Date.parse(to);
      for (;;) {
        const [due] = [...alarms].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
        if (due === undefined) return;
        alarms.delete(due);
        due.ring();
        await new Promise(setImmediate);
      }
    },
  };
}

const memory = () => {
  let moment: number | undefined;
  return {
    last: () => moment,
    keep(reached: number) {
      moment = reached;
    },
  };
};

const run = (expression: string, clock: ReturnType<typeof handClock>, kept = memory()) => {
  const fired: string[] = [];
  const running = runSchedule({ expression, timeZone: 'UTC', where: 'here' }, clock, kept, async (moment) => {
    fired.push(new Date(moment).toISOString());
  });
  return { fired, running };
};

test('cron fires each moment that an advance passes, in order', async () => {
  const clock = handClock('2026-11-23T05:00:00Z');
  const { fired } = run('cron(0 6 * * ? *)', clock);
  await clock.advance('2026-11-23T05:59:59Z');
  expect(fired).toEqual([]);
  await clock.advance('2026-11-25T06:00:00Z');
  expect(fired).toEqual(['2026-11-23T06:00:00.000Z', '2026-11-24T06:00:00.000Z', '2026-11-25T06:00:00.000Z']);
});

test('a rate fires once for an advance, at the last moment passed, and keeps its rhythm', async () => {
  const clock = handClock('2026-11-23T05:00:00Z');
  const { fired } = run('rate(5 minutes)', clock);
  await clock.advance('2026-11-23T06:02:00Z');
  await clock.advance('2026-11-23T06:05:00Z');
  expect(fired).toEqual(['2026-11-23T06:00:00.000Z', '2026-11-23T06:05:00.000Z']);
});

test('a stopped schedule fires no more', async () => {
  const clock = handClock('2026-11-23T05:00:00Z');
  const { fired, running } = run('rate(1 hour)', clock);
  running.stop();
  await clock.advance('2026-11-24T05:00:00Z');
  expect(fired).toEqual([]);
});

test.each([
  ['cron(0 6 * * ? *)', ['2026-11-23T06:00:00.000Z', '2026-11-24T06:00:00.000Z']],
  ['rate(1 hour)', ['2026-11-24T09:00:00.000Z']],
])('%s: what passed while nothing ran fires at the next start', async (expression, moments) => {
  const kept = memory();
  const before = run(expression, handClock('2026-11-23T05:00:00Z'), kept);
  before.running.stop();
  const clock = handClock('2026-11-24T09:30:00Z');
  const { fired, running } = run(expression, clock, kept);
  expect(running.isDue()).toBe(true);
  await clock.advance('2026-11-24T09:30:01Z');
  expect(fired).toEqual(moments);
  expect(running.isDue()).toBe(false);
});

test('a moment that was not sent when all ended fires again at the next start, one that was does not', async () => {
  const kept = memory();
  const clock = handClock('2026-11-23T05:00:00Z');
  const sending: number[] = [];
  runSchedule({ expression: 'cron(0 6 * * ? *)', timeZone: 'UTC', where: 'here' }, clock, kept, async (moment) => {
    sending.push(moment);
    if (sending.length === 2) await new Promise(() => {}); // killed
  });
  await clock.advance('2026-11-25T07:00:00Z');
  expect(sending).toHaveLength(2);
  const { fired } = run('cron(0 6 * * ? *)', clock, kept);
  await clock.advance('2026-11-25T07:00:01Z');
  expect(fired).toEqual(['2026-11-24T06:00:00.000Z', '2026-11-25T06:00:00.000Z']);
});
