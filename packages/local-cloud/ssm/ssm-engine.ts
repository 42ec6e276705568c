import type { Account } from '../account/account.ts';
import { AwsError, type Engine } from '../engine.ts';
import { jsonAnswer, jsonError, jsonInput, targetOf } from '../json-protocol.ts';

/** Where the CDK's bootstrap stack keeps its version. */
const BOOTSTRAP_VERSION = '/cdk-bootstrap/hnb659fds/version';

/** Systems Manager: the one parameter that the CDK reads. */
export function createSsmEngine(
  account: Pick<Account, 'bootstrapVersion'>,
  { region, accountId }: { readonly region: string; readonly accountId: string },
): Engine {
  const arn = (name: string) => `arn:aws:ssm:${region}:${accountId}:parameter${name}`;
  return {
    service: 'ssm',
    operations: ['GetParameter'],
    operation: targetOf,
    authorizations: (request) => [
      { action: `ssm:${targetOf(request)}`, resource: arn(String(jsonInput(request).Name ?? '')) },
    ],
    async handle(request) {
      if (targetOf(request) !== 'GetParameter')
        throw new AwsError('UnknownOperationException', `The local cloud's SSM does not support ${targetOf(request)}.`);
      const { Name } = jsonInput(request);
      if (Name !== BOOTSTRAP_VERSION || account.bootstrapVersion === undefined)
        throw new AwsError('ParameterNotFound', '');
      const Value = String(account.bootstrapVersion);
      return jsonAnswer({ Parameter: { Name, Type: 'String', Value, Version: 1, ARN: arn(Name), DataType: 'text' } });
    },
    renderError: jsonError,
    close: async () => {},
  };
}
