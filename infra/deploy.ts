import { type Account, whyOutOfReach } from './account.ts';
import type { Deployment } from './deployment.ts';
import { dnsLines } from './doctor.ts';
import { type Obstacle, sentenceOf } from './obstacle.ts';
import { dataStackName, serviceStackName } from './stack-props.ts';
import { type StackStanding, standingOf } from './stack-standing.ts';
import type { Stage } from './stage.ts';

/** What a deployment is made with. */
export type Tools = {
  readonly account: Pick<Account, 'caller' | 'stack' | 'mailDomain' | 'mail'>;
  /** Writes the stage's templates and assets. */
  synthesize(deployment: Deployment): Promise<void>;
  /** Runs the AWS CDK's command line on them, and gives its exit code. */
  cdk(args: readonly string[]): Promise<number>;
  tell(line: string): void;
};

/**
 * Deploys a stage: the data stack, then the service stack. A stack that has never been deployed is deployed without protection,
 * so that a failed deployment can be rolled back and repeated; it is protected right after it succeeded. The command looks up the
 * state of the stage, so after a failure the same command continues.
 *
 * @param passedOn what the AWS CDK gets beside its own arguments
 * @returns the exit code: that of the AWS CDK where it failed, 0 otherwise
 * @throws Error with one sentence when the stage is out of reach, or a stack can't be deployed as it stands
 */
export async function deploy(stage: Stage, passedOn: readonly string[], tools: Tools): Promise<number> {
  const { account, synthesize, tell } = tools;
  const [data, service] = [dataStackName(stage), serviceStackName(stage)];
  const before = await standingNow(stage, account);
  const { mailReady } = before;
  const cdk = (stack: string, ...options: string[]) =>
    tools.cdk(['deploy', stack, ...options.filter((option) => !passedOn.includes(option)), ...passedOn]);

  await synthesize({ firstDeployment: before.data === 'first', mailReady });
  const dataCode = await cdk(data, '--exclusively');
  if (dataCode !== 0) {
    tell(afterFailure(data, before.data));
    return dataCode;
  }

  if (before.service !== before.data) await synthesize({ firstDeployment: before.service === 'first', mailReady });
  // The template of the service names outputs of the data stack, not their values: the CDK sees no change in it when they change.
  const force = before.service === 'deployed' && (await isBehind(stage, account, before.outputs));
  const serviceCode = await cdk(service, '--exclusively', ...(force ? ['--force'] : []));
  if (serviceCode !== 0) {
    tell(afterFailure(service, before.service));
    return serviceCode;
  }

  let code = 0;
  if (before.service === 'first' && stage.protectData) {
    await synthesize({ mailReady });
    code = await cdk('--all');
    if (code !== 0)
      tell(`Stage '${stage.name}' is deployed, but not protected against deletion: run the same command again.`);
  }
  for (const line of await nextSteps(stage, account, before)) tell(line);
  return code;
}

/**
 * Compares a stage with what is deployed.
 *
 * @returns the exit code of the AWS CDK
 * @throws Error as `deploy`
 */
export async function diff(stage: Stage, passedOn: readonly string[], tools: Tools): Promise<number> {
  const { data, mailReady } = await standingNow(stage, tools.account);
  await tools.synthesize({ firstDeployment: data === 'first', mailReady });
  return tools.cdk(['diff', ...passedOn]);
}

type Standing = {
  readonly data: Exclude<StackStanding, Obstacle>;
  readonly service: Exclude<StackStanding, Obstacle>;
  /** Of the data stack. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly mailReady: boolean;
};

async function standingNow(stage: Stage, account: Tools['account']): Promise<Standing> {
  const outOfReach = await whyOutOfReach(stage, account);
  if (outOfReach !== undefined) throw new Error(sentenceOf(outOfReach));
  const [dataState, serviceState, domain, mail] = await Promise.all([
    account.stack(dataStackName(stage)),
    account.stack(serviceStackName(stage)),
    account.mailDomain(stage.mail.identity),
    account.mail(),
  ]);
  const data = standingOf(dataStackName(stage), dataState);
  const service = standingOf(serviceStackName(stage), serviceState);
  if (typeof data !== 'string') throw new Error(sentenceOf(data));
  if (typeof service !== 'string') throw new Error(sentenceOf(service));
  const mailReady = domain?.verified === true && !mail.sandbox;
  return { data, service, outputs: dataState?.outputs ?? {}, mailReady };
}

/**
 * Whether the service was deployed with other outputs of the data stack than it has now: they changed just now, the data stack
 * changed after the service, where a deployment ended between the two, or the last deployment of the service was rolled back.
 */
async function isBehind(stage: Stage, account: Tools['account'], before: Standing['outputs']): Promise<boolean> {
  const [data, service] = await Promise.all([
    account.stack(dataStackName(stage)),
    account.stack(serviceStackName(stage)),
  ]);
  const keys = new Set([...Object.keys(before), ...Object.keys(data?.outputs ?? {})]);
  const changed = [...keys].some((key) => before[key] !== data?.outputs[key]);
  const wasRolledBack = service?.status.includes('ROLLBACK') === true;
  return changed || wasRolledBack || (data?.changedAt ?? 0) > (service?.changedAt ?? 0);
}

function afterFailure(stack: string, standing: Standing['data']): string {
  const taken =
    standing === 'first'
      ? `The first deployment of ${stack} failed. CloudFormation removes what it made.`
      : `The deployment of ${stack} failed. CloudFormation returns to what was deployed before.`;
  return `${taken} Correct the first failure among its events, above or in the CloudFormation console, and run the same command again.`;
}

async function nextSteps(stage: Stage, account: Tools['account'], before: Standing): Promise<string[]> {
  const { name, mail, alarmEmail } = stage;
  const domain = await account.mailDomain(mail.identity);
  const steps: string[] = [];
  if (domain !== undefined && !domain.verified) {
    steps.push(
      `SES has not verified ${mail.identity} yet, so letters are waiting. Add these records to its DNS:`,
      ...dnsLines(domain).map((line) => `  ${line}`),
      `SES looks for them for up to 72 hours; 'npm run secor -- doctor --stage ${name}' says when it has found them.`,
    );
  }
  if (stage.identity === undefined && !before.mailReady) {
    steps.push(
      'For now, Cognito sends the invitations. Once the domain is verified and SES is out of the sandbox, deploy again: from then on, invitations come from your own domain.',
    );
  }
  // The service stack may be new again, after it failed or was deleted. Then this may already have been done.
  const isFirst = before.service === 'first';
  if (isFirst && stage.api !== undefined) {
    const target = (await account.stack(dataStackName(stage)))?.outputs.ApiDomainTarget;
    steps.push(`Add this record to the DNS, if it is not there yet: ${stage.api.domain} CNAME ${target}`);
  }
  if (isFirst) {
    steps.push(
      `Confirm the subscription to the alarms, if you have not yet, with the link in the mail to ${alarmEmail}.`,
      `Add the first administrator, if there is none yet: npm run secor -- admin add --stage ${name} --email ADDRESS --name NAME --role administrator`,
    );
  }
  return steps;
}
