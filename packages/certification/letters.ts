/** Why mail does not reach somebody: it bounced permanently, or they complained about it. */
export type MailFailure = 'bounced' | 'complained';

/** A letter that SES accepted but did not send: which one, of which event of the subject, and to whom. */
export type LetterRejected = {
  readonly type: 'letter rejected';
  readonly data: { readonly letter: string; readonly event: number; readonly personId: string };
};
