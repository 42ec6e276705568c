import { AwsError } from '../engine.ts';
import type { AttributeValue } from './placeholders.ts';

const maxNameBytes = 65_535;

/**
 * Checks the names of attributes, at every depth.
 *
 * @throws AwsError ValidationException for one over 64 KB
 */
export function requireNames(attributes: Readonly<Record<string, AttributeValue>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    requireName(name);
    if (value.M !== undefined) requireNames(value.M as Readonly<Record<string, AttributeValue>>);
    // A list's elements have no names of their own; what is in them has.
    if (Array.isArray(value.L)) requireNames(Object.fromEntries(value.L.entries()));
  }
}

/** Checks one name; throws as `requireNames`. */
export function requireName(name: string): void {
  if (Buffer.byteLength(name) <= maxNameBytes) return;
  throw new AwsError(
    'ValidationException',
    `One or more parameter values were invalid: Attribute name is too large, must be less than ${maxNameBytes + 1} bytes`,
  );
}
