import { type Authorization, AwsError, type Engine, type EngineResponse } from '../engine.ts';
import type { Identity } from '../identity/identity.ts';
import type { User } from '../identity/user-pool.ts';
import { jsonAnswer, jsonError, jsonInput, targetOf } from '../json-protocol.ts';
import { messageOf } from '../message-of.ts';
import type { SesEngine } from '../ses/ses-engine.ts';

export type CognitoEngineOptions = {
  /** Holds the users: those who sign in by its pages. */
  readonly identity: Pick<Identity, 'userNamed' | 'addUser' | 'addToGroup'>;
  /** Is asked whether it takes an invitation. */
  readonly ses: Pick<SesEngine, 'check'>;
  /** Each user pool by its id; asked for at each call. */
  readonly pools: () => ReadonlyMap<string, UserPool>;
  readonly region: string;
  readonly accountId: string;
};

type UserPool = {
  readonly groups: readonly string[];
  /** By what of SES it sends its invitations; absent where Cognito sends them by itself. */
  readonly sender?: { readonly from: string; readonly configurationSet?: string };
};

type Input = Readonly<Record<string, unknown>>;

/** What each operation takes, beside the pool and the user that all of them name. */
const members: Readonly<Record<string, readonly string[]>> = {
  AdminGetUser: [],
  AdminCreateUser: ['UserAttributes', 'DesiredDeliveryMediums', 'MessageAction'],
  AdminAddUserToGroup: ['GroupName'],
};

const addressForm = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/**
 * Amazon Cognito's user pools, as far as people are made by an operator and looked up: of pools in which people sign in by their
 * e-mail address. No invitation is sent, though SES is asked whether it would take it, and everybody has the provider's one password.
 */
export function createCognitoEngine({ identity, ses, pools, region, accountId }: CognitoEngineOptions): Engine {
  const poolOf = (input: Input): UserPool => {
    const pool = pools().get(text(input, 'UserPoolId'));
    if (pool === undefined)
      throw new AwsError('ResourceNotFoundException', `User pool ${text(input, 'UserPoolId')} does not exist.`);
    return pool;
  };
  const userOf = (input: Input): User => {
    const user = identity.userNamed(text(input, 'Username'));
    if (user === undefined) throw new AwsError('UserNotFoundException', 'User does not exist.');
    return user;
  };

  /** The user was made all the same: an invitation is sent after that. */
  const invite = ({ sender }: UserPool, to: string): void => {
    if (sender === undefined) return;
    try {
      ses.check({ ...sender, to });
    } catch (error) {
      const said = `Cognito received the following error from Amazon SES when attempting to send email: ${messageOf(error)}`;
      throw new AwsError('CodeDeliveryFailureException', said);
    }
  };

  const operations: Readonly<Record<string, (input: Input) => object>> = {
    AdminGetUser(input) {
      poolOf(input);
      const { Attributes, ...user } = renderUser(userOf(input));
      return { ...user, UserAttributes: Attributes };
    },

    AdminCreateUser(input) {
      const pool = poolOf(input);
      const address = text(input, 'Username');
      if (!addressForm.test(address)) throw invalid('Username should be an email.');
      checkAttributes(input.UserAttributes, address);
      const { MessageAction: action } = input;
      if (action !== undefined && action !== 'RESEND' && action !== 'SUPPRESS')
        throw invalid("MessageAction must be 'RESEND' or 'SUPPRESS'.");
      if (action !== 'SUPPRESS' && !isByMail(input.DesiredDeliveryMediums))
        throw invalid(
          "The local cloud's Cognito invites by mail only: name EMAIL in DesiredDeliveryMediums. Told no medium, Cognito takes a text message.",
        );
      if (action !== 'RESEND' && identity.userNamed(address) !== undefined)
        throw new AwsError('UsernameExistsException', 'An account with the given email already exists.');
      const user = action === 'RESEND' ? userOf(input) : identity.addUser(address, isVerified(input.UserAttributes));
      if (action !== 'SUPPRESS') invite(pool, user.email);
      return { User: renderUser(user) };
    },

    AdminAddUserToGroup(input) {
      const group = text(input, 'GroupName');
      const { groups } = poolOf(input);
      const user = userOf(input);
      if (!groups.includes(group)) throw new AwsError('ResourceNotFoundException', 'Group not found.');
      identity.addToGroup(user.sub, group);
      return {};
    },
  };

  return {
    service: 'cognito-idp',
    operations: Object.keys(operations),
    operation: targetOf,

    authorizations(request): readonly Authorization[] {
      const pool = text(jsonInput(request), 'UserPoolId');
      const resource = `arn:aws:cognito-idp:${region}:${accountId}:userpool/${pool}`;
      return [{ action: `cognito-idp:${targetOf(request)}`, resource }];
    },

    async handle(request): Promise<EngineResponse> {
      const name = targetOf(request);
      const input = jsonInput(request);
      const known = ['UserPoolId', 'Username', ...(members[name] ?? [])];
      const unknown = Object.keys(input).find((key) => !known.includes(key));
      if (unknown !== undefined) throw invalid(`The local cloud's Cognito supports ${name} without ${unknown}.`);
      return jsonAnswer(operations[name]?.(input));
    },

    renderError: jsonError,

    close: async () => {},
  };
}

/** A member that must be a text of 1 to 128 characters without blanks. */
function text(input: Input, name: string): string {
  const value = input[name];
  if (typeof value === 'string' && /^\S{1,128}$/u.test(value)) return value;
  throw invalid(
    `1 validation error detected: Value at '${name[0]?.toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must not be null, and must have 1 to 128 characters without blanks`,
  );
}

function checkAttributes(attributes: unknown, address: string): void {
  for (const attribute of Array.isArray(attributes) ? attributes : []) {
    const { Name, Value } = attribute as { readonly Name?: unknown; readonly Value?: unknown };
    if (Name === 'email' && !addressForm.test(String(Value))) throw invalid('Invalid email address format.');
    if (Name === 'email' && String(Value).toLowerCase() !== address.toLowerCase())
      throw invalid(
        "The local cloud's Cognito supports no other address of a user than the one by which they sign in.",
      );
    if (Name !== 'email' && Name !== 'email_verified')
      throw invalid(`Attributes did not conform to the schema: Type for attribute {${Name}} could not be determined`);
  }
}

function isByMail(mediums: unknown): boolean {
  return Array.isArray(mediums) && mediums.includes('EMAIL');
}

/** Whether who makes a user says that the address is theirs. */
function isVerified(attributes: unknown): boolean {
  return (
    Array.isArray(attributes) &&
    attributes.some(({ Name, Value }) => Name === 'email_verified' && String(Value).toLowerCase() === 'true')
  );
}

/** A user as Cognito shows them: named by their `sub` where people sign in by an address. */
function renderUser({ sub, email, isUnverified }: User) {
  return {
    Username: sub,
    Attributes: [
      { Name: 'sub', Value: sub },
      { Name: 'email', Value: email },
      { Name: 'email_verified', Value: String(isUnverified !== true) },
    ],
    Enabled: true,
    UserStatus: 'FORCE_CHANGE_PASSWORD',
  };
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
