import { AwsError, type Principal } from '../engine.ts';
import type { Gateway } from './gateway.ts';

/** Calls an operation of an AWS service as the function's role: "sqs", "ReceiveMessage", its input; answers its output, throws AwsError. */
export type RoleCall = (
  service: 'sqs' | 'dynamodb' | 'streams.dynamodb',
  operation: string,
  input: object,
) => Promise<Readonly<Record<string, unknown>>>;

/** Calls of AWS's JSON protocols, from within, as somebody. */
export function callAs(gateway: Gateway, principal: Principal): RoleCall {
  const targets = { sqs: 'AmazonSQS', dynamodb: 'DynamoDB_20120810', 'streams.dynamodb': 'DynamoDBStreams_20120810' };
  return async (service, operation, input) => {
    const answer = await gateway.dispatch(service === 'streams.dynamodb' ? 'dynamodb' : service, {
      method: 'POST',
      path: '/',
      query: new URLSearchParams(),
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `${targets[service]}.${operation}` },
      body: Buffer.from(JSON.stringify(input)),
      principal,
    });
    const text = String(answer.body ?? '');
    const output = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    if (answer.status < 400) return output;
    throw new AwsError(
      String(output.__type ?? 'Error').replace(/^.*#/, ''),
      String(output.message ?? output.Message ?? text),
      answer.status,
    );
  };
}
