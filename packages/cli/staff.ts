import { createHash } from 'node:crypto';
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminGetUserCommand,
  type AdminGetUserCommandOutput,
  CodeDeliveryFailureException,
  CognitoIdentityProviderClient,
  UserNotFoundException,
  UsernameExistsException,
} from '@aws-sdk/client-cognito-identity-provider';
import { isSameAddress } from '@secor/certification';
import {
  addAdministrator,
  addReviewer,
  commit,
  listAdministrators,
  listReviewers,
  openStore,
  readAdministrator,
  readReviewer,
  readSignIn,
  retryingConflicts,
  type Store,
  signInChange,
} from '@secor/store';
import { Failure } from './command.ts';

export const staffRoles = ['administrator', 'reviewer'] as const;
export type StaffRole = (typeof staffRoles)[number];

/** Where a stage keeps its people, and where they sign in. */
export type Place = { readonly table: string; readonly issuer: string; readonly userPoolId?: string };

type Pool = Pick<Place, 'issuer'> & { readonly userPoolId: string };

/** A member of staff as they are to be added. */
export type NewStaff = {
  readonly role: StaffRole;
  readonly name: string;
  readonly email: string;
  /** The id that they get where they are new; else one is made of their address. */
  readonly id?: string | undefined;
  /** Whom they are at an issuer of the stage's own. */
  readonly sub?: string | undefined;
};

/** What was done, and what was there already. */
export type AddedStaff = {
  readonly personId: string;
  readonly person: 'added' | 'there';
  /**
   * Of the user pool: 'invited' again where they were there, and no run had come as far as the link. 'given' where the sign-in was named
   * by its `sub`, absent where it was not.
   */
  readonly user?: 'made' | 'invited' | 'there' | 'given';
  readonly link?: 'made' | 'there';
};

/** The same for the same address each time, so that whoever runs it twice at once adds one person. */
function idOf({ role, email }: NewStaff): string {
  return `${role}-${createHash('sha256').update(email.toLowerCase()).digest('hex').slice(0, 10)}`;
}

/**
 * The id of the person who has this role and address, if there is one: a reviewer who has left only where no id is named, since who
 * comes back gets another one.
 */
async function personIdOf(store: Store, { role, email, id }: NewStaff): Promise<string | undefined> {
  if (role === 'administrator') {
    const administrators = await listAdministrators(store);
    return administrators.find((each) => isSameAddress(each.email, email))?.administratorId;
  }
  const reviewers = (await listReviewers(store)).filter((each) => isSameAddress(each.email, email));
  const left = id === undefined ? reviewers[0] : undefined;
  return (reviewers.find(({ leftAt }) => leftAt === undefined) ?? left)?.reviewerId;
}

/** Whether who is on record is not who has this address: another run may have just added them. */
function isSomebodyElse(person: { readonly email: string } | undefined, email: string): boolean {
  return person !== undefined && !isSameAddress(person.email, email);
}

/** Adds the person unless they are there. Throws Failure for an id that is somebody else's, and for a reviewer who has left. */
async function ensurePerson(
  store: Store,
  staff: NewStaff,
  at: string,
): Promise<Pick<AddedStaff, 'personId' | 'person'>> {
  const { role, name, email, id } = staff;
  const there = await personIdOf(store, staff);
  if (there !== undefined && id !== undefined && id !== there)
    throw new Failure(`the ${role} ${there} already has this address: leave --id out, or name another address.`);
  const personId = there ?? id ?? idOf(staff);
  if (role === 'administrator') {
    if (there === undefined && isSomebodyElse(await readAdministrator(store, personId), email))
      throw new Failure(`the id ${personId} belongs to another administrator: name another one with --id.`);
    await addAdministrator(store, { administratorId: personId, name, email });
  } else {
    const reviewer = await readReviewer(store, personId);
    if (reviewer?.leftAt !== undefined)
      throw new Failure(`the reviewer ${personId} has left: add another address, or name another id with --id.`);
    if (there === undefined && isSomebodyElse(reviewer, email))
      throw new Failure(`the id ${personId} belongs to another reviewer: name another one with --id.`);
    await addReviewer(store, { reviewerId: personId, name, email, present: true, conflicts: [] }, at);
  }
  return { personId, person: there === undefined ? 'added' : 'there' };
}

/**
 * Makes the user of the pool unless there is one, and puts them into the group of their role; gives their `sub`. Throws Failure for
 * one whose address is not verified. Who was made by a run
 * that got no further, and has not signed in, may have got no invitation: they are sent another one.
 */
async function ensureUser(store: Store, { issuer, userPoolId }: Pool, { role, email }: NewStaff) {
  const client = new CognitoIdentityProviderClient({});
  const user = { UserPoolId: userPoolId, Username: email };
  const find = () => client.send(new AdminGetUserCommand(user));
  try {
    const found = await find().catch((error: unknown) => {
      if (!(error instanceof UserNotFoundException)) throw error;
    });
    // Whoever signs in could have written the address into their own account.
    if (found !== undefined && attributeOf(found, 'email_verified') !== 'true')
      throw new Failure(
        `a user signs in with ${email}, but the address is not verified: ask whose it is. If it is theirs, run 'aws cognito-idp admin-update-user-attributes --user-pool-id ${userPoolId} --username ${email} --user-attributes Name=email_verified,Value=true', and run this again.`,
      );
    const isInvited =
      found !== undefined &&
      (found.UserStatus !== 'FORCE_CHANGE_PASSWORD' || (await readSignIn(store, issuer, subOf(found))) !== undefined);
    const sent = isInvited ? 'there' : await invite(client, user, email, { again: found !== undefined });
    await client.send(new AdminAddUserToGroupCommand({ ...user, GroupName: role }));
    return { sub: subOf(found ?? (await find())), user: sent };
  } finally {
    client.destroy();
  }
}

function attributeOf({ UserAttributes = [] }: AdminGetUserCommandOutput, name: string): string | undefined {
  return UserAttributes.find(({ Name }) => Name === name)?.Value;
}

function subOf(user: AdminGetUserCommandOutput): string {
  const sub = attributeOf(user, 'sub');
  if (sub === undefined) throw new Failure('the user pool does not return the sub of the user: check its settings.');
  return sub;
}

/** Makes a user, who is invited by mail, or invites them once more; 'there' when another run has just made them. */
async function invite(
  client: CognitoIdentityProviderClient,
  user: { readonly UserPoolId: string; readonly Username: string },
  email: string,
  { again }: { readonly again: boolean },
): Promise<'made' | 'invited' | 'there'> {
  const UserAttributes = [
    { Name: 'email', Value: email },
    { Name: 'email_verified', Value: 'true' },
  ];
  const asked = {
    ...user,
    DesiredDeliveryMediums: ['EMAIL' as const],
    ...(again ? { MessageAction: 'RESEND' as const } : { UserAttributes }),
  };
  try {
    await client.send(new AdminCreateUserCommand(asked));
    return again ? 'invited' : 'made';
  } catch (error) {
    if (error instanceof UsernameExistsException) return 'there';
    throw refusalOfInvitation(error, email) ?? error;
  }
}

/** What to do where Cognito could not send an invitation, as by SES in its sandbox; undefined for another error. */
function refusalOfInvitation(error: unknown, email: string): Failure | undefined {
  if (!(error instanceof CodeDeliveryFailureException)) return undefined;
  const { message } = error;
  // In the sandbox SES asks whether the recipient is verified, too.
  const isSandbox = /not verified/.test(message) && message.toLowerCase().includes(email.toLowerCase());
  return new Failure(
    isSandbox
      ? `the user ${email} was created but not invited, because SES is in its sandbox and has not verified the address. Verify it in the SES console, or let Cognito send the invitations: 'npm run deploy'. Then run this again.`
      : `the user ${email} was created but not invited (${message.replace(/\.$/, '')}). Correct that or, when the mail domain is not verified, let Cognito send the invitations: 'npm run deploy'. Then run this again.`,
  );
}

/**
 * Links a sign-in to a person beside those that it stands for, in the place of a reviewer who has left. Throws Failure when it
 * stands for another one of this role.
 */
function ensureLink(
  store: Store,
  { email, ...signIn }: { readonly issuer: string; readonly sub: string; readonly email?: string },
  role: StaffRole,
  personId: string,
  at: string,
): Promise<'made' | 'there'> {
  const of = role === 'administrator' ? 'administratorId' : 'reviewerId';
  return retryingConflicts(async () => {
    const persons = (await readSignIn(store, signIn.issuer, signIn.sub)) ?? {};
    if (persons[of] === personId) return 'there';
    if (persons[of] !== undefined && !(await hasLeft(store, role, persons[of])))
      throw new Failure(
        `this sign-in already stands for the ${role} ${persons[of]}: an administrator can change that with PUT /v1/sign-ins.`,
      );
    const linked = { ...persons, ...(email === undefined ? {} : { email }), [of]: personId };
    await commit(store, { at, ...(await signInChange(store, signIn, linked, at)) });
    return 'made';
  });
}

async function hasLeft(store: Store, role: StaffRole, personId: string): Promise<boolean> {
  return role === 'reviewer' && (await readReviewer(store, personId))?.leftAt !== undefined;
}

/**
 * Adds a member of staff: the person, the user of the stage's user pool in the group of their role, and the link between both. Each is
 * done once however often this runs, and what a run that died left undone the next one does.
 * @param at ISO, UTC
 * @throws Failure with its remedy
 */
export async function addStaff({ table, issuer, userPoolId }: Place, staff: NewStaff, at: string): Promise<AddedStaff> {
  const store = openStore(table);
  try {
    const person = await ensurePerson(store, staff, at);
    const user =
      userPoolId !== undefined
        ? { ...(await ensureUser(store, { issuer, userPoolId }, staff)), email: staff.email }
        : staff.sub === undefined
          ? undefined
          : { sub: staff.sub, user: 'given' as const };
    if (user === undefined) return person;
    const { user: became, ...signIn } = user;
    const link = await ensureLink(store, { issuer, ...signIn }, staff.role, person.personId, at);
    return { ...person, user: became, link };
  } finally {
    store.client.destroy();
  }
}
