import type { Identity } from '../identity/identity.ts';
import type { Plan } from '../template/plan.ts';
import type { LocalCloud } from './local-cloud.ts';

const tokenSeconds = 3600;

/**
 * Signs an access token of the templates' user pool.
 *
 * @throws Error when there is no client, or no such group
 */
export async function signToken(
  plan: Plan,
  identity: Identity,
  { email, groups, expiresInSeconds = tokenSeconds }: Parameters<LocalCloud['token']>[0],
): Promise<string> {
  const [clientId] = [...plan.userPools.values()].flatMap(({ clientIds }) => clientIds);
  if (clientId === undefined) throw new Error('The templates have no user pool with a client, so there are no tokens.');
  const known = new Set([...plan.userPools.values()].flatMap((pool) => pool.groups));
  const unknown = groups.find((group) => !known.has(group));
  if (unknown !== undefined)
    throw new Error(`There is no group "${unknown}" in the user pool; there are ${[...known].join(', ')}.`);
  return identity.token({ email, groups, clientId, expiresInSeconds });
}
