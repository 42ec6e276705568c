import type { ProvisionedResource } from './plan.ts';

/**
 * The one resource with this logical id, physical name, or fragment of its construct path.
 *
 * @param stackSuffix the end of its stack's name
 * @throws Error that lists what it could be
 */
export function findResource(
  resources: readonly ProvisionedResource[],
  name: string,
  stackSuffix = '',
): ProvisionedResource {
  const within = resources.filter(({ stack }) => stack.endsWith(stackSuffix));
  const exact = within.filter(({ logicalId, reference, attributes }) =>
    [logicalId, reference, attributes.QueueName].includes(name),
  );
  const found = exact.length > 0 ? exact : within.filter(({ path }) => path?.includes(name));
  const [resource, ...others] = found;
  if (resource !== undefined && others.length === 0) return resource;
  const candidates = found.map(({ path, logicalId, type }) => `${path ?? logicalId} (${type})`).join(', ');
  throw new Error(found.length === 0 ? `There is no resource "${name}".` : `"${name}" could be any of ${candidates}.`);
}
