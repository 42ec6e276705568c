import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BusinessClock } from '../clock.ts';
import type { EngineResponse } from '../engine.ts';
import type { Fault } from '../gateway/faults.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Identity } from '../identity/identity.ts';
import { type Listener, listen } from '../listener.ts';
import { messageOf } from '../message-of.ts';
import type { SesEngine } from '../ses/ses-engine.ts';
import type { AdvancedDay } from './advance.ts';

/** What the control server shows and does; parts that are not ready yet are absent. */
export type ControlServices = {
  readonly identity: Identity;
  readonly ses: SesEngine;
  readonly clock: BusinessClock;
  readonly gateway: Pick<Gateway, 'faults'>;
  token(request: { readonly email: string; readonly groups: readonly string[] }): Promise<string>;
  quiet(timeoutMs?: number): Promise<void>;
  /** Moves the business clock day by day; throws for a date that can't be gone to. */
  advance(to: string): AsyncIterable<AdvancedDay>;
};

/** The address for people and commands of this machine: the inbox at /, the issuer below /identity, control below /_local. */
export type ControlServer = Listener & { open(services: ControlServices): void };

/** Listens on the port; until `open` it answers 503. */
export async function openControlServer(port: number): Promise<ControlServer> {
  let services: ControlServices | undefined;
  const listener = await listen(port, 'the inbox and the issuer', (request, response) => {
    if (services !== undefined && request.url?.startsWith('/identity/')) {
      services.identity.respond(request, response).catch(() => response.destroy());
      return;
    }
    respond(request, services)
      .catch((error: unknown) => json(400, { message: messageOf(error) }))
      .then((answer) => send(response, answer))
      .catch(() => response.destroy());
  });
  return {
    ...listener,
    open(given) {
      services = given;
    },
  };
}

async function respond(request: IncomingMessage, services: ControlServices | undefined): Promise<EngineResponse> {
  if (services === undefined) return json(503, { message: 'The local cloud is starting.' });
  const { pathname } = new URL(request.url ?? '/', 'http://control');
  if (!pathname.startsWith('/_local/')) return services.ses.inboxPage(pathname);
  // A web page that is open in a browser here must not give itself a token.
  if (request.headers.origin !== undefined) {
    return json(403, { message: 'Control is for commands of this machine, not for web pages.' });
  }
  return control(`${request.method} ${pathname.slice('/_local/'.length)}`, request, services);
}

async function control(call: string, request: IncomingMessage, services: ControlServices): Promise<EngineResponse> {
  const { clock, gateway } = services;
  switch (call) {
    case 'POST token': {
      const { email, groups } = await bodyOf(request);
      if (typeof email !== 'string' || !Array.isArray(groups) || !groups.every((group) => typeof group === 'string')) {
        return json(400, { message: 'Send {"email": "…", "groups": ["…"]}.' });
      }
      return json(200, { token: await services.token({ email, groups }) });
    }
    case 'POST quiet': {
      const { timeoutMs } = await bodyOf(request);
      try {
        await services.quiet(typeof timeoutMs === 'number' ? timeoutMs : undefined);
        return json(200, { quiet: true });
      } catch (error) {
        return json(409, { quiet: false, message: messageOf(error) });
      }
    }
    case 'POST faults':
      gateway.faults.inject((await bodyOf(request)) as unknown as Fault);
      return json(200, {});
    case 'GET clock':
      return json(200, { now: clock.now() });
    case 'POST clock': {
      const { to } = await bodyOf(request);
      clock.advanceTo(typeof to === 'number' ? to : Date.parse(String(to)));
      return json(200, { now: clock.now() });
    }
    case 'POST advance': {
      const days = services.advance(String((await bodyOf(request)).to));
      return { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body: Readable.from(linesOf(days)) };
    }
    default:
      return json(404, { message: `The local cloud does not support ${call}.` });
  }
}

/** Each day as a line of JSON; `{"message": "…"}` when it can't go on. */
async function* linesOf(days: AsyncIterable<AdvancedDay>): AsyncGenerator<string> {
  try {
    for await (const day of days) yield `${JSON.stringify(day)}\n`;
  } catch (error) {
    yield `${JSON.stringify({ message: messageOf(error) })}\n`;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

function json(status: number, content: unknown): EngineResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) };
}

function send(response: ServerResponse, answer: EngineResponse): void {
  response.writeHead(answer.status, answer.headers);
  // Who hangs up ends what was read for them.
  if (answer.body instanceof Readable) pipeline(answer.body, response).catch(() => {});
  else response.end(answer.body);
}
