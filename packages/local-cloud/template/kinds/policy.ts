import type { PolicyDocument } from '../../gateway/policy.ts';
import type { Reader } from '../reader.ts';

/** A policy document among the properties of a resource. */
export function policyOf(properties: Reader, name: string): PolicyDocument {
  const document = properties.object(name);
  document.list('Statement');
  // The gateway reads the statements, and refuses by name what it does not support.
  return document.value as unknown as PolicyDocument;
}
