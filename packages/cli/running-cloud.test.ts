import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { buffer, json, text } from 'node:stream/consumers';
import { maxPackageBytes } from '@secor/contracts';
import { processStart } from '@secor/local-cloud';
import { describe, expect, it } from 'vitest';
import { freshFolder, secor } from './running.fixture.ts';
import { localFolder } from './running-cloud.ts';

type Answer = (response: ServerResponse) => void;

/** Answers each call by what is found under "METHOD /path", a value or what answers itself; keeps what was asked. */
async function listener(answers: Readonly<Record<string, unknown>>) {
  const asked: { call: string; authorization: string | undefined; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const call = `${request.method} ${request.url}`;
    const isJson = request.headers['content-type'] === 'application/json';
    const body = isJson ? await json(request) : await buffer(request);
    asked.push({ call, authorization: request.headers.authorization, body: isJson ? body : undefined });
    const answer = answers[call];
    if (typeof answer === 'function') return (answer as Answer)(response);
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { detail: `nothing at ${call}`, message: `nothing at ${call}` }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** A folder in which a local cloud with these addresses seems to run: this process, unless `state` says otherwise. */
async function cloudAt(url: string, state: object | string = {}) {
  const folder = await freshFolder();
  const running = { pid: process.pid, started: processStart(process.pid), apiUrl: url, controlUrl: url };
  await mkdir(folder.file('cloud'));
  await writeFile(
    folder.file('cloud/cloud.json'),
    typeof state === 'string' ? state : JSON.stringify({ ...running, ...state }),
  );
  return { ...folder, env: { SECOR_LOCAL: folder.file('.') }, [Symbol.asyncDispose]: folder[Symbol.asyncDispose] };
}

describe('secor token', () => {
  it('prints a token of the local cloud that runs', async () => {
    await using cloud = await listener({ 'POST /_local/token': { token: 'abc' } });
    await using folder = await cloudAt(cloud.url);
    const typed = ['token', '--role', 'reviewer', '--role', 'administrator', '--email', 'joan@example.org'];
    expect(await secor(typed, folder.env)).toEqual({ code: 0, out: 'abc\n', err: '' });
    expect(cloud.asked.map(({ body }) => body)).toEqual([
      { email: 'joan@example.org', groups: ['reviewer', 'administrator'] },
    ]);
  });

  it('tells why the local cloud refused', async () => {
    await using cloud = await listener({});
    await using folder = await cloudAt(cloud.url);
    const run = await secor(['token', '--role', 'assessor', '--email', 'a@example.org'], folder.env);
    expect(run).toEqual({
      code: 1,
      out: '',
      err: 'secor token: the local cloud refused: nothing at POST /_local/token\n',
    });
  });

  it.each([
    ['whose process is gone', { pid: 2 ** 22 + 1 }],
    ['whose process number another has now', { started: '1' }],
  ])('does not take a killed local cloud for a running one, %s', async (_, state) => {
    await using folder = await cloudAt('http://127.0.0.1:1', state);
    const run = await secor(['token', '--role', 'assessor', '--email', 'a@example.org'], folder.env);
    expect(run).toEqual({
      code: 1,
      out: '',
      err: 'secor token: no local cloud is running here: start it with npm start.\n',
    });
  });

  it('names process and remedy when the local cloud does not answer', async () => {
    await using folder = await cloudAt('http://127.0.0.1:1');
    const run = await secor(['token', '--role', 'assessor', '--email', 'a@example.org'], folder.env);
    expect(run.code).toBe(1);
    expect(run.err).toContain(`process ${process.pid}`);
    expect(run.err).toContain('npm start');
  });

  it('names the file in which a local cloud is described wrongly', async () => {
    await using folder = await cloudAt('', '{"pid": 1');
    const run = await secor(['token', '--role', 'assessor', '--email', 'a@example.org'], folder.env);
    expect(run.code).toBe(1);
    expect(run.err).toMatch(/^secor token: \S+cloud\.json .*remove.*\n$/);
  });
});

describe('the folder of the local cloud', () => {
  it.each([
    [undefined, resolve(import.meta.dirname, '../../.local')],
    ['', resolve(import.meta.dirname, '../../.local')],
    ['/else/where', '/else/where'],
  ])('is, when SECOR_LOCAL is %j, %s', (given, folder) => {
    expect(localFolder({ env: { SECOR_LOCAL: given } })).toBe(folder);
  });
});

describe('the business date', () => {
  it('is that of the local cloud which runs: a package made there ended three days before', async () => {
    await using cloud = await listener({ 'GET /_local/clock': { now: Date.parse('2031-03-10T05:59:59Z') } });
    await using folder = await cloudAt(cloud.url);
    const file = folder.file('audit.zip');
    const audit = ['--audit', '412345678', '--kind', 'maintenance'];
    expect((await secor(['package', 'new', ...audit, '--out', file], folder.env)).code).toBe(0);
    expect((await secor(['package', 'check', file, ...audit], folder.env)).code).toBe(0);
    const tooEarly = await secor(['package', 'check', file, ...audit, '--json']);
    expect(JSON.parse(tooEarly.out).problems).toContainEqual({
      place: 'audit.json, endedOn',
      message: expect.stringMatching(/^2031-03-06 is in the future, in Alberta it is /),
      code: 'date-in-future',
      values: { date: '2031-03-06', today: expect.any(String) },
    });
  });

  it("is the machine's when the local cloud does not answer: checking goes on offline", async () => {
    await using folder = await cloudAt('http://127.0.0.1:1');
    const file = folder.file('audit.zip');
    const audit = ['--audit', '412345678', '--kind', 'maintenance'];
    const made = await secor(['package', 'new', ...audit, '--out', file], folder.env);
    expect(made).toMatchObject({ code: 0, err: '' });
    expect((await secor(['package', 'check', file, ...audit], folder.env)).code).toBe(0);
  });
});

describe('secor advance', () => {
  const clock = { 'GET /_local/clock': { now: Date.parse('2031-03-10T18:00:00Z') } };
  const day = (date: string, letters: readonly string[] = []) =>
    `${JSON.stringify({ date, letters, failures: [], open: [] })}\n`;
  const days =
    (...lines: readonly string[]): Answer =>
    (response) =>
      response.writeHead(200).end(lines.join(''));

  it('tells of the days through which the local cloud goes', async () => {
    const lines = [day('2031-03-10'), day('2031-03-11'), day('2031-03-12', ['Due soon'])];
    await using cloud = await listener({ ...clock, 'POST /_local/advance': days(...lines) });
    await using folder = await cloudAt(cloud.url);
    const { code, out, err } = await secor(['advance', '--to', '2031-03-12'], folder.env);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^2 days: nothing\n2031-03-12 {2}1 letter: "Due soon"\nToday is now 2031-03-12\. 3 days, 1 letter, no failure \(.+\)\.\n$/,
    );
    expect(cloud.asked.at(-1)?.body).toEqual({ to: '2031-03-12' });
  });

  it('never goes back', async () => {
    await using cloud = await listener(clock);
    await using folder = await cloudAt(cloud.url);
    const { code, err } = await secor(['advance', '--to', '2031-03-09'], folder.env);
    expect(code).toBe(2);
    expect(err).toContain("--to 2031-03-09 is before 2031-03-10, today's business date: the clock never goes back.");
    expect(cloud.asked.map(({ call }) => call)).toEqual(['GET /_local/clock']);
  });

  it.each([
    [`${day('2031-03-10')}{"message":"The day 2031-03-11 does not end."}\n`, 'could not continue: The day 2031-03-11'],
    [day('2031-03-10'), 'ended before it was done'],
    [`${day('2031-03-10')}{"date":"2031-03-1`, 'ended before it was done'],
  ])('tells why it stopped on the way: %j', async (text, reason) => {
    await using cloud = await listener({ ...clock, 'POST /_local/advance': days(text) });
    await using folder = await cloudAt(cloud.url);
    const { code, err } = await secor(['advance', '--to', '2031-03-12'], folder.env);
    expect(code).toBe(1);
    expect(err).toContain(reason);
  });

  it.each([['tomorrow'], ['2031-02-30']])('takes no %j for a date', async (to) => {
    expect((await secor(['advance', '--to', to])).code).toBe(2);
  });

  it('needs a local cloud that runs', async () => {
    expect((await secor(['advance', '--to', '2031-03-12'])).err).toContain('npm start');
  });
});

describe('secor submit', () => {
  const audit = ['--audit', '412345678', '--kind', 'certification'];
  const read = {
    auditNumber: '412345678',
    state: 'pending review',
    revision: 1,
    score: {
      ...{ awarded: 80, available: 100, percent: '80.0', result: 'passed', warnings: [], shortfalls: [] },
      elements: [{ element: '1', title: 'Leadership', awarded: 80, available: 100, percent: '80.0' }],
    },
    history: [{ type: 'package accepted', data: { link: 3, revision: 1 } }],
  };

  async function submitted(auditRead: object, ...options: string[]) {
    const answers: Record<string, unknown> = { 'POST /storage': {}, 'GET /v1/audits/412345678': auditRead };
    await using api = await listener(answers);
    answers['POST /v1/audits/412345678/links'] = { link: 3, url: `${api.url}/storage`, fields: { key: 'k' } };
    await using folder = await freshFolder();
    const file = folder.file('audit.zip');
    await secor(['package', 'new', ...audit, '--out', file]);
    const env = { SECOR_API: api.url, SECOR_TOKEN: 'secret' };
    return { ...(await secor(['submit', file, ...options], env)), asked: api.asked };
  }

  it('finds the audit number in the package, uploads, waits, and shows the score', async () => {
    const { code, out, err, asked } = await submitted(read);
    expect(code).toBe(0);
    expect(asked.map(({ call }) => call)).toEqual([
      'POST /v1/audits/412345678/links',
      'POST /storage',
      'GET /v1/audits/412345678',
    ]);
    expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer secret', undefined, 'Bearer secret']);
    expect(out).toMatch(/Overall +80\/100 +80\.0 %/);
    expect(out).toContain('Provisional outcome: passed\nAccepted as revision 1 of audit 412345678');
    expect(err).toContain('100 %');
  });

  it('lists every problem of a refused package, and is exit 1', async () => {
    const { code, out, err } = await submitted({
      ...read,
      score: undefined,
      history: [{ type: 'package refused', data: { link: 3 } }],
      refusal: {
        problems: [
          { place: 'Question 1.1', message: 'it is not answered: answer it' },
          { place: 'Archive', message: 'it is truncated' },
          {
            place: 'evidence/1.pdf',
            message: 'it is empty. The same is true of 11 more: …',
            others: Array.from({ length: 11 }, (_, at) => ({ place: `evidence/${at + 2}.pdf` })),
          },
        ],
      },
    });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('\n  Question 1.1: it is not answered: answer it\n  Archive: it is truncated\n');
    expect(err).toMatch(/evidence\/1\.pdf: it is empty\. .*\n {4}evidence\/12\.pdf\n/);
  });

  it('takes damage that was found behind the acceptance for a refusal', async () => {
    const { code, err } = await submitted({
      ...read,
      score: undefined,
      history: [...read.history, { type: 'documents refused', data: { revision: 1 } }],
      refusal: { problems: [{ place: 'manual.pdf', message: 'its CRC is wrong' }] },
    });
    expect(code).toBe(1);
    expect(err).toContain('manual.pdf: its CRC is wrong');
  });

  it('says so when a newer upload stands in its place', async () => {
    const history = [{ type: 'package superseded', data: { link: 3 } }];
    const { code, out } = await submitted({ ...read, history });
    expect(code).toBe(0);
    expect(out).toContain('A newer upload has replaced this one.');
  });

  it('tells what can be done about a package that came too late, and is exit 1', async () => {
    const late = { type: 'package late', data: { link: 3, remedy: 'Audit 412345678 is closed: call the partner.' } };
    const { code, out, err } = await submitted({ ...read, history: [...read.history, late] });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('arrived too late');
    expect(err).toContain('Audit 412345678 is closed: call the partner.');
  });

  it('sends nothing of a file that is larger than a package may be', async () => {
    await using api = await listener({});
    await using folder = await freshFolder();
    const file = folder.file('audit.zip');
    await writeFile(file, '');
    await truncate(file, maxPackageBytes + 1);
    const env = { SECOR_API: api.url, SECOR_TOKEN: 'secret' };
    const { code, err } = await secor(['submit', file, '--audit', '412345678'], env);
    expect(code).toBe(1);
    expect(err).toContain(`${file} is larger than 1.0 GiB`);
    expect(api.asked).toEqual([]);
  });

  it('tells what to do about a token that the API refuses', async () => {
    await using api = await listener({
      'POST /v1/audits/412345678/links': (response: ServerResponse) =>
        response.writeHead(401, { 'content-type': 'application/json' }).end('{"message":"Unauthorized"}'),
    });
    await using folder = await freshFolder();
    await writeFile(folder.file('a.zip'), 'anything');
    const env = { SECOR_API: api.url, SECOR_TOKEN: 'secret' };
    const { code, err } = await secor(['submit', folder.file('a.zip'), '--audit', '412345678'], env);
    expect(code).toBe(1);
    expect(err).toBe(
      'secor submit: the token has expired or is not for this API (401). Get a new one; for the local cloud, with secor token.\n',
    );
  });

  it.each(['nonsense', 'api.example.org:443', 'ftp://api.example.org', ''])(
    'takes no %j for an address',
    async (url) => {
      await using folder = await freshFolder();
      await writeFile(folder.file('a.zip'), 'anything');
      const typed = ['submit', folder.file('a.zip'), '--audit', '412345678', '--api', url, '--token', 'secret'];
      const { code, err } = await secor(typed);
      expect(code).toBe(2);
      expect(err).toContain(`"${url}" is not an address`);
    },
  );

  it('finds its file from where npm was called', async () => {
    await using api = await listener({});
    await using folder = await freshFolder();
    await writeFile(folder.file('a.zip'), 'anything');
    const env = { SECOR_API: api.url, SECOR_TOKEN: 'secret', INIT_CWD: folder.file('.') };
    await secor(['submit', 'a.zip', '--audit', '412345678'], env);
    expect(api.asked).toHaveLength(1);
  });

  it('breaks off when it is asked to stop while it uploads', async () => {
    const stopping = new AbortController();
    const broken = Promise.withResolvers<void>();
    const answers: Record<string, unknown> = {
      'POST /storage': (response: ServerResponse) => {
        response.once('close', broken.resolve);
        stopping.abort();
      },
    };
    await using api = await listener(answers);
    answers['POST /v1/audits/412345678/links'] = { link: 3, url: `${api.url}/storage`, fields: {} };
    await using folder = await freshFolder();
    await writeFile(folder.file('a.zip'), 'anything');
    const env = { SECOR_API: api.url, SECOR_TOKEN: 'secret' };
    const typed = ['submit', folder.file('a.zip'), '--audit', '412345678'];
    const { code, err } = await secor(typed, env, stopping.signal);
    expect(code).toBe(130);
    expect(err).toContain('secor submit: stopped.\n');
    await broken.promise;
  });

  it('ends by the first Ctrl-C, with exit 130, while the API does not answer', async () => {
    const asked = Promise.withResolvers<void>();
    await using api = await listener({ 'POST /v1/audits/412345678/links': () => asked.resolve() });
    await using folder = await freshFolder();
    await writeFile(folder.file('a.zip'), 'anything');
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'secor.ts'), 'submit', folder.file('a.zip'), '--audit', '412345678'],
      { env: { SECOR_API: api.url, SECOR_TOKEN: 'secret' }, stdio: ['ignore', 'ignore', 'pipe'], timeout: 20_000 },
    );
    const said = text(child.stderr);
    await asked.promise;
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
    expect(await said).toBe('secor submit: stopped.\n');
  });

  it('--no-wait ends when it is uploaded', async () => {
    const { code, asked } = await submitted({}, '--no-wait');
    expect(code).toBe(0);
    expect(asked.map(({ call }) => call)).toEqual(['POST /v1/audits/412345678/links', 'POST /storage']);
  });

  it('--audit wins over the number in the package', async () => {
    const { code, err } = await submitted(read, '--audit', '500000000');
    expect(code).toBe(1);
    expect(err).toBe('secor submit: nothing at POST /v1/audits/500000000/links\n');
  });

  it('needs to know where to, and as whom', async () => {
    await using folder = await freshFolder();
    const file = folder.file('audit.zip');
    await writeFile(file, 'anything');
    const nowhere = await secor(['submit', file, '--audit', '412345678']);
    expect(nowhere.code).toBe(2);
    expect(nowhere.err).toContain('npm start');
    const nobody = await secor(['submit', file, '--audit', '412345678', '--api', 'https://api.example.org']);
    expect(nobody.code).toBe(2);
    expect(nobody.err).toContain('--token is missing');
    const unnamed = await secor(['submit', file], { SECOR_API: 'https://api.example.org', SECOR_TOKEN: 'secret' });
    expect(unnamed.code).toBe(1);
    expect(unnamed.err).toContain('names no audit number');
  });

  it('tells that nobody listens at the address', async () => {
    await using folder = await freshFolder();
    await writeFile(folder.file('a.zip'), 'anything');
    const env = { SECOR_API: 'http://127.0.0.1:1', SECOR_TOKEN: 'secret' };
    const { code, err } = await secor(['submit', folder.file('a.zip'), '--audit', '412345678'], env);
    expect(code).toBe(1);
    expect(err).toMatch(/^secor submit: there is no connection \(.+\): check the address.*\n$/);
  });
});
