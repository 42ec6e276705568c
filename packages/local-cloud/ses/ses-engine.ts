import { randomBytes, randomUUID } from 'node:crypto';
import PostalMime, { type Email } from 'postal-mime';
import type { BusinessClock } from '../clock.ts';
import { createDelivery, type DeliveryListener } from '../delivery.ts';
import {
  type Authorization,
  AwsError,
  type Engine,
  type EngineRequest,
  type EngineResponse,
  type Principal,
} from '../engine.ts';
import { nameOf } from '../gateway/refusals.ts';
import { messageOf } from '../message-of.ts';
import { parametersOf, queryAnswer, queryError } from '../query-protocol.ts';
import { type FeedbackType, feedbackOf, hasFeedback } from './feedback.ts';
import { renderInbox } from './inbox-page.ts';
import { addressesOf, bareAddress, type Envelope, type Letter, openLetterBox } from './letter-box.ts';
import { checkRawMessage, withHeaders } from './raw-message.ts';

/** Where SES publishes what becomes of the letters that are sent with a configuration set. */
export type FeedbackDestination = {
  readonly configurationSet: string;
  readonly topicArn: string;
  readonly types: ReadonlySet<FeedbackType>;
};

/** An event of SES on its way to a topic; `message` is its JSON. */
export type Feedback = {
  readonly configurationSet: string;
  readonly topicArn: string;
  readonly message: string;
};

/** In what state the account is, as AWS or an operator may put it. */
export type SesAccount = {
  /** As every new account: letters go to verified identities only, and to the mailbox simulator. */
  readonly sandbox: boolean;
  /** Sending is paused for the whole account. */
  readonly sendingPaused: boolean;
  /** The configuration sets for which sending is paused. */
  readonly pausedConfigurationSets: readonly string[];
  /** Of the known identities those that are not verified yet: their DNS records are missing. */
  readonly unverifiedIdentities: readonly string[];
  /** Verified addresses and domains beside those that were added. */
  readonly verifiedIdentities: readonly string[];
  /** Recipients in 24 hours. */
  readonly max24HourSend: number;
};

/** As an account is that has left the sandbox. */
const inProduction: SesAccount = {
  ...{ sandbox: false, sendingPaused: false, pausedConfigurationSets: [], unverifiedIdentities: [] },
  ...{ verifiedIdentities: [], max24HourSend: 50_000 },
};

/** As every new account is. */
const inSandbox: SesAccount = { ...inProduction, sandbox: true, max24HourSend: 200 };

/** A letter as far as SES asks before it takes it. */
export type LetterToCheck = {
  readonly from: string;
  readonly to: string;
  readonly configurationSet?: string;
};

/** Amazon SES (v1), sending only: what it accepts is kept as files and delivered nowhere; what becomes of it is told. */
export interface SesEngine extends Engine {
  /** Makes an address, or all addresses of a domain and its subdomains, a verified sender (until the next start). */
  addIdentity(nameOrDomain: string): void;
  /**
   * Puts the account into a state (until the next start). What is left out is as in a new account where it is in the sandbox, else as
   * in one that has left it.
   */
  setAccount(account: Partial<SesAccount>): void;
  /** The state that the account is in, with the recipients of the last 24 hours. */
  account(): SesAccount & { readonly sentLast24Hours: number };
  /** What is known of an address or domain; undefined when nothing. */
  identityNamed(nameOrDomain: string): { readonly verified: boolean } | undefined;
  /** Asks what SES says to a letter, which is not sent. Throws the AwsError with which SES would refuse it. */
  check(letter: LetterToCheck): void;
  /** Makes a configuration set known (until the next start). A send that names another is refused, as on AWS. */
  addConfigurationSet(name: string): void;
  /** Has what becomes of letters published to a topic (until the next start). */
  addFeedbackDestination(destination: FeedbackDestination): void;
  /**
   * Sets the one listener for what becomes of letters. Of a letter of which it has not confirmed everything (by resolving)
   * it hears again, from the first event on, with growing pauses and after the next start.
   */
  onFeedback(listener: DeliveryListener<Feedback>): void;
  /** Of how many letters it is not told yet what became of them. */
  pendingFeedback(): number;
  /** All accepted letters, oldest first, those of earlier starts included. */
  letters(): Promise<Letter[]>;
  /** The subjects of the letters from the one with this place on (0 is the first), oldest first. */
  subjects(from: number): Promise<string[]>;
  /** How many letters were accepted, in earlier starts too. */
  letterCount(): number;
  /** Calls the listener with each letter soon after it is accepted. Answers the way to unsubscribe. */
  onLetter(listener: (letter: Letter) => void): () => void;
  /** The inbox as web pages: answers the path of a GET request. See `renderInbox`. */
  inboxPage(path: string): Promise<EngineResponse>;
}

export type SesEngineOptions = {
  /** Where the letters are kept: an .eml each, and `letters.jsonl`; made when absent. */
  readonly directory: string;
  readonly clock: BusinessClock;
  readonly region: string;
  readonly accountId: string;
};

/** What is asked of SES, whatever the call. */
type Sending = {
  /** The envelope's sender. */
  readonly source: string;
  /** The sender that the recipient sees. */
  readonly from: string;
  readonly fromName: string;
  readonly destinations: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly configurationSet?: string;
  readonly raw: (messageId: string) => Buffer;
};

const MAX_RECIPIENTS = 50;
const DAY_MS = 86_400_000;
const NAMESPACE = 'http://ses.amazonaws.com/doc/2010-12-01/';
const ADDRESS = /^[^\s@<>(),;:\\"[\]]+@[^\s@<>(),;:\\"[\]]+$/;

/** Opens SES on the letters kept in a directory. */
export function createSesEngine(options: SesEngineOptions): SesEngine {
  const { clock, region, accountId } = options;
  const box = openLetterBox(options.directory);
  const identities = new Set<string>();
  let account = inProduction;
  const configurationSets = new Set<string>();
  const destinations: FeedbackDestination[] = [];
  const listeners = new Set<(letter: Letter) => void>();
  const sendings = new WeakMap<EngineRequest, Promise<Sending>>();

  const identityNamed: SesEngine['identityNamed'] = (nameOrDomain) => {
    const name = nameOrDomain.toLowerCase();
    const isIn = (names: readonly string[]): boolean => names.some((each) => each.toLowerCase() === name);
    if (!identities.has(name) && !isIn(account.verifiedIdentities)) return undefined;
    return { verified: !isIn(account.unverifiedIdentities) };
  };

  /** The identity that an address belongs to: itself, else the nearest domain above it. */
  const identityOf = (address: string): string | undefined => {
    const candidate = address.toLowerCase();
    const labels = candidate.slice(candidate.lastIndexOf('@') + 1).split('.');
    const domains = labels.map((_, at) => labels.slice(at).join('.'));
    return [candidate, ...domains].find((name) => identityNamed(name) !== undefined);
  };

  const isVerified = (address: string): boolean => identityNamed(identityOf(address) ?? '')?.verified === true;

  /** The recipients that the sandbox asks about: not those of the mailbox simulator. */
  const recipientsToVerify = (destinations: readonly string[]): readonly string[] =>
    account.sandbox
      ? destinations.map(bareAddress).filter((address) => !/@simulator\.amazonses\.com$/i.test(address))
      : [];

  const sentInTheLastDay = (): number => {
    const since = new Date(clock.now() - DAY_MS).toISOString();
    const envelopes = box.envelopes();
    return envelopes
      .slice(envelopes.findLastIndex((envelope) => envelope.at <= since) + 1)
      .reduce((sum, envelope) => sum + envelope.destinations.length, 0);
  };

  const arn = (kind: 'identity' | 'configuration-set', name: string) =>
    `arn:aws:ses:${region}:${accountId}:${kind}/${name}`;

  const destinationsOf = (configurationSet: string | undefined): readonly FeedbackDestination[] =>
    destinations.filter((destination) => destination.configurationSet === configurationSet);

  const delivery = createDelivery<Envelope, string>({ unconfirmed: box.pendingFeedback, confirm: box.settle });

  /** Throws what SES says against a sending. */
  const check = (sending: Omit<Sending, 'fromName' | 'tags' | 'raw'>): void => {
    const senders = [...new Set([sending.source, sending.from].map((each) => bareAddress(each).toLowerCase()))];
    if (sending.destinations.length === 0) throw refused('The message has no recipient.');
    if (sending.destinations.length > MAX_RECIPIENTS) throw refused(`Recipient count exceeds ${MAX_RECIPIENTS}.`);
    for (const address of [...senders, ...sending.destinations.map(bareAddress)]) {
      if (!ADDRESS.test(address)) throw refused(`Missing final '@domain' or illegal address: '${address}'.`);
      if (/[^\x21-\x7e]/.test(address.slice(0, address.lastIndexOf('@')))) {
        throw refused(`Local address contains control or non-ASCII characters: '${address}'.`);
      }
    }
    if (account.sendingPaused) {
      throw new AwsError('AccountSendingPausedException', 'Email sending is disabled for your account.');
    }
    const { configurationSet } = sending;
    if (configurationSet !== undefined && !configurationSets.has(configurationSet)) {
      throw new AwsError('ConfigurationSetDoesNotExist', `Configuration set <${configurationSet}> does not exist.`);
    }
    if (configurationSet !== undefined && account.pausedConfigurationSets.includes(configurationSet)) {
      throw new AwsError(
        'ConfigurationSetSendingPausedException',
        `Email sending is disabled for configuration set <${configurationSet}>.`,
      );
    }
    const unverified = [...senders, ...recipientsToVerify(sending.destinations)].filter(
      (address) => !isVerified(address),
    );
    if (unverified.length > 0) {
      throw new AwsError(
        'MessageRejected',
        `Email address is not verified. The following identities failed the check in region ${region.toUpperCase()}: ${unverified.join(', ')}`,
      );
    }
    if (sentInTheLastDay() + sending.destinations.length > account.max24HourSend) {
      throw new AwsError('Throttling', 'Daily message quota exceeded.');
    }
  };

  const send = (sending: Sending, caller: Principal): string => {
    check(sending);
    const { configurationSet } = sending;
    const at = clock.now();
    const messageId = `${randomBytes(8).toString('hex')}-${randomUUID()}-000000`;
    // SES writes both by itself, whatever the message says.
    const raw = withHeaders(sending.raw(messageId), {
      'Message-ID': `<${messageId}@${region === 'us-east-1' ? 'email' : region}.amazonses.com>`,
      Date: new Date(at).toUTCString().replace('GMT', '+0000'),
    });
    const envelope = box.put(
      {
        messageId,
        at: new Date(at).toISOString(),
        source: sending.source,
        destinations: sending.destinations,
        tags: sending.tags,
        ...(configurationSet === undefined ? {} : { configurationSet }),
        caller: nameOf(caller),
        ...(destinationsOf(configurationSet).some(({ types }) => hasFeedback(sending.destinations, types))
          ? { told: false }
          : {}),
      },
      raw,
    );
    if (envelope.told === false) delivery.deliver({ id: messageId, event: envelope });
    if (listeners.size > 0) {
      void box.read(envelope).then((letter) => {
        for (const listener of [...listeners]) listener(letter);
      });
    }
    return messageId;
  };

  /** Read once for the question who may send and for the sending. */
  const sendingOf = (request: EngineRequest): Promise<Sending> => {
    const known = sendings.get(request);
    if (known !== undefined) return known;
    const sending = rawSending(parametersOf(request));
    sendings.set(request, sending);
    return sending;
  };

  return {
    service: 'ses',
    operations: ['SendRawEmail'],

    operation: (request) => parametersOf(request).get('Action') ?? '',

    async authorizations(request) {
      const action = parametersOf(request).get('Action') ?? '';
      if (action !== 'SendRawEmail') return [{ action: `ses:${action}`, resource: '*' }];
      const sending = await sendingOf(request);
      const from = bareAddress(sending.from).toLowerCase();
      const context = {
        'ses:FromAddress': from,
        'ses:FromDisplayName': sending.fromName,
        'ses:Recipients': sending.destinations.map(bareAddress),
      };
      const needed = (resource: string): Authorization => ({ action: `ses:${action}`, resource, context });
      // In the sandbox SES asks for a grant on the recipient's identity, too.
      const people = [from, ...recipientsToVerify(sending.destinations).map((address) => address.toLowerCase())];
      const identities = [...new Set(people.map((address) => identityOf(address) ?? address))];
      const configurationSet = sending.configurationSet === undefined ? [] : [sending.configurationSet];
      return [
        ...identities.map((name) => needed(arn('identity', name))),
        ...configurationSet.map((name) => needed(arn('configuration-set', name))),
      ];
    },

    async handle(request) {
      const action = parametersOf(request).get('Action') ?? '';
      switch (action) {
        case 'SendRawEmail':
          return queryAnswer(
            NAMESPACE,
            action,
            `<MessageId>${send(await sendingOf(request), request.principal)}</MessageId>`,
          );
        default:
          throw new AwsError(
            'InvalidAction',
            `The local cloud's SES does not support ${action || 'a call without an Action'}.`,
          );
      }
    },

    renderError: (error, requestId) => queryError(NAMESPACE, error, requestId),

    addIdentity(nameOrDomain) {
      identities.add(nameOrDomain.toLowerCase());
    },

    setAccount(changed) {
      account = { ...(changed.sandbox === true ? inSandbox : inProduction), ...changed };
    },

    account: () => ({ ...account, sentLast24Hours: sentInTheLastDay() }),

    identityNamed,

    check: ({ from, to, ...more }) => check({ source: from, from, destinations: [to], ...more }),

    addConfigurationSet(name) {
      configurationSets.add(name);
    },

    addFeedbackDestination(destination) {
      destinations.push(destination);
    },

    onFeedback(listener) {
      delivery.listen(async (envelope) => {
        const raw = await box.raw(envelope);
        for (const { configurationSet, topicArn, types } of destinationsOf(envelope.configurationSet)) {
          for (const event of await feedbackOf(envelope, raw, types, { region, accountId }))
            await listener({ configurationSet, topicArn, message: JSON.stringify(event) });
        }
      });
    },

    pendingFeedback: () => box.pendingFeedback().length,

    // One by one: thousands of open files at a time are more than a process may have.
    letters: () => Array.fromAsync(box.envelopes().slice(), box.read),
    subjects: (from) => Array.fromAsync(box.envelopes().slice(from), box.subject),

    letterCount: () => box.envelopes().length,

    onLetter(listener) {
      const own = (letter: Letter) => listener(letter);
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },

    inboxPage: (path) => renderInbox(box, path),

    async close() {
      delivery.stop();
      listeners.clear();
    },
  };
}

/** The values of `<name>.member.1`, `.2` and so on. */
function members(call: URLSearchParams, name: string): string[] {
  const values: string[] = [];
  for (let at = 1; ; at += 1) {
    const value = call.get(`${name}.member.${at}`);
    if (value === null) return values;
    values.push(value);
  }
}

function tagsOf(call: URLSearchParams): Record<string, string> {
  const tags: Record<string, string> = {};
  for (let at = 1; ; at += 1) {
    const name = call.get(`Tags.member.${at}.Name`);
    if (name === null) return tags;
    const value = call.get(`Tags.member.${at}.Value`) ?? '';
    for (const part of [name, value]) {
      // SES takes 255 characters, although its documentation says 256.
      if (!/^[A-Za-z0-9_-]{1,255}$/.test(part)) {
        throw refused(
          `Invalid tag '${name}' = '${value}': only alphanumeric ASCII characters, '_' and '-' are allowed.`,
        );
      }
    }
    tags[name] = value;
  }
}

function configurationSetOf(call: URLSearchParams): { configurationSet?: string } {
  const name = call.get('ConfigurationSetName');
  return name ? { configurationSet: name } : {};
}

async function rawSending(call: URLSearchParams): Promise<Sending> {
  const data = call.get('RawMessage.Data');
  if (!data) throw refused('The request must contain RawMessage.Data.');
  const raw = Buffer.from(data, 'base64');
  checkRawMessage(raw);
  let email: Email;
  try {
    email = await PostalMime.parse(raw);
  } catch (error) {
    throw refused(`The message can't be read: ${messageOf(error)}`);
  }
  const from = addressesOf(email.from ? [email.from] : [])[0] ?? '';
  const given = members(call, 'Destinations');
  return {
    source: call.get('Source') || from,
    from,
    fromName: email.from?.name ?? '',
    destinations:
      given.length > 0 ? given : addressesOf([...(email.to ?? []), ...(email.cc ?? []), ...(email.bcc ?? [])]),
    tags: tagsOf(call),
    ...configurationSetOf(call),
    raw: () => raw,
  };
}

function refused(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}
