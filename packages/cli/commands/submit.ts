import { maxPackageBytes } from '@secor/contracts';
import { auditNumberOf, command, Failure } from '../command.ts';
import { problemLines, scoreTable } from '../expectation.ts';
import { bytes } from '../format.ts';
import { packageSize, typedFile } from '../package-file.ts';
import { askForLink, Late, untilRead, upload } from '../play-audit.ts';
import { progressLine } from '../progress.ts';
import { samplePeople } from '../sample-people.ts';
import { apiOptions, signedIn } from '../sign-in.ts';

const readingLimitMs = 5 * 60_000;

/** `secor submit`: uploads a package and tells what became of it. */
export const submit = command({
  name: 'submit',
  summary: 'Upload a package and wait until it is accepted or refused',
  usage: 'secor submit FILE [--api URL --token TOKEN] [options]',
  example: [
    'secor submit audit.zip --api https://api.partner.example.org --token "$TOKEN"',
    'secor submit audit.zip     (to the local cloud that npm start runs)',
  ].join('\n'),
  operand: { name: 'FILE', required: true },
  options: {
    ...apiOptions(samplePeople.assessors[0].email),
    audit: { type: 'string', value: 'NUMBER', text: 'The audit number (else as audit.json in the package has it)' },
    'no-wait': { type: 'boolean', text: 'Stop when the package is uploaded' },
  },
  stopsItself: true,
  async run({ operand, options }, io) {
    const file = typedFile(io, operand);
    const size = await packageSize(file);
    if (size > maxPackageBytes) {
      throw new Failure(`${file} is larger than ${bytes(maxPackageBytes)}: leave out or shrink documents.`);
    }
    const auditNumber = options.audit === undefined ? await claimedNumber(file) : auditNumberOf(options.audit);
    const assessor = await signedIn(options, 'assessor', io);

    const link = await askForLink(assessor, auditNumber);
    const progress = progressLine(io, `audit ${auditNumber}`, size);
    await upload(file, link, progress.sent, io.stop).finally(progress.end);
    if (options['no-wait']) {
      io.out(`Uploaded. A letter will say whether the package was accepted.\n`);
      return 0;
    }

    io.err('Uploaded. Waiting until it has been read …\n');
    const reading = await untilRead(assessor, auditNumber, link.link, { limitMs: readingLimitMs }).catch((error) => {
      throw error instanceof Late
        ? new Failure(
            `${error.message} The package is uploaded. A letter will say whether it was accepted: do not upload it again.`,
          )
        : error;
    });
    const { score, refusal } = reading.audit;
    if (reading.became === 'late') {
      io.err(`The package arrived too late and was not read. ${reading.remedy}\n`);
      return 1;
    }
    if (reading.became === 'refused') {
      io.err(`The package was refused. Correct this and submit it again:\n${problemLines(refusal?.problems ?? [])}`);
      return 1;
    }
    if (score !== undefined) {
      io.out(`${scoreTable(score, score.elements, score.shortfalls)}\nProvisional outcome: ${score.result}\n`);
      for (const { message } of score.warnings) io.out(`The reviewer will see: ${message}\n`);
    }
    io.out(
      reading.became === 'superseded'
        ? 'A newer upload has replaced this one.\n'
        : `Accepted as revision ${reading.audit.revision} of audit ${auditNumber}: it is ${reading.audit.state}.\n`,
    );
    return 0;
  },
});

/** The audit number that the package itself names. */
async function claimedNumber(file: string): Promise<string> {
  const { claimedAuditNumber, fileSource } = await import('@secor/audit-package');
  await using source = await fileSource(file);
  const found = await claimedAuditNumber(source);
  if (found === undefined) {
    throw new Failure(
      `${file} names no audit number: check it with secor package check, or give the number with --audit.`,
    );
  }
  return found;
}
