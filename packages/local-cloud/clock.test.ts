import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openBusinessClock } from './clock.ts';

let folder: string;
let file: string;
const START = Date.parse('2026-11-23T06:00:00.000Z');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clock-'));
  file = join(folder, 'clock.json');
  vi.useFakeTimers({ now: START });
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

test('goes with the machine until it is advanced, and with an offset from then on', () => {
  const clock = openBusinessClock(file);
  expect(clock.now()).toBe(START);
  clock.advanceBy(86_400_000);
  expect(clock.now()).toBe(START + 86_400_000);
  vi.advanceTimersByTime(1_000);
  expect(clock.now()).toBe(START + 86_401_000);
  clock.advanceTo(Date.parse('2027-06-01T00:00:00.000Z'));
  expect(new Date(clock.now()).toISOString()).toBe('2027-06-01T00:00:00.000Z');
});

test('keeps its offset for the next start', () => {
  openBusinessClock(file).advanceBy(5_000);
  vi.setSystemTime(START + 60_000);
  expect(openBusinessClock(file).now()).toBe(START + 65_000);
});

test('never goes back, and says where it stands', () => {
  const clock = openBusinessClock(file);
  clock.advanceBy(1_000);
  const kept = readFileSync(file, 'utf8');
  expect(() => clock.advanceTo(START)).toThrow(
    /stands at 2026-11-23T06:00:01\.000Z and never goes back: 2026-11-23T06:00:00\.000Z/,
  );
  expect(() => clock.advanceBy(-1)).toThrow(/never goes back/);
  expect(() => clock.advanceTo(Number.NaN)).toThrow(/whole number/);
  expect(clock.now()).toBe(START + 1_000);
  expect(readFileSync(file, 'utf8')).toBe(kept);
});

test('a damaged file is named, not overlooked', () => {
  writeFileSync(file, '{"offsetMs":"soon"}');
  expect(() => openBusinessClock(file)).toThrow(file);
});

test('an alarm rings once when its time comes by itself, not before', () => {
  const clock = openBusinessClock(file);
  const ring = vi.fn();
  clock.at(START + 1_000, ring);
  vi.advanceTimersByTime(999);
  expect(ring).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ring).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(10_000);
  expect(ring).toHaveBeenCalledTimes(1);
});

test('an alarm in the past rings soon, but not within the call', () => {
  const clock = openBusinessClock(file);
  const ring = vi.fn();
  clock.at(START - 1, ring);
  expect(ring).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ring).toHaveBeenCalledTimes(1);
});

test('an alarm further away than a timer reaches still rings on time', () => {
  const clock = openBusinessClock(file);
  const ring = vi.fn();
  const days60 = 60 * 86_400_000;
  clock.at(START + days60, ring);
  vi.advanceTimersByTime(days60 - 1);
  expect(ring).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ring).toHaveBeenCalledTimes(1);
});

test('an advance tells the listeners, then rings what it passed, earliest first', () => {
  const clock = openBusinessClock(file);
  const seen: string[] = [];
  clock.onAdvance((now) => seen.push(`advanced ${now - START}`));
  clock.at(START + 3_000, () => seen.push('third'));
  clock.at(START + 1_000, () => seen.push('first'));
  const cancel = clock.at(START + 1_500, () => seen.push('cancelled'));
  clock.at(START + 2_000, () => seen.push('second'));
  cancel();
  clock.advanceBy(2_500);
  expect(seen).toEqual(['advanced 2500', 'first', 'second']);
  vi.advanceTimersByTime(500);
  expect(seen).toEqual(['advanced 2500', 'first', 'second', 'third']);
});

test('an alarm that an earlier one cancels does not ring, and one that it sets does', () => {
  const clock = openBusinessClock(file);
  const seen: string[] = [];
  const cancel = clock.at(START + 2, () => seen.push('cancelled'));
  clock.at(START + 1, () => {
    cancel();
    clock.at(START + 3, () => seen.push('set by the first'));
  });
  clock.advanceBy(5_000);
  vi.advanceTimersByTime(1);
  expect(seen).toEqual(['set by the first']);
});

test('a listener that unsubscribed hears no more', () => {
  const clock = openBusinessClock(file);
  const listener = vi.fn();
  const stop = clock.onAdvance(listener);
  stop();
  clock.advanceBy(1);
  expect(listener).not.toHaveBeenCalled();
});
