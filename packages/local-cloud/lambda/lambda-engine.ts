import type { Account } from '../account/account.ts';
import { AwsError, type Engine } from '../engine.ts';
import { jsonAnswer, jsonError } from '../json-protocol.ts';

const SETTINGS = '/2016-08-19/account-settings';
const STORAGE_BYTES = 75 * 1024 ** 3;

/** Lambda's own API, as far as it tells what the account may run; functions are run by the local cloud itself. */
export function createLambdaEngine(account: Pick<Account, 'concurrentExecutions'>): Engine {
  return {
    service: 'lambda',
    operations: ['GetAccountSettings'],
    operation: ({ path }) => (path.replace(/\/$/, '') === SETTINGS ? 'GetAccountSettings' : 'unknown'),
    authorizations: () => [{ action: 'lambda:GetAccountSettings', resource: '*' }],
    async handle({ method, path }) {
      if (method !== 'GET' || path.replace(/\/$/, '') !== SETTINGS)
        throw new AwsError(
          'UnknownOperationException',
          `The local cloud's Lambda does not support ${method} ${path}.`,
          404,
        );
      return jsonAnswer({
        AccountLimit: {
          CodeSizeUnzipped: 250 * 1024 ** 2,
          CodeSizeZipped: 50 * 1024 ** 2,
          ConcurrentExecutions: account.concurrentExecutions,
          TotalCodeSize: STORAGE_BYTES,
          UnreservedConcurrentExecutions: account.concurrentExecutions,
        },
        AccountUsage: { FunctionCount: 0, TotalCodeSize: 0 },
      });
    },
    renderError: jsonError,
    close: async () => {},
  };
}
