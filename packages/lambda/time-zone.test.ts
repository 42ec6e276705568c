import type { APIGatewayProxyEventV2WithJWTAuthorizer, SQSEvent } from 'aws-lambda';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const info = vi.fn();
vi.mock('./log.ts', () => ({ log: { info } }));

beforeEach(() => {
  vi.resetModules();
  info.mockClear();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** The function's modules, freshly loaded. */
async function start() {
  const [{ tellTimeZone }, { businessDate }] = [await import('./time-zone.ts'), await import('@secor/certification')];
  return { tellTimeZone, businessDate };
}

it('is logged once, after the first date that was asked for', async () => {
  const { tellTimeZone, businessDate } = await start();
  tellTimeZone();
  expect(info).not.toHaveBeenCalled();
  businessDate(0);
  tellTimeZone();
  tellTimeZone();
  expect(info.mock.calls).toEqual([
    ['the time in America/Edmonton is told', { by: expect.any(String), runtimeData: process.versions.tz }],
  ]);
});

it.each([
  ["the runtime's time zone data", 'Etc/GMT+6'],
  ["the program's own rule of 2026-11-01, for older data", 'America/Denver'],
])('is told by %s', async (by, likeZone) => {
  class OtherData extends Intl.DateTimeFormat {
    constructor(locale?: string, options?: Intl.DateTimeFormatOptions) {
      super(locale, { ...options, timeZone: likeZone });
    }
  }
  vi.stubGlobal('Intl', { DateTimeFormat: OtherData });
  const { tellTimeZone, businessDate } = await start();
  businessDate(0);
  tellTimeZone();
  expect(info).toHaveBeenCalledWith(expect.any(String), expect.objectContaining({ by }));
});

/** Calls a function of a queue that asks for a date. */
async function callOfQueue(): Promise<void> {
  const { queueConsumer } = await import('./queue-consumer.ts');
  const { businessDate } = await import('@secor/certification');
  const attributes = { ApproximateReceiveCount: '1', SentTimestamp: '0' };
  const event = { Records: [{ messageId: 'q', body: '{}', attributes }] } as unknown as SQSEvent;
  const step = async () => void businessDate(0);
  const openQueue = () => {
    throw new Error('No message failed: the queue is not called.');
  };
  await queueConsumer(v.object({}), () => step, openQueue)(event, {} as never);
}

/** Calls a function of the API that asks for a date. */
async function callOfApi(): Promise<void> {
  for (const name of ['TOKEN_GROUPS_CLAIM', 'CALLER_KEY']) vi.stubEnv(name, 'any');
  vi.stubEnv('ACCESS_TOKEN_CLAIMS', '{}');
  vi.spyOn(console, 'log').mockImplementation(() => {});
  const { httpApi } = await import('./http-api.ts');
  const { businessDate } = await import('@secor/certification');
  const make = () => {
    businessDate(0);
    return { handlers: {}, readAnswer: async () => undefined };
  };
  const requestContext = { requestId: 'r', timeEpoch: 0, authorizer: { jwt: { claims: {} } } };
  const event = { routeKey: 'GET /v1/nothing', headers: {}, requestContext };
  await httpApi(make)(event as unknown as APIGatewayProxyEventV2WithJWTAuthorizer, {} as never);
}

it.each([
  ['a queue', callOfQueue],
  ['the API', callOfApi],
])('is told by a function behind %s that asks for a date', async (_, call) => {
  await call();
  expect(info.mock.calls).toEqual([[expect.stringContaining('America/Edmonton'), expect.anything()]]);
});
