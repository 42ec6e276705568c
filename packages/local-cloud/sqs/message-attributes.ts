import { createHash } from 'node:crypto';
import { AwsError } from '../engine.ts';

/** An attribute as it travels in JSON: bytes as base64. */
type MessageAttribute = {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
};

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

const MAX_ATTRIBUTES = 10;
const NAME = /^(?!\.)(?!.*\.\.)(?!.*\.$)(?!aws\.)(?!amazon\.)[A-Za-z0-9_.-]{1,256}$/i;
const DATA_TYPE = /^(String|Number|Binary)(\..{1,247})?$/;

/** The MD5 of a text's UTF-8 bytes, in hex, as SQS answers it and the SDK verifies it. */
export function md5OfText(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** The MD5 over attributes as SQS computes it: sorted by name, each part with its length. Undefined for none. */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const add = (part: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  };
  for (const name of names) {
    const attribute = attributes[name];
    if (!attribute) continue;
    add(Buffer.from(name));
    add(Buffer.from(attribute.DataType));
    const binary = attribute.DataType.startsWith('Binary');
    hash.update(Buffer.from([binary ? 2 : 1]));
    add(binary ? Buffer.from(attribute.BinaryValue ?? '', 'base64') : Buffer.from(attribute.StringValue ?? ''));
  }
  return hash.digest('hex');
}

/** Bytes that attributes count for against a message's limit: names, types and values. */
export function sizeOfAttributes(attributes: MessageAttributes): number {
  let size = 0;
  for (const [name, attribute] of Object.entries(attributes)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType);
    size += Buffer.byteLength(attribute.StringValue ?? '') + Buffer.byteLength(attribute.BinaryValue ?? '', 'base64');
  }
  return size;
}

/** The message attributes of a send, checked as SQS checks them. Throws AwsError. */
export function parseMessageAttributes(value: unknown): MessageAttributes {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object') throw refused('The message attributes are no map.');
  const attributes: Record<string, MessageAttribute> = {};
  const entries = Object.entries(value);
  if (entries.length > MAX_ATTRIBUTES) {
    throw refused(`Number of message attributes [${entries.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`);
  }
  for (const [name, raw] of entries) {
    if (!NAME.test(name)) throw refused(`The message attribute name '${name}' is invalid.`);
    attributes[name] = parseAttribute(name, raw);
  }
  return attributes;
}

/** The one system attribute that a sender may set. Throws AwsError for another. */
export function parseSystemAttributes(value: unknown): MessageAttributes {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object') throw refused('The message system attributes are no map.');
  const attributes: Record<string, MessageAttribute> = {};
  for (const [name, raw] of Object.entries(value)) {
    if (name !== 'AWSTraceHeader') throw refused(`Message system attribute name '${name}' is invalid.`);
    const attribute = parseAttribute(name, raw);
    if (attribute.DataType !== 'String') throw refused(`The message system attribute '${name}' must be a String.`);
    attributes[name] = attribute;
  }
  return attributes;
}

function parseAttribute(name: string, raw: unknown): MessageAttribute {
  const { DataType, StringValue, BinaryValue } = (raw ?? {}) as Record<string, unknown>;
  if (typeof DataType !== 'string' || DataType === '') {
    throw refused(`The message attribute '${name}' must contain a non-empty message attribute type.`);
  }
  if (!DATA_TYPE.test(DataType)) {
    throw refused(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  const binary = DataType.startsWith('Binary');
  const text = binary ? BinaryValue : StringValue;
  if (typeof text !== 'string' || text === '') {
    throw refused(`The message attribute '${name}' must contain a non-empty message attribute value.`);
  }
  if (binary) return { DataType, BinaryValue: text };
  requireAllowedCharacters(text);
  if (DataType.startsWith('Number') && !Number.isFinite(Number(text))) {
    throw refused(`Can't cast the value of message attribute '${name}' to a number.`);
  }
  return { DataType, StringValue: text };
}

/** Throws InvalidMessageContents for characters that SQS does not take. */
export function requireAllowedCharacters(text: string): void {
  if (/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(text)) {
    throw new AwsError('InvalidMessageContents', 'The message contains characters outside the allowed set.');
  }
}

/** The attributes that a receiver asked for: `All`, `.*`, `*`, a name, or a prefix as in `order.*`. */
export function selectAttributes(attributes: MessageAttributes, asked: readonly string[]): MessageAttributes {
  const everything = ['All', '.*', '*'].some((all) => asked.includes(all));
  const prefixes = asked.filter((name) => name.endsWith('.*')).map((name) => name.slice(0, -2));
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([name]) => everything || asked.includes(name) || prefixes.some((prefix) => name.startsWith(prefix)),
    ),
  );
}

function refused(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}
