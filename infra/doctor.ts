import { type Account, type MailDomain, openAccount, whyOutOfReach } from './account.ts';
import { minFullConcurrency } from './concurrency.ts';
import type { Obstacle } from './obstacle.ts';
import { placeholdersOf } from './placeholders.ts';
import { dataStackName, serviceStackName } from './stack-props.ts';
import { standingOf } from './stack-standing.ts';
import type { Stage } from './stage.ts';

/** One finding. With an obstacle, a deployment can't succeed; a warning says what will not work after it. */
export type Finding = {
  readonly about: string;
  readonly kind: 'good' | 'warning' | 'obstacle';
  /** Without a full stop at the end. */
  readonly says: string;
  /** What to do, as it stands behind a colon; absent when it is good. */
  readonly remedy?: string;
};

/** The least version of the bootstrap stack that the templates ask for. */
export const MIN_BOOTSTRAP_VERSION = 6;
/** What a new account has, all functions together. */
const NEW_ACCOUNTS_CONCURRENCY = 10;

/** Checks everything that a deployment of a stage needs, and reports all findings at once. Changes nothing. */
export async function examine(stage: Stage, account: Account = openAccount(stage.region)): Promise<readonly Finding[]> {
  const outOfReach = await whyOutOfReach(stage, account).catch(noAnswer);
  if (outOfReach !== undefined) return [{ about: 'account', kind: 'obstacle', ...outOfReach }, ...placeholders(stage)];
  const checks: readonly (readonly [about: string, Promise<readonly Finding[]>])[] = [
    ['bootstrap', bootstrap(stage, account)],
    ['stacks', stacks(stage, account)],
    ['lambda', lambda(stage, account)],
    ['mail domain', mailDomain(stage, account)],
    ['mail account', mailAccount(stage, account)],
    ['certificate', certificate(stage, account)],
  ];
  const findings = await Promise.all(
    checks.map(([about, check]) => check.catch((error) => [notLookedAt(about, error)])),
  );
  const reached: Finding = {
    about: 'account',
    kind: 'good',
    says: `The credentials belong to account ${stage.account}`,
  };
  return [reached, ...findings.flat(), ...placeholders(stage)];
}

async function bootstrap(stage: Stage, account: Account): Promise<Finding[]> {
  const about = 'bootstrap';
  const version = await account.bootstrapVersion();
  const remedy = `run 'npx cdk bootstrap aws://${stage.account}/${stage.region}'`;
  const where = `account ${stage.account} in ${stage.region}`;
  if (version === undefined) {
    return [{ about, kind: 'obstacle', says: `The AWS CDK is not set up in ${where}`, remedy }];
  }
  if (version < MIN_BOOTSTRAP_VERSION) {
    const says = `The bootstrap stack of ${where} has version ${version}; the templates need ${MIN_BOOTSTRAP_VERSION}`;
    return [{ about, kind: 'obstacle', says, remedy }];
  }
  return [{ about, kind: 'good', says: `The AWS CDK is set up in ${where} (version ${version})` }];
}

async function stacks(stage: Stage, account: Account): Promise<Finding[]> {
  const about = 'stacks';
  const names = [dataStackName(stage), serviceStackName(stage)];
  return Promise.all(
    names.map(async (name): Promise<Finding> => {
      const standing = standingOf(name, await account.stack(name));
      if (typeof standing !== 'string') return { about, kind: 'obstacle', ...standing };
      return { about, kind: 'good', says: standing === 'first' ? `${name} will be created` : `${name} is deployed` };
    }),
  );
}

async function lambda(stage: Stage, account: Account): Promise<Finding[]> {
  const about = 'lambda';
  const most = await account.concurrentExecutions();
  const findings: Finding[] = [];
  const counted = stage.accountConcurrency;
  if (most < counted || (most > counted && counted < minFullConcurrency)) {
    findings.push({
      about,
      kind: 'warning',
      says: `The stage's file says that ${counted} functions may run at once, the account allows ${most}: the queues ${most < counted ? 'may leave no capacity for the API' : 'use less than they could'}`,
      remedy: `write accountConcurrency: ${most} into infra/stages/${stage.name}.ts, and deploy`,
    });
  }
  if (most < minFullConcurrency) {
    const newAccount = most <= NEW_ACCOUNTS_CONCURRENCY ? ', as in every new account' : '';
    findings.push({
      about,
      kind: 'warning',
      says:
        `Only ${most} functions may run at the same time in this account and region, all stages together${newAccount}. A deployment ` +
        'works, and so does a day with few uploads. In a busy hour the API refuses calls, and packages, reports and letters wait',
      remedy:
        `ask for 1000, which costs nothing, with 'aws service-quotas request-service-quota-increase --region ${stage.region} --service-code ` +
        "lambda --quota-code L-B99A9384 --desired-value 1000'; AWS answers within minutes to days",
    });
  }
  if (findings.length > 0) return findings;
  return [{ about, kind: 'good', says: `${most} functions may run at the same time` }];
}

/** States of a stack whose first deployment failed and left resources behind. */
const FAILED_FIRST = ['CREATE_FAILED', 'ROLLBACK_FAILED'];

async function mailDomain(stage: Stage, account: Account): Promise<Finding[]> {
  const about = 'mail domain';
  const { identity } = stage.mail;
  const [known, data] = await Promise.all([account.mailDomain(identity), account.stack(dataStackName(stage))]);
  if (known === undefined) {
    return [
      { about, kind: 'good', says: `${identity} is free in SES: the deployment creates it and prints its DNS records` },
    ];
  }
  if (data !== undefined && FAILED_FIRST.includes(data.status)) {
    return [
      {
        about,
        kind: 'warning',
        says: `SES of this account already has ${identity}, which may be left over from the failed deployment of ${dataStackName(stage)}`,
        remedy:
          'deploy again, which removes what is left. If the identity does not belong to this stage, delete it in SES first',
      },
    ];
  }
  if (standingOf(dataStackName(stage), data) === 'first') {
    return [
      {
        about,
        kind: 'obstacle',
        says: `SES of this account already has ${identity}, and no stack of this stage created it, so CloudFormation can't create it`,
        remedy: `delete the identity in SES if nothing else uses it, or use another domain as mail.identity, such as mail.${identity}`,
      },
    ];
  }
  if (known.verified) return [{ about, kind: 'good', says: `${identity} is verified: letters can go out` }];
  return [
    {
      about,
      kind: 'warning',
      says: `SES has not verified ${identity} yet: letters wait until it has`,
      remedy: `add these records to its DNS, where SES looks for them for up to 72 hours: ${dnsLines(known).join('; ')}`,
    },
  ];
}

/** The DNS records of a domain, one a line. */
export function dnsLines({ records }: MailDomain): readonly string[] {
  return records.map(({ name, value }) => `${name} CNAME ${value}`);
}

async function mailAccount(stage: Stage, account: Account): Promise<Finding[]> {
  const about = 'mail account';
  const { sandbox, sending } = await account.mail();
  const findings: Finding[] = [];
  if (!sending) {
    findings.push({
      about,
      kind: 'warning',
      says: 'SES has stopped sending for this account: letters wait',
      remedy: `read the reason in the SES console of ${stage.region}, under "Account dashboard", and answer it there`,
    });
  }
  const file = `infra/stages/${stage.name}.ts`;
  const named = stage.mail.sandboxRecipients !== undefined;
  if (sandbox) {
    const request = `ask for production access in the SES console of ${stage.region}, under "Account dashboard"; AWS answers within a day`;
    findings.push({
      about,
      kind: 'warning',
      says:
        'SES is in its sandbox, as in every new account: it sends to verified addresses only, 200 letters a day at most. ' +
        (named
          ? 'Letters go to mail.sandboxRecipients of the stage, and to nobody else'
          : "The stage's file names no mail.sandboxRecipients: letters to anyone else wait, and become dead letters after ten days"),
      remedy: named
        ? `${request}; then remove mail.sandboxRecipients from ${file}, and deploy`
        : `${request}; until then write the verified addresses and domains into mail.sandboxRecipients of ${file}, and deploy`,
    });
  } else if (named) {
    findings.push({
      about,
      kind: 'warning',
      says: "SES sends to everyone, but the stage's file still names mail.sandboxRecipients: a letter to anyone else is withheld, and is not sent later",
      remedy: `remove mail.sandboxRecipients from ${file}, and deploy`,
    });
  }
  if (findings.length > 0) return findings;
  return [{ about, kind: 'good', says: 'SES sends to everyone' }];
}

async function certificate({ api, region }: Stage, account: Account): Promise<Finding[]> {
  if (api === undefined) return [];
  const about = 'certificate';
  const { domain, certificateArn } = api;
  const another = `ask for one for ${domain} in the ACM console of ${region}, add its record to the DNS, and write its ARN into api.certificateArn`;
  const known = await account.certificate(certificateArn);
  if (known === undefined) {
    return [{ about, kind: 'obstacle', says: `There is no certificate ${certificateArn}`, remedy: another }];
  }
  // A wildcard stands for one label.
  if (!known.names.some((name) => name === domain || name === domain.replace(/^[^.]+/, '*'))) {
    const says = `The certificate of the API is for ${known.names.join(', ')}, not for ${domain}`;
    return [{ about, kind: 'obstacle', says, remedy: another }];
  }
  if (known.status !== 'ISSUED') {
    const waits = known.status === 'PENDING_VALIDATION';
    const remedy = waits ? `add the record that the ACM console of ${region} shows to the DNS of ${domain}` : another;
    return [{ about, kind: 'obstacle', says: `The certificate for ${domain} is not issued (${known.status})`, remedy }];
  }
  return [{ about, kind: 'good', says: `The certificate for ${domain} is issued` }];
}

/** The settings that must not be placeholders: SES would get a domain that nobody owns, and alarms would reach nobody. */
const NEEDED_AT_DEPLOYMENT = ['mail.identity', 'alarmEmail'];

function placeholders(stage: Stage): Finding[] {
  return placeholdersOf(stage).map(({ field, value }) => ({
    about: 'settings',
    kind: NEEDED_AT_DEPLOYMENT.includes(field) ? 'obstacle' : 'warning',
    says: `${field} still holds the placeholder "${value}"`,
    remedy: `write the real value into infra/stages/${stage.name}.ts`,
  }));
}

function notLookedAt(about: string, error: Error): Finding {
  return {
    about,
    kind: 'warning',
    says: `It could not be checked (${error.name}: ${error.message})`,
    remedy: 'use credentials that may read it, or check it in the console',
  };
}

function noAnswer(error: Error): Obstacle {
  return {
    says: `AWS does not answer (${error.name}: ${error.message})`,
    remedy: 'check the connection and the region',
  };
}
