import { Duration, type RemovalPolicy, type Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnManagedLoginBranding,
  CfnUserPool,
  CfnUserPoolGroup,
  FeaturePlan,
  ManagedLoginVersion,
  Mfa,
  OAuthScope,
  UserPool,
  type UserPoolClient,
  UserPoolClientIdentityProvider,
  UserPoolEmail,
} from 'aws-cdk-lib/aws-cognito';
import type { MailIdentity } from './mail-identity.ts';
import type { Stage } from './stage.ts';

const GROUPS = {
  assessor: 'Performs and submits audits',
  reviewer: 'Does the quality-assurance review',
  administrator: 'Assigns reviews, records training and binders, runs the program',
  employer: 'The contact of an audited company',
};

/** Whose tokens the API takes, for which audience, and how they are read. */
export type Identity = NonNullable<Stage['identity']> & {
  /** Absent where the stage names another issuer. */
  readonly pool?: { readonly userPool: UserPool; readonly client: UserPoolClient };
};

/** For a user pool: what happens to it when its stack is deleted. */
type Lasting = { readonly removalPolicy: RemovalPolicy; readonly deletionProtection: boolean };

/**
 * The issuer that the stage names, or a user pool with the pages to sign in.
 *
 * @param sender the sender of the pool's invitations; by default, Cognito's own sender
 */
export function createIdentity(stack: Stack, stage: Stage, lasting: Lasting, sender?: MailIdentity): Identity {
  if (stage.identity !== undefined) return stage.identity;
  const pool = createUserPool(stack, stage, lasting, sender);
  return {
    issuer: pool.userPool.userPoolProviderUrl,
    audience: pool.client.userPoolClientId,
    groupsClaim: 'cognito:groups',
    accessTokenClaims: { token_use: 'access' },
    pool,
  };
}

/** Who can sign in. An administrator invites people and puts them into their groups; nobody signs up alone. */
function createUserPool(
  stack: Stack,
  stage: Stage,
  lasting: Lasting,
  sender?: MailIdentity,
): NonNullable<Identity['pool']> {
  const { name, email: replyTo } = stage.partner;
  const userPool = new UserPool(stack, 'UserPool', {
    userPoolName: `secor-${stage.name}`,
    // The smallest plan that has managed login; threat protection comes with the next one.
    featurePlan: FeaturePlan.ESSENTIALS,
    selfSignUpEnabled: false,
    signInAliases: { email: true },
    signInCaseSensitive: false,
    autoVerify: { email: true },
    // People are identified by their address: somebody who changes it must first prove that the new one is theirs.
    keepOriginal: { email: true },
    accountRecovery: AccountRecovery.EMAIL_ONLY,
    // For the whole pool, so for assessors and employers too: Cognito can't require it of some groups only.
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
    // For its own account Cognito sends under its service-linked role, which it makes by itself: the identity needs no policy for it.
    email:
      sender === undefined
        ? UserPoolEmail.withCognito(replyTo)
        : UserPoolEmail.withSES({
            fromEmail: stage.mail.sender,
            fromName: name,
            replyTo,
            configurationSetName: sender.invitationSetName,
          }),
    ...lasting,
  });
  if (sender !== undefined) {
    const resource = userPool.node.defaultChild;
    if (!(resource instanceof CfnUserPool)) throw new Error('The user pool has no CfnUserPool to name its sender on.');
    // The CDK would name an identity of the sender's address alone; what is verified is the domain.
    resource.addPropertyOverride('EmailConfiguration.SourceArn', sender.identityArn);
  }
  for (const [groupName, description] of Object.entries(GROUPS)) {
    new CfnUserPoolGroup(stack, `Group-${groupName}`, { userPoolId: userPool.userPoolId, groupName, description });
  }
  const client = userPool.addClient('Client', {
    userPoolClientName: `secor-${stage.name}`,
    authFlows: { userSrp: true },
    supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
    // A web page can't keep a secret. With PKCE it proves that it requested the code itself.
    generateSecret: false,
    oAuth: {
      flows: { authorizationCodeGrant: true },
      scopes: [OAuthScope.OPENID, OAuthScope.EMAIL],
      callbackUrls: stage.browserOrigins.map((origin) => `${origin}/callback`),
      logoutUrls: stage.browserOrigins.map((origin) => `${origin}/`),
    },
    preventUserExistenceErrors: true,
    enableTokenRevocation: true,
    accessTokenValidity: Duration.minutes(30),
    idTokenValidity: Duration.minutes(30),
    refreshTokenValidity: Duration.days(1),
  });
  createSignInPages(stack, stage, userPool, client);
  return { userPool, client };
}

/** Managed login at `secor-<stage>-<account>.auth.<region>.amazoncognito.com`: prefixes are shared by all accounts of a region. */
function createSignInPages(stack: Stack, stage: Stage, userPool: UserPool, client: UserPoolClient): void {
  userPool.addDomain('Domain', {
    cognitoDomain: { domainPrefix: `secor-${stage.name}-${stage.account}` },
    managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
  });
  // Without a style of its own the client's pages answer with an error.
  new CfnManagedLoginBranding(stack, 'SignInPages', {
    userPoolId: userPool.userPoolId,
    clientId: client.userPoolClientId,
    useCognitoProvidedValues: true,
  });
}
