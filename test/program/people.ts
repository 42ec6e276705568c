import { randomUUID } from 'node:crypto';
import type { InputFor } from '@secor/contracts';
import { claimsOf, type Site } from '../cloud.ts';

/** An id that nobody has. */
export function newId(what: string): string {
  return `${what}-${randomUUID().slice(0, 8)}`;
}

/** An employer that can be added, under an id of its own unless told otherwise. */
export function newEmployer(employerId = newId('employer')): InputFor<'addEmployer'>['body'] {
  return {
    employerId,
    legalName: `${employerId} Ltd.`,
    tradeName: 'Test',
    wcbAccount: '4810276',
    employees: 6,
    industryCode: '213118',
    address: { street: '1 Test Road', city: 'Calgary', province: 'AB', postalCode: 'T2P 0A1' },
    contact: { name: 'Dale Contact', email: `${employerId}@employer.example.com` },
    goodStanding: true,
  };
}

/** An assessor that can be added, under an id of their own. */
export function newAssessor(
  actsFor: readonly string[],
  completedOn: string,
  assessorId = newId('assessor'),
): InputFor<'addAssessor'>['body'] {
  return {
    assessorId,
    name: `Robin ${assessorId}`,
    email: `${assessorId}@assessor.example.net`,
    actsFor: [...actsFor],
    completions: [{ courseId: 'safety-program-development', completedOn }],
  };
}

/** Has an administrator add an employer and an assessor who acts for it, and link the assessor's sign-in. */
export async function enrolByApi({ administrator, cloud, client }: Site, completedOn: string) {
  const employer = await administrator('addEmployer', { body: newEmployer() });
  const assessor = await administrator('addAssessor', { body: newAssessor([employer.employerId], completedOn) });
  const { sub } = claimsOf(await cloud.token({ email: assessor.email, groups: ['assessor'] }));
  await administrator('linkSignIn', { body: { sub, assessorId: assessor.assessorId } });
  return { employer, assessor, api: await client(assessor.email, 'assessor') };
}
