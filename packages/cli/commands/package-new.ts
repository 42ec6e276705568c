import { createWriteStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import type { Expectation } from '@secor/audit-package';
import type { SampleResult } from '@secor/audit-package/build';
import { addDays, percentage, score } from '@secor/certification';
import { maxPackageBytes, maxPackageEntries } from '@secor/contracts';
import { command, dateOf, Failure, UsageError, wholeOf } from '../command.ts';
import { auditOptions, expectationOf } from '../expectation.ts';
import { bytes, parseBytes } from '../format.ts';
import { typedFile } from '../package-file.ts';
import { businessToday } from '../running-cloud.ts';

const results = {
  passing: 'passed',
  'failing-overall': 'failed overall',
  'failing-element': 'failed element',
} as const;

/** `secor package new`: a filled-in sample package. */
export const packageNew = command({
  name: 'package new',
  summary: 'Make a filled-in sample package with real documents',
  usage: 'secor package new --audit NUMBER --kind certification|maintenance [options]',
  example: 'secor package new --audit 412345678 --kind certification --size 5MiB --out audit.zip',
  options: {
    ...auditOptions,
    out: { type: 'string', value: 'FILE', text: 'The file to write (else audit-NUMBER.zip)' },
    documents: { type: 'string', value: 'N', text: 'How many documents, the safety manual included', fallback: '12' },
    size: { type: 'string', value: 'BYTES', text: 'How large, such as 500KiB or 1GiB', fallback: '1MiB' },
    result: {
      type: 'string',
      choices: ['passing', 'failing-overall', 'failing-element'],
      text: 'The outcome of its score',
      fallback: 'passing',
    },
    ended: { type: 'string', value: 'DATE', text: 'The day on which the audit ended (else three days ago)' },
    seed: { type: 'string', value: 'N', text: 'Another number makes another sample', fallback: '1' },
  },
  stopsItself: true,
  async run({ options }, io) {
    const today = await businessToday(io);
    const expectation = expectationOf(options, today);
    const file = typedFile(io, options.out ?? `audit-${expectation.auditNumber}.zip`);
    const endedOn = options.ended === undefined ? addDays(today, -3) : dateOf('ended', options.ended);
    if (endedOn > today) throw new UsageError(`--ended ${endedOn} is in the future: in Alberta it is ${today}.`);
    const documents = wholeOf('documents', options.documents, 2);
    if (documents >= maxPackageEntries) {
      throw new UsageError(
        `--documents "${documents}" is more than ${maxPackageEntries - 1}: with audit.json, a package has at most ${maxPackageEntries} entries.`,
      );
    }
    const size = parseBytes(options.size);
    if (size === undefined || size === 0) {
      throw new UsageError(`--size "${options.size}" is not a size: write it as 500KiB, 5MiB or 1GiB.`);
    }
    if (size > maxPackageBytes) throw new UsageError('--size is more than 1GiB, the limit for a package.');
    const seed = wholeOf('seed', options.seed, 0);
    const sample = { endedOn, documents, size, seed, result: results[options.result] };
    const made = await writeSample(file, expectation, sample, io.stop);
    io.out(
      `${file}: ${bytes(made.size)}, ${documents} documents, for ${expectation.kind} audit ${expectation.auditNumber}\n` +
        `Provisional score: ${made.awarded} of ${made.available} points, ${percentage(made.awarded, made.available)} %\n`,
    );
    return 0;
  },
});

/** What a sample package is made of. */
export type Sample = {
  /** Last day of the data gathering, 'YYYY-MM-DD'. */
  readonly endedOn: string;
  /** How many documents, the manual included; at least 2. */
  readonly documents: number;
  /** The most bytes that the package should have; documents don't get smaller than their format allows. */
  readonly size: number;
  readonly seed: number;
  readonly result: SampleResult;
  readonly assessor?: string;
};

/**
 * Writes a sample package for an audit; the declaration is of the day of `expectation`.
 * @param stop removes the half-written file again
 * @returns its size in bytes, and its points
 * @throws Failure when the file exists, or can't be written; AbortError when it was stopped
 */
export async function writeSample(
  file: string,
  expectation: Expectation,
  { endedOn, documents, size, seed, result, assessor = 'Morgan Tremblay' }: Sample,
  stop: AbortSignal,
): Promise<{ size: number; awarded: number; available: number }> {
  const { buildPackage, sampleAudit, sampleDocuments } = await import('@secor/audit-package/build');
  const { auditNumber, kind, protocol, ruleSet, today } = expectation;
  const paths = sampleDocuments({ count: documents, bytes: size, seed })
    .map(({ path }) => path)
    .filter((path) => path !== 'manual.pdf');
  const answers = sampleAudit({
    ...{ auditNumber, kind, protocol, ruleSet, endedOn, result, assessor, evidence: paths, seed },
  });
  const audit = { ...answers, declaration: { ...answers.declaration, date: endedOn > today ? endedOn : today } };
  // What the archive has beside its documents: audit.json, and headers and names of each entry.
  const around = JSON.stringify(audit, null, 2).length + 256 * (documents + 2);
  const filled = sampleDocuments({ count: documents, bytes: Math.max(documents, size - around), seed });

  const handle = await open(file, 'wx').catch((error: NodeJS.ErrnoException) => {
    throw new Failure(
      error.code === 'EEXIST'
        ? `${file} exists: name another file with --out, or remove it first.`
        : `${file} can't be written (${error.code}): choose another place with --out.`,
    );
  });
  const to = createWriteStream(file, { fd: handle });
  try {
    stop.throwIfAborted();
    await buildPackage(addAbortSignal(stop, to), audit, filled);
  } catch (error) {
    to.destroy();
    await rm(file, { force: true });
    stop.throwIfAborted();
    throw error;
  }
  const { awarded, available } = score(protocol, audit.answers);
  return { size: to.bytesWritten, awarded, available };
}
