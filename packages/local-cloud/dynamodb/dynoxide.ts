import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../message-of.ts';

/** A DynamoDB that runs beside this process, and is started again on its data when it ends by itself. */
export type Dynoxide = {
  /** Where it answers: "http://127.X.Y.Z:PORT", another one after each start. Rejects with the reason when it could not be started again. */
  endpoint(): Promise<string>;
  close(): Promise<void>;
};

/** One run of the program. */
type Run = {
  readonly endpoint: string;
  /** Resolves when it is gone, with how it ended in a sentence. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
};

const ATTEMPTS = 3;
const START_LIMIT_MS = 10_000;

/**
 * Runs the program and waits for it. The shell's standard input is a pipe from this process: it ends however this
 * process ends, kill -9 too, and then the program is killed.
 */
const TIED_TO_STDIN =
  'exec 3<&0; "$0" "$@" 3<&- </dev/null & pid=$!; { cat <&3 >/dev/null; kill -9 $pid 2>/dev/null; } & wait $pid';

/**
 * Starts dynoxide on the data in `directory` (made when missing), on a free port of an address that is chosen anew by chance.
 * It asks for no secret, checks no Host and lets every web page read (CORS): that nobody else knows its address keeps it ours.
 *
 * @param warn hears when it ended by itself, and how
 * @throws Error with the remedy when this platform has no dynoxide, or with its own words when it does not start
 */
export async function startDynoxide(directory: string, warn: (line: string) => void): Promise<Dynoxide> {
  const program = findProgram();
  mkdirSync(directory, { recursive: true });
  let closed = false;
  let current: Promise<Run>;
  const run = (): Promise<Run> => {
    current = startAnywhere(program, directory);
    current.then(
      ({ ended }) =>
        ended.then((how) => {
          if (closed) return;
          warn(`${how} It is started again.`);
          run();
        }),
      () => {},
    );
    return current;
  };
  await run();
  return {
    endpoint: async () => (await current).endpoint,
    async close() {
      closed = true;
      await (await current.catch(() => undefined))?.close();
    },
  };
}

async function startAnywhere(program: string, directory: string): Promise<Run> {
  for (let attempt = 1; ; attempt += 1) {
    const host = `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
    const port = await freePort(host);
    try {
      return await start(program, directory, host, port);
    } catch (error) {
      // Another process can take the port between its choice and its use.
      if (attempt === ATTEMPTS || !(error instanceof Error) || !error.message.includes('in use')) throw error;
    }
  }
}

async function start(program: string, directory: string, host: string, port: number): Promise<Run> {
  const file = join(directory, 'dynamodb.sqlite');
  const options = ['serve', '--host', host, '--port', String(port), '--db-path', file];
  // In a session of its own: Ctrl-C is for this process, which then closes it in its turn.
  const child = spawn('sh', ['-c', TIED_TO_STDIN, program, ...options], { detached: true });
  let errors = '';
  let ending: string | undefined;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  child.stdout.resume();
  child.stdin.on('error', () => {});
  const exited = once(child, 'exit').then(([code, signal]) => {
    child.stdin.destroy();
    ending = `dynoxide on ${file} ended with ${signal ?? `code ${code}`}. ${errors.trim()}`.trim();
    return ending;
  });

  const close = async () => {
    child.stdin.end();
    await exited;
  };

  const endpoint = `http://${host}:${port}`;
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await answers(endpoint))) {
    if (ending === undefined && Date.now() > deadline) {
      await close();
      throw new Error(`dynoxide did not answer within ${START_LIMIT_MS} ms. ${errors.trim()}`.trim());
    }
    await Promise.race([delay(5), exited]);
    if (ending !== undefined) {
      // Its last words may come after its end.
      await closed(child);
      throw new Error(`dynoxide did not start on ${file}: ${errors.trim() || ending}`);
    }
  }
  try {
    indexStreams(file);
  } catch (error) {
    await close();
    await closed(child);
    // What answered may have been another program on its port: then it has said so.
    throw new Error(errors.trim() || `The streams in ${file} could not be indexed: ${messageOf(error)}`);
  }
  return { endpoint, ended: exited, close };
}

/**
 * Has the database find by an index the last record of a table's stream, which it looks for at each write, and those behind
 * an iterator. It reads through all records otherwise, and becomes slower with each that was ever written.
 */
function indexStreams(file: string): void {
  const database = new DatabaseSync(file, { timeout: START_LIMIT_MS });
  try {
    database.exec(
      'CREATE INDEX IF NOT EXISTS secor_stream_records ON _stream_records (table_name, CAST(sequence_number AS INTEGER))',
    );
  } finally {
    database.close();
  }
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    await (await fetch(endpoint, { method: 'POST' })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function closed(child: ChildProcess): Promise<void> {
  if (child.stderr !== null && !child.stderr.closed) await once(child.stderr, 'close');
}

function findProgram(): string {
  try {
    return createRequire(import.meta.url).resolve('@dynoxide/linux-x64/dynoxide');
  } catch {
    throw new Error(
      'There is no dynoxide for this platform. Run any DynamoDB, such as DynamoDB Local, and set SECOR_DYNAMODB_ENDPOINT to its URL.',
    );
  }
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
