import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addDays, businessDate } from '@secor/certification';
import { type ApiClient, apiClient, type Role } from '@secor/contracts';
import type { LocalCloud } from '@secor/local-cloud';
import { currentAssembly } from './assembly.ts';
import { bootLocalCloud } from './boot.ts';
import { Failure, type Io, messageOf, unlessStopped } from './command.ts';
import { writeSample } from './commands/package-new.ts';
import { clearDemoFolder, keepLetters, packageName } from './demo-folder.ts';
import { deniedIn, FailedIn, logEnd, physicalName, stepLimitMs, stepper, troubleIn } from './demo-step.ts';
import { expectationOf } from './expectation.ts';
import { bytes, duration } from './format.ts';
import {
  accept,
  askForLink,
  download,
  openLink,
  type Patience,
  readReview,
  register,
  until,
  untilAssigned,
  untilLaidOut,
  untilRead,
  untilReported,
  upload,
} from './play-audit.ts';
import { localFolder, shownPath } from './running-cloud.ts';
import { samplePeople } from './sample-people.ts';
import { timeline } from './timeline.ts';

const synthLimitMs = 60_000;
const bootLimitMs = 30_000;

/** Plays one certification audit as its people would, on a local cloud of its own; gives the exit code. */
export async function playDemo(io: Io): Promise<number> {
  const begun = performance.now();
  const folder = join(localFolder(io), 'demo');
  io.out('One SECOR audit, from registration to certificate\n\n');
  const told = timeline((text) => io.out(text), begun);
  const step = stepper(told);
  const assembly = await unlessStopped(
    io,
    step(
      ['templates made', 'npm run synth', undefined, synthLimitMs],
      (late) => currentAssembly(undefined, AbortSignal.any([late, io.stop])),
      () => 'templates and bundles are current',
    ),
  );
  const cloud = await step(
    ['ready', 'local cloud', undefined, bootLimitMs],
    () => bootLocalCloud(assembly, join(folder, 'cloud'), true),
    () => 'ready, with the sample people in it',
  );
  try {
    // The cloud owns its folder now: no other demo uses the files beside it.
    await clearDemoFolder(folder);
    io.stop.throwIfAborted();
    await unlessStopped(io, play(cloud, folder, told, io.stop));
    await keepLetters(cloud, folder);
  } catch (error) {
    throw error instanceof FailedIn ? new Failure(`${error.message}${logOf(cloud, error.functionName)}`) : error;
  } finally {
    await cloud.stop();
    await writeFile(join(folder, 'timeline.json'), `${JSON.stringify(told.moments, null, 2)}\n`);
  }
  const shown = shownPath(folder);
  io.out(
    [
      '',
      `Done in ${duration(performance.now() - begun)}. Where to look:`,
      `  ${shown}/report.pdf`,
      `  ${shown}/certificate.pdf`,
      `  ${shown}/mail/*.eml`,
      `  ${shown}/timeline.json`,
      '',
    ].join('\n'),
  );
  return 0;
}

async function play(
  cloud: LocalCloud,
  folder: string,
  told: ReturnType<typeof timeline>,
  stop: AbortSignal,
): Promise<void> {
  const [employer] = samplePeople.employers;
  const [person] = samplePeople.assessors;
  const signIn = (email: string, role: Role) => client(cloud, email, role);
  const assessor = await signIn(person.email, 'assessor');
  const reviewers = await Promise.all(samplePeople.reviewers.map(({ email }) => signIn(email, 'reviewer')));
  const administrator = await signIn(samplePeople.administrator.email, 'administrator');
  const step = stepper(told, deniedIn(cloud));
  const trouble = troubleIn(cloud);
  const after = (functionName: string) => patienceAfter(cloud, functionName);

  const { auditNumber, registeredAt } = await step(
    ['registered', 'HTTP API → assessor-api', 'assessor-api'],
    () => register(assessor, employer.employerId, 'certification'),
    (audit) => `audit ${audit.auditNumber} of ${employer.legalName} registered`,
  );
  const link = await step(
    ['link issued', 'HTTP API → assessor-api', 'assessor-api'],
    () => askForLink(assessor, auditNumber),
    ({ expiresAt }) => `upload link issued, valid until ${expiresAt.slice(11, 16)} UTC`,
  );
  const file = join(folder, packageName);
  const made = await step(
    ['package made', 'secor package new', undefined],
    () => makePackage(file, auditNumber, businessDate(registeredAt), person.name, stop),
    ({ size, documents }) => `package made: ${documents} documents, ${bytes(size)}`,
  );
  await step(
    ['uploaded', 'S3, presigned POST', undefined],
    () => upload(file, link),
    () => `${bytes(made.size)} uploaded`,
  );
  await step(
    ['package accepted', 'S3 → SQS intake → intake', 'intake'],
    async () => {
      const { became, audit, remedy } = await untilRead(assessor, auditNumber, link.link, after('intake'));
      const [first] = audit.refusal?.problems ?? [];
      const why = remedy ?? (first && `${first.place}: ${first.message}`) ?? 'the audit does not say why.';
      if (became !== 'accepted') throw new Failure(`the package was ${became}: ${why}`);
      return audit;
    },
    ({ score }) => `package accepted: ${score?.awarded} of ${score?.available} points, ${score?.percent} %`,
  );
  const [reviewer] = await Promise.all([
    step(
      ['assigned', 'relay → SQS review → assign', 'assign'],
      () => untilAssigned(reviewers, auditNumber, after('assign')),
      (index) => `in the queue, assigned to ${samplePeople.reviewers[index]?.name}`,
    ).then((index) => reviewers[index] as ApiClient),
    step(
      ['documents laid out', 'relay → SQS documents → layout', 'layout'],
      () => untilLaidOut(administrator, auditNumber, after('layout')),
      ({ documents }) => `${documents.length} documents laid out, every CRC checked`,
    ),
  ]);
  const review = await step(
    ['review read', 'HTTP API → review-api', 'review-api'],
    () => readReview(reviewer, auditNumber),
    ({ answers, documents }) => `review read: ${answers.length} answers, ${documents.length} links`,
  );
  await step(
    ['document opened', 'S3, presigned GET', undefined],
    () => openLink(review.documents.find(({ path }) => path === 'manual.pdf')?.url ?? ''),
    ({ type, bytes: opened }) => `manual.pdf opened: ${type}, ${bytes(opened.length)}`,
  );
  await step(
    ['accepted', 'HTTP API → review-api', 'review-api'],
    () => accept(reviewer, review),
    ({ state, outcome }) => `accepted: ${state}, ${outcome}`,
  );
  const papers = await step(
    ['report made', 'relay → SQS reports → report', 'report'],
    () => untilReported(assessor, auditNumber, after('report')),
    ({ certificate }) => `report made${certificate === undefined ? '' : ', and the certificate'}`,
  );
  await step(
    ['letters arrived', 'relay → SQS mail → mail → SES', 'mail'],
    () => lettersOf(cloud, [person.email, employer.contact.email], after('mail')),
    (letters) => `${letters.length} letters arrived, to ${[...new Set(letters.flatMap(({ to }) => to))].join(', ')}`,
  );
  await step(
    ['downloaded', 'HTTP API → assessor-api, S3', 'assessor-api'],
    async () => {
      if (papers.certificate === undefined) throw new Failure('the API gives no link to a certificate.');
      await download(papers.report.url, join(folder, 'report.pdf'));
      await download(papers.certificate.url, join(folder, 'certificate.pdf'));
    },
    () => 'report and certificate downloaded',
  );
  await step(
    ['quiet', 'local cloud', undefined],
    () => cloud.quiet(stepLimitMs).catch((error) => Promise.reject(new FailedIn(trouble(), messageOf(error)))),
    () => 'nothing left to do',
  );
}

/** Everybody who has passed must hear of it: the assessor and the employer's contact. */
async function lettersOf(cloud: LocalCloud, addresses: readonly string[], patience: Patience) {
  const passed = (letters: Awaited<ReturnType<LocalCloud['letters']>>) =>
    addresses.every((address) =>
      letters.some(({ to, subject }) => to.includes(address) && subject.startsWith('Passed')),
    );
  return until('the letter that the audit passed', async () => cloud.letters(), passed, patience);
}

async function client(cloud: LocalCloud, email: string, role: Role): Promise<ApiClient> {
  return apiClient(cloud.apiUrl, await cloud.token({ email, groups: [role] }));
}

/** A package as an assessor would make it for an audit that was registered on this day. */
async function makePackage(file: string, auditNumber: string, registered: string, assessor: string, stop: AbortSignal) {
  const documents = 12;
  const audit = { audit: auditNumber, kind: 'certification', protocol: undefined, registered } as const;
  const sample = {
    endedOn: addDays(registered, -3),
    documents,
    size: 1024 ** 2,
    seed: 1,
    result: 'passed',
    assessor,
  } as const;
  return { documents, ...(await writeSample(file, expectationOf(audit, registered), sample, stop)) };
}

/** Waits for the end of the function's next invocation, which may have been already since the last look. */
function patienceAfter(cloud: LocalCloud, functionName: string): Patience {
  let ended = 0;
  let seen = 0;
  let wake = () => {};
  cloud.on('ended', (invocation) => {
    if (invocation.functionName !== physicalName(functionName)) return;
    ended += 1;
    wake();
  });
  return {
    limitMs: stepLimitMs,
    pause: (milliseconds) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => wake(), milliseconds);
        wake = () => {
          clearTimeout(timer);
          seen = ended;
          resolve();
        };
        if (ended > seen) wake();
      }),
  };
}

/** The path of the function's log, and its last lines. */
function logOf(cloud: LocalCloud, name: string | undefined): string {
  const found = name === undefined ? undefined : cloud.functions[physicalName(name)];
  if (found === undefined) return '';
  const lines = logEnd(found.logs()).map((line) => `\n  ${line}`);
  return `\nThe log of function ${name}, ${shownPath(found.logFile)}, says:${lines.join('')}`;
}
