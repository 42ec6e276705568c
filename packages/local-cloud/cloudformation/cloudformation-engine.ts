import type { Account, AccountStack } from '../account/account.ts';
import { AwsError, type Engine } from '../engine.ts';
import { parametersOf, queryAnswer, queryError } from '../query-protocol.ts';

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

/** CloudFormation: tells of a stack. The local cloud makes what templates ask for by itself. */
export function createCloudFormationEngine(
  account: Pick<Account, 'stacks'>,
  { region, accountId }: { readonly region: string; readonly accountId: string },
): Engine {
  const arn = (name: string) => `arn:aws:cloudformation:${region}:${accountId}:stack/${name}`;
  const stackXml = (name: string, { status, outputs, createdAt, updatedAt }: AccountStack): string =>
    [
      '<member>',
      element('StackName', name),
      element('StackId', `${arn(name)}/00000000-0000-0000-0000-000000000000`),
      element('StackStatus', status),
      element('CreationTime', new Date(createdAt).toISOString()),
      updatedAt === undefined ? '' : element('LastUpdatedTime', new Date(updatedAt).toISOString()),
      '<Outputs>',
      ...Object.entries(outputs).map(
        ([key, value]) => `<member>${element('OutputKey', key)}${element('OutputValue', value)}</member>`,
      ),
      '</Outputs></member>',
    ].join('');
  return {
    service: 'cloudformation',
    operations: ['DescribeStacks'],
    operation: (request) => parametersOf(request).get('Action') ?? '',
    authorizations: (request) => {
      const parameters = parametersOf(request);
      const resource = `${arn(parameters.get('StackName') ?? '*')}/*`;
      return [{ action: `cloudformation:${parameters.get('Action')}`, resource }];
    },
    async handle(request) {
      const parameters = parametersOf(request);
      const action = parameters.get('Action') ?? '';
      if (action !== 'DescribeStacks')
        throw new AwsError('InvalidAction', `The local cloud's CloudFormation does not support ${action}.`);
      const name = parameters.get('StackName');
      const named = name === null ? [...account.stacks] : [...account.stacks].filter(([each]) => each === name);
      // As CloudFormation says it: there is no error code of its own for a stack that is not there.
      if (name !== null && named.length === 0)
        throw new AwsError('ValidationError', `Stack with id ${name} does not exist`);
      const stacks = named.map(([each, stack]) => stackXml(each, stack)).join('');
      return queryAnswer(NAMESPACE, action, `<Stacks>${stacks}</Stacks>`);
    },
    renderError: (error, requestId) => queryError(NAMESPACE, error, requestId),
    close: async () => {},
  };
}

function element(name: string, text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<${name}>${escaped}</${name}>`;
}
