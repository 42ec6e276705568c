import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import {
  type Administrator,
  type Assessor,
  type AssessorChange,
  type Employer,
  type Reviewer,
  type Trace,
  traceOfAdministrator,
  traceOfAssessor,
  traceOfReviewer,
  tracesOfContacts,
} from '@secor/certification';
import { type Item, type Key, listIndex, pageSize, readBody, type Store } from './table.ts';

/** The persons that a sign-in stands for: those that an administrator has linked to it. */
export type SignIn = {
  readonly assessorId?: string;
  readonly reviewerId?: string;
  readonly administratorId?: string;
  /** The employer whose contact the person is. */
  readonly employerId?: string;
  /** The contact's address: the sign-in stands for the employer while one of its contacts has this address. */
  readonly contactEmail?: string;
  /** The address with which they sign in, where it is known. */
  readonly email?: string;
};

export function employerKey(employerId: string): Key {
  return { pk: `EMPLOYER#${employerId}`, sk: 'EMPLOYER' };
}

export function assessorKey(assessorId: string): Key {
  return { pk: `ASSESSOR#${assessorId}`, sk: 'ASSESSOR' };
}

const employersList = 'EMPLOYERS';
const assessorsList = 'ASSESSORS';

/** The sort key of a name in a list: without regard to case. */
function placeOf(name: string, id: string): string {
  return `${name.toLowerCase()}#${id}`;
}

/** The item of a changed employer, for the transaction that also writes the event of its cycle; its version is checked. */
export function employerItem(employer: Employer): Item<Employer> & { version: number } {
  const { employerId, legalName, version } = employer;
  const listed = { gsi1pk: employersList, gsi1sk: placeOf(legalName, employerId) };
  return { ...employerKey(employerId), kind: 'employer', version, body: employer, ...listed };
}

export function assessorItem(assessor: Assessor): Item<Assessor> & { version: number } {
  const { assessorId, name, version } = assessor;
  const listed = { gsi1pk: assessorsList, gsi1sk: placeOf(name, assessorId) };
  return { ...assessorKey(assessorId), kind: 'assessor', version, body: assessor, ...listed };
}

const acting = 'ACTING#';

/** The keys of the entries that say who acts for these employers; each is in the partition of its employer. */
export function actingKeys(assessorId: string, employerIds: readonly string[]): Key[] {
  return employerIds.map((employerId) => ({ pk: employerKey(employerId).pk, sk: `${acting}${assessorId}` }));
}

/** The employers that an assessor acts for after a change, and those that they no longer act for, from its events. */
export function signedActing({ events }: AssessorChange): { added: readonly string[]; removed: readonly string[] } {
  return {
    added: events.flatMap((event) =>
      event.type === 'assessor added'
        ? event.data.actsFor
        : event.type === 'assessor changed'
          ? event.data.actsFor.added
          : [],
    ),
    removed: events.flatMap((event) => (event.type === 'assessor changed' ? event.data.actsFor.removed : [])),
  };
}

/** All who act for an employer, as they are now. */
export async function listActing(store: Store, employerId: string): Promise<Assessor[]> {
  const items = await itemsOf(store, employerKey(employerId).pk, acting);
  const ids = items.map((item) => (item.body as { assessorId: string }).assessorId);
  const assessors = await Promise.all(ids.map((assessorId) => readAssessor(store, assessorId)));
  return assessors.flatMap((assessor) => assessor ?? []);
}

async function listByName<T>(store: Store, list: string, after?: string): Promise<{ entries: T[]; next?: string }> {
  const { Items = [], LastEvaluatedKey } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      IndexName: listIndex,
      KeyConditionExpression: after === undefined ? 'gsi1pk = :list' : 'gsi1pk = :list AND gsi1sk > :after',
      ExpressionAttributeValues: { ':list': list, ...(after === undefined ? {} : { ':after': after }) },
      Limit: pageSize,
    }),
  );
  const next = LastEvaluatedKey === undefined ? {} : { next: String(LastEvaluatedKey.gsi1sk) };
  return { entries: Items.map((item) => item.body as T), ...next };
}

/**
 * A page of the employers by legal name, read from the list index, which may be a moment behind. `after` is the `next` of the
 * page before.
 */
export function listEmployers(store: Store, after?: string): Promise<{ entries: Employer[]; next?: string }> {
  return listByName(store, employersList, after);
}

/** A page of the assessors by name, like `listEmployers`. */
export function listAssessors(store: Store, after?: string): Promise<{ entries: Assessor[]; next?: string }> {
  return listByName(store, assessorsList, after);
}

/**
 * All reviewers, administrators and their sign-ins are in one partition: a partner has few, and they are read together with one
 * consistent query.
 */
const staff = 'STAFF';
const signInsList = 'SIGN-INS';
const [reviewers, administrators, signIns] = ['REVIEWER#', 'ADMINISTRATOR#', 'SIGNIN#'];

export function reviewerKey(reviewerId: string): Key {
  return { pk: staff, sk: `${reviewers}${reviewerId}` };
}

export function administratorKey(administratorId: string): Key {
  return { pk: staff, sk: `${administrators}${administratorId}` };
}

function signInKey(issuer: string, sub: string): Key {
  return { pk: `SIGNIN#${issuer}#${sub}`, sk: 'SIGNIN' };
}

async function createIfAbsent(store: Store, item: Item<unknown>): Promise<void> {
  try {
    await store.client.send(
      new PutCommand({ TableName: store.table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** The employer, or undefined. */
export function readEmployer(store: Store, employerId: string): Promise<Employer | undefined> {
  return readBody<Employer>(store, employerKey(employerId));
}

/** The assessor, or undefined. */
export function readAssessor(store: Store, assessorId: string): Promise<Assessor | undefined> {
  return readBody<Assessor>(store, assessorKey(assessorId));
}

/** The reviewer, or undefined. */
export function readReviewer(store: Store, reviewerId: string): Promise<Reviewer | undefined> {
  return readBody<Reviewer>(store, reviewerKey(reviewerId));
}

/** The administrator, or undefined. */
export function readAdministrator(store: Store, administratorId: string): Promise<Administrator | undefined> {
  return readBody<Administrator>(store, administratorKey(administratorId));
}

/** The items of a partition whose sort keys begin with a prefix, as they are now. */
async function itemsOf(store: Store, pk: string, beginning: string): Promise<Item<unknown>[]> {
  const { Items = [] } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      KeyConditionExpression: 'pk = :partition AND begins_with(sk, :list)',
      ExpressionAttributeValues: { ':partition': pk, ':list': beginning },
      ConsistentRead: true,
    }),
  );
  return Items as Item<unknown>[];
}

/** All reviewers of the partner, as they are now. */
export async function listReviewers(store: Store): Promise<Reviewer[]> {
  return (await itemsOf(store, staff, reviewers)).map(({ body }) => body as Reviewer);
}

/** All administrators of the partner, as they are now. */
export async function listAdministrators(store: Store): Promise<Administrator[]> {
  return (await itemsOf(store, staff, administrators)).map(({ body }) => body as Administrator);
}

/** The partner's staff as they are now, with the traces (ids and addresses) from their records and sign-ins. */
export type KnownStaff = {
  readonly reviewers: readonly Reviewer[];
  readonly administrators: readonly Administrator[];
  readonly traces: readonly Trace[];
};

/** The partner's staff, with one read. */
export async function readStaff(store: Store): Promise<KnownStaff> {
  const { Items = [] } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      KeyConditionExpression: 'pk = :staff',
      ExpressionAttributeValues: { ':staff': staff },
      ConsistentRead: true,
    }),
  );
  const of = (list: string) => Items.filter(({ sk }) => String(sk).startsWith(list)).map(({ body }) => body);
  const [theirs, others] = [of(reviewers) as Reviewer[], of(administrators) as Administrator[]];
  return {
    reviewers: theirs,
    administrators: others,
    traces: [
      ...theirs.map(traceOfReviewer),
      ...others.map(traceOfAdministrator),
      ...(of(signIns) as SignIn[]).map(traceOfSignIn),
    ],
  };
}

/** The trace of a person from their sign-in. */
export function traceOfSignIn({ contactEmail, email, ...persons }: SignIn): Trace {
  return { ...persons, addresses: [contactEmail, email].flatMap((address) => address ?? []) };
}

/** The traces of an assessor, from their record and their sign-ins, as they are now. */
export async function readTracesOfAssessor(store: Store, assessorId: string): Promise<Trace[]> {
  const { pk, sk } = assessorKey(assessorId);
  return (await itemsOf(store, pk, sk)).map((item) =>
    item.sk === sk ? traceOfAssessor(item.body as Assessor) : traceOfSignIn(item.body as SignIn),
  );
}

/** The traces of an employer's contacts, from their records and their sign-ins, as they are now. */
export async function readTracesOfContacts(store: Store, employerId: string): Promise<Trace[]> {
  const { pk, sk } = employerKey(employerId);
  return (await itemsOf(store, pk, sk)).flatMap((item) =>
    item.sk === sk ? tracesOfContacts(item.body as Employer) : [traceOfSignIn(item.body as SignIn)],
  );
}

/** A reviewer with one open review more or less, to be replaced in the transaction that assigns or closes. */
export function withOpenReviews(reviewer: Reviewer, by: 1 | -1): Item<Reviewer> & { version: number } {
  return replacedReviewer({ ...reviewer, openReviews: Math.max(0, reviewer.openReviews + by) });
}

/** The item of a reviewer of whom something other than the open reviews changed, for a transaction. */
export function withChange(
  reviewer: Reviewer,
  change: Partial<Omit<Reviewer, 'reviewerId' | 'openReviews' | 'version'>>,
): Item<Reviewer> & { version: number } {
  return replacedReviewer({ ...reviewer, ...change });
}

function replacedReviewer(reviewer: Reviewer): Item<Reviewer> & { version: number } {
  const next = { ...reviewer, version: reviewer.version + 1 };
  return { ...reviewerKey(reviewer.reviewerId), kind: 'reviewer', version: next.version, body: next };
}

/** The persons that a sign-in (issuer and `sub` of a token) stands for, or undefined when none is linked to it. */
export function readSignIn(store: Store, issuer: string, sub: string): Promise<SignIn | undefined> {
  return readBody<SignIn>(store, signInKey(issuer, sub));
}

/** A new reviewer, to be created in a transaction. */
export function newReviewer(reviewer: Omit<Reviewer, 'openReviews' | 'version'>): Item<Reviewer> & { version: number } {
  const body: Reviewer = { ...reviewer, openReviews: 0, version: 1 };
  return { ...reviewerKey(reviewer.reviewerId), kind: 'reviewer', version: 1, body };
}

/** Adds an administrator unless there is one with this id. */
export function addAdministrator(store: Store, administrator: Administrator): Promise<void> {
  const key = administratorKey(administrator.administratorId);
  return createIfAbsent(store, { ...key, kind: 'administrator', body: administrator });
}

/**
 * A sign-in with the persons that it stands for: its own item, and a copy with the staff, the assessor or the employer that it is
 * linked to.
 */
export function signInItems(issuer: string, sub: string, signIn: SignIn): Item<SignIn>[] {
  const { reviewerId, administratorId, assessorId, employerId } = signIn;
  const beside = ({ pk, sk }: Key) => ({ pk, sk: `${sk}#${signIns}${issuer}#${sub}` });
  const keys = [
    signInKey(issuer, sub),
    ...(reviewerId === undefined && administratorId === undefined
      ? []
      : [{ pk: staff, sk: `${signIns}${issuer}#${sub}` }]),
    ...(assessorId === undefined ? [] : [beside(assessorKey(assessorId))]),
    ...(employerId === undefined ? [] : [beside(employerKey(employerId))]),
  ];
  const [own, ...copies] = keys.map((key) => ({ ...key, kind: 'sign-in', body: signIn }));
  return own === undefined ? [] : [{ ...own, gsi1pk: signInsList, gsi1sk: `${issuer}#${sub}` }, ...copies];
}

/** A sign-in with the person who signs in, as their issuer names them. */
export type ListedSignIn = SignIn & { readonly issuer: string; readonly sub: string };

function listedSignIn(name: string, signIn: SignIn): ListedSignIn {
  // An issuer is a URL without "#".
  const end = name.indexOf('#');
  return { ...signIn, issuer: name.slice(0, end), sub: name.slice(end + 1) };
}

/**
 * A page of the sign-ins that stand for somebody, by issuer and `sub`. Read from the list index, which may be a moment behind.
 * `after` is the `next` of the page before.
 */
export async function listSignIns(store: Store, after?: string): Promise<{ entries: ListedSignIn[]; next?: string }> {
  const { Items = [], LastEvaluatedKey } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      IndexName: listIndex,
      KeyConditionExpression: after === undefined ? 'gsi1pk = :list' : 'gsi1pk = :list AND gsi1sk > :after',
      ExpressionAttributeValues: { ':list': signInsList, ...(after === undefined ? {} : { ':after': after }) },
      Limit: pageSize,
    }),
  );
  const next = LastEvaluatedKey === undefined ? {} : { next: String(LastEvaluatedKey.gsi1sk) };
  return { entries: Items.map(({ gsi1sk, body }) => listedSignIn(String(gsi1sk), body as SignIn)), ...next };
}

/** The sign-ins that stand for an assessor, or for a contact of an employer, as they are now. */
export async function listSignInsOf(
  store: Store,
  person: { readonly assessorId: string } | { readonly employerId: string },
): Promise<ListedSignIn[]> {
  const { pk, sk } = 'assessorId' in person ? assessorKey(person.assessorId) : employerKey(person.employerId);
  const beginning = `${sk}#${signIns}`;
  const items = await itemsOf(store, pk, beginning);
  return items.map((item) => listedSignIn(item.sk.slice(beginning.length), item.body as SignIn));
}

/** Links a sign-in to the persons that it stands for, unless it is linked already. */
export async function linkSignIn(store: Store, issuer: string, sub: string, signIn: SignIn): Promise<void> {
  if ((await readSignIn(store, issuer, sub)) !== undefined) return;
  // Its own item comes last: if the process ends before that, the next try does everything again.
  for (const item of signInItems(issuer, sub, signIn).toReversed()) await createIfAbsent(store, item);
}
