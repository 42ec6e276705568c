import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildSamplePackage } from '@secor/audit-package/build';
import { type Assessor, addDays, businessDate, type Employer, protocolById, ruleSetOn } from '@secor/certification';
import { employerData } from '@secor/certification/testing';
import { bootLocalCloud } from '@secor/cli';
import { register } from '@secor/cli/play-audit';
import { type AnswerOf, type ApiClient, apiClient, type Role } from '@secor/contracts';
import type { LocalCloud } from '@secor/local-cloud';
import { addAssessor, addEmployer, linkSignIn, openStore, type SignIn } from '@secor/store';

/** Where the bench keeps what it needs: in the repository, and never in git. */
export const benchFolder = resolve(import.meta.dirname, '../../.local/bench');

/** A fresh local cloud of its own, with the sample people; it is stopped, and its data are gone, when `measure` has ended. */
export async function inFreshCloud<T>(
  name: string,
  assembly: string,
  measure: (cloud: LocalCloud, folder: string) => Promise<T>,
): Promise<T> {
  return inFolder(name, (folder) => inCloud(assembly, join(folder, 'cloud'), true, (cloud) => measure(cloud, folder)));
}

/** A folder of its own, that is gone when `use` has ended. */
export async function inFolder<T>(name: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(benchFolder, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A local cloud on the data in a directory, with the sample people; it is stopped when `use` has ended. */
export async function inCloud<T>(
  assembly: string,
  directory: string,
  fresh: boolean,
  use: (cloud: LocalCloud) => Promise<T>,
): Promise<T> {
  const cloud = await bootLocalCloud(assembly, directory, fresh);
  try {
    const result = await use(cloud);
    const [denial] = cloud.denials();
    if (denial !== undefined) throw new Error(`a call was denied: ${denial.action} on ${denial.resource}`);
    return result;
  } finally {
    await cloud.stop();
  }
}

/** An employer with an assessor who acts for it and for nobody else. */
export type Party = {
  readonly employer: Employer;
  readonly assessor: Pick<Assessor, 'assessorId' | 'name' | 'email' | 'actsFor'>;
  /** Their access tokens, the contact's for the employer. */
  readonly tokens: { readonly assessor: string; readonly contact: string };
};

let enrolled = 0;

/** Adds an employer and an assessor. */
export async function newParty(cloud: LocalCloud): Promise<Party> {
  enrolled += 1;
  const contact = { name: 'Dale Kostiuk', email: `contact-${enrolled}@employer.example.com` };
  const data = employerData({ legalName: `Bench Employer ${enrolled} Ltd.`, contact });
  const employer: Employer = { employerId: `bench-employer-${enrolled}`, version: 1, ...data };
  const at = new Date(cloud.clock.now()).toISOString();
  const assessor = {
    assessorId: `bench-assessor-${enrolled}`,
    name: 'Morgan Tremblay',
    email: `assessor-${enrolled}@assessor.example.net`,
    actsFor: [employer.employerId],
    completions: [{ courseId: 'safety-program-development', completedOn: addDays(businessDate(at), -100) }],
  };
  const store = openStore(output(cloud, 'TableName'));
  const linked = async (email: string, role: Role, signIn: SignIn): Promise<string> => {
    const token = await cloud.token({ email, groups: [role] });
    const { iss, sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    await linkSignIn(store, iss, sub, signIn);
    return token;
  };
  await addEmployer(store, employer, at);
  await addAssessor(store, assessor, at);
  const tokens = {
    assessor: await linked(assessor.email, 'assessor', { assessorId: assessor.assessorId }),
    contact: await linked(employer.contact.email, 'employer', {
      employerId: employer.employerId,
      contactEmail: employer.contact.email,
    }),
  };
  store.client.destroy();
  return { employer, assessor, tokens };
}

/** How many documents a package has, and how many bytes they have together. */
export type Documents = { readonly count: number; readonly bytes: number };

/** Makes a package that passes for an audit; another seed gives other answers. Answers with its file. */
export async function packageFor(
  { auditNumber, kind, protocol: id, registeredAt }: AnswerOf<'registerAudit'>,
  folder: string,
  documents: Documents,
  seed = 1,
): Promise<string> {
  const today = businessDate(registeredAt);
  const protocol = protocolById(id);
  if (protocol === undefined) throw new Error(`There is no protocol ${id}.`);
  const sample = {
    auditNumber,
    kind,
    protocol,
    ruleSet: ruleSetOn(today),
    endedOn: addDays(today, -3),
    result: 'passed',
    assessor: 'Morgan Tremblay',
    seed,
  } as const;
  const file = join(folder, `${auditNumber}.zip`);
  await buildSamplePackage(createWriteStream(file), sample, documents);
  return file;
}

/** A registered certification audit that has no package yet. */
export type NewAudit = {
  /** The API, for the assessor of this audit. */
  readonly assessor: ApiClient;
  readonly auditNumber: string;
  /** A package for it that passes. */
  readonly file: string;
};

/** Registers an audit of an employer and an assessor of its own, and makes a package for it. */
export async function newAudit(cloud: LocalCloud, folder: string, documents: Documents): Promise<NewAudit> {
  const { employer, tokens } = await newParty(cloud);
  const assessor = apiClient(cloud.apiUrl, tokens.assessor);
  const registered = await register(assessor, employer.employerId, 'certification');
  const file = await packageFor(registered, folder, documents);
  return { assessor, auditNumber: registered.auditNumber, file };
}

/** What the templates tell under this name: 'TableName', 'PackagesBucket'. */
export function output({ outputs }: LocalCloud, name: string): string {
  const [value] = Object.values(outputs).flatMap((each) => each[name] ?? []);
  if (value === undefined) throw new Error(`The templates have no output ${name}.`);
  return value;
}
