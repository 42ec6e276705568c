import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';

const client = new CognitoIdentityProviderClient({});

/** Cognito takes no longer user name. */
const maxUsername = 128;

/**
 * The `sub` of the user who signs in with this address (in any case) at a user pool, or undefined: also of one whose address is not
 * verified, who may have written another's into their own account.
 */
export async function subOf(userPoolId: string, email: string): Promise<string | undefined> {
  if (email.length > maxUsername) return undefined;
  try {
    const { UserAttributes = [] } = await client.send(
      new AdminGetUserCommand({ UserPoolId: userPoolId, Username: email }),
    );
    const { sub, email_verified: verified } = Object.fromEntries(
      UserAttributes.map(({ Name, Value }) => [Name, Value]),
    );
    return verified === 'true' ? sub : undefined;
  } catch (error) {
    if (error instanceof UserNotFoundException) return undefined;
    // Its message may repeat the address, which no log may have.
    throw new Error(`Cognito answered with ${error instanceof Error ? error.name : 'an error'}.`);
  }
}
