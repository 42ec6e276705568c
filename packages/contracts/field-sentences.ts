import { partBytes } from '@secor/certification';

/**
 * What a schema of the API finds wrong with a field, where it is more than its type, its length or its range: the sentence, without
 * the field, by its code. Schemas give these sentences as their messages.
 */
export const fieldSentences = {
  'not-nine-digits': 'must be nine digits, the first not zero',
  'not-in-calendar': 'is not a date of the calendar',
  'no-letter-or-digit': 'must have a letter or a digit',
  'two-persons': 'names both an assessor and an employer: name one of them',
  'several-subjects': 'names several that letters can be about: name one, or none for all letters whose mail failed',
  'not-a-revision': 'must be the number of a revision, such as 1',
  'not-a-revision-or-latest': 'must be the number of a revision, such as 1, or "latest"',
  'not-a-note': 'must be the number of a note, such as 1',
  'not-a-document': 'must be the number of a document, such as 1',
  'not-a-time': 'must be a time of day: HH:MM, 00:00 to 23:59',
  'no-plain-text': 'contains invalid Unicode or a control character: remove it',
  'not-one-line': 'contains line breaks or control characters: write it on one line',
  'not-an-id': 'must be 1 to 64 letters, digits, underscores or hyphens, and begin with a letter or digit',
  'not-a-sub': 'must be 1 to 255 ASCII characters, as the issuer writes it',
  'not-a-key': 'must be 1 to 255 visible ASCII characters, without blanks',
  'no-address': 'must be an e-mail address that mail can be sent to, such as dale@example.com',
  'too-long-before-at': 'has more than 64 characters before the @',
  'not-printable': 'contains letters or signs that certificates and reports cannot show: write it in Latin letters',
  'no-telephone': 'must be a telephone number such as 403 555 0123 or +1 403 555 0123 ext. 4',
  'no-province': 'must be one of AB, BC, MB, NB, NL, NS, NT, NU, ON, PE, QC, SK, YT',
  'no-postal-code': 'must be a postal code such as T2P 0A1',
  'no-wcb-account': 'must be 5 to 9 digits',
  'no-industry-code': 'must be 2 to 6 digits',
  'lost-character': 'contains "\ufffd" where a letter was lost: type the name again, and save files in UTF-8',
  'no-https-link': 'must be an https link, such as https://meet.example.com/session',
  'not-a-crc': 'must be eight hexadecimal digits in small letters: the CRC-32 of a part',
  'not-an-upload': 'must be the number of an upload, such as 1',
  'not-one-entry-a-part': `must have one entry for each part of ${partBytes} bytes, the last part may be smaller`,
  'no-place': 'must have a place, or a link to join the session',
  'sign-in-not-named': 'must name the sign-in: either by email, or by sub',
  'issuer-with-email':
    'has both issuer and email, but an email is looked up in the user pool of the stage: leave issuer out, or send sub',
} as const;

/** The code of a field's sentence; undefined for any other. */
export function fieldCodeOf(sentence: string): keyof typeof fieldSentences | undefined {
  const codes = Object.keys(fieldSentences) as (keyof typeof fieldSentences)[];
  return codes.find((code) => fieldSentences[code] === sentence);
}
