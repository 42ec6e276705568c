import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Administrator, Assessor, AssessorChange, Employer, OutsideRole, Reviewer } from '@secor/certification';
import { type Item, type Key, listIndex, pageSize, readBody, type Store } from './table.ts';

/** Whom a sign-in stands for: the persons that an administrator has linked to it. */
export type SignIn = {
  readonly assessorId?: string;
  readonly reviewerId?: string;
  readonly administratorId?: string;
  /** The employer whose contact the person is. */
  readonly employerId?: string;
  /** The address at which they are: the sign-in stands for the employer while one of its contacts has it. */
  readonly contactEmail?: string;
};

function employerKey(employerId: string): Key {
  return { pk: `EMPLOYER#${employerId}`, sk: 'EMPLOYER' };
}

export function assessorKey(assessorId: string): Key {
  return { pk: `ASSESSOR#${assessorId}`, sk: 'ASSESSOR' };
}

const employersList = 'EMPLOYERS';
const assessorsList = 'ASSESSORS';

/** Where a name stands in a list: by its letters, whatever their case. */
function placeOf(name: string, id: string): string {
  return `${name.toLowerCase()}#${id}`;
}

/** An employer, to be replaced by its version in the transaction that its cycle tells of. */
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

/** The keys of the entries that say who acts for these employers; each stands beside its employer. */
export function actingKeys(assessorId: string, employerIds: readonly string[]): Key[] {
  return employerIds.map((employerId) => ({ pk: employerKey(employerId).pk, sk: `${acting}${assessorId}` }));
}

/** For which employers an assessor acts after a change, and for which no more, as its events tell. */
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
  const { Items = [] } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      KeyConditionExpression: 'pk = :employer AND begins_with(sk, :list)',
      ExpressionAttributeValues: { ':employer': employerKey(employerId).pk, ':list': acting },
      ConsistentRead: true,
    }),
  );
  const ids = Items.map((item) => (item.body as { assessorId: string }).assessorId);
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

/** A page of the employers by legal name, from the list index: it may be a moment behind. `after` is the `next` of the page before. */
export function listEmployers(store: Store, after?: string): Promise<{ entries: Employer[]; next?: string }> {
  return listByName(store, employersList, after);
}

/** A page of the assessors by name, as `listEmployers` has it. */
export function listAssessors(store: Store, after?: string): Promise<{ entries: Assessor[]; next?: string }> {
  return listByName(store, assessorsList, after);
}

/** All reviewers stand in one partition: assigning reads them consistently, and a partner has few. */
const reviewers = 'REVIEWERS';

function reviewerKey(reviewerId: string): Key {
  return { pk: reviewers, sk: `REVIEWER#${reviewerId}` };
}

/** All administrators stand in one partition, as reviewers do: letters go to each of them. */
const administrators = 'ADMINISTRATORS';

function administratorKey(administratorId: string): Key {
  return { pk: administrators, sk: `ADMINISTRATOR#${administratorId}` };
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

/** All reviewers of the partner, as they are now. */
export async function listReviewers(store: Store): Promise<Reviewer[]> {
  const { Items = [] } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      KeyConditionExpression: 'pk = :reviewers',
      ExpressionAttributeValues: { ':reviewers': reviewers },
      ConsistentRead: true,
    }),
  );
  return Items.map((item) => item.body as Reviewer);
}

/** All administrators of the partner, as they are now. */
export async function listAdministrators(store: Store): Promise<Administrator[]> {
  const { Items = [] } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      KeyConditionExpression: 'pk = :administrators',
      ExpressionAttributeValues: { ':administrators': administrators },
      ConsistentRead: true,
    }),
  );
  return Items.map((item) => item.body as Administrator);
}

/** A reviewer with one open review more or less, to be replaced in the transaction that assigns or closes. */
export function withOpenReviews(reviewer: Reviewer, by: 1 | -1): Item<Reviewer> & { version: number } {
  return replacedReviewer({ ...reviewer, openReviews: Math.max(0, reviewer.openReviews + by) });
}

/** A reviewer of whom something else than their open reviews has changed, to be replaced in a transaction. */
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

/** Adds a reviewer unless there is one with this id. */
export function addReviewer(store: Store, reviewer: Omit<Reviewer, 'openReviews' | 'version'>): Promise<void> {
  return createIfAbsent(store, newReviewer(reviewer));
}

/** Adds an administrator unless there is one with this id. */
export function addAdministrator(store: Store, administrator: Administrator): Promise<void> {
  const key = administratorKey(administrator.administratorId);
  return createIfAbsent(store, { ...key, kind: 'administrator', body: administrator });
}

/** Whom a sign-in stands for outside the partner, as the persons of staff keep it for whom it stands as well. */
export function outsideRoles(issuer: string, sub: string, { assessorId, employerId }: SignIn): OutsideRole[] {
  if (assessorId === undefined && employerId === undefined) return [];
  return [
    {
      signIn: `${issuer}#${sub}`,
      ...(assessorId === undefined ? {} : { assessorId }),
      ...(employerId === undefined ? {} : { employerId }),
    },
  ];
}

/** A sign-in with the persons that it stands for, to be put in the place of whom it stood for before. */
export function signInItem(issuer: string, sub: string, signIn: SignIn): Item<SignIn> {
  return { ...signInKey(issuer, sub), kind: 'sign-in', body: signIn };
}

/** Links a sign-in to the persons that it stands for, unless it is linked already. */
export function linkSignIn(store: Store, issuer: string, sub: string, signIn: SignIn): Promise<void> {
  return createIfAbsent(store, signInItem(issuer, sub, signIn));
}
