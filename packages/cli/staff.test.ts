import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commit, openStore, readReviewer, readSignIn, withChange } from '@secor/store';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openBusinessClock } from '../local-cloud/clock.ts';
import { createCognitoEngine } from '../local-cloud/cognito-idp/cognito-engine.ts';
import { createDynamoDbEngine } from '../local-cloud/dynamodb/dynamodb-engine.ts';
import { createGateway } from '../local-cloud/gateway/gateway.ts';
import type { User } from '../local-cloud/identity/user-pool.ts';
import { createSesEngine } from '../local-cloud/ses/ses-engine.ts';
import { invitation } from './commands/admin-add.ts';
import { addStaff } from './staff.ts';

const region = 'ca-central-1';
const accountId = '111111111111';
const place = { table: 'secor', issuer: 'https://id.partner.example.org' };
const at = '2026-11-23T19:00:00.000Z';
const userPoolId = `${region}_pool`;

/** The users of the pool, by their address. */
const users = new Map<string, User>();
const userOf = (sub: string) => [...users.values()].find((user) => user.sub === sub);
const identity = {
  userNamed: (name: string) => users.get(name) ?? userOf(name),
  addUser(email: string, isVerified: boolean) {
    const user: User = { sub: `sub-of-${email}`, email, groups: [], ...(isVerified ? {} : { isUnverified: true }) };
    users.set(email, user);
    return user;
  },
  addToGroup(sub: string, group: string) {
    const user = userOf(sub);
    if (user !== undefined) users.set(user.email, { ...user, groups: [...new Set([...user.groups, group])] });
  },
};

let folder: string;
let gateway: ReturnType<typeof createGateway>;
let store: ReturnType<typeof openStore>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secor-staff-'));
  const engine = await createDynamoDbEngine({ directory: folder, now: Date.now, region, accountId });
  await engine.createTable({
    TableName: place.table,
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  });
  gateway = createGateway({ region, accountId });
  gateway.register(engine);
  const pools = () => new Map([[userPoolId, { groups: ['administrator', 'reviewer'] }]]);
  const clock = openBusinessClock(join(folder, 'clock.json'));
  const ses = createSesEngine({ directory: join(folder, 'mail'), clock, region, accountId });
  gateway.register(createCognitoEngine({ identity, ses, pools, region, accountId }));
  vi.stubEnv('AWS_ENDPOINT_URL', await gateway.listen(0));
  vi.stubEnv('AWS_REGION', region);
  const { accessKeyId, secretAccessKey } = gateway.credentialsFor({ kind: 'operator' });
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  store = openStore(place.table);
});
afterAll(async () => {
  store.client.destroy();
  vi.unstubAllEnvs();
  await gateway.close();
  await rm(folder, { recursive: true, force: true });
});

test('a reviewer who left and comes back gets another id, and their sign-in stands for the new one', async () => {
  const uma = { role: 'reviewer', name: 'Uma', email: 'uma@partner.example.org', sub: 'umas-sub' } as const;
  const { personId: old } = await addStaff(place, uma, at);
  const reviewer = await readReviewer(store, old);
  if (reviewer === undefined) throw new Error('There is no reviewer.');
  await commit(store, { at, replace: [withChange(reviewer, { present: false, leftAt: at })] });

  await expect(addStaff(place, uma, at)).rejects.toThrow('name another id with --id');
  await expect(addStaff(place, { ...uma, id: old }, at)).rejects.toThrow('name another id with --id');
  const back = { ...uma, id: 'uma-2' };
  const added = await addStaff(place, back, at);
  expect(added).toEqual({ personId: 'uma-2', person: 'added', user: 'given', link: 'made' });
  expect(await readSignIn(store, place.issuer, uma.sub)).toEqual({ reviewerId: 'uma-2' });
  for (const again of [back, uma])
    expect(await addStaff(place, again, at)).toEqual({ ...added, person: 'there', link: 'there' });
  await expect(addStaff(place, { ...uma, id: 'uma-3' }, at)).rejects.toThrow('uma-2 already has this address');
});

test.each(['administrator', 'reviewer'] as const)(
  'a member of staff whom two runs add at once is one person: %s',
  async (role) => {
    const ivo = { role, name: 'Ivo', email: `ivo-${role}@partner.example.org`, sub: `ivos-sub-${role}` };
    // One of them reads what is there once the other has added the person.
    gateway.faults.inject({ service: 'dynamodb', operation: 'GetItem', kind: 'delay', milliseconds: 300, times: 1 });
    const [one, other] = await Promise.all([addStaff(place, ivo, at), addStaff(place, ivo, at)]);
    expect(one.personId).toBe(other.personId);
  },
);

test('a sign-in of a reviewer who is there is given to nobody else', async () => {
  const una = { role: 'reviewer', name: 'Una', email: 'una@partner.example.org', sub: 'unas-sub' } as const;
  const { personId } = await addStaff(place, una, at);
  const other = { ...una, email: 'ula@partner.example.org' };
  await expect(addStaff(place, other, at)).rejects.toThrow(`already stands for the reviewer ${personId}`);
});

test('a user who has written an address into their own account that is not known to be theirs gets no role', async () => {
  const [email, sub] = ['una@partner.example.org', 'sub-of-mallory'];
  users.set(email, { sub, email, groups: ['assessor'], isUnverified: true });
  const una = { role: 'administrator', name: 'Una', email } as const;
  await expect(addStaff({ ...place, userPoolId }, una, at)).rejects.toThrow('not verified');
  expect(users.get(email)?.groups).toEqual(['assessor']);
  expect(await readSignIn(store, place.issuer, sub)).toBeUndefined();
  users.delete(email);
});

describe('a run of which the answer was lost that the user was made', () => {
  const uwe = { role: 'reviewer', name: 'Uwe', email: 'uwe@partner.example.org' } as const;
  const uta = { role: 'administrator', name: 'Uta', email: 'uta@partner.example.org' } as const;
  const withPool = { ...place, userPoolId };
  const lost = {
    service: 'cognito-idp',
    operation: 'AdminCreateUser',
    kind: 'error',
    when: 'after',
    times: 1,
  } as const;
  afterEach(() => {
    gateway.faults.clear();
    vi.stubEnv('AWS_MAX_ATTEMPTS', undefined);
  });

  test.each([uwe, uta])('is finished by the next one: $role', async (staff) => {
    vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
    gateway.faults.inject(lost);
    await expect(addStaff(withPool, staff, at)).rejects.toThrow();
    const sub = `sub-of-${staff.email}`;
    expect(users.get(staff.email)?.groups).toEqual([]);
    expect(await readSignIn(store, place.issuer, sub)).toBeUndefined();

    const finished = await addStaff(withPool, staff, at);
    // Whether the invitation went out is not known: another one does.
    expect(finished).toMatchObject({ person: 'there', user: 'invited', link: 'made' });
    expect(users.get(staff.email)?.groups).toEqual([staff.role]);
    const { email, role } = staff;
    expect(await readSignIn(store, place.issuer, sub)).toEqual({ [`${role}Id`]: finished.personId, email });
    expect(await addStaff(withPool, staff, at)).toEqual({ ...finished, user: 'there', link: 'there' });
  });

  test('finishes by itself where its client tries again', async () => {
    gateway.faults.inject(lost);
    const ulf = { role: 'reviewer', name: 'Ulf', email: 'ulf@partner.example.org' } as const;
    expect(await addStaff(withPool, ulf, at)).toMatchObject({ person: 'added', user: 'there', link: 'made' });
  });
});

test('who had a user is not said to be invited, but how it is done again', () => {
  for (const user of ['made', 'invited'] as const)
    expect(invitation('pool-1', 'uma@partner.example.org', user)).toContain('Cognito invites them by mail');
  expect(invitation('pool-1', 'uma@partner.example.org', 'there')).toMatch(
    /once, when the user is created\..*--user-pool-id pool-1 --username uma@partner\.example\.org --desired-delivery-mediums EMAIL --message-action RESEND$/m,
  );
});

test('the runbook invites people by mail: told no medium, Cognito takes a text message, and nobody has a number', async () => {
  const runbook = await readFile(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
  const commands = runbook.replaceAll(/\\\n\s*/g, '').match(/aws cognito-idp admin-create-user [^\n`]*/g) ?? [];
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) expect(command).toContain(' --desired-delivery-mediums EMAIL');
});
