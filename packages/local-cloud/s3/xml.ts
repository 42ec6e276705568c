import type { EngineResponse } from '../engine.ts';

/** What an element holds: text, or child elements; a list repeats the element, undefined leaves it out. */
type XmlContent = string | number | boolean | undefined | XmlElements | readonly XmlContent[];
interface XmlElements {
  readonly [name: string]: XmlContent;
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A whole document with this root element, in S3's namespace unless it is an error. */
export function xmlDocument(root: string, elements: XmlElements): string {
  const namespace = root === 'Error' || root === 'PostResponse' ? '' : ` xmlns="${NAMESPACE}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${namespace}>${children(elements)}</${root}>`;
}

function children(elements: XmlElements): string {
  return Object.entries(elements)
    .map(([name, content]) => element(name, content))
    .join('');
}

function element(name: string, content: XmlContent): string {
  if (content === undefined) return '';
  if (Array.isArray(content)) return content.map((item) => element(name, item)).join('');
  if (typeof content === 'object') return `<${name}>${children(content as XmlElements)}</${name}>`;
  return `<${name}>${escapeText(String(content))}</${name}>`;
}

function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys may hold control characters, which S3 writes as references
  return text.replace(/[&<>"\u0000-\u001f]/g, (character) => {
    if (character === '&') return '&amp;';
    if (character === '<') return '&lt;';
    if (character === '>') return '&gt;';
    if (character === '"') return '&quot;';
    return `&#x${character.charCodeAt(0).toString(16)};`;
  });
}

/** The answer whose body is such a document. */
export function xmlAnswer(
  root: string,
  elements: XmlElements,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): EngineResponse {
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body: xmlDocument(root, elements) };
}
