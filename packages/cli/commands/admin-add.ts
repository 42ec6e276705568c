import { PersonId, ReviewerBody, Subject } from '@secor/contracts';
import { command, Failure, type Io, messageOf, UsageError } from '../command.ts';
import { localOutput, useKeysOf } from '../local-keys.ts';
import { requireCloud } from '../running-cloud.ts';
import { type AddedStaff, type NewStaff, type Place, staffRoles } from '../staff.ts';
import { stageOption, typedStage } from '../stage-option.ts';

/** `secor admin add`: the first administrator of a stage, and whoever of staff comes after. */
export const adminAdd = command({
  name: 'admin add',
  summary: 'Add an administrator or a reviewer to a stage, with their sign-in. Running it again changes nothing',
  usage: 'secor admin add [--stage NAME] --email ADDRESS --name NAME --role administrator|reviewer',
  example: [
    'secor admin add --stage prod --email lena@partner.example.org --name "Lena Baptiste" --role administrator',
    'secor admin add --email lena@partner.example.org --name "Lena Baptiste" --role administrator   (to the local cloud)',
  ].join('\n'),
  options: {
    stage: { type: 'string', value: 'NAME', text: `${stageOption.stage.text}; else the local cloud that is running` },
    email: {
      type: 'string',
      value: 'ADDRESS',
      text: 'The address with which they sign in, and that gets their letters',
      required: true,
    },
    name: { type: 'string', value: 'NAME', text: 'Their name', required: true },
    role: { type: 'string', choices: staffRoles, text: 'Their role', required: true },
    id: { type: 'string', value: 'ID', text: 'The id for a new person (else one is made)' },
    sub: { type: 'string', value: 'SUB', text: 'The sub in their tokens, when the stage has its own issuer' },
  },
  async run({ options }, io) {
    const { stage, role, sub } = options;
    const staff = checked(options);
    const { place, group, after } = stage === undefined ? await localPlace(io) : await placeOf(stage);
    if (sub !== undefined && place.userPoolId !== undefined)
      throw new UsageError(
        '--sub is for a stage with its own issuer: this one has a user pool, which finds the sign-in by --email.',
      );
    const { addStaff } = await import('../staff.ts');
    const added = await addStaff(place, staff, new Date().toISOString()).catch((error: unknown) => {
      throw error instanceof Failure ? error : new Failure(refusalOf(error));
    });
    io.out(describeAdded(staff, added));
    io.out(
      added.link !== undefined
        ? after(staff, added)
        : [
            `  sign-in: not linked yet. In this stage, people sign in at ${place.issuer}. There:`,
            `    1. create the user, and add them to the group "${role}"${group},`,
            '    2. find their sub, as in the tokens, and run this again with --sub SUB.',
            '',
          ].join('\n'),
    );
    return 0;
  },
});

/** What was typed, if it can be recorded; throws UsageError with all that is wrong. */
function checked({
  role,
  id,
  sub,
  ...typed
}: { readonly email: string; readonly name: string } & Pick<NewStaff, 'role' | 'id' | 'sub'>): NewStaff {
  const { name, email } = typed;
  const body = ReviewerBody['~standard'].validate({ name, email });
  const own = [
    ['--id', PersonId, id],
    ['--sub', Subject, sub],
  ] as const;
  const problems = [
    ...('issues' in body ? (body.issues ?? []) : []).map(({ path = [], message }) => `--${pathOf(path)} ${message}`),
    ...own.flatMap(([option, schema, value]) => {
      const result = value === undefined ? undefined : schema['~standard'].validate(value);
      return result !== undefined && 'issues' in result
        ? (result.issues ?? []).map(({ message }) => `${option} ${message}`)
        : [];
    }),
  ];
  if (problems.length > 0 || !('value' in body)) throw new UsageError(`${problems.join('; ')}.`);
  return { role, id, sub, ...body.value };
}

function pathOf(path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  return path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.');
}

/** Where a stage's people are, how its groups are named to people, and how somebody who was added goes on. */
type Found = {
  readonly place: Place;
  readonly group: string;
  readonly after: (staff: NewStaff, added: AddedStaff) => string;
};

async function localPlace(io: Io): Promise<Found> {
  const cloud = await requireCloud(io);
  useKeysOf(cloud);
  const place = {
    table: localOutput(cloud, 'TableName'),
    issuer: localOutput(cloud, 'UserPoolIssuer'),
    userPoolId: localOutput(cloud, 'UserPoolId'),
  };
  const after = ({ role, email }: NewStaff) =>
    [
      `  They sign in with ${email} and the password "local", as everyone does on the local cloud.`,
      `  A token: npm run --silent secor -- token --role ${role} --email ${email}`,
      '',
    ].join('\n');
  return { place, group: '', after };
}

async function placeOf(name: string): Promise<Found> {
  const stage = await typedStage(name);
  const { peopleOfStage } = await import('@secor/infra/people');
  const { region, ...place } = await peopleOfStage(stage).catch((error: unknown) => {
    throw new Failure(messageOf(error));
  });
  // Where the clients of the SDK look.
  process.env.AWS_REGION = region;
  const after = ({ email }: NewStaff, { user }: AddedStaff) =>
    place.userPoolId === undefined ? '' : invitation(place.userPoolId, email, user);
  const group = stage.identity === undefined ? '' : ` (in the claim "${stage.identity.groupsClaim}")`;
  return { place, group, after };
}

/** What becomes of the invitation to a user pool: it is sent once, to a user who was made now, or who got none when they were made. */
export function invitation(userPoolId: string, email: string, user: AddedStaff['user']): string {
  return user === 'made' || user === 'invited'
    ? `  Cognito invites them by mail to ${email}. The first password is valid for seven days.\n`
    : `  Cognito invites a user once, when the user is created. To send the invitation again: aws cognito-idp admin-create-user --user-pool-id ${userPoolId} --username ${email} --desired-delivery-mediums EMAIL --message-action RESEND\n`;
}

function describeAdded({ role, name }: NewStaff, { personId, person, user, link }: AddedStaff): string {
  const signIn = user === 'made' ? 'made' : user === 'invited' ? 'was there, invited again' : 'was there';
  const rows = [
    `${name}, ${role}`,
    `  person: ${personId}, ${person === 'added' ? 'added' : 'was there'}`,
    ...(user === undefined ? [] : [`  sign-in: ${signIn}${user === 'given' ? '' : `, in the group "${role}"`}`]),
    ...(link === undefined ? [] : [`  link: ${link === 'made' ? 'made' : 'was there'}`]),
  ];
  return `${rows.join('\n')}\n`;
}

/** What AWS said, with the remedy where the operator may not do it. */
function refusalOf(error: unknown): string {
  const isDenied = error instanceof Error && /^AccessDenied/.test(error.name);
  return isDenied
    ? `${messageOf(error)} This needs GetItem, Query, PutItem, DeleteItem and ConditionCheckItem on the table, the actions on its key that AWS asks for with them (kms:Decrypt at least), and AdminGetUser, AdminCreateUser and AdminAddUserToGroup on the user pool.`
    : messageOf(error);
}
