import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime, { type Address, addressParser } from 'postal-mime';

/** What SES knows of an accepted message apart from its text; one JSON line in `letters.jsonl`. */
export type Envelope = {
  readonly messageId: string;
  /** The instant of acceptance by the business clock, ISO, UTC. */
  readonly at: string;
  readonly source: string;
  readonly destinations: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly configurationSet?: string;
  /** The name of the .eml file beside. */
  readonly file: string;
};

/** An accepted message, read. Addresses are bare, without display names. */
export type Letter = Omit<Envelope, 'file'> & {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly { readonly name: string; readonly type: string; readonly bytes: number }[];
  /** The path of the .eml file: the message as it was accepted. */
  readonly file: string;
};

export type LetterBox = ReturnType<typeof openLetterBox>;

/** Opens the letters kept in a directory, made when it is absent. What `put` has kept survives the death of the process. */
export function openLetterBox(directory: string) {
  mkdirSync(directory, { recursive: true });
  const index = join(directory, 'letters.jsonl');
  const envelopes = readEnvelopes(index);
  const byId = new Map(envelopes.map((envelope) => [envelope.messageId, envelope]));
  const letters = new Map<string, Promise<Letter>>();

  const read = (envelope: Envelope): Promise<Letter> => {
    const known = letters.get(envelope.messageId);
    if (known) return known;
    const file = join(directory, envelope.file);
    const letter = readFile(file).then((raw) => parseLetter(envelope, file, raw));
    letters.set(envelope.messageId, letter);
    return letter;
  };

  return {
    /** Keeps a message: the file first, so that every line of the index has its file. */
    put(envelope: Omit<Envelope, 'file'>, raw: Buffer): Envelope {
      const stamp = envelope.at.replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
      const kept = { ...envelope, file: `${stamp}-${envelopes.length + 1}-${envelope.messageId}.eml` };
      writeFileSync(join(directory, kept.file), raw);
      appendFileSync(index, `${JSON.stringify(kept)}\n`);
      envelopes.push(kept);
      byId.set(kept.messageId, kept);
      return kept;
    },
    /** Oldest first. */
    envelopes: (): readonly Envelope[] => envelopes,
    read,
    /** Undefined when there is no such letter. */
    find: (messageId: string): Envelope | undefined => byId.get(messageId),
    raw: (envelope: Envelope): Promise<Buffer> => readFile(join(directory, envelope.file)),
  };
}

function readEnvelopes(index: string): Envelope[] {
  let text: string;
  try {
    text = readFileSync(index, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  // A line that a killed process did not finish was never acknowledged.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) truncateSync(index, Buffer.byteLength(whole));
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Envelope);
}

async function parseLetter(envelope: Envelope, file: string, raw: Buffer): Promise<Letter> {
  const email = await PostalMime.parse(raw);
  return {
    ...envelope,
    file,
    from: addressesOf(email.from ? [email.from] : [])[0] ?? bareAddress(envelope.source),
    to: addressesOf(email.to ?? []),
    subject: email.subject ?? '',
    text: email.text ?? '',
    html: email.html ?? '',
    attachments: email.attachments.map((attachment) => ({
      name: attachment.filename ?? 'unnamed',
      type: attachment.mimeType,
      bytes: typeof attachment.content === 'string' ? attachment.content.length : attachment.content.byteLength,
    })),
  };
}

/** The bare addresses of a parsed header, groups included. */
export function addressesOf(addresses: readonly Address[]): string[] {
  return addresses
    .flatMap((address) => (address.group === undefined ? [address.address] : address.group.map((one) => one.address)))
    .filter((address) => address !== '');
}

/** The address in `Name <address>`, or the text itself. */
export function bareAddress(text: string): string {
  return addressesOf(addressParser(text))[0] ?? text;
}
