import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runningCloud, takeStateDirectory } from './state.ts';

let directory: string;
const path = (name: string): string => join(directory, name);

const addresses = {
  apiUrl: 'http://127.0.0.1:1',
  gatewayUrl: 'http://127.0.0.1:2',
  issuer: 'http://127.0.0.1:3/identity',
  inboxUrl: 'http://127.0.0.1:3/',
  controlUrl: 'http://127.0.0.1:3',
  region: 'ca-central-1',
  accountId: '123456789012',
  operator: { accessKeyId: 'key', secretAccessKey: 'secret' },
  outputs: { 'secor-local-data': { Bucket: 'packages' } },
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'state-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A process that ended and that its parent never waits for; answers its number and the way to end the parent. */
async function zombie(): Promise<{ pid: number; started: string; end: () => Promise<unknown> }> {
  // `sleep` takes the shell's place, and never asks how the shell's child ended.
  const parent = spawn('sh', ['-c', 'cat <&3 3<&- & echo $!; exec 3<&-; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  const { stdout } = parent;
  if (stdout === null) throw new Error('no output');
  const [line] = (await once(stdout, 'data')) as [Buffer];
  const pid = Number(String(line).trim());
  const fields = () => (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '').split(' ');
  const started = fields()[19] ?? '';
  await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n');
  (parent.stdio[3] as NodeJS.WritableStream).end();
  await expect.poll(() => fields()[0]).toBe('Z');
  return {
    pid,
    started,
    end() {
      parent.kill('SIGKILL');
      return once(parent, 'exit');
    },
  };
}

test('a running cloud is found with all that it wrote down, until it lets go', () => {
  expect(runningCloud(directory)).toBeUndefined();
  const state = takeStateDirectory(directory, false);
  expect(runningCloud(directory)).toBeUndefined();
  state.publish(addresses);
  expect(runningCloud(directory)).toEqual({ ...addresses, pid: process.pid, started: expect.any(String) });
  state.release();
  expect(runningCloud(directory)).toBeUndefined();
  expect(runningCloud(path('nowhere'))).toBeUndefined();
});

test('what a killed cloud left is none, though its number is another process by now', () => {
  const left = JSON.stringify({ ...addresses, pid: process.pid, started: '1' });
  writeFileSync(path('cloud.json'), left);
  writeFileSync(path('cloud.lock'), left);
  expect(runningCloud(directory)).toBeUndefined();
  takeStateDirectory(directory, false).release();
});

test.runIf(process.platform === 'linux')('a process that ended and was not waited for yet runs no cloud', async () => {
  const { pid, started, end } = await zombie();
  try {
    writeFileSync(path('cloud.json'), JSON.stringify({ ...addresses, pid, started }));
    writeFileSync(path('cloud.lock'), JSON.stringify({ pid, started }));
    expect(runningCloud(directory)).toBeUndefined();
    takeStateDirectory(directory, false).release();
  } finally {
    await end();
  }
});

test.each(['', '{"pid":', '[]', '{"pid":"1","started":"1"}', '{"pid":0,"started":""}'])(
  'a broken cloud.json is told with the file and the remedy: %s',
  (text) => {
    writeFileSync(path('cloud.json'), text);
    expect(() => runningCloud(directory)).toThrow(/cloud\.json .*remove the file/);
    takeStateDirectory(directory, false).release();
    expect(runningCloud(directory)).toBeUndefined();
  },
);

test.each(['', '{"seed":1}', '{"seed":"s"}'])('a broken kept.json is refused, not made anew: %s', (text) => {
  writeFileSync(path('kept.json'), text);
  expect(() => takeStateDirectory(directory, false)).toThrow(/kept\.json .*fresh data/);
  expect(readFileSync(path('kept.json'), 'utf8')).toBe(text);
  expect(existsSync(path('cloud.lock'))).toBe(false);
  takeStateDirectory(directory, true).release();
});

test('a fresh start that is refused for another holder removes nothing', () => {
  const first = takeStateDirectory(directory, false);
  const { seed } = first.kept();
  expect(() => takeStateDirectory(directory, true)).toThrow(`process ${process.pid}`);
  first.release();
  const second = takeStateDirectory(directory, false);
  expect(second.kept().seed).toBe(seed);
  second.release();
  mkdirSync(path('s3'));
  const fresh = takeStateDirectory(directory, true);
  expect(fresh.kept().seed).not.toBe(seed);
  expect(readdirSync(directory).sort()).toEqual(['cloud.lock', 'cloud.lock.sqlite', 'kept.json']);
  fresh.release();
});

test('of several starts at the same moment on what a killed one left, one holds it and the others are told', async () => {
  const starts = 6;
  for (let round = 0; round < 8; round++) {
    writeFileSync(path('cloud.lock'), JSON.stringify({ pid: process.pid, started: '1' }));
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const workers = Array.from(
      { length: starts },
      () => new Worker(new URL('./take-directory.fixture.ts', import.meta.url), { workerData: { directory, gate } }),
    );
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    const told = Promise.all(workers.map(async (worker) => String((await once(worker, 'message'))[0])));
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    const answers = (await told).sort();
    expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
    expect(answers.filter((answer) => answer.includes('runs on'))).toHaveLength(starts - 1);
    rmSync(path('cloud.lock'));
  }
});
