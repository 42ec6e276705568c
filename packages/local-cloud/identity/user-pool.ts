/** A person of the user directory; `sub` stays the same for good. */
export type User = {
  readonly sub: string;
  readonly email: string;
  readonly groups: readonly string[];
  /** Nobody has shown or said that the address is theirs. */
  readonly isUnverified?: true;
};

/** An app client through which people sign in, as the template describes it. */
export type AppClient = {
  readonly clientId: string;
  readonly name: string;
  /** Where a browser may be sent with a code. */
  readonly callbackUrls: readonly string[];
  /** Where a browser may be sent after signing out. */
  readonly logoutUrls: readonly string[];
  readonly scopes: readonly string[];
  readonly accessTokenSeconds: number;
  readonly idTokenSeconds: number;
  readonly refreshTokenSeconds: number;
};

/** What an access token says. Times in epoch seconds. */
export type AccessTokenFacts = {
  readonly user: Pick<User, 'sub' | 'groups'>;
  readonly clientId: string;
  readonly scope: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
};

/** Paths below the issuer; those of the sign-in are named as Cognito names them. */
export const paths = {
  discovery: '/.well-known/openid-configuration',
  keys: '/jwks',
  authorize: '/oauth2/authorize',
  token: '/oauth2/token',
  revoke: '/oauth2/revoke',
  signIn: '/login',
  signOut: '/logout',
};

/** The scopes that an app client may have. */
export const knownScopes: readonly string[] = ['openid', 'email'];

export const signingAlgorithm = 'RS256';

/** Everybody's: the sign-in page tells it, since nothing here is worth a secret. */
export const localPassword = 'local';
