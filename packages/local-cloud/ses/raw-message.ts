import PostalMime, { type Email } from 'postal-mime';
import { AwsError } from '../engine.ts';

/** The largest message that SES (v1) takes, in bytes. */
const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;

const MAX_LINE_LENGTH = 1000;

/** Refuses what SES refuses in a raw message: its size, its form, overlong lines, a multipart without its parts. Throws AwsError. */
export function checkRawMessage(raw: Buffer): void {
  if (raw.length > MAX_MESSAGE_BYTES) {
    throw refused(`Message length is more than ${MAX_MESSAGE_BYTES} bytes long: '${raw.length}'.`);
  }
  const text = raw.toString('latin1');
  const end = /\r?\n\r?\n/.exec(text);
  if (!end) throw refused('The message has no empty line between its headers and its body.');
  const head = text.slice(0, end.index);
  const bad = head.split(/\r?\n/).find((line, at) => !(/^[!-9;-~]+:/.test(line) || (at > 0 && /^[ \t]/.test(line))));
  if (bad !== undefined) throw refused(`Illegal header '${bad.slice(0, 80)}'.`);
  const unfolded = head.replace(/\r?\n(?=[ \t])/g, '');
  if (!/^from:/im.test(unfolded)) throw refused("Missing required header 'From'.");
  for (let start = 0, next = 0; next !== -1; start = next + 1) {
    next = text.indexOf('\n', start);
    if ((next === -1 ? text.length : next + 1) - start > MAX_LINE_LENGTH) {
      throw refused(`A line of the message is longer than ${MAX_LINE_LENGTH} characters. Encode the part as base64.`);
    }
  }
  const boundary = /^content-type:\s*multipart\/.*?;\s*boundary=(?:"([^"]+)"|([^\s;]+))/im.exec(unfolded);
  const name = boundary?.[1] ?? boundary?.[2];
  if (name !== undefined) {
    const body = text.slice(end.index);
    if (!body.includes(`\n--${name}`)) throw refused('Missing start boundary.');
    if (!body.includes(`\n--${name}--`)) throw refused('Missing final boundary.');
  }
}

/** The message with these headers in the place of its own of the same names. */
export function withHeaders(raw: Buffer, headers: Readonly<Record<string, string>>): Buffer {
  const text = raw.toString('latin1');
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length;
  const names = Object.keys(headers).join('|');
  // A header ends where a line begins that does not continue it.
  const own = new RegExp(`^(?:${names}):.*(?:\\r?\\n[ \\t].*)*\\r?\\n?`, 'gim');
  const kept = text
    .slice(0, end)
    .replace(own, '')
    .replace(/\r?\n$/, '');
  const added = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(added.join('') + kept + text.slice(end), 'latin1');
}

/** What the headers of a message say; its body, which takes much longer, is not read. Throws Error when they can't be. */
export function parseHeaders(raw: Buffer): Promise<Email> {
  const end = /\r?\n\r?\n/.exec(raw.toString('latin1'));
  return PostalMime.parse(end === null ? raw : raw.subarray(0, end.index + end[0].length));
}

function refused(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}
