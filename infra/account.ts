import { ACMClient, DescribeCertificateCommand } from '@aws-sdk/client-acm';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetAccountCommand, GetEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Obstacle } from './obstacle.ts';
import { isPlaceholderAccount } from './placeholders.ts';
import type { Stage } from './stage.ts';

/** A stack that CloudFormation knows. */
export type StackState = {
  /** Its status in CloudFormation, such as CREATE_COMPLETE. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** When it was last made or changed, epoch milliseconds. */
  readonly changedAt: number;
};

/** What SES knows of a domain: whether SES may send from it, and the records that its DNS needs for that. */
export type MailDomain = { readonly verified: boolean; readonly records: readonly DnsRecord[] };

/** A CNAME record. */
export type DnsRecord = { readonly name: string; readonly value: string };

/** What AWS reports about a stage's account. All calls only read. */
export type Account = ReturnType<typeof openAccount>;

/**
 * Asks AWS with the credentials of the environment, as the AWS CLI finds them.
 *
 * Each call throws the SDK's own error: CredentialsProviderError where there are no credentials, AccessDenied and similar where
 * the credentials lack a permission.
 */
export function openAccount(region: string) {
  const sts = new STSClient({ region });
  const ssm = new SSMClient({ region });
  const lambda = new LambdaClient({ region });
  const ses = new SESv2Client({ region });
  const acm = new ACMClient({ region });
  const cloudFormation = new CloudFormationClient({ region });
  return {
    /** Whose credentials they are. */
    async caller(): Promise<{ readonly account: string; readonly arn: string }> {
      const { Account: account = '', Arn: arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
      return { account, arn };
    },

    /** The version of the CDK's bootstrap stack; undefined where there is none. */
    async bootstrapVersion(): Promise<number | undefined> {
      const asked = new GetParameterCommand({ Name: '/cdk-bootstrap/hnb659fds/version' });
      const found = await unless('ParameterNotFound', ssm.send(asked));
      return found && Number(found.Parameter?.Value);
    },

    /** How many functions may run at the same time. */
    async concurrentExecutions(): Promise<number> {
      const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
      return AccountLimit?.ConcurrentExecutions ?? 0;
    },

    /** Whether SES sends at all, and to everybody. */
    async mail(): Promise<{ readonly sandbox: boolean; readonly sending: boolean }> {
      const { ProductionAccessEnabled, SendingEnabled } = await ses.send(new GetAccountCommand({}));
      return { sandbox: ProductionAccessEnabled !== true, sending: SendingEnabled === true };
    },

    /** What SES knows of a domain; undefined when nothing. */
    async mailDomain(domain: string): Promise<MailDomain | undefined> {
      const asked = new GetEmailIdentityCommand({ EmailIdentity: domain });
      const found = await unless('NotFoundException', ses.send(asked));
      if (found === undefined) return undefined;
      const { Tokens = [], SigningHostedZone = 'dkim.amazonses.com' } = found.DkimAttributes ?? {};
      const records = Tokens.map((token) => ({
        name: `${token}._domainkey.${domain}`,
        value: `${token}.${SigningHostedZone}`,
      }));
      return { verified: found.VerifiedForSendingStatus === true, records };
    },

    /** The names that a certificate holds for, and its status; undefined when there is none. */
    async certificate(
      arn: string,
    ): Promise<{ readonly names: readonly string[]; readonly status: string } | undefined> {
      const asked = new DescribeCertificateCommand({ CertificateArn: arn });
      const found = await unless('ResourceNotFoundException', acm.send(asked));
      if (found === undefined) return undefined;
      const { DomainName = '', SubjectAlternativeNames = [], Status = '' } = found.Certificate ?? {};
      return { names: [...new Set([DomainName, ...SubjectAlternativeNames])], status: Status };
    },

    /** A stack; undefined where there is none of this name. */
    async stack(name: string): Promise<StackState | undefined> {
      const asked = cloudFormation.send(new DescribeStacksCommand({ StackName: name }));
      const { Stacks = [] } = (await unless('ValidationError', asked, /does not exist/)) ?? {};
      const [found] = Stacks;
      if (found === undefined) return undefined;
      const outputs = (found.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]);
      return {
        status: found.StackStatus ?? '',
        outputs: Object.fromEntries(outputs),
        changedAt: (found.LastUpdatedTime ?? found.CreationTime)?.getTime() ?? 0,
      };
    },

    close() {
      for (const client of [sts, ssm, lambda, ses, acm, cloudFormation]) client.destroy();
    },
  };
}

/** The result of a call, or undefined if it failed with an error of this name. */
async function unless<T>(name: string, coming: Promise<T>, message = /(?:)/): Promise<T | undefined> {
  try {
    return await coming;
  } catch (error) {
    if (error instanceof Error && error.name === name && message.test(error.message)) return undefined;
    throw error;
  }
}

/** Errors of AWS that mean that the credentials have expired or were never valid. */
const INVALID_CREDENTIALS = [
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
];

/**
 * Why a stage can't be reached with these credentials; undefined when it can. Asks AWS nothing for a placeholder account.
 *
 * @throws Error of the SDK when AWS does not answer
 */
export async function whyOutOfReach(stage: Stage, account: Pick<Account, 'caller'>): Promise<Obstacle | undefined> {
  const file = `infra/stages/${stage.name}.ts`;
  if (isPlaceholderAccount(stage.account)) {
    const says = `Stage '${stage.name}' still has the placeholder account ${stage.account}`;
    return { says, remedy: `write your AWS account into ${file}` };
  }
  return whyAnotherAccount(stage, account);
}

/**
 * Why these credentials are not of the stage's account; undefined when they are.
 *
 * @throws Error of the SDK when AWS does not answer
 */
export async function whyAnotherAccount(stage: Stage, account: Pick<Account, 'caller'>): Promise<Obstacle | undefined> {
  const file = `infra/stages/${stage.name}.ts`;
  try {
    const { account: own, arn } = await account.caller();
    if (own === stage.account) return undefined;
    return {
      says: `The AWS credentials belong to account ${own} (${arn}), stage '${stage.name}' to ${stage.account}`,
      remedy: `sign in to that account, or correct the account in ${file}`,
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const signIn = `sign in to account ${stage.account}, for example with 'aws sso login', and set AWS_PROFILE`;
    if (['CredentialsProviderError', 'TokenProviderError'].includes(error.name)) {
      return { says: `There are no AWS credentials here (${firstSentence(error.message)})`, remedy: signIn };
    }
    if (INVALID_CREDENTIALS.includes(error.name)) {
      return { says: `AWS does not accept these credentials (${error.name})`, remedy: signIn };
    }
    throw error;
  }
}

function firstSentence(text: string): string {
  return text.split(/\.(?:\s|$)|\n/)[0] ?? text;
}
