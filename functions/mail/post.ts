import {
  type MessageTag,
  type SESClient,
  type SESServiceException,
  SendRawEmailCommand,
  type SendRawEmailCommandOutput,
} from '@aws-sdk/client-ses';
import { MustWait } from '@secor/lambda';

/** A letter as SES gets it; addresses are bare. */
export type Posted = {
  readonly raw: Buffer;
  readonly sender: string;
  readonly recipient: string;
  readonly configurationSet: string;
  readonly tags: MessageTag[];
};

/** SES did not answer, or that it failed: it may have the letter or not. */
export class AnswerMissing extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'AnswerMissing';
  }
}

/** Why SES takes no letter, whoever it is to, until somebody outside has done something, or the day is over. */
export const refusals = [
  'identity not verified',
  'sandbox',
  'account paused',
  'configuration set paused',
  'daily quota used up',
] as const;
export type LastingRefusal = (typeof refusals)[number];

/** SES takes no letters for a while. */
export class SendingRefused extends MustWait {
  readonly refusal: LastingRefusal;

  constructor(refusal: LastingRefusal) {
    super(`SES takes no letters: ${refusal}`);
    this.refusal = refusal;
  }
}

const throttledTries = 6;

/**
 * Gives a letter to SES, and gives SES's id of it. What goes beyond the rate of the account is tried again; nothing else is.
 * @throws SendingRefused for what lasts, AnswerMissing when SES may have it, Error for what it refuses of this letter.
 * SES repeats addresses in its messages: none of them is in these errors.
 */
export async function post(ses: SESClient, letter: Posted): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { MessageId } = await send(ses, letter);
      return MessageId ?? '';
    } catch (error) {
      const { name = 'an error', message = '', $metadata } = error as Partial<SESServiceException>;
      const refusal = refusalOf({ name, message }, letter);
      if (refusal !== undefined) throw new SendingRefused(refusal);
      const status = $metadata?.httpStatusCode ?? 0;
      const what = `${name} (request ${$metadata?.requestId ?? 'without an id'})`;
      if (status < 400 || status >= 500) throw new AnswerMissing(`SES gave no answer: ${what}`);
      if (!isThrottled(name) || attempt === throttledTries) throw new Error(`SES did not take the letter: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 500 * attempt));
    }
  }
}

function send(ses: SESClient, letter: Posted): Promise<SendRawEmailCommandOutput> {
  const { raw, sender, recipient, configurationSet, tags } = letter;
  return ses.send(
    new SendRawEmailCommand({
      RawMessage: { Data: raw },
      Source: sender,
      Destinations: [recipient],
      ConfigurationSetName: configurationSet,
      Tags: tags,
    }),
  );
}

function isThrottled(name: string): boolean {
  return /^Throttling|^TooManyRequests/.test(name);
}

/** By which of its refusals that last SES refused, as its API and its messages tell; undefined for any other error. */
function refusalOf(
  { name, message }: { readonly name: string; readonly message: string },
  { sender, recipient }: Posted,
): LastingRefusal | undefined {
  switch (name) {
    case 'AccountSendingPausedException':
      return 'account paused';
    case 'ConfigurationSetSendingPausedException':
      return 'configuration set paused';
    case 'MailFromDomainNotVerifiedException':
      return 'identity not verified';
    case 'MessageRejected':
      // By AWS itself, while it reviews the account.
      if (/sending (paused|suspended) for this account|account is paused/i.test(message)) return 'account paused';
      if (!/^Email address is not verified/i.test(message)) return undefined;
      return failedTheCheck(message).some((each) => covers(each, sender)) ? 'identity not verified' : 'sandbox';
  }
  if (/daily (message|sending) quota exceeded/i.test(message)) return 'daily quota used up';
  const [, identity] = /on resource:? [`']?arn:[^\s'`]+:identity\/([^\s'`]+)/.exec(message) ?? [];
  // Only in the sandbox does SES ask for a grant on the recipient's identity.
  const isSandbox =
    name.startsWith('AccessDenied') &&
    identity !== undefined &&
    covers(identity, recipient) &&
    !covers(identity, sender);
  return isSandbox ? 'sandbox' : undefined;
}

/** The identities that a message names: "… The following identities failed the check in region CA-CENTRAL-1: a, b". */
function failedTheCheck(message: string): readonly string[] {
  return (/ in region [^:]+: (.*)$/.exec(message)?.[1] ?? '')
    .split(', ')
    .map((each) => each.replace(/^.*<(.*)>$/, '$1'));
}

/** Whether an identity is this address, or its domain or one above. */
export function covers(identity: string, address: string): boolean {
  const [known, whole] = [identity.toLowerCase(), address.toLowerCase()];
  const domain = whole.slice(whole.lastIndexOf('@') + 1);
  return known === whole || known === domain || domain.endsWith(`.${known}`);
}
