import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import { type Letter, oneLine } from './layout.ts';

type Mailbox = { readonly name: string; readonly email: string };

/**
 * The letter as a MIME message: plain text and HTML as alternatives, CRLF, UTF-8. The same arguments give the same bytes.
 * @param envelope.letterId what names this letter to this person for good; the Message-ID is made of it
 * @param envelope.messageIdDomain the domain behind the @ of the Message-ID
 * @param envelope.date the instant of the Date header, ISO in UTC
 * @throws Error when an address is none
 */
export async function mimeMessage(
  letter: Letter,
  envelope: {
    readonly from: Mailbox;
    readonly to: Mailbox;
    readonly messageIdDomain: string;
    readonly letterId: string;
    readonly date: string;
  },
): Promise<Buffer> {
  const { from, to, messageIdDomain, letterId, date } = envelope;
  // A digest of what the message holds can't stand in it: no text can end its own MIME part.
  const boundary = createHash('sha256')
    .update(JSON.stringify([letterId, letter]))
    .digest('hex')
    .slice(0, 32);
  const composer = new MailComposer({
    from: mailbox(from, 'sender'),
    to: mailbox(to, 'recipient'),
    subject: oneLine(letter.subject),
    date: new Date(date),
    messageId: `<${messageIdPart(letterId)}@${messageIdDomain}>`,
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': 'en-CA' },
    text: letter.text,
    html: letter.html,
    baseBoundary: boundary,
    newline: 'win',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

function mailbox({ name, email }: Mailbox, role: 'sender' | 'recipient'): { name: string; address: string } {
  // The address itself stays out of the message: errors are logged.
  if (!/^[^\s\p{Cc}<>()[\]\\,;:"@]+@[^\s\p{Cc}<>()[\]\\,;:"@]+$/u.test(email))
    throw new Error(`The ${role}'s e-mail address is not one. Correct it where the person or the stage is recorded.`);
  return { name: oneLine(name), address: email };
}

/** The id in characters that a Message-ID allows, each other one as %XX. */
function messageIdPart(letterId: string): string {
  return encodeURIComponent(letterId).replace(/[().]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}
