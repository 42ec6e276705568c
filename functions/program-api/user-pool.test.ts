import { CognitoIdentityProviderClient, UserNotFoundException } from '@aws-sdk/client-cognito-identity-provider';
import { beforeEach, expect, it, vi } from 'vitest';
import { subOf } from './user-pool.ts';

const send = vi.spyOn(CognitoIdentityProviderClient.prototype, 'send');
beforeEach(() => void send.mockReset());

const answer = (error: unknown) => send.mockImplementation(() => Promise.reject(error));
const failure = (name: string, message: string) => Object.assign(new Error(message), { name });

it('finds whom a pool knows, and nobody else', async () => {
  const known = (verified: string) => {
    const attributes = { sub: 's1', email: 'ann@example.com', email_verified: verified };
    const UserAttributes = Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }));
    send.mockImplementation(() => Promise.resolve({ UserAttributes }));
  };
  known('true');
  expect(await subOf('pool', 'ann@example.com')).toBe('s1');
  // Whoever signs in can write any address there.
  known('false');
  expect(await subOf('pool', 'ann@example.com')).toBeUndefined();
  answer(new UserNotFoundException({ message: 'User does not exist.', $metadata: {} }));
  expect(await subOf('pool', 'ben@example.com')).toBeUndefined();
});

it('knows nobody by an address that is longer than a user name: Cognito is not asked', async () => {
  answer(failure('InvalidParameterException', 'too long'));
  expect(await subOf('pool', `${'a'.repeat(117)}@example.com`)).toBeUndefined();
  expect(send).not.toHaveBeenCalled();
  await expect(subOf('pool', `${'a'.repeat(116)}@example.com`)).rejects.toThrow('InvalidParameterException');
});

it('fails with the name of the error alone: its message may repeat the address', async () => {
  answer(failure('TooManyRequestsException', 'ann@example.com was asked for too often'));
  const error = await subOf('pool', 'ann@example.com').catch((thrown: unknown) => thrown);
  expect(error).toEqual(new Error('Cognito answered with TooManyRequestsException.'));
  expect((error as Error).cause).toBeUndefined();
});
