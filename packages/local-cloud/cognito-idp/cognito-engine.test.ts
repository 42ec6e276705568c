import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  type AdminCreateUserCommandInput,
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBusinessClock } from '../clock.ts';
import { createIdentity, type Identity } from '../identity/identity.ts';
import { createSesEngine, type SesEngine } from '../ses/ses-engine.ts';
import { listenFor } from '../sqs/engine-listener.fixture.ts';
import { createCognitoEngine } from './cognito-engine.ts';

const UserPoolId = 'ca-central-1_abc123';
/** One that sends its invitations by SES. */
const bySes = 'ca-central-1_ses456';
const place = { region: 'ca-central-1', accountId: '111111111111' };
const email = 'joan@partner.example.org';

let folder: string;
let identity: Identity;
let ses: SesEngine;
let client: CognitoIdentityProviderClient;
let close: () => Promise<void>;

async function open(): Promise<void> {
  const issuer = () => 'http://127.0.0.1:1/identity';
  identity = await createIdentity({ file: join(folder, 'identity.json'), issuer, clients: () => [], warn: () => {} });
  const clock = openBusinessClock(join(folder, 'clock.json'));
  ses = createSesEngine({ ...place, clock, directory: join(folder, 'mail') });
  ses.addIdentity('partner.example.org');
  const groups = ['reviewer', 'administrator'];
  const pools = () =>
    new Map([
      [UserPoolId, { groups }],
      [bySes, { groups, sender: { from: 'Partner <secor@partner.example.org>' } }],
    ]);
  const served = await listenFor(createCognitoEngine({ ...place, identity, ses, pools }));
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  client = new CognitoIdentityProviderClient({
    region: place.region,
    endpoint: served.url,
    credentials,
    maxAttempts: 1,
  });
  close = served.close;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cognito-'));
  await open();
});
afterEach(async () => {
  client.destroy();
  await close();
  rmSync(folder, { recursive: true });
});

const create = (Username: string, more: Partial<AdminCreateUserCommandInput> = {}) =>
  client.send(new AdminCreateUserCommand({ UserPoolId, Username, DesiredDeliveryMediums: ['EMAIL'], ...more }));
const get = (Username: string, pool = UserPoolId) =>
  client.send(new AdminGetUserCommand({ UserPoolId: pool, Username }));
const add = (Username: string, GroupName: string) =>
  client.send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName }));

test('makes a user once, named by their sub, and finds them by address in any case and by sub', async () => {
  const UserAttributes = [
    { Name: 'email', Value: email },
    { Name: 'email_verified', Value: 'true' },
  ];
  const { User } = await create(email, { UserAttributes, DesiredDeliveryMediums: ['EMAIL'] });
  const sub = User?.Username ?? '';
  expect(User).toMatchObject({ Enabled: true, UserStatus: 'FORCE_CHANGE_PASSWORD' });
  expect(User?.Attributes).toContainEqual({ Name: 'email', Value: email });
  for (const name of [email, 'JOAN@Partner.example.org', sub])
    expect(await get(name)).toMatchObject({
      Username: sub,
      UserAttributes: expect.arrayContaining([{ Name: 'sub', Value: sub }]),
    });
  await expect(create('Joan@partner.example.org')).rejects.toMatchObject({ name: 'UsernameExistsException' });
  expect((await create(email, { MessageAction: 'RESEND' })).User?.Username).toBe(sub);
});

test('tells whether the address was said to be theirs, also of who is in a group', async () => {
  const verified = async () => (await get(email)).UserAttributes?.find(({ Name }) => Name === 'email_verified')?.Value;
  await create(email);
  await add(email, 'reviewer');
  expect(await verified()).toBe('false');
});

test.each([undefined, ['SMS' as const]])(
  'invites nobody by text message, which Cognito takes when told no medium: %j',
  async (mediums) => {
    await expect(create(email, { DesiredDeliveryMediums: mediums })).rejects.toThrow('DesiredDeliveryMediums');
    expect(identity.userNamed(email)).toBeUndefined();
    await create(email, { DesiredDeliveryMediums: mediums, MessageAction: 'SUPPRESS' });
    await expect(create(email, { DesiredDeliveryMediums: mediums, MessageAction: 'RESEND' })).rejects.toThrow('EMAIL');
  },
);

test('puts a user into groups of the pool, which their tokens have, also after a restart', async () => {
  await create(email);
  await add(email, 'reviewer');
  await add('JOAN@partner.example.org', 'reviewer');
  await add(identity.userNamed(email)?.sub ?? '', 'administrator');
  await close();
  client.destroy();
  await open();
  expect(identity.userNamed(email)).toMatchObject({ groups: ['reviewer', 'administrator'] });
});

test('refuses as Cognito does', async () => {
  await create(email);
  const unknown = { name: 'UserNotFoundException', message: 'User does not exist.' };
  await expect(get('nobody@partner.example.org')).rejects.toMatchObject(unknown);
  await expect(add('nobody@partner.example.org', 'reviewer')).rejects.toMatchObject(unknown);
  await expect(create('nobody@partner.example.org', { MessageAction: 'RESEND' })).rejects.toMatchObject(unknown);
  await expect(add(email, 'moose')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'Group not found.',
  });
  await expect(get(email, 'ca-central-1_other')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  const wrong = { name: 'InvalidParameterException' };
  for (const name of ['joan', 'joan@partner', 'a b@example.org', `${'a'.repeat(120)}@example.org`])
    await expect(create(name), name).rejects.toMatchObject(wrong);
  for (const attribute of [
    { Name: 'email', Value: 'joan' },
    { Name: 'hair', Value: 'grey' },
  ])
    await expect(create('other@example.org', { UserAttributes: [attribute] })).rejects.toMatchObject(wrong);
  await expect(create('other@example.org', { TemporaryPassword: 'x' })).rejects.toMatchObject(wrong);
});

test('makes a user whom SES lets nobody invite, and invites them again once it does', async () => {
  const robin = 'robin@example.net';
  const said =
    'Cognito received the following error from Amazon SES when attempting to send email: Email address is not verified. ' +
    `The following identities failed the check in region CA-CENTRAL-1: ${robin}`;
  const refused = { name: 'CodeDeliveryFailureException', message: said };
  const pool = { UserPoolId: bySes };
  ses.setAccount({ sandbox: true });
  await expect(create(robin, pool)).rejects.toMatchObject(refused);
  expect(await get(robin, bySes)).toMatchObject({ UserStatus: 'FORCE_CHANGE_PASSWORD' });
  await expect(create(robin, pool)).rejects.toMatchObject({ name: 'UsernameExistsException' });
  await expect(create(robin, { ...pool, MessageAction: 'RESEND' })).rejects.toMatchObject(refused);
  // Whom nobody invites, and who is verified, and who is of a pool that Cognito sends for.
  await create('kit@example.net', { ...pool, MessageAction: 'SUPPRESS' });
  await create('lena@partner.example.org', pool);
  await create('max@example.net');
  ses.setAccount({});
  expect((await create(robin, { ...pool, MessageAction: 'RESEND' })).User?.Username).toBe(
    identity.userNamed(robin)?.sub,
  );
});
