import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiError, apiClient, callApi } from './client.ts';

type Seen = { readonly line: string; readonly headers: IncomingHttpHeaders; readonly body: string };
type Answer = { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> };

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** A server that gives these answers in turn, the last one for ever; 'cut' drops the connection instead. */
async function answering(...answers: readonly (Answer | 'cut')[]): Promise<{ apiUrl: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const answer = answers[Math.min(seen.length, answers.length - 1)];
    seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
    if (answer === undefined || answer === 'cut') return request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    return response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  return { apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen };
}

const token = 'a-token';
const pause = async (): Promise<void> => {};
const link = { parameters: { auditNumber: '412345678' } };
const issued = { status: 201, body: { link: 1 } };
const failed = { status: 503, body: { detail: 'Try again.' } };

describe('callApi', () => {
  it('sends what the endpoint takes, and tells what the headers say', async () => {
    const { apiUrl, seen } = await answering({
      status: 200,
      body: { auditNumber: '412345678', version: 8 },
      headers: { etag: '"8"', 'idempotent-replayed': 'true' },
    });
    const answer = await callApi({ apiUrl, token }, 'acceptAudit', {
      ...link,
      body: { revision: 2 },
      ifMatch: 7,
      idempotencyKey: 'k-1',
    });
    expect(answer).toEqual({
      status: 200,
      body: { auditNumber: '412345678', version: 8 },
      version: 8,
      replayed: true,
    });
    expect(seen).toMatchObject([
      {
        line: 'POST /v1/reviews/412345678/accept',
        headers: { authorization: 'Bearer a-token', 'if-match': '"7"', 'idempotency-key': 'k-1' },
        body: '{"revision":2}',
      },
    ]);
  });

  it.each([['cut'], [failed], [{ status: 429, body: {} }], [{ status: 500, body: {} }]] as const)(
    'repeats a call with a key after %j, with the same key',
    async (first) => {
      const { apiUrl, seen } = await answering(first, issued);
      const answer = await callApi({ apiUrl, token, pause }, 'issueLink', { ...link, idempotencyKey: 'k-2' });
      expect(answer).toMatchObject({ status: 201, body: { link: 1 }, replayed: false });
      expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['k-2', 'k-2']);
    },
  );

  it.each([['cut'], [failed], [{ status: 429, body: {} }], [{ status: 500, body: {} }]] as const)(
    'repeats a read after %j: it changes nothing',
    async (first) => {
      const { apiUrl, seen } = await answering(first, { status: 200, body: { audits: [] } });
      const answer = await callApi({ apiUrl, token, pause }, 'listAudits', {});
      expect(answer).toMatchObject({ status: 200, body: { audits: [] } });
      expect(seen).toHaveLength(2);
    },
  );

  it.each([
    [3, 500],
    [5, 503],
    [5, 429],
  ])('gives up after %i attempts with what went wrong last, while the answer is %i', async (attempts, status) => {
    const pauses: number[] = [];
    const { apiUrl, seen } = await answering({ status, body: { detail: 'Try again.' } });
    const remembering = async (milliseconds: number) => void pauses.push(milliseconds);
    const call = callApi({ apiUrl, token, pause: remembering }, 'issueLink', { ...link, idempotencyKey: 'k-3' });
    await expect(call).rejects.toThrow('Try again.');
    expect(seen).toHaveLength(attempts);
    for (const [index, milliseconds] of pauses.entries()) {
      const longest = 400 * 2 ** index;
      expect(milliseconds).toBeLessThanOrEqual(longest);
      expect(milliseconds).toBeGreaterThanOrEqual(longest / 2);
    }
  });

  it('never repeats a write without a key', async () => {
    const { apiUrl, seen } = await answering('cut', issued);
    await expect(callApi({ apiUrl, token, pause }, 'issueLink', link)).rejects.toThrow('fetch failed');
    expect(seen).toHaveLength(1);
  });

  it('does not wait for what goes on tomorrow only', async () => {
    const reached = { status: 429, body: { detail: 'It goes on at midnight.' }, headers: { 'retry-after': '3600' } };
    const { apiUrl, seen } = await answering(reached);
    const call = callApi({ apiUrl, token, pause }, 'issueLink', { ...link, idempotencyKey: 'k-5' });
    await expect(call).rejects.toMatchObject({ status: 429, message: 'It goes on at midnight.' });
    expect(seen).toHaveLength(1);
  });

  it('asks for a token for each attempt, so that one that expires is renewed meanwhile', async () => {
    const { apiUrl, seen } = await answering(failed, issued);
    const tokens = ['first', 'second'];
    const next = async () => tokens.shift() ?? 'none left';
    await callApi({ apiUrl, token: next, pause }, 'issueLink', { ...link, idempotencyKey: 'k-6' });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second']);
  });

  it('makes no call with a token that could not be had', async () => {
    const { apiUrl, seen } = await answering(issued);
    const none = () => Promise.reject(new Error('Sign in again.'));
    const call = callApi({ apiUrl, token: none, pause }, 'issueLink', link);
    await expect(call).rejects.toThrow('Sign in again.');
    expect(seen).toEqual([]);
  });

  it('is given up when its signal is aborted: before it, while it waits for the answer, and before it is repeated', async () => {
    const aborted = AbortSignal.abort(new Error('not wanted any more'));
    const early = await answering(issued);
    await expect(callApi({ ...early, token, signal: aborted }, 'readReport', link)).rejects.toThrow('not wanted');
    expect(early.seen).toEqual([]);

    const held = new AbortController();
    const silent = createServer(() => held.abort(new Error('left the page')));
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
    const apiUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await expect(callApi({ apiUrl, token, signal: held.signal }, 'readReport', link)).rejects.toThrow('left the page');
    silent.close();
    silent.closeAllConnections();

    const waiting = new AbortController();
    const busy = await answering({ status: 503, body: {} });
    const call = callApi({ ...busy, token, signal: waiting.signal }, 'readReport', link);
    while (busy.seen.length === 0) await new Promise(setImmediate);
    waiting.abort(new Error('closed'));
    await expect(call).rejects.toThrow('closed');
    expect(busy.seen).toHaveLength(1);
  });

  it('never repeats what the API refuses', async () => {
    const { apiUrl, seen } = await answering({ status: 409, body: { detail: 'The audit is closed.' } });
    const call = callApi({ apiUrl, token, pause }, 'issueLink', { ...link, idempotencyKey: 'k-4' });
    await expect(call).rejects.toMatchObject({ status: 409, message: 'The audit is closed.' });
    expect(seen).toHaveLength(1);
  });
});

describe('apiClient', () => {
  it('gives the body, and asks for what is named only', async () => {
    const { apiUrl, seen } = await answering({ status: 200, body: { audits: [] } });
    const client = apiClient(apiUrl, token);
    expect(await client('listAudits', { query: { state: 'closed', cursor: undefined } })).toEqual({ audits: [] });
    expect(seen[0]?.line).toBe('GET /v1/audits?state=closed');
  });

  it('sends each write under a key of its own, and repeats it with that key', async () => {
    const { apiUrl, seen } = await answering('cut', issued);
    const client = apiClient(apiUrl, token);
    await client('issueLink', link);
    await client('issueLink', link);
    const [first, again, second] = seen.map(({ headers }) => headers['idempotency-key']);
    expect(first).toMatch(/^[\da-f-]{36}$/);
    expect(again).toBe(first);
    expect(second).toMatch(/^[\da-f-]{36}$/);
    expect(second).not.toBe(first);
  });

  it('hands a signal and a token of each attempt on', async () => {
    const { apiUrl, seen } = await answering(issued);
    const client = apiClient(apiUrl, () => 'of a function');
    await client('issueLink', link, { signal: new AbortController().signal });
    expect(seen[0]?.headers.authorization).toBe('Bearer of a function');
    const signal = AbortSignal.abort(new Error('closed'));
    await expect(client('issueLink', link, { signal })).rejects.toThrow('closed');
  });

  it('keeps the key that a write comes with, and sends none with what only reads', async () => {
    const { apiUrl, seen } = await answering(issued);
    const client = apiClient(apiUrl, token);
    await client('issueLink', { ...link, idempotencyKey: 'k-5' });
    await client('readReport', link);
    expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['k-5', undefined]);
  });

  it('throws all problems, each with its place', async () => {
    const missing = { place: 'body, kind', message: 'is missing', code: 'missing', values: {} };
    const problem = { detail: 'Correct it.', problems: [missing] };
    const { apiUrl } = await answering({ status: 400, body: problem });
    const call = apiClient(apiUrl, token)('issueLink', link);
    await expect(call).rejects.toThrow(new ApiError(400, problem));
    await expect(call).rejects.toThrow('Correct it.\n  body, kind: is missing');
  });
});
