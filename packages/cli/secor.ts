#!/usr/bin/env node
import { type Io, runCommand } from './command.ts';
import { commands } from './commands.ts';
import { table } from './format.ts';

/** Runs what was typed behind `secor` and gives the exit code: 0 done, 1 refused or failed, 2 typed wrongly, 130 stopped. */
export async function main(typed: readonly string[], io: Io): Promise<number> {
  const [first, second] = typed;
  for (const name of [`${first} ${second}`, `${first}`]) {
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (load !== undefined) return runCommand(await load(), typed.slice(name.split(' ').length), io);
  }
  const help = await listOfCommands(first);
  if (help !== undefined && (first === undefined || first === '--help' || first === 'help' || second === '--help')) {
    io.out(help);
    return 0;
  }
  const known = Object.keys(commands).filter((name) => name.startsWith(`${first} `));
  const wrong =
    known.length > 0
      ? `"${first}" needs one of ${known.map((name) => name.split(' ')[1]).join(', ')} after it.`
      : `there is no command "${first}": there are ${Object.keys(commands).join(', ')}.`;
  io.err(`secor: ${wrong} See: secor --help\n`);
  return 2;
}

/** All commands, or those of a group such as "package"; undefined when the group has none. */
async function listOfCommands(group: string | undefined): Promise<string | undefined> {
  const isGroup = group !== undefined && group !== '--help' && group !== 'help';
  const names = Object.entries(commands).filter(([name]) => !isGroup || name.startsWith(`${group} `));
  if (names.length === 0) return undefined;
  const listed = await Promise.all(names.map(async ([name, load]) => [`  ${name}`, (await load()).summary]));
  return [
    'secor: audits of small employers, from the protocol to the certificate',
    '',
    'Usage: secor COMMAND [options]',
    '',
    table(listed),
    'secor COMMAND --help shows more, with an example.',
    '',
  ].join('\n');
}

if (import.meta.main) {
  const stopping = new AbortController();
  const stop = () => {
    // A second Ctrl-C ends what takes too long to stop by itself.
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // The reader of a pipe may have seen enough (`secor protocol … | head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const code = await main(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    // Some terminals tell no width.
    columns: () => (process.stderr.isTTY ? process.stderr.columns || 80 : undefined),
    env: process.env,
    stop: stopping.signal,
  });
  process.exitCode = code;
  // What a command left behind when it failed or was stopped must not hold the process; what it told must be out.
  if (code !== 0) process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}
