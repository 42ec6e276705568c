import { describe, expect, it } from 'vitest';
import { checkStage } from '../../infra/stage.ts';
import { stageNamed, stageNames } from '../../infra/stages.ts';

const good = {
  account: '123456789012',
  partner: { name: 'A partner', email: 'a@example.org', phone: '+1 403 555 0100', site: 'https://example.org/secor' },
  mail: { identity: 'example.org', sender: 'secor@example.org' },
  retention: { logDays: 30, recordDays: 365 },
  alarmEmail: 'alarms@example.org',
  protectData: true,
  secondFactor: 'required',
  browserOrigins: ['https://portal.example.org'],
  throttling: { requestsPerSecond: 10, burst: 20 },
};

/** The good settings with one value replaced, or taken out when the value is undefined. */
function withValue(path: string, value: unknown): unknown {
  const settings = structuredClone(good);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let holder: object = settings;
  for (const key of keys) {
    holder = Reflect.get(holder, key);
  }
  if (value === undefined) {
    Reflect.deleteProperty(holder, last);
  } else {
    Reflect.set(holder, last, value);
  }
  return settings;
}

const fields = [
  'account',
  'partner',
  'partner.name',
  'partner.email',
  'partner.phone',
  'partner.site',
  'mail',
  'mail.identity',
  'mail.sender',
  'retention',
  'retention.logDays',
  'retention.recordDays',
  'alarmEmail',
  'protectData',
  'secondFactor',
  'browserOrigins',
  'throttling',
  'throttling.requestsPerSecond',
  'throttling.burst',
];

describe('the settings of a stage', () => {
  it('takes good ones, in Canada unless told otherwise', () => {
    expect(checkStage('prod', good)).toMatchObject({ name: 'prod', region: 'ca-central-1', ...good });
    expect(checkStage('prod', { ...good, region: 'eu-west-1' }).region).toBe('eu-west-1');
  });

  it('takes an issuer in place of a user pool of its own', () => {
    const identity = { issuer: 'https://id.example.org/', audience: 'secor', groupsClaim: 'roles' };
    expect(checkStage('prod', good).identity).toBeUndefined();
    expect(checkStage('prod', { ...good, identity }).identity).toEqual({ ...identity, accessTokenClaims: {} });
    const marked = { ...identity, accessTokenClaims: { typ: 'Bearer' } };
    expect(checkStage('prod', { ...good, identity: marked }).identity).toEqual(marked);
  });

  it.each([
    [{ issuer: 'http://id.example.org' }, 'issuer'],
    [{ issuer: 'id.example.org' }, 'issuer'],
    [{ audience: '' }, 'audience'],
    [{ groupsClaim: undefined }, 'groupsClaim'],
    [{ accessTokenClaims: { typ: 1 } }, 'accessTokenClaims.typ'],
    [{ clientSecret: 's' }, 'clientSecret'],
  ])('refuses of an issuer %j', (wrong, field) => {
    const identity = { issuer: 'https://id.example.org', audience: 'secor', groupsClaim: 'roles', ...wrong };
    expect(() => checkStage('trial', { ...good, identity })).toThrow(new RegExp(`:\n {2}identity.${field}: [^\n]+$`));
  });

  it('takes how many invocations the account may have at a time, 1,000 unless told otherwise', () => {
    expect(checkStage('prod', good).accountConcurrency).toBe(1000);
    expect(checkStage('prod', { ...good, accountConcurrency: 10 }).accountConcurrency).toBe(10);
    expect(() => checkStage('prod', { ...good, accountConcurrency: 9 })).toThrow(
      /accountConcurrency: must be.*10 or more/,
    );
  });

  it('takes a domain for the API, with a certificate of its own account and region', () => {
    const certificateArn = 'arn:aws:acm:ca-central-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000000';
    const api = { domain: 'api.example.org', certificateArn };
    expect(checkStage('prod', good).api).toBeUndefined();
    expect(checkStage('prod', { ...good, api }).api).toEqual(api);
    const wrong = [
      [{ ...api, domain: 'https://api.example.org' }, 'api.domain: must be a domain'],
      [{ ...api, certificateArn: 'certificate/1' }, 'api.certificateArn: must be the ARN of a certificate'],
      [{ ...api, certificateArn: certificateArn.replace('ca-central-1', 'us-east-1') }, 'api.certificateArn: .*region'],
      [
        { ...api, certificateArn: certificateArn.replace('123456789012', '000000000000') },
        'api.certificateArn: .*account',
      ],
      [{ domain: api.domain }, 'api.certificateArn: missing'],
    ] as const;
    for (const [value, said] of wrong) {
      expect(() => checkStage('prod', { ...good, api: value })).toThrow(new RegExp(`:\n {2}${said}[^\n]*$`));
    }
  });

  it('takes the addresses and domains of the sandbox, in lower case, and names each that is none', () => {
    const withRecipients = (...sandboxRecipients: string[]) => ({ ...good, mail: { ...good.mail, sandboxRecipients } });
    const { mail } = checkStage('prod', withRecipients('Anna@example.org', 'Example.net'));
    expect(mail.sandboxRecipients).toEqual(['anna@example.org', 'example.net']);
    expect(() => checkStage('prod', withRecipients('anna', 'b@example.org', '*'))).toThrow(
      /sandboxRecipients\.0: [^\n]+\n {2}mail\.sandboxRecipients\.2: [^\n]+$/,
    );
  });

  it.each(fields)('names a missing %s, and the stage', (field) => {
    expect(() => checkStage('trial', withValue(field, undefined))).toThrow(
      new RegExp(`^Stage 'trial'.*infra/stages/trial.ts:\n {2}${field}: missing$`),
    );
  });

  it.each([
    ['account', '12345'],
    ['account', 123456789012],
    ['region', 'Canada'],
    ['partner.name', '  '],
    ['partner.email', 'nobody'],
    ['partner.phone', 'call us'],
    ['partner.site', 'www.example.org'],
    ['partner.fax', '+1 403 555 0101'],
    ['mail.identity', 'https://example.org'],
    ['mail.identity', 'Example'],
    ['mail.sender', 'secor'],
    ['mail.sender', 'secor@elsewhere.org'],
    ['mail.sender', 'secor@notexample.org'],
    ['mail.sandboxRecipients', []],
    ['mail.sandboxRecipients', 'anna@example.org'],
    ['mail.sandboxRecipients', Array.from({ length: 51 }, (_, index) => `a${index}@example.org`)],
    ['mail.sandboxRecipients', Array.from({ length: 50 }, (_, index) => `${'a'.repeat(40)}${index}@example.org`)],
    ['retention.logDays', 31],
    ['retention.recordDays', 0],
    ['retention.recordDays', 1.5],
    ['alarmEmail', 'ops'],
    ['protectData', 'yes'],
    ['secondFactor', 'never'],
    ['browserOrigins', []],
    ['browserOrigins', 'https://portal.example.org'],
    ['browserOrigins.0', 'https://portal.example.org/'],
    ['browserOrigins.0', '*'],
    ['browserOrigins.0', 'http://portal.example.org'],
    ['browserOrigins.0', 'http://localhost.example.org'],
    ['browserOrigins.0', 'ftp://portal.example.org'],
    ['throttling.requestsPerSecond', 0],
    ['throttling.burst', '20'],
    ['colour', 'green'],
  ])('refuses %s = %j by the name of the field, and nothing else', (field, value) => {
    const name = field.replaceAll('.', '\\.');
    expect(() => checkStage('trial', withValue(field, value))).toThrow(new RegExp(`:\n {2}${name}: [^\n]+$`));
  });

  it('takes pages of the developer’s own machine without TLS', () => {
    expect(() => checkStage('trial', withValue('browserOrigins.0', 'http://localhost:5173'))).not.toThrow();
  });

  it('takes a sender below the identity', () => {
    expect(() => checkStage('trial', withValue('mail.sender', 'secor@letters.example.org'))).not.toThrow();
  });

  it('tells all that is wrong at once', () => {
    const bad = { ...good, account: '1', alarmEmail: undefined, throttling: { requestsPerSecond: 10, burst: 0 } };
    expect(() => checkStage('trial', bad)).toThrow(
      /account: must be.*\n {2}alarmEmail: missing\n {2}throttling\.burst: /,
    );
  });

  it('refuses a prod whose data could be deleted, and a name that fits no resource', () => {
    const careless = { ...good, account: '1', protectData: false };
    expect(() => checkStage('prod', careless)).toThrow(/account: .*protectData: must be true for prod/s);
    expect(checkStage('trial', { ...good, protectData: false }).protectData).toBe(false);
    expect(() => checkStage('Prod_1', good)).toThrow(/name: must be/);
    expect(() => checkStage('trial-', good)).toThrow(/name: must be .*not ending with a dash/);
    expect(checkStage('a', good).name).toBe('a');
    expect(checkStage('pilot-2', good).name).toBe('pilot-2');
  });

  it.each(['aws', 'jaws-1', 'amazon-2', 'mycognito'])('refuses the name %s, which Cognito would', (name) => {
    expect(() => checkStage(name, good)).toThrow(/name: must not contain "(aws|amazon|cognito)": Cognito refuses/);
  });

  it('is good in every file of infra/stages', () => {
    expect(stageNames).not.toEqual([]);
    for (const name of stageNames) {
      expect(stageNamed(name).name).toBe(name);
    }
  });

  it('lists the stages when one is asked for that is not there', () => {
    expect(() => stageNamed('no-such')).toThrow(`no stage 'no-such'. The stages are ${stageNames.join(', ')}:`);
    expect(() => stageNamed('toString')).toThrow(/no stage 'toString'/);
  });
});
