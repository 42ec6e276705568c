import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime, { type Address, addressParser } from 'postal-mime';
import type { Owed } from '../delivery.ts';
import { parseHeaders } from './raw-message.ts';

/** What SES keeps of an accepted message apart from its text; one JSON line in `letters.jsonl`. */
export type Envelope = {
  readonly messageId: string;
  /** The instant of acceptance by the business clock, ISO, UTC. */
  readonly at: string;
  readonly source: string;
  readonly destinations: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly configurationSet?: string;
  /** Who sent it, as the meter names callers. */
  readonly caller?: string;
  /** False where it has to be told what becomes of it; in `told.txt` stands of which letters it was. */
  readonly told?: false;
  /** The name of the .eml file beside. */
  readonly file: string;
};

/** An accepted message, read. Addresses are bare, without display names. */
export type Letter = Omit<Envelope, 'file' | 'caller' | 'told'> & {
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
  const toldFile = join(directory, 'told.txt');
  const envelopes = wholeLines(index).map((line) => JSON.parse(line) as Envelope);
  const told = new Set(wholeLines(toldFile));
  const pendingFeedback = new Map(
    envelopes.filter((envelope) => envelope.told === false && !told.has(envelope.messageId)).map(owed),
  );
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
      if (kept.told === false) pendingFeedback.set(...owed(kept));
      return kept;
    },
    /** The letters of which it still has to be told what became of them, oldest first. */
    pendingFeedback: () => [...pendingFeedback.values()],
    /** Notes down that everything about a letter was told. */
    settle(messageId: string): void {
      appendFileSync(toldFile, `${messageId}\n`);
      pendingFeedback.delete(messageId);
    },
    /** Oldest first. */
    envelopes: (): readonly Envelope[] => envelopes,
    read,
    /** Undefined when there is no such letter. */
    find: (messageId: string): Envelope | undefined => byId.get(messageId),
    /** The subject alone: its header is read, and not the letter. */
    async subject(envelope: Envelope): Promise<string> {
      const { subject = '' } = await parseHeaders(await readFile(join(directory, envelope.file)));
      return subject;
    },
    raw: (envelope: Envelope): Promise<Buffer> => readFile(join(directory, envelope.file)),
  };
}

function owed(envelope: Envelope): [string, Owed<Envelope, string>] {
  return [envelope.messageId, { id: envelope.messageId, event: envelope }];
}

/** The lines of a file, none when it is absent; one that a killed process did not finish is cut off: nobody was told of it. */
function wholeLines(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  return whole.split('\n').filter((line) => line !== '');
}

async function parseLetter(envelope: Envelope, file: string, raw: Buffer): Promise<Letter> {
  const email = await PostalMime.parse(raw);
  const { caller, told, ...sent } = envelope;
  return {
    ...sent,
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
