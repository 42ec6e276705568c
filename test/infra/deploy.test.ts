import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openAccount } from '../../infra/account.ts';
import { deploy, diff, type Tools } from '../../infra/deploy.ts';
import { openTestAccount } from '../support/account.ts';
import { pilot } from '../support/pilot.ts';

const [data, service] = ['secor-pilot-data', 'secor-pilot-service'];
const command = ['--require-approval', 'never'];
const first = 'synth {"firstDeployment":true,"mailReady":false}';
const again = 'synth {"firstDeployment":false,"mailReady":false}';
const protectedNow = 'synth {"mailReady":false}';
const ofData = `cdk deploy ${data} --exclusively --require-approval never`;
const ofService = `cdk deploy ${service} --exclusively --require-approval never`;
const ofServiceForced = `cdk deploy ${service} --exclusively --force --require-approval never`;
const ofBoth = 'cdk deploy --all --require-approval never';

let site: Awaited<ReturnType<typeof openTestAccount>>;
/** What the CDK does to the account, by the stacks that it is asked for; a number is the exit code of a failure. */
let cdk: (stack: string) => number;
let done: string[];
let told: string[];
let clock: number;

beforeEach(async () => {
  site = await openTestAccount(pilot.account);
  site.ses.setAccount({ unverifiedIdentities: [pilot.mail.identity] });
  [done, told, clock] = [[], [], 0];
  cdk = (stack) => {
    made(stack);
    return 0;
  };
});
afterEach(() => site.close());

/** What CloudFormation has of a stack after it was made or changed; the data stack also makes the mail domain. */
function made(
  stack: string,
  outputs: Readonly<Record<string, string>> = { TableName: 'secor-pilot' },
  status?: string,
): void {
  clock += 1000;
  const known = site.account.stacks.get(stack);
  const isNew = known === undefined || known.status.startsWith('ROLLBACK');
  const times = isNew ? { createdAt: clock } : { createdAt: known.createdAt, updatedAt: clock };
  site.account.stacks.set(stack, {
    status: status ?? (isNew ? 'CREATE_COMPLETE' : 'UPDATE_COMPLETE'),
    outputs,
    ...times,
  });
  if (stack === data) site.ses.addIdentity(pilot.mail.identity);
}

/** Both stacks as an earlier deployment left them. */
function deployedBefore(): void {
  made(data);
  made(service, {});
}

const run = (stage = pilot, of: typeof deploy | typeof diff = deploy): Promise<number> => {
  const tools: Tools = {
    account: openAccount(stage.region),
    synthesize: async (deployment) => void done.push(`synth ${JSON.stringify(deployment)}`),
    cdk: async (args) => {
      done.push(`cdk ${args.join(' ')}`);
      return args[0] === 'diff' || args[1] === '--all' ? 0 : cdk(args[1] ?? '');
    },
    tell: (line) => void told.push(line),
  };
  return of(stage, command, tools);
};

describe('a first deployment', () => {
  it('is made without protection, protected when it has succeeded, and tells what to do next', async () => {
    expect(await run()).toBe(0);
    expect(done).toEqual([first, ofData, ofService, protectedNow, ofBoth]);
    const says = told.join('\n');
    expect(says.match(/([0-9a-z]+)\._domainkey\.mail\.partner\.ca CNAME \1\.dkim\.amazonses\.com/g)).toHaveLength(3);
    expect(says).toContain('Once the domain is verified and SES is out of the sandbox, deploy again');
    expect(says).toContain('with the link in the mail to alarms@partner.ca');
    expect(says).toContain('secor -- admin add --stage pilot');
  });

  it('tells where the DNS of the API’s own domain must lead', async () => {
    const api = {
      domain: 'api.partner.ca',
      certificateArn: `arn:aws:acm:ca-central-1:${pilot.account}:certificate/1234`,
    };
    cdk = (stack) => {
      made(stack, stack === data ? { ApiDomainTarget: 'd-1.execute-api.ca-central-1.amazonaws.com' } : {});
      return 0;
    };
    expect(await run({ ...pilot, api })).toBe(0);
    expect(told).toContainEqual(
      expect.stringContaining('api.partner.ca CNAME d-1.execute-api.ca-central-1.amazonaws.com'),
    );
  });

  it('of a stage whose data are not protected is done at once', async () => {
    expect(await run({ ...pilot, protectData: false })).toBe(0);
    expect(done).toEqual([first, ofData, ofService]);
  });

  it.each(['ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'REVIEW_IN_PROGRESS', 'CREATE_FAILED'])(
    'that failed and left the data stack in %s is repeated by the same command',
    async (status) => {
      cdk = (stack) => {
        made(stack, {}, status);
        return 1;
      };
      expect(await run()).toBe(1);
      expect(done).toEqual([first, ofData]);
      expect(told).toEqual([
        expect.stringMatching(/^The first deployment of secor-pilot-data failed.* run the same command again/),
      ]);
      done = [];
      cdk = (stack) => {
        made(stack);
        return 0;
      };
      expect(await run()).toBe(0);
      expect(done).toEqual([first, ofData, ofService, protectedNow, ofBoth]);
    },
  );

  it('whose service failed keeps the data stack, under its protection, and makes the service anew', async () => {
    cdk = (stack) => {
      made(stack, {}, stack === service ? 'ROLLBACK_COMPLETE' : undefined);
      return stack === service ? 2 : 0;
    };
    expect(await run()).toBe(2);
    expect(done).toEqual([first, ofData, ofService]);
    done = [];
    cdk = (stack) => {
      made(stack);
      return 0;
    };
    expect(told.join()).not.toContain('admin add');
    expect(await run()).toBe(0);
    expect(done).toEqual([again, ofData, first, ofService, protectedNow, ofBoth]);
    expect(told.join()).toContain('admin add');
  });

  it('that ended between the stacks, or before it was protected, is completed by the next one', async () => {
    made(data);
    await run();
    expect(done).toEqual([again, ofData, first, ofService, protectedNow, ofBoth]);
    expect(told.join()).toContain('admin add');
    [done, told] = [[], []];
    await run();
    expect(done.slice(0, 2)).toEqual([again, ofData]);
    expect(done).not.toContain(first);
    expect(told.join()).not.toContain('admin add');
  });

  it('whose protection fails says so, and with which exit code', async () => {
    const tools: Tools = {
      account: openAccount(pilot.region),
      synthesize: async () => {},
      cdk: async (args) => (args[1] === '--all' ? 3 : cdk(args[1] ?? '')),
      tell: (line) => void told.push(line),
    };
    expect(await deploy(pilot, [], tools)).toBe(3);
    expect(told[0]).toBe("Stage 'pilot' is deployed, but not protected against deletion: run the same command again.");
    expect(told.join()).toContain('admin add');
  });

  it('of the service alone, after it was taken away, leaves the data stack as it is', async () => {
    made(data);
    expect(await run()).toBe(0);
    expect(done[1]).toBe(ofData);
    expect(done[0]).toBe(again);
  });
});

describe('a further deployment', () => {
  it('makes both stacks from one synthesis, and does not force what has not changed', async () => {
    deployedBefore();
    // Nothing has changed: CloudFormation is not asked to do anything.
    cdk = () => 0;
    expect(await run()).toBe(0);
    expect(done).toEqual([again, ofData, ofService]);
  });

  it.each([
    ['changed', { TableName: 'secor-pilot', Stream: 'two' }],
    ['came', { TableName: 'secor-pilot', Stream: 'one', Issuer: 'x' }],
    ['went', { TableName: 'secor-pilot' }],
  ])('forces the service when an output of the data stack %s', async (_, outputs) => {
    made(data, { TableName: 'secor-pilot', Stream: 'one' });
    made(service, {});
    cdk = (stack) => {
      if (stack === data) {
        // At the same instant as the service: nothing but the outputs tells.
        const known = site.account.stacks.get(stack);
        site.account.stacks.set(stack, { status: 'UPDATE_COMPLETE', createdAt: known?.createdAt ?? 0, outputs });
      }
      return 0;
    };
    expect(await run()).toBe(0);
    expect(done).toEqual([again, ofData, ofServiceForced]);
  });

  it('forces the service where the last one ended after it had changed the data stack', async () => {
    deployedBefore();
    made(data, { TableName: 'secor-pilot-restored' });
    cdk = (stack) => {
      if (stack === service) made(service, {});
      return 0;
    };
    expect(await run()).toBe(0);
    expect(done).toEqual([again, ofData, ofServiceForced]);
    done = [];
    expect(await run()).toBe(0);
    expect(done).toEqual([again, ofData, ofService]);
  });

  it('forces the service again where the forced deployment was rolled back', async () => {
    deployedBefore();
    cdk = (stack) => {
      if (stack === data) made(data, { TableName: 'secor-pilot-restored' });
      else made(service, {}, 'UPDATE_ROLLBACK_COMPLETE');
      return stack === data ? 0 : 1;
    };
    expect(await run()).toBe(1);
    expect(done).toEqual([again, ofData, ofServiceForced]);
    done = [];
    cdk = (stack) => {
      if (stack === service) made(service, {});
      return 0;
    };
    expect(await run()).toBe(0);
    expect(done).toEqual([again, ofData, ofServiceForced]);
  });

  it('knows when SES has verified the domain, and then has nothing more to tell', async () => {
    deployedBefore();
    site.ses.setAccount({});
    expect(await run()).toBe(0);
    expect(done[0]).toBe('synth {"firstDeployment":false,"mailReady":true}');
    expect(told).toEqual([]);
  });

  it('lets Cognito invite as long as SES is in its sandbox, also when the domain is verified, and says so', async () => {
    deployedBefore();
    site.ses.setAccount({ sandbox: true });
    expect(await run()).toBe(0);
    expect(done[0]).toBe(again);
    expect(told).toEqual([expect.stringContaining('SES is out of the sandbox, deploy again')]);
  });

  it('that fails gives the exit code of the CDK, and goes no further', async () => {
    deployedBefore();
    cdk = () => 4;
    expect(await run()).toBe(4);
    expect(done).toEqual([again, ofData]);
    expect(told).toEqual([
      expect.stringMatching(/^The deployment of secor-pilot-data failed\. CloudFormation returns/),
    ]);
  });

  it.each(['CREATE_IN_PROGRESS', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'UPDATE_ROLLBACK_FAILED', 'DELETE_FAILED'])(
    'is refused in one sentence while a stack is in %s',
    async (status) => {
      deployedBefore();
      made(service, {}, status);
      await expect(run()).rejects.toThrow(new RegExp(`^[^.]*secor-pilot-service[^.]*\\(${status}\\): [^.]+\\.$`));
      expect(done).toEqual([]);
    },
  );
});

describe.each([
  ['deploy', deploy],
  ['diff', diff],
] as const)('%s', (_, of) => {
  it('says in one sentence, with the remedy, that the account is a placeholder', async () => {
    await expect(run({ ...pilot, account: '111111111111' }, of)).rejects.toThrow(
      /^Stage 'pilot' still has the placeholder account 111111111111: write your AWS account into infra\/stages\/pilot\.ts\.$/,
    );
    expect(done).toEqual([]);
  });

  it('says in one sentence, with the remedy, that there are no credentials', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/nowhere');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    await expect(run(pilot, of)).rejects.toThrow(
      /^There are no AWS credentials here \([^.]*\): sign in to account 222233334444, for example with 'aws sso login', and set AWS_PROFILE\.$/,
    );
    expect(done).toEqual([]);
  });

  it('says in one sentence, with the remedy, that they belong to another account', async () => {
    await expect(run({ ...pilot, account: '555566667777' }, of)).rejects.toThrow(
      /^The AWS credentials belong to account 222233334444 .*to 555566667777: sign in to that account, or correct/,
    );
    expect(done).toEqual([]);
  });
});

describe('diff', () => {
  it('compares with what the next deployment would make', async () => {
    expect(await run(pilot, diff)).toBe(0);
    deployedBefore();
    site.ses.setAccount({});
    expect(await run(pilot, diff)).toBe(0);
    const compared = 'cdk diff --require-approval never';
    expect(done).toEqual([first, compared, 'synth {"firstDeployment":false,"mailReady":true}', compared]);
  });
});

it('npm run deploy tells it on standard error, without a stack trace', async () => {
  const cdkCommand = join(import.meta.dirname, '../../infra/cdk.ts');
  const nowhere = { AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' };
  const env = { PATH: process.env.PATH, AWS_EC2_METADATA_DISABLED: 'true', ...nowhere };
  const { promise, resolve } = Promise.withResolvers<{ code: number | string | null | undefined; said: string }>();
  execFile(process.execPath, [cdkCommand, 'deploy', '--stage', 'dev'], { env }, (error, stdout, stderr) =>
    resolve({ code: error?.code, said: stdout + stderr }),
  );
  // The one where its file is as it was shipped, the other where it names an account.
  expect(await promise).toEqual({
    code: 1,
    said: expect.stringMatching(
      /^(Stage 'dev' still has the placeholder account|There are no AWS credentials here) [^\n]+\.\n$/,
    ),
  });
});
