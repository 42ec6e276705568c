import { randomBytes } from 'node:crypto';
import { AwsError, type Engine, type Principal } from '../engine.ts';
import { nameOf } from '../gateway/refusals.ts';
import { parametersOf, queryAnswer, queryError } from '../query-protocol.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** Security Token Service: who calls. */
export function createStsEngine({ accountId }: { readonly accountId: string }): Engine {
  const arnOf = (principal: Principal): string =>
    principal.kind === 'role'
      ? `arn:aws:sts::${accountId}:assumed-role/${principal.roleArn.split('/').at(-1)}/${principal.name}`
      : `arn:aws:iam::${accountId}:user/${nameOf(principal)}`;
  return {
    service: 'sts',
    operations: ['GetCallerIdentity'],
    operation: (request) => parametersOf(request).get('Action') ?? '',
    // Whoever has keys may ask whose they are.
    authorizations: () => [],
    async handle(request) {
      const action = parametersOf(request).get('Action') ?? '';
      if (action !== 'GetCallerIdentity')
        throw new AwsError('InvalidAction', `The local cloud's STS does not support ${action}.`);
      const id = randomBytes(10).toString('hex').toUpperCase();
      const who = `<Arn>${arnOf(request.principal)}</Arn><UserId>AIDA${id}</UserId><Account>${accountId}</Account>`;
      return queryAnswer(NAMESPACE, action, who);
    },
    renderError: (error, requestId) => queryError(NAMESPACE, error, requestId),
    close: async () => {},
  };
}
