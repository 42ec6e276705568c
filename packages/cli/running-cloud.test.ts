import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, json } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { freshFolder, secor } from './running.fixture.ts';

/** Answers each call by what is found under "METHOD /path", a value or a function of the body; keeps what was asked. */
async function listener(answers: Readonly<Record<string, unknown>>) {
  const asked: { call: string; authorization: string | undefined; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const call = `${request.method} ${request.url}`;
    const isJson = request.headers['content-type'] === 'application/json';
    const body = isJson ? await json(request) : await buffer(request);
    asked.push({ call, authorization: request.headers.authorization, body: isJson ? body : undefined });
    const answer = answers[call];
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

/** A folder in which a local cloud with these addresses seems to run. */
async function cloudAt(url: string, pid = process.pid) {
  const folder = await freshFolder();
  await mkdir(folder.file('cloud'));
  await writeFile(folder.file('cloud/cloud.json'), JSON.stringify({ apiUrl: url, controlUrl: url, pid }));
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

  it('does not take a killed local cloud for a running one', async () => {
    await using folder = await cloudAt('http://127.0.0.1:1', 2 ** 22 + 1);
    const run = await secor(['token', '--role', 'assessor', '--email', 'a@example.org'], folder.env);
    expect(run.code).toBe(1);
    expect(run.err).toContain('no local cloud is running here');
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
      message: expect.stringMatching(/^2031-03-06 lies in the future/),
    });
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
        ],
      },
    });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('\n  Question 1.1: it is not answered: answer it\n  Archive: it is truncated\n');
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
    expect(out).toContain('A newer upload stands in place of this one.');
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
