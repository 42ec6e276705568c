import type { EngineResponse } from '../engine.ts';
import type { Letter, LetterBox } from './letter-box.ts';

/** The list shows the newest letters only; each of the others is reached by its address. */
const MAX_LISTED = 200;

const STYLE = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  body { margin: 0 auto; max-width: 60rem; padding: 1rem; }
  h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.125rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { border-bottom: 1px solid; padding: .5rem .75rem .5rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
  td:first-child { white-space: nowrap; }
  dl { display: grid; gap: .25rem 1rem; grid-template-columns: max-content 1fr; }
  dt { font-weight: bold; } dd { margin: 0; overflow-wrap: anywhere; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  iframe { background: white; border: 1px solid; height: 40rem; width: 100%; }
`;

/**
 * The inbox as web pages, for the path of a GET request: `/` lists the letters, newest first; `/letters/<message id>` shows
 * one; with `.eml` it is the message as it was sent. Anything else is 404.
 */
export async function renderInbox(box: LetterBox, path: string): Promise<EngineResponse> {
  if (path === '/') {
    const envelopes = box.envelopes();
    const newest = envelopes.slice(-MAX_LISTED).reverse();
    return html(200, listPage(await Promise.all(newest.map(box.read)), envelopes.length));
  }
  const asked = /^\/letters\/([A-Za-z0-9-]+)(\.eml)?$/.exec(path);
  const envelope = asked?.[1] === undefined ? undefined : box.find(asked[1]);
  if (!asked || !envelope) {
    return html(
      404,
      page('Not found', '<h1>Not found</h1><p>There is no such letter. <a href="/">All letters</a></p>'),
    );
  }
  if (asked[2] === undefined) return html(200, letterPage(await box.read(envelope)));
  return {
    status: 200,
    headers: {
      'content-type': 'message/rfc822',
      'content-disposition': `attachment; filename="${envelope.file}"`,
      'x-content-type-options': 'nosniff',
    },
    body: await box.raw(envelope),
  };
}

function listPage(letters: readonly Letter[], total: number): string {
  if (letters.length === 0) return page('Inbox', '<h1>Inbox</h1><p>No letter was sent yet.</p>');
  const rows = letters.map(
    (letter) =>
      `<tr><td>${time(letter.at)}</td><td><a href="/letters/${letter.messageId}">${text(letter.subject || '(no subject)')}</a></td><td>${text(letter.destinations.join(', '))}</td></tr>`,
  );
  const count = `${total === 1 ? '1 letter' : `${total} letters`}, newest first${total > letters.length ? `; the newest ${letters.length} are shown` : ''}.`;
  return page(
    'Inbox',
    `<h1>Inbox</h1><p>${count}</p><table><thead><tr><th scope="col">Sent</th><th scope="col">Subject</th><th scope="col">To</th></tr></thead><tbody>${rows.join('')}</tbody></table>`,
  );
}

function letterPage(letter: Letter): string {
  const facts: [string, string][] = [
    ['From', text(letter.from)],
    ['To', text(letter.to.join(', '))],
    ['Delivered to', text(letter.destinations.join(', '))],
    ['Sent', time(letter.at)],
    ['Message id', text(letter.messageId)],
  ];
  if (letter.configurationSet !== undefined) facts.push(['Configuration set', text(letter.configurationSet)]);
  const tags = Object.entries(letter.tags).map(([name, value]) => `${name} = ${value}`);
  if (tags.length > 0) facts.push(['Tags', text(tags.join(', '))]);
  const attachments = letter.attachments.map(({ name, type, bytes }) => `${name} (${type}, ${bytes} bytes)`);
  if (attachments.length > 0) facts.push(['Attachments', text(attachments.join(', '))]);
  const subject = letter.subject || '(no subject)';
  return page(
    subject,
    [
      `<p><a href="/">All letters</a></p><h1>${text(subject)}</h1>`,
      `<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join('')}</dl>`,
      `<p><a href="/letters/${letter.messageId}.eml">The message as it was sent (.eml)</a></p>`,
      letter.text === '' ? '' : `<h2 id="text">Text</h2><pre>${text(letter.text)}</pre>`,
      letter.html === ''
        ? ''
        : `<h2 id="html">HTML</h2><iframe sandbox="" title="The letter as HTML" srcdoc="${text(letter.html)}"></iframe>`,
    ].join(''),
  );
}

function page(title: string, main: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${text(title)}</title><style>${STYLE}</style></head><body><main>${main}</main></body></html>`;
}

function html(status: number, body: string): EngineResponse {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      // A letter's own page inherits this: it loads nothing from elsewhere.
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
    body,
  };
}

function time(at: string): string {
  return `<time datetime="${at}">${at.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function text(value: string): string {
  return value.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
