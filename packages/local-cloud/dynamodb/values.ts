import type { AttributeValue } from './placeholders.ts';

/** The type of a value: S, N, B, BOOL, NULL, M, L, SS, NS, BS. */
export function typeOf(value: AttributeValue): string {
  return Object.keys(value)[0] ?? '';
}

/** The size of a key's value in bytes; numbers are never too long. */
export function bytesOf(value: AttributeValue): number {
  if (typeof value.S === 'string') return Buffer.byteLength(value.S);
  return typeof value.B === 'string' ? Buffer.byteLength(value.B, 'base64') : 0;
}

/** Orders two texts, numbers or bytes of one type as DynamoDB does: below 0, 0, above 0. */
export function compareValues(one: AttributeValue, other: AttributeValue): number {
  if (typeof one.N === 'string') return Number(one.N) - Number(other.N);
  const bytes = ({ S, B }: AttributeValue) =>
    typeof B === 'string' ? Buffer.from(B, 'base64') : Buffer.from(String(S));
  return Buffer.compare(bytes(one), bytes(other));
}

/** Whether a text or bytes begin with others. */
export function beginsWith(whole: AttributeValue, beginning: AttributeValue): boolean {
  if (typeof whole.S === 'string') return whole.S.startsWith(String(beginning.S));
  const head = Buffer.from(String(beginning.B), 'base64');
  return Buffer.from(String(whole.B), 'base64').subarray(0, head.length).equals(head);
}

/** As DynamoDB writes a value into its messages. */
export function describeValue(value: AttributeValue): string {
  const [type = '', content] = Object.entries(value)[0] ?? [];
  return `AttributeValue: {${type}:${typeof content === 'string' ? content : JSON.stringify(content)}}`;
}
