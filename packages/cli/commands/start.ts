import { command, Failure } from '../command.ts';
import { duration, table } from '../format.ts';
import { cloudFolder, localCloud, shownPath } from '../running-cloud.ts';
import { samplePeople } from '../sample-people.ts';

/** `secor start`: the whole system on this machine. */
export const start = command({
  name: 'start',
  summary: 'Run the whole system on this machine, until Ctrl-C',
  usage: 'secor start [--fresh] [--empty]',
  example: 'secor start',
  options: {
    fresh: { type: 'boolean', text: 'Start over: delete the data of the last run' },
    empty: { type: 'boolean', text: 'Add no sample people: secor admin add makes the first administrator' },
  },
  stopsItself: true,
  async run({ options: { fresh, empty } }, io) {
    const begun = performance.now();
    const running = await localCloud(io);
    if (running !== undefined) {
      const { pid, apiUrl } = running;
      throw new Failure(`a local cloud is already running here, at ${apiUrl}: use it, or end it with kill ${pid}.`);
    }
    const { currentAssembly } = await import('../assembly.ts');
    const { bootLocalCloud } = await import('../boot.ts');
    const folder = cloudFolder(io);
    const assembly = await currentAssembly(() => io.out('Making the templates and bundles …\n'));
    const cloud = await bootLocalCloud(assembly, folder, fresh, { empty });
    try {
      const milliseconds = performance.now() - begun;
      io.out(`${ready(cloud, shownPath(folder), milliseconds)}${empty ? firstSteps() : welcome(cloud)}`);
      if (!io.stop.aborted) await new Promise((stop) => io.stop.addEventListener('abort', stop, { once: true }));
      io.out('Stopping …\n');
    } finally {
      await cloud.stop();
    }
    io.out(`Stopped. The data are kept in ${shownPath(folder)}.\n`);
    return 0;
  },
});

function ready(
  { apiUrl, inboxUrl, gatewayUrl }: { apiUrl: string; inboxUrl: string; gatewayUrl: string },
  folder: string,
  milliseconds: number,
): string {
  return [
    `The local cloud is ready (${duration(milliseconds)}).`,
    '',
    table([
      ['  API', apiUrl],
      ['  Inbox', `${inboxUrl}  (every mail that was sent)`],
      ['  AWS services', gatewayUrl],
      ['  Data', folder],
    ]),
    '',
  ].join('\n');
}

const ending = 'Ctrl-C stops everything. npm start continues with the same data.';

/** How somebody begins where nobody is. */
function firstSteps(): string {
  const first = 'lena@partner.example.org';
  return [
    'Nobody was added. To add the first administrator, in another terminal:',
    `  npm run secor -- admin add --email ${first} --name "Lena Baptiste" --role administrator`,
    `  npm run --silent secor -- token --role administrator --email ${first}`,
    'Everyone signs in with their address and the password "local".',
    '',
    ending,
    '',
  ].join('\n');
}

function welcome({ apiUrl }: { apiUrl: string }): string {
  const { employers, assessors, reviewers, administrator } = samplePeople;
  const [employer] = employers;
  const [assessor] = assessors;
  return [
    'Who is there:',
    table([
      ...employers.map(({ legalName, employerId }) => ['  employer', legalName, employerId]),
      ...assessors.map(({ name, email }) => ['  assessor', name, email]),
      ...reviewers.map(({ name, email }) => ['  reviewer', name, email]),
      ['  administrator', administrator.name, administrator.email],
    ]),
    'In another terminal:',
    `  TOKEN=$(npm run --silent secor -- token --role assessor --email ${assessor.email})`,
    `  curl -s ${apiUrl}/v1/audits -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\`,
    `    -d '{"employerId":"${employer.employerId}","kind":"certification"}'`,
    '  npm run secor -- package new --audit NUMBER --kind certification --out audit.zip',
    '  npm run secor -- submit audit.zip',
    '',
    ending,
    '',
  ].join('\n');
}
