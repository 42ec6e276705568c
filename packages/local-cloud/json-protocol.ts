import { AwsError, type EngineRequest, type EngineResponse } from './engine.ts';

/** The operation that a call of AWS's JSON protocol names: "AmazonSSM.GetParameter" is GetParameter. */
export function targetOf({ headers }: EngineRequest): string {
  return String(headers['x-amz-target'] ?? '').replace(/^.*\./, '');
}

/** The input of a call of one of AWS's JSON protocols. Throws AwsError for a body that is no object. */
export function jsonInput({ body }: EngineRequest): Readonly<Record<string, unknown>> {
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : '';
  try {
    const input: unknown = text === '' ? {} : JSON.parse(text);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { ...input };
  } catch {
    // told below
  }
  throw new AwsError('SerializationException', 'The body is no JSON object.');
}

/** An answer in AWS's JSON protocol. */
export function jsonAnswer(output: unknown): EngineResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(output) };
}

/** An error in the form of the JSON protocols, with and without a target. */
export function jsonError(error: AwsError, requestId: string): EngineResponse {
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.code },
    body: JSON.stringify({ __type: error.code, message: error.message }),
  };
}
