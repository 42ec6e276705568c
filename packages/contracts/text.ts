import * as v from 'valibot';

/**
 * What no text has: control characters but tab and line ends, which neither XML 1.0 nor SQS takes, noncharacters, and halves
 * of characters, which JSON can carry and the table can't.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const noText = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\p{Noncharacter_Code_Point}\p{Surrogate}]/u;

/** A text that comes in from outside; every schema of one begins with it. */
export function text(notText = 'must be text') {
  return v.pipe(
    v.string(notText),
    v.check((sent) => !noText.test(sent), 'contains invalid Unicode or a control character: remove it'),
  );
}
