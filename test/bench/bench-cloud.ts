import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildSamplePackage } from '@secor/audit-package/build';
import { type Assessor, addDays, businessDate, type Employer, protocolById, ruleSetOn } from '@secor/certification';
import { bootLocalCloud } from '@secor/cli';
import { register } from '@secor/cli/play-audit';
import { type ApiClient, apiClient } from '@secor/contracts';
import type { LocalCloud } from '@secor/local-cloud';
import { addAssessor, addEmployer, linkSignIn, openStore } from '@secor/store';

/** Where the bench keeps what it needs: in the repository, and never in git. */
export const benchFolder = resolve(import.meta.dirname, '../../.local/bench');

/** A fresh local cloud of its own, with the sample people; it is stopped, and its data are gone, when `measure` has ended. */
export async function inFreshCloud<T>(
  name: string,
  assembly: string,
  measure: (cloud: LocalCloud, folder: string) => Promise<T>,
): Promise<T> {
  const folder = join(benchFolder, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const cloud = await bootLocalCloud(assembly, join(folder, 'cloud'), true);
  try {
    const result = await measure(cloud, folder);
    const [denial] = cloud.denials();
    if (denial !== undefined) throw new Error(`a call was denied: ${denial.action} on ${denial.resource}`);
    return result;
  } finally {
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A registered certification audit that has no package yet. */
export type NewAudit = {
  /** The API, for the assessor of this audit. */
  readonly assessor: ApiClient;
  readonly auditNumber: string;
  /** A package for it that passes. */
  readonly file: string;
};

let enrolled = 0;

/** Registers an audit of an employer and an assessor of its own, and makes a package for it. */
export async function newAudit(
  cloud: LocalCloud,
  folder: string,
  documents: { readonly count: number; readonly bytes: number },
): Promise<NewAudit> {
  enrolled += 1;
  const employer: Employer = {
    employerId: `bench-employer-${enrolled}`,
    legalName: `Bench Employer ${enrolled} Ltd.`,
    wcbAccount: '4810276',
    employees: 6,
    contact: { name: 'Dale Kostiuk', email: `contact-${enrolled}@employer.example.com` },
  };
  const person: Assessor = {
    assessorId: `bench-assessor-${enrolled}`,
    name: 'Morgan Tremblay',
    email: `assessor-${enrolled}@assessor.example.net`,
    actsFor: [employer.employerId],
  };
  const token = await cloud.token({ email: person.email, groups: ['assessor'] });
  const { iss, sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const store = openStore(output(cloud, 'TableName'));
  await addEmployer(store, employer);
  await addAssessor(store, person);
  await linkSignIn(store, iss, sub, { assessorId: person.assessorId });
  store.client.destroy();

  const assessor = apiClient(cloud.apiUrl, token);
  const registered = await register(assessor, employer.employerId, 'certification');
  const { auditNumber } = registered;
  const today = businessDate(registered.registeredAt);
  const protocol = protocolById(registered.protocol);
  if (protocol === undefined) throw new Error(`There is no protocol ${registered.protocol}.`);
  const sample = {
    auditNumber,
    kind: 'certification',
    protocol,
    ruleSet: ruleSetOn(today),
    endedOn: addDays(today, -3),
    result: 'passed',
    assessor: person.name,
    seed: 1,
  } as const;
  const file = join(folder, `${auditNumber}.zip`);
  await buildSamplePackage(createWriteStream(file), sample, documents);
  return { assessor, auditNumber, file };
}

/** What the templates tell under this name: 'TableName', 'PackagesBucket'. */
export function output({ outputs }: LocalCloud, name: string): string {
  const [value] = Object.values(outputs).flatMap((each) => each[name] ?? []);
  if (value === undefined) throw new Error(`The templates have no output ${name}.`);
  return value;
}
