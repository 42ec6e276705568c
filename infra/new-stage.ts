import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkStageName } from './stage.ts';
import { STAGES } from './stages.ts';

/**
 * Writes the file of a new stage, with each setting explained and placeholders to replace.
 *
 * @param folder where the stages are
 * @returns the file's path
 * @throws Error for a name that no stage can have, or one that is taken
 */
export async function writeStage(name: string, folder = STAGES): Promise<string> {
  const problem = checkStageName(name);
  if (problem !== undefined) throw new Error(`'${name}' can't be the name of a stage: it ${problem}.`);
  const file = join(folder, `${name}.ts`);
  const taken = await access(file).then(
    () => true,
    () => false,
  );
  if (taken) throw new Error(`There already is a stage '${name}': see infra/stages/${name}.ts.`);
  // 'wx': whoever was faster keeps theirs.
  await writeFile(file, stageFile(name), { flag: 'wx' });
  return file;
}

function stageFile(name: string): string {
  return `import type { StageSettings } from '../stage.ts';

/** Replace every value below: example.org, 111111111111 and the phone number are placeholders. \`secor doctor --stage ${name}\` names those that are left. */
export default {
  /** The AWS account that the stage lives in: 12 digits, in quotes. An account for each stage keeps their data apart. */
  account: '111111111111',

  /**
   * The AWS region, where all data stay: ca-central-1 is Montreal. It can't be changed later. Another one must have SES and Cognito, and
   * Cognito must send by SES there: AWS's pages tell none of this of ca-west-1, Calgary.
   */
  region: 'ca-central-1',

  /** The certifying partner, as letters, reports and certificates name it, and how people reach it. */
  partner: {
    /** The name. */
    name: 'Example Safety Partner (${name})',
    /** Where people write to when a letter asks them to. */
    email: 'secor@${name}.example.org',
    /** The telephone number, with the country's code. */
    phone: '+1 403 555 0100',
    /** The web site, where people sign in: https. */
    site: 'https://${name}.example.org',
  },

  /** Who letters come from. */
  mail: {
    /** The domain that SES sends for. You must be able to put records into its DNS: the first deployment prints them. */
    identity: '${name}.example.org',
    /** The sender's address: of that domain. */
    sender: 'secor@${name}.example.org',
    /**
     * While the account is in the sandbox of SES: the verified addresses and domains that letters may go to. Others get none, which is
     * recorded. Left out, letters go to everybody: the account must have left the sandbox.
     *
     * sandboxRecipients: ['anna@partner.ca', 'partner.ca'],   lower case
     */
  },

  /** How long is kept what nobody asks for any more. */
  retention: {
    /** Days that logs are kept: one of the numbers that CloudWatch takes, such as 14, 30, 90, 365. */
    logDays: 30,
    /** Days that a replaced version of an upload, a document or a report is kept. */
    recordDays: 90,
  },

  /** Who is told by e-mail when something fails. They confirm it by a link in the first mail. */
  alarmEmail: 'alarms@${name}.example.org',

  /** Whether the data are real: deletion protection, resources that outlive the stacks, point-in-time recovery. It must be true for prod. */
  protectData: true,

  /**
   * An OpenID Connect issuer of your own, whose tokens the API takes. Left out, the stage makes a Cognito user pool.
   *
   * identity: {
   *   issuer: 'https://id.example.org',     as the tokens have it in \`iss\`; it signs with RSA
   *   audience: 'secor',                    as the access tokens have it in \`aud\` or \`client_id\`
   *   groupsClaim: 'groups',                the claim with a person's groups: assessor, reviewer, administrator, employer
   *   accessTokenClaims: { typ: 'Bearer' }, what tells an access token from an ID token for the same audience; may be left out
   * },
   */

  /** Whether people must sign in at the stage's user pool with a second factor ('required'), or may ('optional'). */
  secondFactor: 'required',

  /** Where the web pages are served from: scheme and host of each. Browsers may call the API from there only. */
  browserOrigins: ['https://portal.${name}.example.org'],

  /**
   * A domain of the API's own, which stays when the service stack is made anew. Left out, API Gateway gives the API an address. Its DNS
   * must lead to the output ApiDomainTarget of the data stack.
   *
   * api: {
   *   domain: 'api.${name}.example.org',      in lower case
   *   certificateArn: 'arn:aws:acm:…',        a certificate of ACM for that domain, issued in this account and region
   * },
   */

  /**
   * How many functions may run at a time in the account, as Service Quotas tells: a new one has 10. The queues take no more than half of
   * it, from 120 on; below that each takes as little as AWS lets it, and the API answers some calls with 503 in a crowded hour. Left
   * out, it is 1000.
   *
   * accountConcurrency: 1000,
   */

  /**
   * How many requests the API takes, all callers together: far more than one person may make (50 a second), so that nobody
   * uses it up alone.
   */
  throttling: {
    /** Requests per second, over time. */
    requestsPerSecond: 500,
    /** Requests at once, before that counts. */
    burst: 1_000,
  },
} satisfies StageSettings;
`;
}
