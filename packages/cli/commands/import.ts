import { importKinds, lineResults, maxImportBytes } from '@secor/contracts';
import { command, Failure } from '../command.ts';
import { bytes, table } from '../format.ts';
import { sizeOf, typedFile } from '../package-file.ts';
import { Late, openLink, until } from '../play-audit.ts';
import { progressLine } from '../progress.ts';
import { samplePeople } from '../sample-people.ts';
import { apiOptions, signedIn } from '../sign-in.ts';
import { uploadFile } from '../upload.ts';

const takingLimitMs = 10 * 60_000;

/** `secor import`: uploads employers or assessors and tells what became of each line. */
export const importFile = command({
  name: 'import',
  summary: 'Import employers or assessors from a CSV file, and show each line that is refused',
  usage: 'secor import FILE --of employers|assessors [--api URL --token TOKEN]',
  example: [
    'secor import employers.csv --of employers --api https://api.partner.example.org --token "$TOKEN"',
    'secor import assessors.csv --of assessors     (to the local cloud that npm start runs)',
  ].join('\n'),
  operand: { name: 'FILE', required: true },
  options: {
    of: { type: 'string', choices: importKinds, text: 'What the file holds', required: true },
    ...apiOptions(samplePeople.administrator.email),
  },
  stopsItself: true,
  async run({ operand, options }, io) {
    const file = typedFile(io, operand);
    const size = await sizeOf(file, 'save the lines as CSV in UTF-8');
    if (size > maxImportBytes) {
      throw new Failure(`${file} is larger than ${bytes(maxImportBytes)}: split it into several files.`);
    }
    const administrator = await signedIn(options, 'administrator', io);
    const { importId, ...link } = await administrator('startImport', { body: { of: options.of } });
    const progress = progressLine(io, `import of ${options.of}`, size);
    await uploadFile(file, size, link, progress.sent, io.stop).finally(progress.end);

    io.err('Uploaded. Waiting until every line is imported …\n');
    const taken = await until(
      `the result of import ${importId}`,
      () => administrator('readImport', { parameters: { importId } }),
      ({ state }) => state !== 'awaiting file',
      { limitMs: takingLimitMs },
    ).catch((error) => {
      throw error instanceof Late
        ? new Failure(
            `${error.message} The file is uploaded and the import continues. Importing the file again changes nothing.`,
          )
        : error;
    });
    const { readResult } = await import('@secor/import-file');
    const result = taken.result === undefined ? '' : Buffer.from((await openLink(taken.result.url)).bytes).toString();
    const refused = (await readResult(result)).filter((row) => row.result === 'refused');
    if (taken.counts === undefined) {
      io.err(`The file was refused and nothing was imported. Correct this and import it again:\n`);
      io.err(refused.map(({ reason }) => `  ${reason}\n`).join(''));
      return 1;
    }
    const { counts } = taken;
    const shown = ['lines', ...lineResults] as const;
    io.out(
      table(
        shown.map((what) => [what, String(counts[what])]),
        [1],
      ),
    );
    for (const { line, id, reason } of refused) io.err(`  line ${line}, ${id === '' ? 'no id' : id}: ${reason}\n`);
    return counts.refused === 0 ? 0 : 1;
  },
});
