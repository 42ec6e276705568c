import { randomUUID } from 'node:crypto';
import { AwsError, type EngineRequest, type EngineResponse } from './engine.ts';

const parsedBodies = new WeakMap<Buffer, URLSearchParams>();

/** The parameters of a call in AWS's query protocol, in which a form names the action. Throws AwsError when there is no form. */
export function parametersOf(request: EngineRequest): URLSearchParams {
  const { body } = request;
  if (!Buffer.isBuffer(body)) throw new AwsError('MalformedQueryString', 'The request has no body.');
  const known = parsedBodies.get(body);
  if (known) return known;
  const parameters = new URLSearchParams(body.toString('utf8'));
  parsedBodies.set(body, parameters);
  return parameters;
}

/** The answer to an action, `result` being the XML within. */
export function queryAnswer(namespace: string, action: string, result: string): EngineResponse {
  const requestId = randomUUID();
  return {
    status: 200,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: `<${action}Response xmlns="${namespace}"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`,
  };
}

/** An error in the form of the query protocol. */
export function queryError(namespace: string, error: AwsError, requestId: string): EngineResponse {
  const type = error.status < 500 ? 'Sender' : 'Receiver';
  return {
    status: error.status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: `<ErrorResponse xmlns="${namespace}"><Error><Type>${type}</Type><Code>${xml(error.code)}</Code><Message>${xml(error.message)}</Message></Error><RequestId>${xml(requestId)}</RequestId></ErrorResponse>`,
  };
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
