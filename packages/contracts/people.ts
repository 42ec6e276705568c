import * as v from 'valibot';
import { fieldSentences } from './field-sentences.ts';
import { listOf } from './schemas.ts';
import { noLostCharacter, notMisread, text, tidied } from './text.ts';

const isOneLine = (sent: string) => !/\p{Cc}/u.test(sent);

/** What people write on one line: a name, a street. It is kept without invisible characters. */
function words(most: number) {
  return v.pipe(
    text(),
    noLostCharacter,
    notMisread,
    tidied(),
    v.nonEmpty('is missing'),
    v.maxLength(most, `must have at most ${most} characters`),
    v.check(isOneLine, fieldSentences['not-one-line']),
  );
}

function form(pattern: RegExp, message: string) {
  return v.pipe(v.string(message), tidied(), v.nonEmpty('is missing'), v.regex(pattern, message));
}

/** A name on one line, as letters show it. */
export const name = words(200);

/** [A] Letters of other scripts, and emoji, are not in the fonts of certificates and reports. */
const unprintable =
  /(?![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Georgian}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Canadian_Aboriginal}\p{Script=Common}\p{Script=Inherited}])\p{L}|\p{Emoji_Presentation}/u;

/** A name that certificates and reports print. */
const printedName = v.pipe(
  name,
  v.check((sent) => !unprintable.test(sent), fieldSentences['not-printable']),
);

/** How many employees an employer can have. */
export const employeesRange = { least: 1, most: 10_000 } as const;
const employees = `must be a whole number from ${employeesRange.least} to ${employeesRange.most}`;

/** The id that an administrator gives to an employer or an assessor. */
export const PersonId = form(
  // What begins like a formula would not stay as it is in a spreadsheet.
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  fieldSentences['not-an-id'],
);

/** A person as an issuer names them in `sub`, of the length that OpenID Connect allows. */
export const Subject = v.pipe(v.string(), v.regex(/^[\x20-\x7e]{1,255}$/, fieldSentences['not-a-sub']));

const oneEmail = fieldSentences['no-address'];

/** An address that mail can be sent to. */
export const email = v.pipe(
  v.string(oneEmail),
  tidied(),
  v.nonEmpty('is missing'),
  v.maxLength(254, 'must have at most 254 characters'),
  // Signs and letters that every mail server takes: no others reach a header.
  v.regex(
    /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}){0,8}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,63}$/,
    oneEmail,
  ),
  v.check((sent) => sent.indexOf('@') <= 64, fieldSentences['too-long-before-at']),
);

const onePhone = fieldSentences['no-telephone'];

/** A telephone number as people write it in Canada, with 7 to 15 digits and perhaps an extension. */
export const phone = v.pipe(
  v.string(onePhone),
  tidied(),
  v.nonEmpty('is missing'),
  v.maxLength(40, 'must have at most 40 characters'),
  v.regex(/^\+?[\d(][\d ().-]*\d(,? ?([Ee]xt\.?|[Xx]) ?\d{1,6})?$/, onePhone),
  v.check((sent) => {
    const digits = sent.replace(/[a-z].*$/i, '').replace(/\D/g, '').length;
    return digits >= 7 && digits <= 15;
  }, onePhone),
);

/** Whom letters to an employer go to. */
export const Contact = v.strictObject({ name, email, phone: v.optional(phone) });

const provinces = ['AB', 'BC', 'MB', 'NB', 'NL', 'NS', 'NT', 'NU', 'ON', 'PE', 'QC', 'SK', 'YT'] as const;

/** Where an employer is: in Canada. */
export const Address = v.strictObject({
  street: words(200),
  city: words(100),
  province: form(new RegExp(`^(${provinces.join('|')})$`), fieldSentences['no-province']),
  postalCode: form(/^[A-CEGHJ-NPR-TVXY]\d[A-CEGHJ-NPR-TV-Z] \d[A-CEGHJ-NPR-TV-Z]\d$/, fieldSentences['no-postal-code']),
});

/** What an administrator records of an employer. */
export const EmployerBody = v.strictObject({
  legalName: printedName,
  tradeName: v.optional(printedName),
  wcbAccount: form(/^\d{5,9}$/, fieldSentences['no-wcb-account']),
  employees: v.pipe(
    v.number(employees),
    v.integer(employees),
    v.minValue(employeesRange.least, employees),
    v.maxValue(employeesRange.most, employees),
  ),
  industryCode: form(/^\d{2,6}$/, fieldSentences['no-industry-code']),
  address: Address,
  contact: Contact,
  secondContact: v.optional(Contact),
  goodStanding: v.boolean('must be yes or no'),
});

/** What an administrator sends of an employer: its record, and whether it shares its WCB account with those that have it already. */
export const EmployerInput = v.strictObject({
  ...EmployerBody.entries,
  sharesWcbAccount: v.optional(v.boolean('must be yes or no'), false),
});

/** What an administrator records of a reviewer, but for their presence and their conflicts of interest. */
export const ReviewerBody = v.strictObject({ name, email });

/** [A] An assessor acts for at most so many employers: one transaction takes them all away and gives as many others. */
const maxEmployers = 40;

/** An https address that people open, such as that of an online meeting. */
export const httpsLink = v.pipe(
  v.string(),
  v.trim(),
  v.nonEmpty('is missing'),
  v.maxLength(1_000, 'must have at most 1,000 characters'),
  // Letters and signs of a URL (RFC 3986), a host, and neither a user nor a password.
  v.regex(
    /^https:\/\/[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?([/?#][\w.~:/?#[\]@!$&'()*+,;=%-]*)?$/,
    fieldSentences['no-https-link'],
  ),
);

/** What an administrator records of an assessor, but for the courses that they completed. */
export const AssessorBody = v.strictObject({
  name: printedName,
  email,
  actsFor: listOf(PersonId, maxEmployers),
});
