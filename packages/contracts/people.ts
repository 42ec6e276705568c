import * as v from 'valibot';

const wellFormed = (text: string) => text.isWellFormed();

/** What people write on one line: a name, a street. */
function words(most: number) {
  return v.pipe(
    v.string('must be text'),
    v.trim(),
    v.nonEmpty('is missing'),
    v.maxLength(most, `must have at most ${most} characters`),
    v.check(wellFormed, 'has halves of characters in it: send whole ones'),
  );
}

function form(pattern: RegExp, message: string) {
  return v.pipe(v.string(message), v.trim(), v.nonEmpty('is missing'), v.regex(pattern, message));
}

const employees = 'must be a whole number from 1 to 10000';

/** The id that an administrator gives to an employer or an assessor. */
export const PersonId = form(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"');

const email = v.pipe(
  v.string('must be an e-mail address'),
  v.trim(),
  v.nonEmpty('is missing'),
  v.maxLength(254, 'must have at most 254 characters'),
  v.email('must be an e-mail address'),
);

const contact = v.strictObject({ name: words(200), email });

/** What an administrator records of an employer. */
export const EmployerBody = v.strictObject({
  legalName: words(200),
  tradeName: v.optional(words(200)),
  wcbAccount: form(/^\d{5,9}$/, 'must be 5 to 9 digits'),
  employees: v.pipe(v.number(employees), v.integer(employees), v.minValue(1, employees), v.maxValue(10_000, employees)),
  industryCode: form(/^[A-Za-z0-9-]{1,20}$/, 'must be 1 to 20 letters, digits or "-"'),
  address: v.strictObject({
    street: words(200),
    city: words(100),
    province: form(/^[A-Z]{2}$/, 'must be two letters such as AB'),
    postalCode: form(/^[A-CEGHJ-NPR-TVXY]\d[A-CEGHJ-NPR-TV-Z] \d[A-CEGHJ-NPR-TV-Z]\d$/, 'must be one such as T2P 0A1'),
  }),
  contact,
  secondContact: v.optional(contact),
  goodStanding: v.boolean('must be yes or no'),
});

/** One transaction holds an assessor with so many employers. */
const mostEmployers = 40;

/** What an administrator records of an assessor, but for the courses that they completed. */
export const AssessorBody = v.strictObject({
  name: words(200),
  email,
  actsFor: v.pipe(v.array(PersonId), v.maxLength(mostEmployers, `must have at most ${mostEmployers} of them`)),
});
