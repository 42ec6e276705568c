import { sayFrom } from '@secor/certification';

/** What an answer that is no success says, where no rule of the program refuses the call. */
export const answerSentences = {
  'token-unreadable': () => 'Your access token cannot be read. Send it alone in the Authorization header.',
  'no-access-token': () => 'Send an access token; this is another kind of token.',
  'token-names-nobody': () =>
    'Your access token names nobody: its sub must be a text of 1 to 255 ASCII characters. Tell the operators of the sign-in.',
  'role-missing': ({ roles }: { roles: string }) =>
    `This needs the role ${roles.replaceAll(', ', ' or ')}. Ask an administrator for it.`,
  'too-many-calls': ({ seconds }: { seconds: number }) =>
    `You call too often. Try again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}, and less often.`,
  'no-such-route': () => 'The API has no such route. See the OpenAPI document.',
  'invalid-request': () => 'Correct what is listed under problems and send the request again.',
  'body-too-large': ({ bytes }: { bytes: number }) => `Send a body of at most ${bytes.toLocaleString('en-CA')} bytes.`,
  'not-json': () => 'Send the body as JSON, with Content-Type: application/json.',
  'version-missing': () => 'Send the version that you saw in the If-Match header, such as If-Match: "7".',
  'bad-cursor': () => 'The cursor is not from a page of this list. Start again without it.',
  'idempotency-key-reused': ({ hours }: { hours: number }) =>
    `This Idempotency-Key came with another request within the last ${hours} hours. Send a new key with a new request.`,
  busy: () => 'Too many changes to the same thing at once; nothing was changed. Try again in a few seconds.',
  failed: () =>
    'Something failed on our side, and it is not certain what was done. Check first, then try again. If it fails again, call us.',
};

/** Says why a call gets no success. */
export const say = sayFrom(answerSentences);
