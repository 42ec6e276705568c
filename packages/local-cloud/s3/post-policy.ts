import { createHmac, timingSafeEqual } from 'node:crypto';
import { signingKey } from '../gateway/signature.ts';
import { accessDenied, refusal } from './refusal.ts';

/** What a verified policy says of the size of the file, in bytes, both included. */
export type SizeRange = { readonly min: number; readonly max: number };

type Condition =
  | { readonly kind: 'eq' | 'starts-with'; readonly field: string; readonly value: string; readonly text: string }
  | { readonly kind: 'size'; readonly min: number; readonly max: number };

type PostPolicy = { readonly expiresAt: number; readonly conditions: readonly Condition[] };

/** Reads a base64 policy; throws InvalidPolicyDocument. */
export function parsePolicy(base64: string): PostPolicy {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(base64, 'base64').toString());
  } catch {
    throw invalidPolicy('Invalid JSON.');
  }
  if (typeof document !== 'object' || document === null) throw invalidPolicy('Invalid JSON.');
  const { expiration, conditions } = document as { expiration?: unknown; conditions?: unknown };
  if (typeof expiration !== 'string') throw invalidPolicy('Policy missing expiration.');
  const expiresAt = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(expiration) ? Date.parse(expiration) : Number.NaN;
  if (Number.isNaN(expiresAt)) throw invalidPolicy(`Invalid 'expiration' value: '${expiration}'`);
  if (!Array.isArray(conditions)) throw invalidPolicy('Policy missing conditions.');
  return { expiresAt, conditions: conditions.flatMap(parseCondition) };
}

function parseCondition(condition: unknown): Condition[] {
  if (Array.isArray(condition)) {
    const [operator, field, value] = condition as unknown[];
    const kind = typeof operator === 'string' ? operator.toLowerCase() : undefined;
    if (condition.length !== 3) throw invalidPolicy('Invalid Condition: wrong number of arguments.');
    if (kind === 'content-length-range') {
      const [min, max] = [Number(field), Number(value)];
      if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max)) {
        throw invalidPolicy('Invalid Condition: content-length-range takes two whole numbers.');
      }
      return [{ kind: 'size', min, max }];
    }
    if (kind !== 'eq' && kind !== 'starts-with') throw invalidPolicy(`Invalid Condition: unknown operation '${kind}'.`);
    if (typeof field !== 'string' || !field.startsWith('$') || typeof value !== 'string') {
      throw invalidPolicy(`Invalid Condition: ${JSON.stringify(condition)}`);
    }
    return [{ kind, field: field.slice(1).toLowerCase(), value, text: conditionText(kind, field, value) }];
  }
  if (typeof condition !== 'object' || condition === null) throw invalidPolicy('Invalid Condition.');
  return Object.entries(condition).map(([field, value]) => {
    if (typeof value !== 'string')
      throw invalidPolicy(`Invalid Simple-Condition: the value of '${field}' must be text.`);
    return { kind: 'eq', field: field.toLowerCase(), value, text: conditionText('eq', `$${field}`, value) };
  });
}

const conditionText = (...parts: readonly string[]) => `[${parts.map((part) => JSON.stringify(part)).join(', ')}]`;

/** Fields that need no condition. */
const UNCONDITIONED = new Set(['x-amz-signature', 'file', 'policy']);

/**
 * Holds a form against its policy. `fields`: lower-case names, with the bucket of the address as `bucket`; `now`: the
 * machine's clock, epoch milliseconds. Gives the size that the file must have; throws AccessDenied as S3 words it.
 */
export function checkPolicy(policy: PostPolicy, fields: ReadonlyMap<string, string>, now: number): SizeRange {
  if (policy.expiresAt <= now) throw accessDenied('Invalid according to Policy: Policy expired.');
  const range = { min: 0, max: Number.POSITIVE_INFINITY };
  const covered = new Set<string>();
  for (const condition of policy.conditions) {
    if (condition.kind === 'size') {
      range.min = Math.max(range.min, condition.min);
      range.max = Math.min(range.max, condition.max);
      continue;
    }
    covered.add(condition.field);
    if (!holds(condition.kind, fields.get(condition.field), condition)) {
      throw accessDenied(`Invalid according to Policy: Policy Condition failed: ${condition.text}`);
    }
  }
  const extra = [...fields.keys()].filter(
    (name) => !covered.has(name) && !UNCONDITIONED.has(name) && !name.startsWith('x-ignore-'),
  );
  if (extra.length > 0) throw accessDenied(`Invalid according to Policy: Extra input fields: ${extra.join(', ')}`);
  return range;
}

function holds(
  kind: 'eq' | 'starts-with',
  actual: string | undefined,
  { field, value }: { readonly field: string; readonly value: string },
): boolean {
  // A field that the form lacks is empty, so that only an empty condition holds for it.
  const text = actual ?? '';
  if (kind === 'eq') return text === value;
  // A list of content types must begin so in every one of its members.
  const members = field === 'content-type' ? text.split(',') : [text];
  return members.every((member) => member.trim().startsWith(value));
}

/** Whether the signature is the HMAC of the base64 policy with the key that SigV4 derives from the secret. */
export function policySignatureHolds(
  policy: string,
  signature: string,
  secret: string,
  scope: { readonly date: string; readonly region: string; readonly service: string },
): boolean {
  const key = signingKey(secret, { ...scope, day: scope.date });
  const expected = Buffer.from(createHmac('sha256', key).update(policy).digest('hex'));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

const invalidPolicy = (reason: string) => refusal('InvalidPolicyDocument', `Invalid Policy: ${reason}`, 400);
