import type { Account } from '../account/account.ts';
import { AwsError, type Engine, type EngineRequest } from '../engine.ts';
import { jsonAnswer, jsonError } from '../json-protocol.ts';

const IDENTITY = /^\/v2\/email\/identities\/([^/]+)\/?$/;
const MAIL_ACCOUNT = /^\/v2\/email\/account\/?$/;
/** Where SES keeps the keys to which the records of a domain lead. */
const SIGNING_HOSTED_ZONE = 'dkim.amazonses.com';

type MailAccount = Pick<Account, 'mailSandbox' | 'mailSendingEnabled' | 'mailIdentities'>;

/** Both versions of SES sign as one service: what version 2 tells of the account is told here, all else is SES's own. */
export function withMailAccount(
  ses: Engine,
  account: MailAccount,
  { region, accountId }: { readonly region: string; readonly accountId: string },
): Engine {
  return {
    ...ses,
    operations: [...ses.operations, 'GetAccount', 'GetEmailIdentity'],
    operation: (request) => operationOf(request) ?? ses.operation(request),
    authorizations(request) {
      const operation = operationOf(request);
      if (operation === undefined) return ses.authorizations(request);
      const identity = identityOf(request);
      const resource = identity === undefined ? '*' : `arn:aws:ses:${region}:${accountId}:identity/${identity}`;
      return [{ action: `ses:${operation}`, resource }];
    },
    async handle(request) {
      if (operationOf(request) === undefined) return ses.handle(request);
      const identity = identityOf(request);
      if (identity === undefined) {
        return jsonAnswer({
          ProductionAccessEnabled: !account.mailSandbox,
          SendingEnabled: account.mailSendingEnabled,
          EnforcementStatus: 'HEALTHY',
          SendQuota: account.mailSandbox
            ? { Max24HourSend: 200, MaxSendRate: 1, SentLast24Hours: 0 }
            : { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 0 },
        });
      }
      const known = account.mailIdentities.get(identity);
      if (known === undefined)
        throw new AwsError('NotFoundException', `Email identity ${identity} does not exist.`, 404);
      return jsonAnswer({
        IdentityType: identity.includes('@') ? 'EMAIL_ADDRESS' : 'DOMAIN',
        VerifiedForSendingStatus: known.verified,
        VerificationStatus: known.verified ? 'SUCCESS' : 'PENDING',
        DkimAttributes: {
          SigningEnabled: true,
          Status: known.verified ? 'SUCCESS' : 'PENDING',
          Tokens: known.dkimTokens,
          SigningHostedZone: SIGNING_HOSTED_ZONE,
        },
      });
    },
    renderError: (error, requestId) =>
      error.code === 'NotFoundException' ? jsonError(error, requestId) : ses.renderError(error, requestId),
  };
}

function identityOf({ path }: EngineRequest): string | undefined {
  const [, identity] = IDENTITY.exec(path) ?? [];
  return identity === undefined ? undefined : decodeURIComponent(identity).toLowerCase();
}

function operationOf({ method, path }: EngineRequest): 'GetAccount' | 'GetEmailIdentity' | undefined {
  if (method !== 'GET') return undefined;
  if (IDENTITY.test(path)) return 'GetEmailIdentity';
  return MAIL_ACCOUNT.test(path) ? 'GetAccount' : undefined;
}
