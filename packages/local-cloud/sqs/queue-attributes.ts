import { AwsError } from '../engine.ts';

/** What a queue is set to; seconds as on AWS. */
export type QueueAttributes = {
  readonly delaySeconds: number;
  readonly maximumMessageSize: number;
  readonly messageRetentionPeriod: number;
  readonly receiveMessageWaitTimeSeconds: number;
  readonly visibilityTimeout: number;
  readonly redrivePolicy?: { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number };
  /** Those that change nothing here (encryption, policies), as given, for GetQueueAttributes. */
  readonly kept: Readonly<Record<string, string>>;
};

type Range = { readonly name: string; readonly min: number; readonly max: number; readonly default: number };

/** The longest time for which a message is hidden. */
export const MAX_VISIBILITY_SECONDS = 43_200;

const DELAY: Range = { name: 'DelaySeconds', min: 0, max: 900, default: 0 };
const SIZE: Range = { name: 'MaximumMessageSize', min: 1024, max: 1_048_576, default: 1_048_576 };
const RETENTION: Range = { name: 'MessageRetentionPeriod', min: 60, max: 1_209_600, default: 345_600 };
const WAIT: Range = { name: 'ReceiveMessageWaitTimeSeconds', min: 0, max: 20, default: 0 };
const VISIBILITY: Range = { name: 'VisibilityTimeout', min: 0, max: MAX_VISIBILITY_SECONDS, default: 30 };

const KEPT = new Set([
  'Policy',
  'RedriveAllowPolicy',
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
  'SqsManagedSseEnabled',
]);
const OWN = new Set([DELAY, SIZE, RETENTION, WAIT, VISIBILITY].map((range) => range.name).concat('RedrivePolicy'));

/** Attributes as the API or a template gives them (strings, numbers, booleans, objects), with AWS's defaults for those absent. Throws AwsError. */
export function parseQueueAttributes(given: Readonly<Record<string, unknown>>): QueueAttributes {
  if (String(given.FifoQueue ?? 'false') === 'true') {
    throw new AwsError('InvalidAttributeValue', 'The local cloud does not support FIFO queues: use a standard queue.');
  }
  const unknown = Object.keys(given).find((name) => !OWN.has(name) && !KEPT.has(name) && name !== 'FifoQueue');
  if (unknown) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (KEPT.has(name)) kept[name] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  const redrivePolicy = parseRedrivePolicy(given.RedrivePolicy);
  return {
    delaySeconds: within(DELAY, given),
    maximumMessageSize: within(SIZE, given),
    messageRetentionPeriod: within(RETENTION, given),
    receiveMessageWaitTimeSeconds: within(WAIT, given),
    visibilityTimeout: within(VISIBILITY, given),
    ...(redrivePolicy ? { redrivePolicy } : {}),
    kept,
  };
}

/** The attributes in the API's words. */
export function renderQueueAttributes(attributes: QueueAttributes): Record<string, string> {
  return {
    [DELAY.name]: String(attributes.delaySeconds),
    [SIZE.name]: String(attributes.maximumMessageSize),
    [RETENTION.name]: String(attributes.messageRetentionPeriod),
    [WAIT.name]: String(attributes.receiveMessageWaitTimeSeconds),
    [VISIBILITY.name]: String(attributes.visibilityTimeout),
    ...(attributes.redrivePolicy ? { RedrivePolicy: JSON.stringify(attributes.redrivePolicy) } : {}),
    ...attributes.kept,
  };
}

function within(range: Range, given: Readonly<Record<string, unknown>>): number {
  const value = given[range.name];
  if (value === undefined) return range.default;
  const number = typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : Number.NaN;
  if (Number.isInteger(number) && number >= range.min && number <= range.max) return number;
  throw new AwsError(
    'InvalidAttributeValue',
    `Invalid value ${String(value)} for the parameter ${range.name}. It must be a whole number from ${range.min} to ${range.max}.`,
  );
}

function parseRedrivePolicy(given: unknown): QueueAttributes['redrivePolicy'] {
  if (given === undefined || given === '') return undefined;
  let policy: unknown = given;
  if (typeof given === 'string') {
    try {
      policy = JSON.parse(given);
    } catch {
      policy = undefined;
    }
  }
  const { deadLetterTargetArn, maxReceiveCount } = (policy ?? {}) as Record<string, unknown>;
  const count = Number(maxReceiveCount);
  if (typeof deadLetterTargetArn === 'string' && Number.isInteger(count) && count >= 1 && count <= 1000) {
    return { deadLetterTargetArn, maxReceiveCount: count };
  }
  throw new AwsError(
    'InvalidAttributeValue',
    'Invalid value for the parameter RedrivePolicy. It must hold deadLetterTargetArn and a maxReceiveCount from 1 to 1000.',
  );
}
