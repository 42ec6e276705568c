import type { StackState } from './account.ts';
import type { Obstacle } from './obstacle.ts';

/**
 * The state of a stack before a deployment: 'first' when it has never been deployed, or when a first deployment failed and left
 * something that the CDK deletes by itself; 'deployed'; or why nothing can be deployed now.
 */
export type StackStanding = 'first' | 'deployed' | Obstacle;

/**
 * States in which CloudFormation has made nothing that lasts: the CDK deletes such a stack and creates it again, or continues
 * with it.
 */
const NEVER_DEPLOYED = [
  'REVIEW_IN_PROGRESS',
  'ROLLBACK_COMPLETE',
  'ROLLBACK_FAILED',
  'CREATE_FAILED',
  'DELETE_COMPLETE',
];

/** @param state as CloudFormation tells it; undefined where there is no such stack */
export function standingOf(name: string, state: StackState | undefined): StackStanding {
  if (state === undefined || NEVER_DEPLOYED.includes(state.status)) return 'first';
  const { status } = state;
  if (status.endsWith('_IN_PROGRESS')) {
    return {
      says: `CloudFormation is still working on ${name} (${status})`,
      remedy: 'wait until it has ended, then try again',
    };
  }
  const mend = (command: string) =>
    `correct what its events name, then run 'aws cloudformation ${command} --stack-name ${name}'`;
  if (status === 'UPDATE_ROLLBACK_FAILED') {
    return { says: `${name} could not be rolled back (${status})`, remedy: mend('continue-update-rollback') };
  }
  if (status === 'DELETE_FAILED') {
    return { says: `${name} could not be deleted (${status})`, remedy: mend('delete-stack') };
  }
  return 'deployed';
}
