import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { examine, type Finding, MIN_BOOTSTRAP_VERSION } from '../../infra/doctor.ts';
import { stageNames } from '../../infra/stages.ts';
import { conclusion } from '../../packages/cli/commands/doctor.ts';
import { secor } from '../../packages/cli/running.fixture.ts';
import { openTestAccount } from '../support/account.ts';
import { pilot } from '../support/pilot.ts';
import { synthesized } from '../support/synthesized.ts';

const deployed = { status: 'UPDATE_COMPLETE', outputs: {}, createdAt: 0 };

let site: Awaited<ReturnType<typeof openTestAccount>>;
beforeEach(async () => {
  site = await openTestAccount(pilot.account);
});
afterEach(() => site.close());

/** What is not good, as kind, subject, and both texts. */
const troubles = (findings: readonly Finding[]) =>
  findings
    .filter(({ kind }) => kind !== 'good')
    .map(({ kind, about, says, remedy }) => `${kind}, ${about}: ${says}: ${remedy}`);

describe('the doctor', () => {
  it('finds nothing in an account where everything is ready, and says so of each thing', async () => {
    const findings = await examine(pilot);
    expect(troubles(findings)).toEqual([]);
    expect(findings.map(({ about }) => about)).toEqual([
      ...['account', 'bootstrap', 'stacks', 'stacks', 'lambda', 'mail domain', 'mail account'],
    ]);
  });

  it('tells all that a new account lacks at once, each with its remedy', async () => {
    Object.assign(site.account, { bootstrapVersion: undefined, concurrentExecutions: 10 });
    site.ses.setAccount({ sandbox: true });
    expect(troubles(await examine(pilot))).toEqual([
      expect.stringMatching(/^obstacle, bootstrap: .*npx cdk bootstrap aws:\/\/222233334444\/ca-central-1/),
      expect.stringMatching(
        /^warning, lambda: The stage's file says that 1000 functions may run at once, the account allows 10: the queues may leave no capacity for the API: write accountConcurrency: 10 into/,
      ),
      expect.stringMatching(/^warning, lambda: Only 10 functions .*as in every new account.*--quota-code L-B99A9384/),
      expect.stringMatching(
        /^warning, mail account: SES is in its sandbox.*names no mail\.sandboxRecipients.*: ask for production access/,
      ),
    ]);
  });

  it('tells when the account may run more functions than a stage of a new account counts on', async () => {
    expect(troubles(await examine({ ...pilot, accountConcurrency: 10 }))).toEqual([
      expect.stringMatching(
        /^warning, lambda: The stage's file says that 10 functions .* allows 1000: .*: write accountConcurrency: 1000 into/,
      ),
    ]);
    site.account.concurrentExecutions = 10;
    expect(troubles(await examine({ ...pilot, accountConcurrency: 10 }))).toEqual([
      expect.stringMatching(/^warning, lambda: Only 10 functions/),
    ]);
  });

  it('tells of a bootstrap stack that is older than the templates ask for', async () => {
    site.account.bootstrapVersion = MIN_BOOTSTRAP_VERSION - 1;
    expect(troubles(await examine(pilot))).toEqual([
      expect.stringMatching(/^obstacle, bootstrap: .* version 5; .*need 6/),
    ]);
    const { assembly } = await synthesized(pilot);
    for (const { requiresBootstrapStackVersion } of assembly.stacks)
      expect(requiresBootstrapStackVersion).toBe(MIN_BOOTSTRAP_VERSION);
  });

  it('tells when SES has stopped sending, and of a domain that it has not verified, with the records', async () => {
    site.account.stacks.set('secor-pilot-data', deployed);
    site.ses.addIdentity('mail.partner.ca');
    site.ses.setAccount({ sendingPaused: true, unverifiedIdentities: ['mail.partner.ca'] });
    const found = troubles(await examine(pilot));
    expect(found).toEqual([
      expect.stringMatching(/^warning, mail domain: SES has not verified mail\.partner\.ca yet/),
      expect.stringMatching(/^warning, mail account: SES has stopped sending/),
    ]);
    expect(found[0]?.match(/([0-9a-z]+)\._domainkey\.mail\.partner\.ca CNAME \1\.dkim\.amazonses\.com/g)).toHaveLength(
      3,
    );
  });

  it('compares the recipients of the stage’s sandbox with the sandbox of the account', async () => {
    const withRecipients = { ...pilot, mail: { ...pilot.mail, sandboxRecipients: ['anna@partner.ca', 'partner.ca'] } };
    expect(troubles(await examine(withRecipients))).toEqual([
      expect.stringMatching(
        /^warning, mail account: SES sends to everyone, .* mail\.sandboxRecipients: .*: remove mail\.sandboxRecipients from infra\/stages\/pilot\.ts, and deploy$/,
      ),
    ]);
    site.ses.setAccount({ sandbox: true });
    expect(troubles(await examine(withRecipients))).toEqual([
      expect.stringMatching(
        /^warning, mail account: SES is in its sandbox.* to mail\.sandboxRecipients .*: ask for production access .*; then remove mail\.sandboxRecipients from .*, and deploy$/,
      ),
    ]);
    expect(troubles(await examine(pilot))).toEqual([
      expect.stringMatching(
        /^warning, mail account: SES is in its sandbox.* names no mail\.sandboxRecipients.*: ask for production access .*; until then write the verified addresses and domains into mail\.sandboxRecipients of infra\/stages\/pilot\.ts, and deploy$/,
      ),
    ]);
  });

  it('takes a domain of SES that the stage’s own stack made, and none that somebody else did', async () => {
    site.ses.addIdentity('mail.partner.ca');
    expect(troubles(await examine(pilot))).toEqual([
      expect.stringMatching(/^obstacle, mail domain: .*already has mail\.partner\.ca.*: delete the identity/),
    ]);
    site.account.stacks.set('secor-pilot-data', { ...deployed, status: 'ROLLBACK_COMPLETE' });
    expect(troubles(await examine(pilot))).toEqual([expect.stringContaining('no stack of this stage created it')]);
    for (const status of ['CREATE_FAILED', 'ROLLBACK_FAILED']) {
      site.account.stacks.set('secor-pilot-data', { ...deployed, status });
      expect(troubles(await examine(pilot)), status).toEqual([
        expect.stringMatching(/^warning, mail domain: .*may be left over from the failed deployment.*: /),
      ]);
    }
    site.account.stacks.set('secor-pilot-data', deployed);
    expect(troubles(await examine(pilot))).toEqual([]);
  });

  it.each([
    ['UPDATE_IN_PROGRESS', 'wait until it has ended'],
    ['DELETE_IN_PROGRESS', 'wait until it has ended'],
    ['UPDATE_ROLLBACK_FAILED', 'continue-update-rollback'],
    ['DELETE_FAILED', 'delete-stack'],
  ])('tells of a stack that is in %s', async (status, remedy) => {
    site.account.stacks.set('secor-pilot-service', { ...deployed, status });
    const [found, ...others] = troubles(await examine(pilot));
    expect(found).toMatch(/^obstacle, stacks: .*secor-pilot-service/);
    expect(found).toContain(status);
    expect(found).toContain(remedy);
    expect(others).toEqual([]);
  });

  describe('where the API has a domain of its own', () => {
    const certificateArn = `arn:aws:acm:ca-central-1:${pilot.account}:certificate/1234`;
    const withDomain = { ...pilot, api: { domain: 'api.partner.ca', certificateArn } };

    it.each([
      ['there is none', undefined, /There is no certificate arn:aws:acm:.*: ask for one for api\.partner\.ca/],
      [
        'it is for others',
        { domain: 'partner.ca', status: 'ISSUED' },
        /is for partner\.ca, not for api.*: ask for one/,
      ],
      ['it waits', { domain: 'api.partner.ca', status: 'PENDING_VALIDATION' }, /PENDING_VALIDATION\): add the record/],
      ['it is over', { domain: '*.partner.ca', status: 'EXPIRED' }, /is not issued \(EXPIRED\): ask for one/],
    ] as const)('tells of its certificate that %s', async (_, certificate, expected) => {
      if (certificate !== undefined) site.account.certificates.set(certificateArn, certificate);
      const [found, ...others] = troubles(await examine(withDomain));
      expect(found).toMatch(/^obstacle, certificate: /);
      expect(found).toMatch(expected);
      expect(others).toEqual([]);
    });

    it.each(['api.partner.ca', '*.partner.ca'])('takes a certificate for %s', async (domain) => {
      site.account.certificates.set(certificateArn, { domain, status: 'ISSUED' });
      expect(troubles(await examine(withDomain))).toEqual([]);
    });
  });

  it('tells whose credentials they are when the stage belongs to another account', async () => {
    expect(troubles(await examine({ ...pilot, account: '555566667777' }))).toEqual([
      expect.stringMatching(
        /^obstacle, account: .*account 222233334444 \(arn:aws:.*\), stage 'pilot' to 555566667777: sign in/,
      ),
    ]);
  });

  it('tells that there are no credentials, or that they are not valid', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong');
    expect(troubles(await examine(pilot))).toEqual([
      expect.stringMatching(
        /^obstacle, account: AWS does not accept these credentials \(SignatureDoesNotMatch\): sign in/,
      ),
    ]);
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/nowhere');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    expect(troubles(await examine(pilot))).toEqual([
      expect.stringMatching(/^obstacle, account: There are no AWS credentials here.*: sign in to account 222233334444/),
    ]);
  });

  it('tells what it could not look at, and goes on', async () => {
    site.faults.inject({ service: 'lambda', kind: 'error' });
    vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
    expect(troubles(await examine(pilot))).toEqual([
      expect.stringMatching(/^warning, lambda: It could not be checked/),
    ]);
  });

  it('names every placeholder of a stage, and asks AWS nothing for a placeholder account', async () => {
    const found = troubles(
      await examine({
        ...pilot,
        account: '333333333333',
        partner: {
          name: 'Example Safety Partner',
          email: 'secor@example.org',
          phone: '+1 403 555 0100',
          site: 'https://www.example.org',
        },
        mail: { identity: 'example.org', sender: 'secor@example.org' },
        alarmEmail: 'alarms@example.org',
        browserOrigins: ['https://portal.example.org'],
      }),
    );
    expect(found[0]).toBe(
      "obstacle, account: Stage 'pilot' still has the placeholder account 333333333333: write your AWS account into infra/stages/pilot.ts",
    );
    // SES would get a domain that nobody owns, and nobody would hear of an alarm.
    for (const field of ['mail.identity', 'alarmEmail'])
      expect(found).toContainEqual(expect.stringMatching(new RegExp(`^obstacle, settings: ${field} still holds`)));
    const fields = ['partner.name', 'partner.email', 'partner.phone', 'partner.site', 'mail.sender'];
    for (const field of [...fields, 'browserOrigins.0'])
      expect(found).toContainEqual(expect.stringMatching(new RegExp(`^warning, settings: ${field} still holds`)));
    expect(found).toHaveLength(9);
  });
});

describe('secor doctor', () => {
  it('prints all findings, and its exit code says whether a deployment can go on', async () => {
    const { code, out, err } = await secor(['doctor', '--stage', 'dev']);
    expect(code).toBe(1);
    // Of another account than the credentials, whatever its file holds.
    expect(out).toMatch(/^obstacle {2}account: .*'dev'.*\n {10}To do: .*infra\/stages\/dev\.ts/m);
    expect(err).toMatch(
      /^secor doctor: stage 'dev' can't be deployed yet: correct the (obstacle|\d obstacles) above\.\n$/,
    );
    const json = JSON.parse((await secor(['doctor', '--stage', 'dev', '--json'])).out);
    expect(json).toMatchObject({ stage: 'dev', deployable: false });
    expect(json.findings[0]).toMatchObject({ about: 'account', kind: 'obstacle' });
  });

  it.each<[string, Partial<typeof pilot>]>([
    [
      ', but 2 placeholders are left',
      { partner: { ...pilot.partner, name: 'Example Partner', site: 'https://example.org' } },
    ],
    [', but a placeholder is left', { browserOrigins: ['https://portal.example.org'] }],
    ['', {}],
  ])('concludes that a stage can be deployed%s', async (but, settings) => {
    // Another warning is no placeholder.
    site.ses.setAccount({ sandbox: true });
    expect(conclusion('pilot', await examine({ ...pilot, ...settings }))).toBe(
      `Stage 'pilot' can be deployed${but}: npm run deploy -- --stage pilot`,
    );
  });

  it('concludes that a stage with obstacles can not be deployed, however many placeholders are left', async () => {
    const stage = { ...pilot, alarmEmail: 'a@example.org', browserOrigins: ['https://portal.example.org'] };
    const findings = await examine(stage);
    expect(() => conclusion('pilot', findings)).toThrow("can't be deployed yet: correct the obstacle above");
    const both = await examine({ ...stage, mail: { ...pilot.mail, identity: 'example.org' } });
    expect(() => conclusion('pilot', both)).toThrow("can't be deployed yet: correct the 2 obstacles above");
  });

  it('lists the stages when there is none of this name', async () => {
    expect(await secor(['doctor', '--stage', 'no-such'])).toMatchObject({
      code: 1,
      err: expect.stringContaining(`There is no stage 'no-such'. The stages are ${stageNames.join(', ')}`),
    });
  });
});
