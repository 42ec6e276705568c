import {
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  UserNotFoundException,
} from '@aws-sdk/client-cognito-identity-provider';

const client = new CognitoIdentityProviderClient({});

/** Cognito takes no longer user name. */
const maxUsername = 128;

/** The `sub` of the user who signs in with this address (in any case) at a user pool, or undefined. */
export async function subOf(userPoolId: string, email: string): Promise<string | undefined> {
  if (email.length > maxUsername) return undefined;
  try {
    const { UserAttributes = [] } = await client.send(
      new AdminGetUserCommand({ UserPoolId: userPoolId, Username: email }),
    );
    return UserAttributes.find(({ Name }) => Name === 'sub')?.Value;
  } catch (error) {
    if (error instanceof UserNotFoundException) return undefined;
    // Its message may repeat the address, which no log may have.
    throw new Error(`Cognito answered with ${error instanceof Error ? error.name : 'an error'}.`);
  }
}
