import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { FunctionConfiguration } from '../template/plan.ts';
import { createFunctionRuntime, type FunctionRuntime } from './function-runtime.ts';

const directory = mkdtempSync(join(tmpdir(), 'runtime-'));
const running: FunctionRuntime[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((runtime) => runtime.close()));
});
afterAll(() => rmSync(directory, { recursive: true }));

function run(
  code: string,
  change: Partial<FunctionConfiguration> = {},
  logFile?: string,
  processorShare = false,
): FunctionRuntime {
  const codeDirectory = mkdtempSync(join(directory, 'code-'));
  const neighbour = join(directory, 'node_modules', 'neighbour');
  mkdirSync(neighbour, { recursive: true });
  writeFileSync(join(neighbour, 'index.js'), 'exports.expect = 1;');
  mkdirSync(codeDirectory, { recursive: true });
  writeFileSync(join(codeDirectory, 'index.mjs'), code);
  const runtime = createFunctionRuntime(
    {
      name: 'secor-test-intake',
      arn: 'arn:aws:lambda:ca-central-1:123456789012:function:secor-test-intake',
      codeDirectory,
      handler: 'index.handler',
      environment: { TABLE_NAME: 'table' },
      memoryMegabytes: 256,
      timeoutSeconds: 10,
      concurrency: 2,
      ...change,
    },
    {
      region: 'ca-central-1',
      endpoint: 'http://127.0.0.1:4566',
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' },
      logFile: logFile ?? join(codeDirectory, 'function.log'),
      processorShare,
    },
  );
  running.push(runtime);
  return runtime;
}

function isAlive(pid: unknown): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

test('a handler gets its event and a context, and gives its result', async () => {
  const runtime = run(
    `export const handler = async (event, context) => ({ event, context, left: context.getRemainingTimeInMillis() });`,
  );
  const { result, error, durationMs, initMs, peakBytes, requestId } = await runtime.invoke({ a: [1] });
  expect(error).toBeUndefined();
  expect(result).toMatchObject({
    event: { a: [1] },
    context: {
      awsRequestId: requestId,
      functionName: 'secor-test-intake',
      functionVersion: '$LATEST',
      memoryLimitInMB: '256',
      invokedFunctionArn: 'arn:aws:lambda:ca-central-1:123456789012:function:secor-test-intake',
    },
  });
  const { left } = result as { left: number };
  expect(left).toBeGreaterThan(9000);
  expect(left).toBeLessThanOrEqual(10_000);
  expect(durationMs).toBeGreaterThan(0);
  expect(initMs).toBeGreaterThan(0);
  expect(peakBytes).toBeGreaterThan(10 * 1024 * 1024);
});

test('the environment is the template’s and Lambda’s, and nothing of this machine', async () => {
  process.env.LEAK_OF_THE_MACHINE = 'yes';
  const runtime = run(`export const handler = () => process.env;`);
  const { result } = await runtime.invoke({});
  delete process.env.LEAK_OF_THE_MACHINE;
  expect(result).toEqual({
    TABLE_NAME: 'table',
    AWS_ACCESS_KEY_ID: 'AKIA',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'ca-central-1',
    AWS_DEFAULT_REGION: 'ca-central-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: 'secor-test-intake',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/secor-test-intake',
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LAMBDA_TASK_ROOT: runtime.configuration.codeDirectory,
    _HANDLER: 'index.handler',
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
  });
});

test('an instance stays warm, and is started only when needed', async () => {
  const runtime = run(`let calls = 0; export const handler = () => ({ calls: ++calls, pid: process.pid });`);
  expect(runtime.instances).toBe(0);
  const first = await runtime.invoke({});
  const second = await runtime.invoke({});
  expect([first.result, second.result]).toMatchObject([{ calls: 1 }, { calls: 2 }]);
  expect(second.initMs).toBeUndefined();
  expect(runtime.instances).toBe(1);
  expect(runtime.statistics).toMatchObject({ invocations: 2, errors: 0, coldStarts: 1 });
});

test('an instance runs one event at a time, and no more instances than the concurrency', async () => {
  const runtime = run(
    `let busy = 0;
     export const handler = async () => {
       const overlapping = ++busy > 1;
       await new Promise((resolve) => setTimeout(resolve, 20));
       busy--;
       return { overlapping, pid: process.pid };
     };`,
  );
  const ended = await Promise.all(Array.from({ length: 6 }, () => runtime.invoke({})));
  const results = ended.map(({ result }) => result as { overlapping: boolean; pid: number });
  expect(results.some(({ overlapping }) => overlapping)).toBe(false);
  expect(new Set(results.map(({ pid }) => pid)).size).toBe(2);
});

test('an error of the handler is reported, and its instance lives on', async () => {
  const runtime = run(
    `let calls = 0; export const handler = async () => { if (++calls === 1) throw new RangeError('too far'); return calls; };`,
  );
  const failed = await runtime.invoke({});
  expect(failed.error).toMatchObject({ errorType: 'RangeError', errorMessage: 'too far' });
  expect(failed.error?.trace.join('\n')).toContain('index.mjs');
  expect((await runtime.invoke({})).result).toBe(2);
  expect(runtime.logs()).toContain('too far');
});

test('a handler that takes too long is killed, even when it blocks', async () => {
  const runtime = run(
    `import { writeFileSync } from 'node:fs';
     export const handler = (event) => { if (event.block) { writeFileSync('pid', String(process.pid)); for (;;); } return 'well'; };`,
    { timeoutSeconds: 0.3 },
  );
  const { error } = await runtime.invoke({ block: true });
  expect(error).toMatchObject({ errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 0.30 seconds' });
  expect(runtime.instances).toBe(0);
  expect((await runtime.invoke({})).result).toBe('well');
});

test('a crash fails the invocation, and the next one gets a new instance', async () => {
  const runtime = run(`export const handler = (event) => { if (event.crash) process.exit(3); return process.pid; };`);
  const before = await runtime.invoke({});
  expect((await runtime.invoke({ crash: true })).error?.errorMessage).toBe('Runtime exited with error: exit status 3');
  const after = await runtime.invoke({});
  expect(after.error).toBeUndefined();
  expect(after.initMs).toBeGreaterThan(0);
  expect(after.result).not.toBe(before.result);
});

test('a handler that uses up its heap fails, naming the limit', async () => {
  const runtime = run(
    `export const handler = () => { const kept = []; for (;;) kept.push(new Array(100_000).fill(Math.random())); };`,
    { memoryMegabytes: 64 },
  );
  const { error } = await runtime.invoke({});
  expect(error).toMatchObject({ errorType: 'Runtime.OutOfMemory' });
  expect(error?.errorMessage).toContain('64 MB');
}, 20_000);

test('memory beside the heap counts as well', async () => {
  const runtime = run(`export const handler = (event) => Buffer.alloc(event.megabytes * 1024 * 1024, 1).length;`, {
    memoryMegabytes: 192,
  });
  expect((await runtime.invoke({ megabytes: 200 })).error?.errorMessage).toMatch(/killed .*of its 192 MB/);
  expect((await runtime.invoke({ megabytes: 1 })).error).toBeUndefined();
});

test.each([
  ['a bundle that throws', `throw new Error('no table')`, 'index.handler', 'no table'],
  [
    'a package beside the bundle',
    `import { expect } from 'neighbour'; export const handler = () => expect;`,
    'index.handler',
    "Cannot find package 'neighbour'",
  ],
  [
    'a package that is required from beside the bundle',
    `import { createRequire } from 'node:module'; createRequire(import.meta.url)('neighbour'); export const handler = () => {};`,
    'index.handler',
    "Cannot find package 'neighbour'",
  ],
  ['a missing export', `export const other = 1;`, 'index.handler', 'index.handler is undefined or not exported'],
  ['a missing file', ``, 'main.handler', "Cannot find module 'main'"],
])('%s fails the invocation', async (_, code, handler, message) => {
  const { error } = await run(code, { handler }).invoke({});
  expect(error?.errorMessage).toContain(message);
});

test.each<[string, Partial<FunctionConfiguration> & { readonly logFile?: string }]>([
  ['a folder that is gone', { codeDirectory: join(directory, 'gone') }],
  ['a log that nobody can open', { logFile: join(directory, 'file', 'function.log') }],
])('%s fails the invocation, those that wait included', async (_, { logFile, ...change }) => {
  writeFileSync(join(directory, 'file'), '');
  const runtime = run('export const handler = () => {}', { concurrency: 1, ...change }, logFile);
  const outcomes = await Promise.all([runtime.invoke({}), runtime.invoke({})]);
  for (const { error } of outcomes) expect(error?.errorType).toMatch(/^Runtime\./);
});

test('a bundle imports its own files, and Node’s modules', async () => {
  const own = join(mkdtempSync(join(directory, 'code-')), 'index.mjs');
  writeFileSync(join(dirname(own), 'part.mjs'), `export { sep as part } from 'node:path';`);
  writeFileSync(
    own,
    `import { part } from './part.mjs'; export const handler = async () => [part, (await import('path')).sep];`,
  );
  expect((await run('', { codeDirectory: dirname(own) }).invoke({})).result).toEqual(['/', '/']);
});

test('an event that is no JSON fails its invocation only', async () => {
  const runtime = run('export const handler = () => "well"', { concurrency: 1 });
  expect((await runtime.invoke(1n)).error?.errorMessage).toContain('BigInt');
  expect((await runtime.invoke({})).result).toBe('well');
});

test('closing leaves no process, and ends what waits', async () => {
  const runtime = run(
    `export const handler = async (event) => { if (event.hang) await new Promise(() => setInterval(() => {}, 1000)); return process.pid; };`,
    { concurrency: 1 },
  );
  const { result } = await runtime.invoke({});
  expect(isAlive(result)).toBe(true);
  const hanging = runtime.invoke({ hang: true });
  const waiting = runtime.invoke({});
  await runtime.close();
  expect((await hanging).error).toBeDefined();
  expect((await waiting).error?.errorType).toBe('Runtime.Stopped');
  expect(isAlive(result)).toBe(false);
});

test('what the function prints is kept', async () => {
  const runtime = run(`export const handler = () => { console.log('{"message":"laid out"}'); };`);
  expect((await runtime.invoke({})).result).toBeNull();
  await runtime.close();
  expect(runtime.logs()).toContain('{"message":"laid out"}');
});

test('with a share of a processor: frozen between invocations, its timers wake with the next', async () => {
  const code = `
    let ticks = 0;
    setInterval(() => { ticks += 1; }, 1);
    export const handler = () => new Promise((resolve) => setTimeout(() => resolve({ pid: process.pid, ticks }), 20));`;
  const runtime = run(code, {}, undefined, true);
  const first = (await runtime.invoke({})).result as { pid: number; ticks: number };
  const state = () => /\) (\S)/.exec(readFileSync(`/proc/${first.pid}/stat`, 'utf8'))?.[1];
  await expect.poll(state).toBe('T');
  const second = (await runtime.invoke({})).result as typeof first;
  expect(second.pid).toBe(first.pid);
  expect(second.ticks).toBeGreaterThan(first.ticks);
});

test('with a share of a processor: an invocation takes as much longer as its memory is less', async () => {
  const code = `
    export const handler = () => {
      const { user } = process.cpuUsage();
      while (process.cpuUsage().user - user < 150_000);
      return 'done';
    };`;
  const runtime = run(code, { memoryMegabytes: 442 }, undefined, true);
  const { result, durationMs } = await runtime.invoke({});
  expect(result).toBe('done');
  // A quarter of a processor: 150 ms of it last 600.
  expect(durationMs).toBeGreaterThan(450);
});
