import { type ApiClient, ApiError, apiClient, mostPackageBytes } from '@secor/contracts';
import { auditNumberOf, command, Failure, type Io, UsageError, unlessStopped } from '../command.ts';
import { problemLines, scoreTable } from '../expectation.ts';
import { bytes } from '../format.ts';
import { packageSize, typedFile } from '../package-file.ts';
import { askForLink, Late, untilRead, upload } from '../play-audit.ts';
import { progressLine } from '../progress.ts';
import { mintToken, requireCloud } from '../running-cloud.ts';
import { samplePeople } from '../sample-people.ts';

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
    api: { type: 'string', value: 'URL', text: "The API's address (else SECOR_API, else the local cloud's)" },
    token: { type: 'string', value: 'TOKEN', text: 'The access token of your sign-in (else SECOR_TOKEN)' },
    as: {
      type: 'string',
      value: 'EMAIL',
      text: 'Whose token to take at the local cloud',
      fallback: samplePeople.assessors[0].email,
    },
    audit: { type: 'string', value: 'NUMBER', text: 'The audit number (else as audit.json in the package has it)' },
    'no-wait': { type: 'boolean', text: 'End when the package is uploaded' },
  },
  stopsItself: true,
  async run({ operand, options }, io) {
    const file = typedFile(io, operand);
    const size = await packageSize(file);
    if (size > mostPackageBytes) {
      throw new Failure(`${file} is larger than ${bytes(mostPackageBytes)}: leave out or shrink documents.`);
    }
    const auditNumber = options.audit === undefined ? await claimedNumber(file) : auditNumberOf(options.audit);
    const { api, token } = await signIn(options, io);
    const assessor = stoppableClient(api, token, io);

    const link = await askForLink(assessor, auditNumber);
    const progress = progressLine(io, `audit ${auditNumber}`, size);
    await upload(file, link, progress.sent, io.stop).finally(progress.end);
    if (options['no-wait']) {
      io.out(`Uploaded. A mail tells what became of the package.\n`);
      return 0;
    }

    io.err('Uploaded; waiting until it has been read …\n');
    const reading = await untilRead(assessor, auditNumber, link.link, { limitMs: readingLimitMs }).catch((error) => {
      throw error instanceof Late
        ? new Failure(`${error.message} The package is uploaded, and a mail will tell: don't upload it again.`)
        : error;
    });
    const { score, refusal } = reading.audit;
    if (reading.became === 'late') {
      io.err(`The package came too late and was not read. ${reading.remedy}\n`);
      return 1;
    }
    if (reading.became === 'refused') {
      io.err(`The package was refused. Correct this and submit it again:\n${problemLines(refusal?.problems ?? [])}`);
      return 1;
    }
    if (score !== undefined) {
      io.out(`${scoreTable(score, score.elements, score.shortfalls)}\nProvisional outcome: ${score.result}\n`);
      for (const warning of score.warnings) io.out(`The reviewer will see: ${warning}\n`);
    }
    io.out(
      reading.became === 'superseded'
        ? 'A newer upload stands in place of this one.\n'
        : `Accepted as revision ${reading.audit.revision} of audit ${auditNumber}: it is ${reading.audit.state}.\n`,
    );
    return 0;
  },
});

async function signIn(
  { api, token, as }: { readonly api: string | undefined; readonly token: string | undefined; readonly as: string },
  io: Io,
): Promise<{ api: string; token: string }> {
  const given = { api: api ?? (io.env.SECOR_API || undefined), token: token ?? (io.env.SECOR_TOKEN || undefined) };
  if (given.api !== undefined && !(URL.canParse(given.api) && /^https?:/i.test(given.api))) {
    throw new UsageError(`"${given.api}" is no address of an API: write it as https://api.partner.example.org.`);
  }
  if (given.api !== undefined && given.token !== undefined) return { api: given.api, token: given.token };
  if (given.api !== undefined) throw new UsageError('--token is missing: give it, or set SECOR_TOKEN.');
  const cloud = await requireCloud(io).catch(() => {
    throw new UsageError(
      'where to? Give --api and --token (or set SECOR_API and SECOR_TOKEN), or start a local cloud by npm start.',
    );
  });
  return { api: cloud.apiUrl, token: given.token ?? (await mintToken(cloud, as, ['assessor'])) };
}

/** The API, until the person asks to stop; what it says of the token is told with the remedy. */
function stoppableClient(api: string, token: string, io: Io): ApiClient {
  const call = apiClient(api, token);
  return (name, input) =>
    unlessStopped(io, call(name, input)).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      throw new Failure('the token has expired or is not of this API (401): get a new one, locally by secor token.');
    });
}

/** The audit number that the package itself names. */
async function claimedNumber(file: string): Promise<string> {
  const { claimedAuditNumber, fileSource } = await import('@secor/audit-package');
  await using source = await fileSource(file);
  const found = await claimedAuditNumber(source);
  if (found === undefined) {
    throw new Failure(`${file} names no audit number: check it by secor package check, or name the number by --audit.`);
  }
  return found;
}
