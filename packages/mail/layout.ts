import type { EndpointName } from '@secor/contracts';
import type { Partner } from './facts.ts';

/** A letter as it is sent: both bodies carry the same facts. */
export type Letter = { readonly subject: string; readonly text: string; readonly html: string };

/** An entry of a list; the link, when there is one, closes it. */
export type Item = { readonly label?: string; readonly text: string; readonly link?: string };

/**
 * What a part of a letter tells somebody to do, as the operations of the API that it takes: the reader, or the assessor, of whom
 * a contact's letter tells.
 */
export type Instruction = { readonly by: 'reader' | 'assessor'; readonly operations: readonly EndpointName[] };

/** A part of a letter's body. Its strings are plain text and may hold anything: the layout escapes them. */
export type Block =
  | { readonly kind: 'paragraph' | 'heading'; readonly text: string }
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [label: string, value: string])[] }
  | { readonly kind: 'list' | 'steps'; readonly items: readonly Item[]; readonly tells?: Instruction }
  | {
      /** What a person wrote, in their own lines, each marked as quoted. */
      readonly kind: 'quote';
      readonly label?: string;
      readonly about?: string;
      readonly text: string;
    };

/** What a letter says, before it is laid out. `tone` chooses the colour of the title, which never says anything alone. */
export type Draft = {
  readonly subject: string;
  readonly tone: 'good' | 'bad' | 'neutral';
  readonly title: string;
  readonly blocks: readonly Block[];
};

/** Lays a draft out for one person: as plain text and as HTML, signed with the partner's contact data. */
export function layOut(draft: Draft, recipientName: string, partner: Partner): Letter {
  const greeting = `Hello ${recipientName},`;
  const ended = { ...draft, blocks: draft.blocks.map(endSentencesOnce) };
  return {
    subject: oneLine(draft.subject),
    text: textOf(ended, greeting, partner),
    html: htmlOf(ended, greeting, partner),
  };
}

/** The block with one full stop where a sentence ends with a name such as 'Prairie Welding Inc.'; what a person wrote stays. */
function endSentencesOnce(block: Block): Block {
  switch (block.kind) {
    case 'paragraph':
      return { ...block, text: withoutSecondStops(block.text) };
    case 'list':
    case 'steps':
      return { ...block, items: block.items.map((item) => ({ ...item, text: withoutSecondStops(item.text) })) };
    case 'heading':
    case 'facts':
    case 'quote':
      return block;
  }
}

/** The text without the second of two full stops after a word, outside quotation marks: those hold names of files. */
function withoutSecondStops(text: string): string {
  return text.replace(/"[^"]*"|(?<=[\p{L}\p{N}])\.\.(?=\s|$)/gu, (found) => (found === '..' ? '.' : found));
}

/** The text on one line, without control characters: data can't start a header, a line or a section of its own. */
export function oneLine(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .toWellFormed();
}

function textOf(draft: Draft, greeting: string, partner: Partner): string {
  const { name, email, phone, site } = partner;
  return [
    oneLine(draft.title),
    oneLine(greeting),
    ...draft.blocks.map(blockAsText),
    [name, email, phone, site].map(oneLine).join('\n'),
  ]
    .join('\n\n')
    .concat('\n');
}

function blockAsText(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return oneLine(block.text);
    case 'heading':
      return `${oneLine(block.text)}\n${'-'.repeat(oneLine(block.text).length)}`;
    case 'facts':
      return block.facts.map(([label, value]) => `${oneLine(label)}: ${oneLine(value)}`).join('\n');
    case 'list':
      return block.items.map((item) => `- ${itemAsText(item)}`).join('\n');
    case 'steps':
      return block.items.map((item, index) => `${index + 1}. ${itemAsText(item)}`).join('\n');
    case 'quote':
      return [...captions(block), ...ownLines(block.text).map((line) => `> ${line}`)].join('\n');
  }
}

function captions({ label, about }: Extract<Block, { readonly kind: 'quote' }>): string[] {
  return [label, about].filter((caption) => caption !== undefined).map(oneLine);
}

function ownLines(text: string): string[] {
  return text
    .split(/[\n\v\f\r\u0085\u2028\u2029]/)
    .map(oneLine)
    .filter((line) => line !== '');
}

function itemAsText({ label, text, link }: Item): string {
  return oneLine(`${label === undefined ? '' : `${label}: `}${text} ${link ?? ''}`);
}

/**
 * How many bytes an item takes at most in a letter as it is sent: in both bodies, with each byte that is not ASCII as three
 * (quoted-printable), and the line breaks that the encoding adds.
 */
export function sentBytes(item: Item): number {
  const lines = [`1000. ${itemAsText(item)}\n`, `${itemAsHtml(item)}\n`];
  const encoded = Buffer.from(lines.join('')).reduce((sum, byte) => sum + (byte < 0x7f && byte !== 0x3d ? 1 : 3), 0);
  return Math.ceil(encoded * (78 / 72));
}

function escaped(text: string): string {
  return oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const ink = '#1f2933';
const quiet = '#52606d';
const rule = '#d9dee3';
const tones = { good: '#1b6e3c', bad: '#9b2c1d', neutral: '#1d4f7c' } as const;
const font = "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
// Outlook has no max-width: the conditional table keeps the letter from filling the window.
const outlookOpens = '<!--[if mso]><table role="presentation" width="600" align="center"><tr><td><![endif]-->';
const outlookCloses = '<!--[if mso]></td></tr></table><![endif]-->';

function htmlOf(draft: Draft, greeting: string, partner: Partner): string {
  const tone = tones[draft.tone];
  const { name, email, phone, site } = partner;
  const body = `${font};font-size:16px;line-height:1.5;color:${ink};overflow-wrap:anywhere;word-break:break-word`;
  return `<!doctype html>
<html lang="en-CA">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${escaped(draft.subject)}</title>
</head>
<body style="margin:0;padding:0;background-color:#eef1f4">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background-color:#eef1f4"><tr><td align="center" style="padding:24px 12px">
${outlookOpens}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px;background-color:#ffffff;border-top:6px solid ${tone};text-align:left">
<tr><td style="padding:24px 28px 0;${font};font-size:14px;line-height:1.4;color:${quiet}">${escaped(name)} &middot; SECOR</td></tr>
<tr><td style="padding:8px 28px 20px;${body}">
<h1 style="margin:0 0 20px;font-size:24px;line-height:1.25;font-weight:600;color:${tone}">${escaped(draft.title)}</h1>
${paragraph(greeting)}
${draft.blocks.map(blockAsHtml).join('\n')}
</td></tr>
<tr><td style="padding:0 28px 28px;${body}">
<p style="margin:0;padding-top:16px;border-top:1px solid ${rule};font-size:14px;line-height:1.6;color:${quiet}"><strong style="color:${ink}">${escaped(name)}</strong><br>
${link(`mailto:${email}`, email)}<br>
${link(`tel:${dialled(phone)}`, phone)}<br>
${link(site, site)}</p>
</td></tr>
</table>
${outlookCloses}
</td></tr></table>
</body>
</html>
`;
}

function paragraph(text: string): string {
  return `<p style="margin:0 0 16px">${escaped(text)}</p>`;
}

function link(target: string, text: string): string {
  return `<a href="${escaped(target)}" style="color:${tones.neutral};text-decoration:underline">${escaped(text)}</a>`;
}

/** The digits to dial, without an extension: '1 800 555 0100 ext. 3' gives '18005550100'. */
function dialled(phone: string): string {
  return phone.replace(/[^+\d\s().-].*$/, '').replace(/[^+\d]/g, '');
}

function blockAsHtml(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return paragraph(block.text);
    case 'heading':
      return `<h2 style="margin:24px 0 8px;font-size:18px;line-height:1.3;font-weight:600;color:${ink}">${escaped(block.text)}</h2>`;
    case 'facts':
      return factTable(block.facts);
    case 'list':
    case 'steps': {
      const tag = block.kind === 'list' ? 'ul' : 'ol';
      return `<${tag} style="margin:0 0 16px;padding:0 0 0 26px">\n${block.items.map(itemAsHtml).join('\n')}\n</${tag}>`;
    }
    case 'quote':
      return quote(block);
  }
}

function quote({ label, about, text }: Extract<Block, { readonly kind: 'quote' }>): string {
  const heading = label === undefined ? '' : `<p style="margin:0 0 2px"><strong>${escaped(label)}</strong></p>\n`;
  const subject =
    about === undefined ? '' : `<p style="margin:0 0 2px;font-size:14px;color:${quiet}">${escaped(about)}</p>\n`;
  const lines = ownLines(text).map(escaped).join('<br>\n');
  return `${heading}${subject}<blockquote style="margin:6px 0 20px;padding:2px 0 2px 14px;border-left:3px solid ${rule}">${lines}</blockquote>`;
}

function factTable(facts: readonly (readonly [label: string, value: string])[]): string {
  const cell = `padding:7px 0;border-bottom:1px solid ${rule};vertical-align:top;text-align:left`;
  const rows = facts.map(
    ([label, value]) =>
      `<tr><th scope="row" width="38%" style="${cell};padding-right:12px;font-weight:400;color:${quiet}">${escaped(label)}</th><td style="${cell};font-weight:600">${escaped(value)}</td></tr>`,
  );
  return `<table width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 20px;border-top:1px solid ${rule};font-size:15px;line-height:1.45">\n${rows.join('\n')}\n</table>`;
}

function itemAsHtml(item: Item): string {
  const label = item.label === undefined ? '' : `<strong>${escaped(item.label)}:</strong> `;
  const target = item.link === undefined ? '' : ` ${link(item.link, item.link)}`;
  return `<li style="margin:0 0 8px;padding-left:4px">${label}${escaped(item.text)}${target}</li>`;
}
