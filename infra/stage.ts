import * as v from 'valibot';

/** The days of retention that CloudWatch accepts. */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const text = (what: string) => v.pipe(v.string(`must be ${what}`), v.trim(), v.nonEmpty(`must be ${what}`));
const matching = (pattern: RegExp, what: string) => v.pipe(text(what), v.regex(pattern, `must be ${what}`));
const email = v.pipe(text('an e-mail address'), v.email('must be an e-mail address'));
const domain = matching(
  /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/,
  'a domain in lower case, such as mail.example.org',
);
const certificateArn = matching(
  /^arn:aws:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-f-]+$/,
  'the ARN of a certificate, such as arn:aws:acm:ca-central-1:123456789012:certificate/12345678-90ab-cdef-1234-567890abcdef',
);
const count = (least: number, what: string) =>
  v.pipe(v.number(`must be ${what}`), v.integer(`must be ${what}`), v.minValue(least, `must be ${what}`));

/** An origin as browsers send it: scheme and host, no path and no slash at the end. */
const origin = v.pipe(
  text('an origin'),
  v.check(
    (value) => URL.canParse(value) && new URL(value).origin === value && isSecure(new URL(value)),
    'must be an origin such as https://portal.example.org: scheme and host, nothing after them; without TLS only http://localhost',
  ),
);

/** Whether tokens may be sent to this address, by Cognito's rule for callback pages. */
function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost');
}

const httpsAddress = (what: string, example: string) =>
  v.pipe(
    text(`the address of ${what}`),
    v.check(
      (value) => URL.canParse(value) && new URL(value).protocol === 'https:',
      `must be the address of ${what}, such as ${example}`,
    ),
  );

/** What a stage's file must hold. */
export const settings = v.pipe(
  v.strictObject({
    /** AWS account, 12 digits. */
    account: matching(/^\d{12}$/, 'an AWS account of 12 digits, in quotes'),
    /** AWS region; Canada (Central) unless told otherwise. */
    region: v.optional(matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region such as ca-central-1'), 'ca-central-1'),
    /** How letters and reports name the certifying partner, and how people reach it. */
    partner: v.strictObject({
      name: text('the name of the certifying partner'),
      email,
      phone: matching(/^[+\d][\d ().-]{6,}( ext\.? \d+)?$/, 'a phone number such as +1 403 555 0100'),
      site: httpsAddress('a web site', 'https://www.example.org'),
    }),
    mail: v.strictObject({
      /** The domain that SES sends for. */
      identity: domain,
      /** The address that letters come from: within the identity. */
      sender: email,
      /**
       * While the account is in SES's sandbox: the verified addresses and domains that letters may go to. Others get none, which
       * is recorded. Left out, letters go to everybody: SES must have let the account out of the sandbox.
       */
      sandboxRecipients: v.optional(
        v.pipe(
          v.array(
            v.pipe(
              text('an e-mail address or a domain'),
              v.toLowerCase(),
              v.check((value) => v.is(v.union([email, domain]), value), 'must be an e-mail address or a domain'),
            ),
            'must be a list of e-mail addresses and domains',
          ),
          v.nonEmpty(
            'must name at least one address or domain that is verified. Without this setting, letters go to everyone',
          ),
          v.maxLength(50, 'must name at most 50 addresses and domains: name a domain to cover many addresses'),
          // A variable of a function holds them, and Lambda takes 4,096 bytes of variables in all.
          v.check(
            (each) => each.join(' ').length <= 2000,
            'must be at most 2,000 characters in all: name a domain to cover many addresses',
          ),
        ),
      ),
    }),
    retention: v.strictObject({
      /** Days that logs are kept. */
      logDays: v.picklist(LOG_DAYS, `must be one of ${LOG_DAYS.join(', ')}: CloudWatch takes no others`),
      /** Days that a replaced version of an upload, a document or a report is kept. */
      recordDays: count(1, 'a whole number of days, 1 or more'),
    }),
    /** Who is told when something fails. */
    alarmEmail: email,
    /** Deletion protection, resources that outlive the stack, and point-in-time recovery. */
    protectData: v.boolean('must be true or false'),
    /** An OpenID Connect issuer whose tokens the API takes; left out, people sign in at a user pool of the stage's own. */
    identity: v.optional(
      v.strictObject({
        /** As the tokens have it in `iss`; it signs with RSA. */
        issuer: httpsAddress('an issuer', 'https://id.example.org'),
        /** As the access tokens have it in `aud`, or in `client_id`. */
        audience: text('the audience of the access tokens'),
        /** The claim, at the top of the token, with the groups that a person is in: assessor, reviewer, administrator, employer. */
        groupsClaim: text('the name of a claim'),
        /** What tells an access token from an ID token for the same audience, such as { typ: 'Bearer' }. */
        accessTokenClaims: v.optional(v.record(v.string(), text('the value of a claim')), {}),
      }),
    ),
    /** Whether people must sign in at the stage's user pool with a second factor, or may. */
    secondFactor: v.picklist(['required', 'optional'], "must be 'required' or 'optional'"),
    /** Where the web pages are served from: who may call the API and the buckets from a browser. */
    browserOrigins: v.pipe(
      v.array(origin, 'must be a list of origins'),
      v.nonEmpty('must name at least one origin, such as https://portal.example.org'),
    ),
    /**
     * A domain of the API's own, which stays when the API is made anew; left out, API Gateway gives it an address. The certificate is
     * one of ACM for that domain, in the stage's account and region. The domain's DNS must lead to the output ApiDomainTarget.
     */
    api: v.optional(
      v.strictObject({
        domain,
        certificateArn,
      }),
    ),
    /**
     * How many invocations the account may have at a time, all functions together, as Service Quotas shows; new accounts have 10.
     * The queues take a part of it, and the API has the rest, as far as AWS's minimum of 2 for each queue allows.
     */
    accountConcurrency: v.optional(count(10, 'a whole number of invocations, 10 or more'), 1000),
    /** Of the HTTP API, all callers together. */
    throttling: v.strictObject({
      requestsPerSecond: count(1, 'a whole number of requests per second, 1 or more'),
      burst: count(1, 'a whole number of requests, 1 or more'),
    }),
  }),
  v.forward(
    v.partialCheck(
      [
        ['mail', 'identity'],
        ['mail', 'sender'],
      ],
      // Where one of them is malformed, that is what is told.
      ({ mail }) => !v.is(domain, mail.identity) || !v.is(email, mail.sender) || belongs(mail.sender, mail.identity),
      'must be an address of the mail identity (mail.identity), or SES refuses to send',
    ),
    ['mail', 'sender'],
  ),
  v.forward(
    v.partialCheck(
      [['account'], ['region'], ['api']],
      // Where it is malformed, that is what is told.
      ({ account, region, api }) =>
        api === undefined ||
        !v.is(certificateArn, api.certificateArn) ||
        api.certificateArn.startsWith(`arn:aws:acm:${region}:${account}:`),
      "must be in the stage's own account and region, or API Gateway refuses it",
    ),
    ['api', 'certificateArn'],
  ),
);

function belongs(sender: string, identity: string): boolean {
  return sender.toLowerCase().endsWith(`@${identity}`) || sender.toLowerCase().endsWith(`.${identity}`);
}

/** What a stage's file holds. */
export type StageSettings = v.InferInput<typeof settings>;

/** A stage whose settings have been checked: what the stacks are made from. */
export type Stage = { readonly name: string } & v.InferOutput<typeof settings>;

/**
 * Checks the settings of a stage.
 *
 * @param name as in `--stage`; part of every physical name, so lower-case letters, digits and dashes
 * @param value what the stage's file exports
 * @throws Error that names the stage and every field that is wrong or missing, all at once
 */
export function checkStage(name: string, value: unknown): Stage {
  const result = v.safeParse(settings, value);
  const problems = result.success ? [] : result.issues.map(describe);
  const wrongName = checkStageName(name);
  if (wrongName !== undefined) {
    problems.unshift(`name: ${wrongName}`);
  }
  if (name === 'prod' && v.is(v.object({ protectData: v.literal(false) }), value)) {
    problems.push('protectData: must be true for prod');
  }
  if (!result.success || problems.length > 0) {
    throw new Error(`Stage '${name}' can't be used. Correct infra/stages/${name}.ts:\n  ${problems.join('\n  ')}`);
  }
  return { name, ...result.output };
}

/** What is wrong with the name of a stage; undefined when nothing is. */
export function checkStageName(name: string): string | undefined {
  if (!/^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$/.test(name))
    return 'must be 1 to 16 lower-case letters, digits and dashes, beginning with a letter and not ending with a dash';
  // The prefix of the user pool's domain holds it.
  const reserved = ['aws', 'amazon', 'cognito'].find((word) => name.includes(word));
  return reserved && `must not contain "${reserved}": Cognito refuses it in the address where people sign in`;
}

function describe(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue) ?? 'settings';
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `${field}: no such field; remove it`;
  }
  const value = issue.path?.at(-1)?.value;
  if (value === undefined) {
    return `${field}: missing`;
  }
  return `${field}: ${issue.message} (is ${JSON.stringify(value)})`;
}
