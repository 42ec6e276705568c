/** What a deployment depends on beside the stage's settings: what is on AWS already. */
export type Deployment = {
  /**
   * Whether it is the stage's first one: true until both stacks have been deployed once. It leaves out the protection of the
   * stacks and the deletion protection of table and user pool, so that CloudFormation can roll back and the deployment be
   * repeated. The deployment after it brings both. False unless told otherwise.
   */
  readonly firstDeployment?: boolean;
  /**
   * Whether SES has verified the stage's mail identity. Cognito refuses a user pool that sends by one that is not verified: until
   * then invitations come from Cognito's own sender, about 50 a day. True unless told otherwise.
   */
  readonly mailVerified?: boolean;
};
