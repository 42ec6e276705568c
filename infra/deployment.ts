/** What a deployment depends on beside the stage's settings: what is on AWS already. */
export type Deployment = {
  /**
   * Whether the stack that is deployed with it has never been deployed: each of the two counts for itself. It leaves out the
   * protection of the stack, and the deletion protection of table and user pool, so that CloudFormation can roll back and the
   * deployment be repeated. The deployment after it brings both. False unless told otherwise.
   */
  readonly firstDeployment?: boolean;
  /**
   * Whether Cognito can invite everybody by SES: SES has verified the stage's mail identity, or Cognito refuses the user pool, and
   * the account is out of SES's sandbox, or Cognito invites nobody whose address is not verified. Until then invitations come from
   * Cognito's own sender, about 50 a day. True unless told otherwise.
   */
  readonly mailReady?: boolean;
};
