import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { type AnsweredCall, type GivenAnswer, keptHours, type RepeatableCall } from '@secor/contracts';
import { type Item, type Key, readBody, type Store } from './table.ts';

type Recorded = GivenAnswer & { readonly expiresAt: string };
type Write = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** Thrown when the same call was answered meanwhile: nothing was changed, and nothing must be decided again. */
export class AlreadyAnswered extends Error {
  constructor() {
    super('the same call was answered by another invocation');
    this.name = 'AlreadyAnswered';
  }
}

function answerKey({ issuer, sub, route, key }: RepeatableCall): Key {
  return { pk: `ANSWERS#${issuer}#${sub}`, sk: `${route}#${key}` };
}

/**
 * The item that keeps an answer, for 24 hours from `at` (ISO, UTC) or as long as the answer says. `ttl` (epoch seconds) only
 * deletes it later.
 */
export function answerItem(
  { call, answer, keptUntil }: AnsweredCall,
  at: string,
): Item<Recorded> & { readonly ttl: number } {
  const expires = keptUntil === undefined ? Date.parse(at) + keptHours * 60 * 60 * 1000 : Date.parse(keptUntil);
  return {
    ...answerKey(call),
    kind: 'answer',
    body: { ...answer, expiresAt: new Date(expires).toISOString() },
    ttl: Math.ceil(expires / 1000),
  };
}

/** The write that keeps an answer, unless one is kept that has not expired at `at`. */
export function keepAnswer(TableName: string, answered: AnsweredCall, at: string): Write {
  return {
    Put: {
      TableName,
      Item: answerItem(answered, at),
      ConditionExpression: 'attribute_not_exists(pk) OR #body.expiresAt <= :at',
      ExpressionAttributeNames: { '#body': 'body' },
      ExpressionAttributeValues: { ':at': at },
    },
  };
}

/** The stored answer to the call, or undefined when there is none, or when it has expired at `at` (ISO, UTC). */
export async function readAnswer(store: Store, call: RepeatableCall, at: string): Promise<GivenAnswer | undefined> {
  const recorded = await readBody<Recorded>(store, answerKey(call));
  return recorded !== undefined && recorded.expiresAt > at ? recorded : undefined;
}
