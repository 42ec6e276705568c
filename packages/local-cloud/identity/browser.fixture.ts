import { createHash, randomBytes } from 'node:crypto';

/** A page as a browser has it after following redirects, or the address outside of the provider to which it was sent. */
export type Arrival = { readonly url: URL; readonly status: number; readonly html: string };

/** A browser with cookies that stays with one origin: a redirect to any other is where it arrives. */
export type Browser = {
  open(address: string | URL): Promise<Arrival>;
  /** Submits a form of the page at `from`, to the page itself unless `action` says otherwise. */
  submit(from: Arrival, fields: Readonly<Record<string, string>>, action?: string): Promise<Arrival>;
};

export function createBrowser(origin: string): Browser {
  const cookies = new Map<string, { readonly value: string; readonly path: string }>();

  const visit = async (url: URL, init: RequestInit): Promise<Arrival> => {
    if (url.origin !== origin) return { url, status: 0, html: '' };
    const sent = [...cookies].filter(([, { path }]) => url.pathname.startsWith(path));
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: sent.map(([name, { value }]) => `${name}=${value}`).join('; ') },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      const gone = value === '' || Date.parse(/expires=([^;]+)/i.exec(line)?.[1] ?? '9999-01-01') < Date.now();
      if (gone) cookies.delete(name);
      else cookies.set(name, { value, path: /path=([^;]+)/i.exec(line)?.[1] ?? '/' });
    }
    const location = response.headers.get('location');
    const html = await response.text();
    return location === null ? { url, status: response.status, html } : visit(new URL(location, url), {});
  };

  return {
    open: (address) => visit(new URL(address), {}),
    submit: (from, fields, action) =>
      visit(new URL(action ?? from.url), { method: 'POST', body: new URLSearchParams(fields) }),
  };
}

/** What an app does to sign a person in: asks for a code, and exchanges it. */
export function createApp(issuer: string, clientId: string, redirectUri: string) {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('hex');
  const exchange = async (fields: Readonly<Record<string, string>>) => {
    const response = await fetch(`${issuer}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: clientId, ...fields }),
    });
    return { status: response.status, body: (await response.json()) as Readonly<Record<string, string>> };
  };
  return {
    /** The address at which the person signs in. */
    signInAddress(more: Readonly<Record<string, string>> = {}): URL {
      const address = new URL(`${issuer}/oauth2/authorize`);
      address.search = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: 'openid email',
        state,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...more,
      }).toString();
      return address;
    },
    state,
    /** Exchanges the code with which the browser came back. */
    redeem: ({ url }: Arrival, codeVerifier = verifier) =>
      exchange({
        grant_type: 'authorization_code',
        code: url.searchParams.get('code') ?? '',
        redirect_uri: redirectUri,
        code_verifier: codeVerifier,
      }),
    refresh: (refreshToken = '') => exchange({ grant_type: 'refresh_token', refresh_token: refreshToken }),
  };
}
