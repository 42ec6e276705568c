import { Duration, type RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { AccountRecovery, CfnUserPoolGroup, Mfa, UserPool, type UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import type { Stage } from './stage.ts';

const GROUPS = {
  assessor: 'Performs and submits audits',
  reviewer: 'Does the quality-assurance review',
  administrator: 'Assigns reviews, records training and binders, runs the program',
  employer: 'The contact of an audited company',
};

/** Who can sign in. An administrator invites people and puts them into their groups; nobody signs up alone. */
export function createIdentity(
  stack: Stack,
  stage: Stage,
  removalPolicy: RemovalPolicy,
): { readonly userPool: UserPool; readonly client: UserPoolClient } {
  const userPool = new UserPool(stack, 'UserPool', {
    userPoolName: `secor-${stage.name}`,
    selfSignUpEnabled: false,
    signInAliases: { email: true },
    signInCaseSensitive: false,
    autoVerify: { email: true },
    accountRecovery: AccountRecovery.EMAIL_ONLY,
    mfa: stage.secondFactor === 'required' ? Mfa.REQUIRED : Mfa.OPTIONAL,
    mfaSecondFactor: { otp: true, sms: false },
    passwordPolicy: {
      minLength: 12,
      requireLowercase: true,
      requireUppercase: true,
      requireDigits: true,
      requireSymbols: true,
      tempPasswordValidity: Duration.days(7),
    },
    deletionProtection: stage.protectData,
    removalPolicy,
  });
  for (const [groupName, description] of Object.entries(GROUPS)) {
    new CfnUserPoolGroup(stack, `Group-${groupName}`, { userPoolId: userPool.userPoolId, groupName, description });
  }
  const client = userPool.addClient('Client', {
    userPoolClientName: `secor-${stage.name}`,
    authFlows: { userSrp: true },
    disableOAuth: true,
    generateSecret: false,
    preventUserExistenceErrors: true,
    enableTokenRevocation: true,
    accessTokenValidity: Duration.hours(1),
    idTokenValidity: Duration.hours(1),
    refreshTokenValidity: Duration.days(1),
  });
  return { userPool, client };
}
