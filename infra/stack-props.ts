import { DefaultStackSynthesizer, type StackProps } from 'aws-cdk-lib';
import type { Deployment } from './deployment.ts';
import type { Stage } from './stage.ts';

/**
 * Whether stacks, table and user pool can be deleted by nobody. A first deployment is not protected: a protection would make
 * CloudFormation's rollback fail, and the CDK could not delete a failed stack.
 */
export function isProtected(stage: Stage, { firstDeployment = false }: Deployment): boolean {
  return stage.protectData && !firstDeployment;
}

/** The name of the stack of what lasts. */
export function dataStackName({ name }: Pick<Stage, 'name'>): string {
  return `secor-${name}-data`;
}

/** The name of the stack of what works. */
export function serviceStackName({ name }: Pick<Stage, 'name'>): string {
  return `secor-${name}-service`;
}

/** What both stacks of a stage have in common. */
export function stackProps(stage: Stage, deployment: Deployment, description: string): StackProps {
  return {
    description: `${description} (${stage.name})`,
    env: { account: stage.account, region: stage.region },
    terminationProtection: isProtected(stage, deployment),
    tags: { system: 'secor', stage: stage.name },
    // The CLI checks the bootstrap version by itself; without the rule the template has no parameter to look up.
    synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }),
  };
}
