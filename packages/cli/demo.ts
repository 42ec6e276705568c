import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addDays, businessDate } from '@secor/certification';
import { type ApiClient, apiClient, type Role } from '@secor/contracts';
import type { LocalCloud } from '@secor/local-cloud';
import { currentAssembly, stage } from './assembly.ts';
import { bootLocalCloud } from './boot.ts';
import { Failure, type Io, messageOf } from './command.ts';
import { writeSample } from './commands/package-new.ts';
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

const stepLimitMs = 15_000;
const shownLogLines = 12;

/** A step that failed, with the function whose log tells more. */
class StepFailed extends Failure {
  readonly functionName: string | undefined;

  constructor(step: string, where: string, functionName: string | undefined, cause: unknown) {
    super(`the step "${step}" (${where}) failed: ${messageOf(cause)}`, { cause });
    this.functionName = functionName;
  }
}

/** Plays one certification audit as its people would, on a local cloud of its own; gives the exit code. */
export async function playDemo(io: Io): Promise<number> {
  const begun = performance.now();
  const folder = join(localFolder(io), 'demo');
  io.out('One SECOR audit, from registration to certificate\n\n');
  const told = timeline((text) => io.out(text), begun);
  const assembly = await currentAssembly();
  told.add('templates and bundles are current', 'npm run synth');
  const cloud = await bootLocalCloud(assembly, join(folder, 'cloud'), true);
  told.add('ready, with the sample people in it', 'local cloud');
  try {
    // The cloud holds its folder now: no other demo uses what lies beside it.
    await clear(folder);
    const stopped = new Promise<never>((_, reject) => {
      const end = () => reject(new Failure('stopped before its end.'));
      if (io.stop.aborted) end();
      else io.stop.addEventListener('abort', end, { once: true });
    });
    await Promise.race([play(cloud, folder, told), stopped]);
    await cloud.quiet(stepLimitMs);
    await keepLetters(cloud, join(folder, 'mail'));
    const [denial] = cloud.denials();
    if (denial !== undefined) throw new Failure(`a call was denied: ${denial.action} on ${denial.resource}.`);
  } catch (error) {
    throw error instanceof StepFailed ? new Failure(`${error.message}${logOf(cloud, error.functionName)}`) : error;
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

async function play(cloud: LocalCloud, folder: string, told: ReturnType<typeof timeline>): Promise<void> {
  const [employer] = samplePeople.employers;
  const [person] = samplePeople.assessors;
  const signIn = (email: string, role: Role) => client(cloud, email, role);
  const assessor = await signIn(person.email, 'assessor');
  const reviewers = await Promise.all(samplePeople.reviewers.map(({ email }) => signIn(email, 'reviewer')));
  const administrator = await signIn(samplePeople.administrator.email, 'administrator');
  const step = stepper(told);
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
  const file = join(folder, `audit-${auditNumber}.zip`);
  const made = await step(
    ['package made', 'secor package new', undefined],
    () => makePackage(file, auditNumber, businessDate(registeredAt), person.name),
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
      const { became, audit } = await untilRead(assessor, auditNumber, link.link, after('intake'));
      const [first] = audit.refusal?.problems ?? [];
      if (became !== 'accepted') throw new Failure(`the package was ${became}: ${first?.place} ${first?.message}`);
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
async function makePackage(file: string, auditNumber: string, registered: string, assessor: string) {
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
  return { documents, ...(await writeSample(file, expectationOf(audit, registered), sample)) };
}

/** Where a step happens: its name, the services on the way, and the function whose log tells when it fails. */
type Place = readonly [step: string, where: string, functionName: string | undefined];

/** Carries steps out, each within its limit, and notes them in the timeline when they are done. */
function stepper(told: ReturnType<typeof timeline>) {
  return async <T>(
    [step, where, functionName]: Place,
    act: () => Promise<T>,
    tell: (value: T) => string,
  ): Promise<T> => {
    const limit = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => limit.reject(new Failure(`it did not come within ${stepLimitMs / 1000} s.`)),
      stepLimitMs,
    );
    try {
      const value = await Promise.race([act(), limit.promise]);
      told.add(tell(value), where);
      return value;
    } catch (error) {
      throw new StepFailed(step, where, functionName, error);
    } finally {
      clearTimeout(timer);
    }
  };
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

function physicalName(functionName: string): string {
  return `secor-${stage}-${functionName}`;
}

/** Where the function's log stands, and how it ends. */
function logOf(cloud: LocalCloud, name: string | undefined): string {
  const found = name === undefined ? undefined : cloud.functions[physicalName(name)];
  if (found === undefined) return '';
  const lines = found.logs().trimEnd().split('\n').slice(-shownLogLines);
  const last = lines.map((line) => `\n  ${line.length > 500 ? `${line.slice(0, 500)} …` : line}`).join('');
  return `\nThe log of function ${name}, ${shownPath(found.logFile)}, ends:${last}`;
}

/** Takes away what the last demo left beside its cloud. */
async function clear(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name !== 'cloud') await rm(join(folder, name), { recursive: true });
  }
  await mkdir(join(folder, 'mail'));
}

/** Copies the letters out of the cloud's own folder, numbered in their order. */
async function keepLetters(cloud: LocalCloud, folder: string): Promise<void> {
  for (const [at, { file, to, subject }] of (await cloud.letters()).entries()) {
    const about = subject
      .replace(/:.*/, '')
      .replace(/[^A-Za-z]+/g, '-')
      .toLowerCase();
    await copyFile(file, join(folder, `${at + 1}-${about}-to-${to[0]?.split('@')[0]}.eml`));
  }
}
