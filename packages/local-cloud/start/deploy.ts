import type { Account } from '../account/account.ts';
import type { BusinessClock } from '../clock.ts';
import { announceNotifications } from '../event-sources/notifications.ts';
import { addFeedback } from '../event-sources/topics.ts';
import type { StateDirectory } from '../state/state.ts';
import type { Assembly } from '../template/assembly.ts';
import { type Provisioned, provision } from '../template/provision.ts';
import type { ProvisioningTargets } from '../template/resource-kind.ts';
import { deleteLeftOut } from './delete-left-out.ts';
import type { Engines } from './engines.ts';

type Surroundings = Engines & {
  readonly region: string;
  readonly accountId: string;
  readonly state: StateDirectory;
  readonly warn: (line: string) => void;
};

/**
 * Deploys the stacks of an assembly: makes what they ask for in the engines, gives the gateway their roles and policies, and
 * deletes what the deployment before this one had made and they leave out.
 *
 * @throws Error that names what the local cloud does not support, or what AWS would refuse
 */
export async function deploy(assembly: Assembly, around: Surroundings): Promise<Provisioned> {
  const { sqs, gateway, state, account, clock, warn } = around;
  const provisioned = await provision(assembly, targetsOf(assembly, around), async ({ type, reference }, plan) => {
    const feedback = plan.feedback.get(reference);
    if (type === 'AWS::SES::ConfigurationSetEventDestination' && feedback !== undefined)
      await addFeedback(feedback, around);
    if (type === 'AWS::S3::Bucket') await announceNotifications(reference, plan, around);
  });
  const { plan, outputs } = provisioned;
  listStacks(outputs, account, clock);
  deleteLeftOut(plan, sqs, state, warn);
  for (const { arn, name, trust, policies } of plan.roles.values()) gateway.setRole(arn, { name, trust, policies });
  for (const [arn, statements] of plan.permissions)
    gateway.setResourcePolicy(arn, { Version: '2012-10-17', Statement: statements });
  return provisioned;
}

function targetsOf(assembly: Assembly, around: Surroundings): ProvisioningTargets {
  const { region, accountId, api, issuer, dynamodb, s3, sqs, gateway, ses, sns } = around;
  return {
    region,
    accountId,
    apiUrl: api.url,
    issuer,
    asset: assembly.asset,
    createTable: async (definition) => dynamodb.createTable(definition),
    streamArn: (tableName) => dynamodb.streamArn(tableName),
    createBucket(name, { versioned, cors }) {
      s3.createBucket(name, { versioned });
      s3.setCors(name, cors);
    },
    createQueue: (name, attributes) => sqs.createQueue(name, attributes),
    setResourcePolicy: gateway.setResourcePolicy,
    addMailIdentity: ses.addIdentity,
    addConfigurationSet: ses.addConfigurationSet,
    createTopic: sns.createTopic,
    subscribe: sns.subscribe,
  };
}

function listStacks(outputs: Provisioned['outputs'], account: Account, clock: BusinessClock): void {
  for (const [name, ofStack] of Object.entries(outputs))
    account.stacks.set(name, { status: 'CREATE_COMPLETE', outputs: ofStack, createdAt: clock.now() });
}
