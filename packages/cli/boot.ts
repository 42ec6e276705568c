import { addDays, businessDate, localTime } from '@secor/certification';
import type { Role } from '@secor/contracts';
import type { LocalCloud, LocalCloudOptions } from '@secor/local-cloud';
import { localOutput, useKeysOf } from './local-keys.ts';
import { samplePeople } from './sample-people.ts';

/**
 * Boots a local cloud on the data in a folder, with the sample people in it.
 * @param assembly what `currentAssembly` gives
 * @param directory where its state is kept
 * @param fresh whether to start over
 * @param options `empty`: whether to add nobody; else as `LocalCloudOptions` says: the stacks that are deployed, the account's limit of
 * invocations at a time, and how close streams and instances are to AWS's
 */
export async function bootLocalCloud(
  assembly: string,
  directory: string,
  fresh: boolean,
  {
    empty = false,
    ...limits
  }: { readonly empty?: boolean } & Pick<
    LocalCloudOptions,
    'stacks' | 'accountConcurrency' | 'streamShards' | 'processorShare'
  > = {},
): Promise<LocalCloud> {
  const { startLocalCloud } = await import('@secor/local-cloud');
  const cloud = await startLocalCloud({
    assembly,
    directory,
    fresh,
    ...limits,
    wallClocks: { 'America/Edmonton': localTime },
  });
  try {
    if (empty) useKeysOf(cloud);
    else await addSamplePeople(cloud);
    return cloud;
  } catch (error) {
    await cloud.stop();
    throw error;
  }
}

/** How long before the first boot the sample assessors were trained. */
const trainedDaysAgo = 200;

/** Adds the sample people, as an administrator's tool would, and links their sign-ins; those who are there already stay. */
export async function addSamplePeople(cloud: LocalCloud): Promise<void> {
  const { addAdministrator, addAssessor, addEmployer, addReviewer, linkSignIn, openStore } = await import(
    '@secor/store'
  );
  useKeysOf(cloud);
  const store = openStore(localOutput(cloud, 'TableName'));
  const link = async (email: string, role: Role, signIn: Parameters<typeof linkSignIn>[3]) => {
    const { iss, sub } = claimsOf(await cloud.token({ email, groups: [role] }));
    await linkSignIn(store, iss, sub, signIn);
  };
  const { employers, assessors, reviewers, administrator } = samplePeople;
  const at = new Date(cloud.clock.now()).toISOString();
  // Trained a while before the first boot, whenever that is.
  const completedOn = addDays(businessDate(at), -trainedDaysAgo);
  const completions = [{ courseId: 'safety-program-development', completedOn }];
  try {
    await Promise.all([
      ...employers.map((employer) => addEmployer(store, employer, at)),
      ...assessors.map((assessor) => addAssessor(store, { ...assessor, completions }, at)),
      ...reviewers.map((reviewer) => addReviewer(store, reviewer, at)),
      addAdministrator(store, administrator),
      ...assessors.map(({ email, assessorId }) => link(email, 'assessor', { assessorId })),
      ...employers.map(({ contact, employerId }) =>
        link(contact.email, 'employer', { employerId, contactEmail: contact.email }),
      ),
      ...reviewers.map(({ email, reviewerId }) => link(email, 'reviewer', { reviewerId })),
      link(administrator.email, 'administrator', { administratorId: administrator.administratorId }),
    ]);
  } finally {
    store.client.destroy();
  }
}

/** Who a token says it is for: the issuer, and the person's lasting id there. */
function claimsOf(token: string): { iss: string; sub: string } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
