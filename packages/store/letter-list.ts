import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { isSubjectOf, parseSubject, type SubjectOf } from '@secor/certification';
import { placeOf, readBodies } from './batch.ts';
import { partition } from './history.ts';
import { failedLetters, type LetterId, type LetterRecord } from './letters.ts';
import { administratorKey, assessorKey, employerKey, reviewerKey } from './people.ts';
import { listIndex, pageSize, type Store } from './table.ts';

/** A letter with what became of it; the names of whom it is to and of the company that it is about, as they are recorded now. */
export type ListedLetter = LetterId & {
  readonly name?: string;
  /** Of the company whose contact it is to, or that it is about. */
  readonly legalName?: string;
  readonly record: LetterRecord;
};

/** The letters that the events of a subject caused, or all whose mail failed. */
export type LetterSelection = { readonly subject: SubjectOf<'audit' | 'employer' | 'assessor' | 'session'> } | 'failed';

const letters = 'LETTER#';

/**
 * A page of letters: of a subject those about its latest events first; of those that failed the latest failure first, from the list
 * index, which may be a moment behind. `after` is the `next` of the page before.
 */
export async function listLetters(
  store: Store,
  selection: LetterSelection,
  after?: string,
): Promise<{ letters: ListedLetter[]; next?: string }> {
  const isFailed = selection === 'failed';
  const pk = isFailed ? failedLetters : partition(selection.subject);
  const [partitionKey, sortKey] = isFailed ? ['gsi1pk', 'gsi1sk'] : ['pk', 'sk'];
  const { Items = [], LastEvaluatedKey } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      ...(isFailed ? { IndexName: listIndex } : { ConsistentRead: true }),
      KeyConditionExpression: `${partitionKey} = :list AND ${isFailed ? `${sortKey} < :from` : `begins_with(${sortKey}, :letters)`}`,
      ExpressionAttributeValues: isFailed
        ? { ':list': pk, ':from': after ?? '~' }
        : { ':list': pk, ':letters': letters },
      ...(isFailed || after === undefined ? {} : { ExclusiveStartKey: { pk, sk: after } }),
      ScanIndexForward: false,
      Limit: pageSize,
    }),
  );
  const found = Items.map(({ pk: place, sk, body }) => ({ ...letterAt(String(place), String(sk)), record: body }));
  const named = await readRecipients(store, found);
  return {
    letters: found.map((letter) => ({
      ...letter,
      ...nameOf(named, letter.personId),
      ...legalNameOf(named, letter),
    })),
    ...(LastEvaluatedKey === undefined ? {} : { next: String(LastEvaluatedKey[sortKey ?? '']) }),
  };
}

function letterAt(pk: string, sk: string): LetterId {
  const [, event = '', letter = '', ...person] = sk.split('#');
  const mark = pk.indexOf('#');
  const subject = `${pk.slice(0, mark).toLowerCase()}${pk.slice(mark)}`;
  if (!isSubjectOf(subject, 'audit', 'employer', 'assessor', 'session'))
    throw new Error(`The letter at ${pk} belongs to nothing that letters are about.`);
  return { subject, event: Number(event), letter, personId: person.join('#') };
}

/** An employer's contacts have its id and their place: "cutbank-wellsite.1". */
function contactOf(personId: string): { readonly employerId: string; readonly place: string } | undefined {
  const [, employerId, place] = /^(.+)\.([12])$/.exec(personId) ?? [];
  return employerId === undefined || place === undefined ? undefined : { employerId, place };
}

function readRecipients(store: Store, found: readonly LetterId[]): Promise<Map<string, unknown>> {
  const ids = [...new Set(found.map(({ personId }) => personId))];
  const employers = new Set(found.flatMap((letter) => employerIdOf(letter) ?? []));
  const others = ids.filter((id) => contactOf(id) === undefined);
  const keys = [
    ...[...employers].map(employerKey),
    ...others.flatMap((id) => [assessorKey(id), reviewerKey(id), administratorKey(id)]),
  ];
  return readBodies(store, keys, ['legalName', 'name', 'contact', 'secondContact']);
}

/** The company whose contact a letter is to, or that it is about. */
function employerIdOf({ subject, personId }: LetterId): string | undefined {
  const { kind, id } = parseSubject(subject);
  return contactOf(personId)?.employerId ?? (kind === 'employer' ? id : undefined);
}

function legalNameOf(bodies: ReadonlyMap<string, unknown>, letter: LetterId): { readonly legalName?: string } {
  const employerId = employerIdOf(letter);
  if (employerId === undefined) return {};
  const { legalName } = (bodies.get(placeOf(employerKey(employerId))) ?? {}) as { readonly legalName?: string };
  return legalName === undefined ? {} : { legalName };
}

function nameOf(bodies: ReadonlyMap<string, unknown>, personId: string): { readonly name?: string } {
  type Named = { readonly name?: string };
  const contact = contactOf(personId);
  const body = (key: Parameters<typeof placeOf>[0]) => bodies.get(placeOf(key)) as Named | undefined;
  if (contact === undefined) {
    const people = [assessorKey(personId), reviewerKey(personId), administratorKey(personId)];
    const name = people.flatMap((key) => body(key)?.name ?? [])[0];
    return name === undefined ? {} : { name };
  }
  const employer = body(employerKey(contact.employerId)) as { contact?: Named; secondContact?: Named } | undefined;
  const { name } = (contact.place === '1' ? employer?.contact : employer?.secondContact) ?? {};
  return name === undefined ? {} : { name };
}
