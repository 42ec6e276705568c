import { createHash } from 'node:crypto';
import { AwsError, type Engine, type EngineRequest } from '../engine.ts';
import { jsonAnswer, jsonError } from '../json-protocol.ts';
import type { SesEngine } from './ses-engine.ts';

const IDENTITY = /^\/v2\/email\/identities\/([^/]+)\/?$/;
const MAIL_ACCOUNT = /^\/v2\/email\/account\/?$/;
/** Where SES keeps the keys to which the records of a domain lead. */
const SIGNING_HOSTED_ZONE = 'dkim.amazonses.com';

/** Both versions of SES sign as one service: what version 2 tells of the account is told here, all else is SES's own. */
export function withMailAccount(
  ses: SesEngine,
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
        const { sandbox, sendingPaused, max24HourSend, sentLast24Hours } = ses.account();
        return jsonAnswer({
          ProductionAccessEnabled: !sandbox,
          SendingEnabled: !sendingPaused,
          EnforcementStatus: 'HEALTHY',
          SendQuota: {
            Max24HourSend: max24HourSend,
            MaxSendRate: sandbox ? 1 : 14,
            SentLast24Hours: sentLast24Hours,
          },
        });
      }
      const known = ses.identityNamed(identity);
      if (known === undefined)
        throw new AwsError('NotFoundException', `Email identity ${identity} does not exist.`, 404);
      const status = known.verified ? 'SUCCESS' : 'PENDING';
      return jsonAnswer({
        IdentityType: identity.includes('@') ? 'EMAIL_ADDRESS' : 'DOMAIN',
        VerifiedForSendingStatus: known.verified,
        VerificationStatus: status,
        DkimAttributes: {
          SigningEnabled: true,
          Status: status,
          Tokens: dkimTokens(identity),
          SigningHostedZone: SIGNING_HOSTED_ZONE,
        },
      });
    },
    renderError: (error, requestId) =>
      error.code === 'NotFoundException' ? jsonError(error, requestId) : ses.renderError(error, requestId),
  };
}

/** The three names under which a domain's DNS must lead to its keys: the same ones for a domain at each call. */
function dkimTokens(identity: string): readonly string[] {
  return [1, 2, 3].map((number) => createHash('sha256').update(`${number} ${identity}`).digest('hex').slice(0, 32));
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
