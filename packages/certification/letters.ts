/** Why no mail reaches somebody: it came back for good, or they said that they don't want it. */
export type MailFailure = 'bounced' | 'complained';

/** SES has not sent a letter that it had accepted: which one, of which event of the subject, and to whom. */
export type LetterRejected = {
  readonly type: 'letter rejected';
  readonly data: { readonly letter: string; readonly event: number; readonly personId: string };
};
