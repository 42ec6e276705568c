import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import { type Letter, oneLine } from './layout.ts';

type Mailbox = { readonly name: string; readonly email: string };

/**
 * The letter as a MIME message: plain text and HTML as alternatives, CRLF, UTF-8. The same arguments give the same bytes.
 * It has no Message-ID and no Date: SES writes its own, whatever stands there.
 * @param envelope.letterId what names this letter to this person for good
 * @throws Error when an address is none
 */
export async function mimeMessage(
  letter: Letter,
  envelope: {
    readonly from: Mailbox;
    readonly to: Mailbox;
    readonly letterId: string;
  },
): Promise<Buffer> {
  const { from, to, letterId } = envelope;
  // A digest of what the message holds can't stand in it: no text can end its own MIME part.
  const boundary = createHash('sha256')
    .update(JSON.stringify([letterId, letter]))
    .digest('hex')
    .slice(0, 32);
  const composer = new MailComposer({
    from: mailbox(from, 'sender'),
    to: mailbox(to, 'recipient'),
    subject: oneLine(letter.subject),
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': 'en-CA' },
    text: letter.text,
    html: letter.html,
    baseBoundary: boundary,
    newline: 'win',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return withoutHeaders(await composer.compile().build(), 'Message-ID', 'Date');
}

/** The message without these headers, which its composer writes in any case. */
function withoutHeaders(message: Buffer, ...names: readonly string[]): Buffer {
  const end = message.indexOf('\r\n\r\n');
  // A header ends where a line begins that does not continue it.
  const unwanted = new RegExp(`^(?:${names.join('|')}):.*(?:\\r\\n[ \\t].*)*\\r\\n`, 'gim');
  const head = message.toString('latin1', 0, end + 2).replace(unwanted, '');
  return Buffer.concat([Buffer.from(head, 'latin1'), message.subarray(end + 2)]);
}

function mailbox({ name, email }: Mailbox, role: 'sender' | 'recipient'): { name: string; address: string } {
  // The address itself stays out of the message: errors are logged.
  if (!/^[^\s\p{Cc}<>()[\]\\,;:"@]+@[^\s\p{Cc}<>()[\]\\,;:"@]+$/u.test(email))
    throw new Error(`The ${role}'s e-mail address is not one. Correct it where the person or the stage is recorded.`);
  return { name: oneLine(name), address: email };
}
