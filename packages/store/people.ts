import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Administrator, Assessor, Employer, Reviewer } from '@secor/certification';
import { type Item, type Key, readBody, type Store } from './table.ts';

/** Whom a sign-in stands for: the persons that an administrator has linked to it. */
export type SignIn = {
  readonly assessorId?: string;
  readonly reviewerId?: string;
  readonly administratorId?: string;
  /** The employer whose contact the person is. */
  readonly employerId?: string;
};

function employerKey(employerId: string): Key {
  return { pk: `EMPLOYER#${employerId}`, sk: 'EMPLOYER' };
}

function assessorKey(assessorId: string): Key {
  return { pk: `ASSESSOR#${assessorId}`, sk: 'ASSESSOR' };
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

/** A reviewer who is set present or absent, or whose conflicts of interest are recorded, to be replaced in a transaction. */
export function withChange(
  reviewer: Reviewer,
  change: Partial<Pick<Reviewer, 'present' | 'conflicts'>>,
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

/** Adds an employer unless there is one with this id. */
export function addEmployer(store: Store, employer: Employer): Promise<void> {
  return createIfAbsent(store, { ...employerKey(employer.employerId), kind: 'employer', body: employer });
}

/** Adds an assessor unless there is one with this id. */
export function addAssessor(store: Store, assessor: Assessor): Promise<void> {
  return createIfAbsent(store, { ...assessorKey(assessor.assessorId), kind: 'assessor', body: assessor });
}

/** Adds a reviewer unless there is one with this id. */
export function addReviewer(store: Store, reviewer: Omit<Reviewer, 'openReviews' | 'version'>): Promise<void> {
  const body: Reviewer = { ...reviewer, openReviews: 0, version: 1 };
  return createIfAbsent(store, { ...reviewerKey(reviewer.reviewerId), kind: 'reviewer', version: 1, body });
}

/** Adds an administrator unless there is one with this id. */
export function addAdministrator(store: Store, administrator: Administrator): Promise<void> {
  const key = administratorKey(administrator.administratorId);
  return createIfAbsent(store, { ...key, kind: 'administrator', body: administrator });
}

/** Links a sign-in to the persons that it stands for, unless it is linked already. */
export function linkSignIn(store: Store, issuer: string, sub: string, signIn: SignIn): Promise<void> {
  return createIfAbsent(store, { ...signInKey(issuer, sub), kind: 'sign-in', body: signIn });
}
