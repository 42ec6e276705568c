import { AwsError, type EngineRequest } from '../engine.ts';

/** The parameters of a call. */
export type Input = Readonly<Record<string, unknown>>;

/** A call is asked for its rights and then carried out: its body is read once. */
const parsedBodies = new WeakMap<Buffer, Input>();

/** The parameters in the body of a call. Throws AwsError. */
export function inputOf(request: EngineRequest): Input {
  const { body } = request;
  if (!Buffer.isBuffer(body)) throw new AwsError('SerializationException', 'The request has no body.');
  const known = parsedBodies.get(body);
  if (known) return known;
  let input: unknown;
  try {
    input = JSON.parse(body.length === 0 ? '{}' : body.toString('utf8'));
  } catch {
    input = undefined;
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new AwsError('SerializationException', 'The request is no JSON object.');
  }
  parsedBodies.set(body, input as Input);
  return input as Input;
}

/** The refusal of a call that leaves a parameter out. */
export function missing(name: string): AwsError {
  return new AwsError('MissingParameter', `The request must contain the parameter ${name}.`);
}

/** A text that must be there. Throws AwsError. */
export function requireText(input: Input, name: string): string {
  const value = input[name];
  if (typeof value !== 'string' || value === '') throw missing(name);
  return value;
}

/** The texts of a list, none when it is absent. */
export function texts(input: Input, name: string): string[] {
  const value = input[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** A whole number within limits, if given. Throws AwsError. */
export function optionalWhole(input: Input, name: string, min: number, max: number): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new AwsError(
    'InvalidParameterValue',
    `Value ${String(value)} for parameter ${name} is invalid. Reason: Must be between ${min} and ${max}, if provided.`,
  );
}
