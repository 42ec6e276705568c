import { parseArgs } from 'node:util';
import { isDate } from '@secor/certification';

/** An option of a command. */
export type Option = {
  readonly type: 'string' | 'boolean';
  /** What it is for, one line. */
  readonly text: string;
  /** The placeholder for its value in the help, such as NUMBER. */
  readonly value?: string;
  /** The only values that it takes. */
  readonly choices?: readonly string[];
  readonly required?: true;
  /** Whether it may be repeated. */
  readonly multiple?: true;
  /** The value when it is left out. */
  readonly fallback?: string;
};

type Text<O extends Option> = O extends { readonly choices: readonly (infer Choice)[] } ? Choice : string;

/** What `run` gets for an option. */
export type ValueOf<O extends Option> = O['type'] extends 'boolean'
  ? boolean
  : O extends { readonly multiple: true }
    ? readonly Text<O>[]
    : O extends { readonly required: true } | { readonly fallback: string }
      ? Text<O>
      : Text<O> | undefined;

/** The one thing that a command may take without a name: a file, an id. */
export type Operand = { readonly name: string; readonly required: boolean };

/** What a person typed behind the command's name, checked. */
export type Arguments<O extends Readonly<Record<string, Option>>, P extends Operand | undefined> = {
  readonly operand: P extends { readonly required: true } ? string : string | undefined;
  readonly options: { readonly [K in keyof O]: ValueOf<O[K]> };
};

/** Where a command writes to, and what surrounds it. */
export type Io = {
  out(text: string): void;
  err(text: string): void;
  /** How wide the terminal is to which `err` goes, where a line can be written over; undefined when it is none. */
  columns(): number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the person (or the system) asks to stop. */
  readonly stop: AbortSignal;
};

/** A command of `secor`. */
export type Command<
  O extends Readonly<Record<string, Option>> = Readonly<Record<string, Option>>,
  P extends Operand | undefined = Operand | undefined,
> = {
  /** As it is typed: 'protocol', 'package new'. */
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly example: string;
  readonly options: O;
  readonly operand?: P;
  /** Whether `run` ends soon after `io.stop` and tidies up; any other command is left at once. */
  readonly stopsItself?: true;
  /** Does it and gives the exit code: 0 done, 1 refused or failed. Throws Failure, UsageError. */
  run(args: Arguments<O, P>, io: Io): Promise<number>;
};

type CheckedArguments = Parameters<Command['run']>[0];

/** A command that was typed wrongly; the message names the remedy. */
export class UsageError extends Error {}

/** What a command could not do; the message is for people and names the remedy. */
export class Failure extends Error {}

/** A command with the types of its options; what it runs is called by `runCommand` alone, with checked arguments. */
export function command<
  const O extends Readonly<Record<string, Option>>,
  const P extends Operand | undefined = undefined,
>(description: Command<O, P>): Command {
  return description as unknown as Command;
}

/** The help of one command: usage, options, example. */
function helpOf({ name, summary, usage, example, options }: Command): string {
  const rows = Object.entries(options).map(([key, option]): [string, string] => [
    `--${key}${option.type === 'boolean' ? '' : ` ${option.choices?.join('|') ?? option.value ?? 'VALUE'}`}`,
    [
      option.text,
      option.required ? ' (required)' : '',
      option.multiple ? ' (may be repeated)' : '',
      option.fallback === undefined ? '' : ` (else ${option.fallback})`,
    ].join(''),
  ]);
  rows.push(['--help', 'Show this help']);
  return [
    `secor ${name}: ${summary}`,
    '',
    `Usage: ${usage}`,
    '',
    'Options:',
    ...rows.flatMap(([option, text]) =>
      option.length > 26 ? [`  ${option}`, `  ${' '.repeat(28)}${text}`] : [`  ${option.padEnd(28)}${text}`],
    ),
    '',
    'Example:',
    ...example.split('\n').map((line) => `  ${line}`),
    '',
  ].join('\n');
}

/**
 * Runs a command on what was typed behind its name; gives the exit code. Wrong usage is 2, what failed is 1, what was
 * stopped before its end is 130; each prints one line on standard error, and with --json also `error` as JSON.
 */
export async function runCommand(command: Command, typed: readonly string[], io: Io): Promise<number> {
  try {
    const args = parse(command, typed);
    if (args === 'help') {
      io.out(helpOf(command));
      return 0;
    }
    const running = command.run(args, io);
    return await (command.stopsItself ? running : unlessStopped(io, running));
  } catch (error) {
    const wrongUsage = error instanceof UsageError;
    const remedy = wrongUsage ? ` See: secor ${command.name} --help` : '';
    const stopped = io.stop.aborted && error instanceof Error && error.name === 'AbortError';
    const message = stopped ? 'stopped.' : `${messageOf(error)}${remedy}`;
    // Whoever asked for JSON reads nothing else.
    if (command.options.json !== undefined && typed.some((each) => /^--json(=|$)/.test(each)))
      io.out(asJson({ error: message }));
    io.err(`secor ${command.name}: ${message}\n`);
    return io.stop.aborted ? 130 : wrongUsage ? 2 : 1;
  }
}

/** What a command prints as JSON. */
export function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Gives what is coming; throws an AbortError as soon as the command is asked to stop. */
export async function unlessStopped<T>({ stop }: Pick<Io, 'stop'>, coming: Promise<T>): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const end = () => stopped.reject(stop.reason);
  stop.addEventListener('abort', end);
  if (stop.aborted) end();
  try {
    return await Promise.race([coming, stopped.promise]);
  } finally {
    stop.removeEventListener('abort', end);
  }
}

/** What to tell a person of an error: never a stack trace. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  // fetch says only that it failed; the reason is in the cause.
  if (error.message === 'fetch failed' && error.cause !== undefined) {
    return `there is no connection (${messageOf(error.cause)}): check the address, and that a server runs there.`;
  }
  return error.message;
}

function parse({ options, operand }: Command, typed: readonly string[]): CheckedArguments | 'help' {
  const { values, positionals } = parsed(options, typed);
  if (values.help === true) return 'help';
  const [first, ...others] = positionals;
  const extra = operand === undefined ? first : others[0];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one argument too many.`);
  if (operand?.required && first === undefined) throw new UsageError(`${operand.name} is missing.`);
  const checked = Object.entries(options).map(([key, option]) => [key, optionValue(key, option, values[key])]);
  return { operand: first, options: Object.fromEntries(checked) };
}

function parsed(
  options: Command['options'],
  typed: readonly string[],
): { values: Readonly<Record<string, unknown>>; positionals: readonly string[] } {
  try {
    return parseArgs({
      args: [...typed],
      allowPositionals: true,
      options: {
        ...Object.fromEntries(
          Object.entries(options).map(([key, { type, multiple = false }]) => [key, { type, multiple }]),
        ),
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    // Node's second sentence tells how to pass a file whose name begins with a dash.
    throw new UsageError(
      `${messageOf(error)
        .split(/\.\s|\n/)[0]
        ?.replace(/\.$/, '')}.`,
    );
  }
}

function optionValue(key: string, option: Option, given: unknown): unknown {
  if (option.type === 'boolean') return given === true;
  const values: unknown[] = given === undefined ? [] : [given].flat();
  const name = `--${key} ${option.choices?.join('|') ?? option.value ?? 'VALUE'}`;
  for (const value of values) {
    if (option.choices !== undefined && !option.choices.includes(String(value))) {
      throw new UsageError(`--${key} can't be "${value}": it is one of ${option.choices.join(', ')}.`);
    }
  }
  if (option.required && values.length === 0) throw new UsageError(`${name} is missing.`);
  return option.multiple ? values : (values[0] ?? option.fallback);
}

/** An option that must be an audit number. */
export function auditNumberOf(text: string): string {
  if (/^[1-9]\d{8}$/.test(text)) return text;
  throw new UsageError(`"${text}" is not an audit number: it has nine digits, the first not zero.`);
}

/** An option that must be a date. */
export function dateOf(option: string, text: string): string {
  if (isDate(text)) return text;
  throw new UsageError(`--${option} "${text}" is not a date: write it as YYYY-MM-DD.`);
}

/** An option that must be a whole number from `least` on. */
export function wholeOf(option: string, text: string, least: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new UsageError(`--${option} "${text}" is not a whole number of at least ${least}.`);
}
