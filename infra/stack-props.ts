import { DefaultStackSynthesizer, type StackProps } from 'aws-cdk-lib';
import type { Stage } from './stage.ts';

/** What both stacks of a stage have in common. */
export function stackProps(stage: Stage, description: string): StackProps {
  return {
    description: `${description} (${stage.name})`,
    env: { account: stage.account, region: stage.region },
    terminationProtection: stage.protectData,
    tags: { system: 'secor', stage: stage.name },
    // The CLI checks the bootstrap version by itself; without the rule the template has no parameter to look up.
    synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }),
  };
}
