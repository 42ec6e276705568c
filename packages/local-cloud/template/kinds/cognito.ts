import { type AppClient, knownScopes } from '../../identity/user-pool.ts';
import type { Plan, PlannedUserPool } from '../plan.ts';
import type { Reader } from '../reader.ts';
import type { ResourceKind } from '../resource-kind.ts';
import { stableId } from '../stable-id.ts';

const validityUnits: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };

/** The resource types of Cognito. */
export const cognitoKinds: Readonly<Record<string, ResourceKind>> = {
  'AWS::Cognito::UserPool': {
    properties: ['EmailConfiguration'],
    ignored: [
      'AccountRecoverySetting',
      'AdminCreateUserConfig',
      'AliasAttributes',
      'AutoVerifiedAttributes',
      'DeletionProtection',
      'EmailVerificationMessage',
      'EmailVerificationSubject',
      'EnabledMfas',
      'MfaConfiguration',
      'Policies',
      'Schema',
      'SmsVerificationMessage',
      'UserAttributeUpdateSettings',
      'UserPoolAddOns',
      'UserPoolName',
      'UserPoolTags',
      'UserPoolTier',
      'UsernameAttributes',
      'UsernameConfiguration',
      'VerificationMessageTemplate',
    ],
    make({ properties, generatedName, plan, targets }) {
      if (plan.userPools.size > 0) throw new Error(`${properties.where}: the local cloud supports one user pool.`);
      const poolId = `${targets.region}_${stableId(generatedName, 9)}`;
      const sender = senderOf(properties);
      plan.userPools.set(poolId, { clientIds: [], appClients: [], groups: [], ...(sender && { sender }) });
      return {
        reference: poolId,
        attributes: {
          UserPoolId: poolId,
          Arn: `arn:aws:cognito-idp:${targets.region}:${targets.accountId}:userpool/${poolId}`,
          ProviderURL: targets.issuer,
          ProviderName: targets.issuer.replace(/^https?:\/\//, ''),
        },
      };
    },
  },

  'AWS::Cognito::UserPoolClient': {
    properties: [
      'UserPoolId',
      'AccessTokenValidity',
      'AllowedOAuthFlows',
      'AllowedOAuthFlowsUserPoolClient',
      'AllowedOAuthScopes',
      'CallbackURLs',
      'ClientName',
      'GenerateSecret',
      'IdTokenValidity',
      'LogoutURLs',
      'RefreshTokenValidity',
      'TokenValidityUnits',
    ],
    ignored: [
      'EnableTokenRevocation',
      'ExplicitAuthFlows',
      'PreventUserExistenceErrors',
      'ReadAttributes',
      'SupportedIdentityProviders',
      'WriteAttributes',
    ],
    make({ properties, generatedName, plan }) {
      const clientId = stableId(generatedName, 26);
      const pool = poolOf(properties, plan);
      pool.clientIds.push(clientId);
      if (properties.optionalFlag('AllowedOAuthFlowsUserPoolClient') === true) {
        pool.appClients.push(appClientOf(properties, clientId));
      }
      return { reference: clientId, attributes: { ClientId: clientId } };
    },
  },

  'AWS::Cognito::UserPoolGroup': {
    properties: ['UserPoolId', 'GroupName'],
    ignored: ['Description', 'Precedence'],
    make({ properties, plan }) {
      const name = properties.text('GroupName');
      poolOf(properties, plan).groups.push(name);
      return { reference: name };
    },
  },
};

function poolOf(properties: Reader, plan: Plan) {
  const poolId = properties.text('UserPoolId');
  const pool = plan.userPools.get(poolId);
  if (pool === undefined) throw new Error(`${properties.where}: there is no user pool ${poolId}.`);
  return pool;
}

/** By what of SES a user pool sends; undefined where Cognito sends by itself. */
function senderOf(userPool: Reader): PlannedUserPool['sender'] {
  const configuration = userPool
    .optionalObject('EmailConfiguration')
    ?.only('ConfigurationSet', 'EmailSendingAccount', 'From', 'ReplyToEmailAddress', 'SourceArn');
  if (configuration?.optionalText('EmailSendingAccount') !== 'DEVELOPER') return undefined;
  const configurationSet = configuration.optionalText('ConfigurationSet');
  return { from: configuration.text('From'), ...(configurationSet === undefined ? {} : { configurationSet }) };
}

function appClientOf(properties: Reader, clientId: string): AppClient {
  const { where } = properties;
  const flow = properties.texts('AllowedOAuthFlows').find((each) => each !== 'code');
  if (flow !== undefined)
    throw new Error(`${where}, AllowedOAuthFlows: the local cloud supports the flow code only, not "${flow}".`);
  const scopes = properties.texts('AllowedOAuthScopes');
  const unknown = scopes.find((scope) => !knownScopes.includes(scope));
  if (unknown !== undefined) {
    throw new Error(
      `${where}, AllowedOAuthScopes: the local cloud supports the scopes ${knownScopes.join(' and ')} only, not "${unknown}".`,
    );
  }
  if (properties.optionalFlag('GenerateSecret') === true)
    throw new Error(`${where}, GenerateSecret: the local cloud supports clients without a secret only.`);

  const units = properties.optionalObject('TokenValidityUnits');
  const seconds = (token: 'AccessToken' | 'IdToken' | 'RefreshToken', count: number, unit: string): number => {
    const inUnit = validityUnits[units?.optionalText(token) ?? unit];
    if (inUnit === undefined) throw new Error(`${where}, TokenValidityUnits: ${token} is in no unit of time.`);
    return (properties.optionalNumber(`${token}Validity`) ?? count) * inUnit;
  };
  return {
    clientId,
    name: properties.optionalText('ClientName') ?? clientId,
    callbackUrls: properties.texts('CallbackURLs'),
    logoutUrls: properties.texts('LogoutURLs'),
    scopes,
    // Cognito's own when the template names none: 1 hour, and 30 days.
    accessTokenSeconds: seconds('AccessToken', 1, 'hours'),
    idTokenSeconds: seconds('IdToken', 1, 'hours'),
    refreshTokenSeconds: seconds('RefreshToken', 30, 'days'),
  };
}
