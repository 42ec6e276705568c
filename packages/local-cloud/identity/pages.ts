import { createHash } from 'node:crypto';
import { localPassword, type User } from './user-pool.ts';

const STYLE = `
  :root {
    color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif;
    --ground: #eef1f4; --card: #fff; --text: #1c2630; --quiet: #53616f; --line: #cdd5dd; --hover: #f1f6f9;
    --accent: #0b6478; --on-accent: #fff; --note: #fff6dc; --note-line: #c99700; --alert: #fdecea; --alert-line: #b3261e;
  }
  @media (prefers-color-scheme: dark) { :root {
    --ground: #12181e; --card: #1b232b; --text: #e8edf2; --quiet: #a3b1be; --line: #3a4652; --hover: #242f39;
    --accent: #6cc5d9; --on-accent: #06222a; --note: #2e2812; --note-line: #c99700; --alert: #3a1a18; --alert-line: #f2867d;
  } }
  * { box-sizing: border-box; }
  body { background: var(--ground); color: var(--text); display: grid; margin: 0; min-height: 100vh; padding: 1.5rem 1rem; place-items: center; }
  main { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; max-width: 32rem; padding: clamp(1.25rem, 5vw, 2.25rem); width: 100%; }
  h1 { font-size: 1.625rem; line-height: 1.25; margin: 0; }
  h2 { font-size: 1rem; margin: 1.75rem 0 .625rem; }
  p { margin: .75rem 0; } .app { color: var(--quiet); margin: .25rem 0 1.25rem; }
  .note, .alert { border-left: .25rem solid var(--note-line); background: var(--note); border-radius: .25rem; margin: 1.25rem 0; padding: .625rem .875rem; }
  .alert { background: var(--alert); border-color: var(--alert-line); }
  code { font: 600 .9375em ui-monospace, monospace; }
  ul { border: 1px solid var(--line); border-radius: .5rem; list-style: none; margin: 0; max-height: 27rem; overflow-y: auto; padding: 0; }
  li + li { border-top: 1px solid var(--line); }
  li button { background: none; color: inherit; display: grid; gap: 0 .875rem; grid-template-columns: 2.25rem 1fr; padding: .625rem .875rem; text-align: left; width: 100%; }
  li button:hover { background: var(--hover); }
  .initial { align-self: center; background: var(--accent); border-radius: 50%; color: var(--on-accent); font-weight: 600; grid-row: span 2; height: 2.25rem; line-height: 2.25rem; text-align: center; text-transform: uppercase; }
  .email { font-size: .9375rem; font-weight: 600; grid-column: 2; overflow-wrap: anywhere; } .groups { color: var(--quiet); font-size: .875rem; grid-column: 2; }
  label { display: block; font-size: .9375rem; font-weight: 600; margin: .875rem 0 .25rem; }
  input { background: var(--card); border: 1px solid var(--quiet); border-radius: .375rem; color: inherit; font: inherit; padding: .5rem .75rem; width: 100%; }
  input[aria-invalid] { border-color: var(--alert-line); }
  button { border: 0; border-radius: .375rem; cursor: pointer; font: inherit; }
  button.main { background: var(--accent); color: var(--on-accent); font-weight: 600; margin-top: 1.25rem; padding: .625rem; width: 100%; }
  button.main:hover { filter: brightness(1.1); }
  :focus-visible { outline: .1875rem solid var(--accent); outline-offset: .125rem; }
  li button:focus-visible { outline-offset: -.1875rem; }
`;

const SUBMIT = `document.getElementById('op.logoutForm').submit()`;

const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash('sha256').update(SUBMIT).digest('base64')}'`,
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** With these a page loads nothing from elsewhere and is kept by no cache. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': POLICY,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** The page on which a person signs in: by a click on one of the users, or by address and password. */
export function signInPage(shown: {
  /** The name of the app that asked. */
  readonly app: string;
  readonly users: readonly User[];
  /** What stands in the field for the address. */
  readonly email: string;
  /** Whether address and password were wrong the last time. */
  readonly refused?: boolean;
}): string {
  const { app, users, email, refused = false } = shown;
  const people = users.map(
    (user) =>
      `<li><button name="email" value="${text(user.email)}"><span class="initial" aria-hidden="true">${text(user.email.slice(0, 1))}</span><span class="email">${text(user.email)}</span><span class="groups">${text(user.groups.join(', ') || 'in no group')}</span></button></li>`,
  );
  const invalid = refused ? ' aria-invalid="true" aria-describedby="refused"' : '';
  return page(
    refused ? 'Not signed in' : 'Sign in',
    [
      `<h1>Sign in</h1><p class="app">to ${text(app)}</p>`,
      `<p class="note">This is a local cloud: all of it stays on this machine, and everybody’s password is <code>${localPassword}</code>.</p>`,
      people.length === 0
        ? ''
        : `<form method="post" aria-labelledby="people"><h2 id="people">Continue as</h2><input type="hidden" name="password" value="${localPassword}"><ul>${people.join('')}</ul></form>`,
      `<form method="post" aria-labelledby="other"><h2 id="other">Or with address and password</h2>`,
      // Beside the field that has the focus, so that it is seen on a small screen too.
      refused
        ? `<p class="alert" id="refused" role="alert">The address or the password is wrong. Correct them and try again.</p>`
        : '',
      `<label for="email">E-mail address</label><input id="email" name="email" type="email" autocomplete="username" required value="${text(email)}"${invalid}>`,
      `<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required${invalid}${refused ? ' autofocus' : ''}>`,
      `<button class="main">Sign in</button></form>`,
    ].join(''),
  );
}

/** The page that signs out by itself; where scripts are off, by its button. `form` is the provider's, without a button. */
export function signOutPage(form: string): string {
  return page(
    'Signing out',
    `<h1>Signing out</h1><p>If nothing happens, press the button.</p>${form}<input type="hidden" form="op.logoutForm" name="logout" value="yes"><button class="main" form="op.logoutForm">Sign out</button><script>${SUBMIT}</script>`,
  );
}

/** The page after signing out, when the app named no address to go to. */
export function signedOutPage(): string {
  return page('Signed out', '<h1>Signed out</h1><p>You can close this page.</p>');
}

/** What is wrong with a sign-in, for the person and for whoever builds the app. */
export function errorPage(error: string, description = ''): string {
  const remedy =
    error === 'invalid_redirect_uri'
      ? 'The app asked to be called back at an address that its client does not list. List it in CallbackURLs of the app client, in the template.'
      : 'Go back to the app and sign in again.';
  return page(
    'Sign-in failed',
    `<h1>The sign-in can’t go on</h1><p class="alert"><code>${text(error)}</code><br>${text(description)}</p><p>${remedy}</p>`,
  );
}

function page(title: string, main: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${text(title)} – local cloud</title><style>${STYLE}</style></head><body><main>${main}</main></body></html>`;
}

function text(value: string): string {
  return value.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
