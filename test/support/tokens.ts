import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimsOf, output, type Site } from './cloud.ts';

const base64 = (content: object): string => Buffer.from(JSON.stringify(content)).toString('base64url');

/** Tokens for a person that the API must not take, each with what is wrong with it; a good one; and some that are good and give no role. */
export async function forgedTokens(
  { cloud, directory }: Site & { readonly directory: string },
  email: string,
  group: string,
) {
  const { iss, sub } = claimsOf(await cloud.token({ email, groups: [group] }));
  const { key } = JSON.parse(readFileSync(join(directory, 'identity.json'), 'utf8'));
  const issuersKey = createPrivateKey({ key, format: 'jwk' });
  const othersKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const now = Math.floor(Date.now() / 1000);
  const clientId = output(cloud, 'UserPoolClientId');
  const claims = {
    iss,
    sub,
    client_id: clientId,
    token_use: 'access',
    'cognito:groups': [group],
    iat: now - 5,
    exp: now + 600,
  };
  const header = { alg: 'RS256', kid: key.kid };
  const token = (changes: object = {}, by = issuersKey): string => {
    const signed = `${base64(header)}.${base64({ ...claims, ...changes })}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), by).toString('base64url')}`;
  };
  const [head, body, signature] = token().split('.');
  const publicKey = createPublicKey(issuersKey).export({ type: 'spki', format: 'pem' });
  const symmetric = `${base64({ ...header, alg: 'HS256' })}.${body}`;
  const forged: Readonly<Record<string, string | undefined>> = {
    'no token': undefined,
    'no JWT': 'moose',
    'the algorithm none': `${base64({ alg: 'none' })}.${body}.`,
    'a token whose signature was left out': `${head}.${body}.`,
    'a token signed by somebody else': token({}, othersKey),
    'a token signed with the public key as a secret': `${symmetric}.${createHmac('sha256', publicKey).update(symmetric).digest('base64url')}`,
    'a token that was changed': `${head}.${base64({ ...claims, sub: 'somebody' })}.${signature}`,
    'a token of another issuer': token({ iss: 'https://issuer.example.org' }),
    'a token for another client': token({ client_id: 'another' }),
    'a token for another audience': token({ aud: 'another', client_id: undefined }),
    'an expired token': token({ exp: now - 1 }),
    'a token without an expiry': token({ exp: undefined }),
    'an ID token': token({ token_use: 'id', aud: clientId, client_id: undefined }),
    'a sub of 3,000 characters': token({ sub: 'x'.repeat(3000) }),
    'half a character as sub': token({ sub: 'a\ud800' }),
    'a list as sub': token({ sub: [sub] }),
  };
  /** Good ones for somebody in no group of the pool, though each looks as if. */
  const inNoGroup = [[`x ${group}`], [`x,${group}`], [`[${group}]`], `[${group}]`, { [group]: true }, 7, null].map(
    (groups) => token({ 'cognito:groups': groups }),
  );
  return { good: token(), forged, inNoGroup };
}
