import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import {
  type Cycle,
  type Employer,
  endOfRegistered,
  type RegisteredCertificate,
  registeredCertificates,
  registeredStanding,
  type Standing,
} from '@secor/certification';
import { cycleKey } from './aggregates.ts';
import { placeOf, readBodies } from './batch.ts';
import { employerKey } from './people.ts';
import { foldText, searchPartition, searchTextsOf } from './search.ts';
import { type Item, itemsOf, listIndex, type Store } from './table.ts';

/** A certificate with its standing on the day of the list, and the company that holds it. */
export type RegisterRow = RegisteredCertificate & {
  readonly standing: Standing;
  readonly holder: Pick<Employer, 'legalName' | 'wcbAccount'> & { readonly tradeName?: string };
};

/** What is asked of the register: of one standing or of all, as of a business date; how many rows or employers a page has. */
export type RegisterSelection = {
  readonly standing?: Standing | undefined;
  readonly today: string;
  readonly limit: number;
};

/** The order in which the standings follow one another where all are asked for. */
const standings = ['valid', 'expired', 'cancelled', 'revoked', 'superseded'] as const satisfies readonly Standing[];

function listOf(end: Exclude<Standing, 'valid'>): string {
  return `CERTIFICATES#${end}`;
}

/**
 * The entry of a certificate in the register, beside its employer, listed by how and when it ends: so the day of reading decides
 * whether it is valid, and no sweep has to move it.
 */
export function registerItem(certificate: RegisteredCertificate): Item<RegisteredCertificate> {
  const { employerId, certificateNumber } = certificate;
  const end = endOfRegistered(certificate);
  return {
    pk: cycleKey(employerId).pk,
    sk: `CERTIFICATE#${certificateNumber}`,
    kind: 'certificate',
    body: certificate,
    gsi1pk: listOf(end.as),
    gsi1sk: `${end.on}#${certificateNumber}`,
  };
}

type Listed = { readonly place: string; readonly certificate: RegisteredCertificate };

async function* entriesOf(
  store: Store,
  end: Exclude<Standing, 'valid'>,
  { from, isAscending, limit }: { readonly from: string; readonly isAscending: boolean; readonly limit: number },
): AsyncGenerator<Listed> {
  const items = itemsOf(store, {
    IndexName: listIndex,
    KeyConditionExpression: `gsi1pk = :list AND gsi1sk ${isAscending ? '>' : '<'} :from`,
    ExpressionAttributeValues: { ':list': listOf(end), ':from': from },
    ScanIndexForward: isAscending,
    Limit: limit,
  });
  for await (const { gsi1sk, body } of items) yield { place: String(gsi1sk), certificate: body };
}

/** Two lists by day as one. */
async function* merged(one: AsyncGenerator<Listed>, other: AsyncGenerator<Listed>): AsyncGenerator<Listed> {
  const [sources, heads] = [[one, other], await Promise.all([one.next(), other.next()])];
  for (;;) {
    const open = heads.flatMap((head, index) => (head.done === true ? [] : [{ index, listed: head.value }]));
    const [first] = open.toSorted((a, b) => (a.listed.place < b.listed.place ? -1 : 1));
    if (first === undefined) return;
    yield first.listed;
    const next = sources[first.index]?.next();
    if (next !== undefined) heads[first.index] = await next;
  }
}

/** The certificates of one standing: the valid ones by the day on which they end, soonest first; the others, newest first. */
function ofStanding(
  store: Store,
  standing: Standing,
  { today, limit }: RegisterSelection,
  after: string | undefined,
): AsyncGenerator<Listed> {
  // "$" is the character after "#": what ends on this day is not valid on it.
  const from = after ?? `${today}$`;
  if (standing === 'valid') {
    const soonest = { from, isAscending: true, limit };
    return merged(entriesOf(store, 'expired', soonest), entriesOf(store, 'cancelled', soonest));
  }
  const hasDay = standing === 'expired' || standing === 'cancelled';
  return entriesOf(store, standing, { from: hasDay ? from : (after ?? '~'), isAscending: false, limit });
}

/**
 * A page of the register, by standing, then by date. Read from the list index, which may be a moment behind. `after` is the `next`
 * of the page before: a standing and a place in its list.
 */
export async function listCertificates(
  store: Store,
  selection: RegisterSelection,
  after?: string,
): Promise<{ rows: RegisterRow[]; next?: string }> {
  const [, reached, place] = /^(\w+)#(.+)$/.exec(after ?? '') ?? [];
  const asked = standings.filter((each) => selection.standing === undefined || each === selection.standing);
  const left = asked.slice(
    Math.max(
      0,
      asked.findIndex((each) => each === (reached ?? asked[0])),
    ),
  );
  const found: { readonly position: string; readonly certificate: RegisteredCertificate }[] = [];
  for (const standing of left) {
    const entries = ofStanding(store, standing, selection, standing === reached ? place : undefined);
    for await (const { place: at, certificate } of entries) {
      const last = found.at(-1);
      if (found.length === selection.limit && last !== undefined)
        return { rows: await withHolders(store, found, selection.today), next: last.position };
      found.push({ position: `${standing}#${at}`, certificate });
    }
  }
  return { rows: await withHolders(store, found, selection.today) };
}

async function withHolders(
  store: Store,
  found: readonly { readonly certificate: RegisteredCertificate }[],
  today: string,
): Promise<RegisterRow[]> {
  const ids = [...new Set(found.map(({ certificate }) => certificate.employerId))];
  const employers = await readBodies(store, ids.map(employerKey), ['legalName', 'tradeName', 'wcbAccount']);
  return found.map(({ certificate }) => {
    const holder = employers.get(placeOf(employerKey(certificate.employerId)));
    return rowOf(certificate, holder as Partial<Employer> | undefined, today);
  });
}

function rowOf(certificate: RegisteredCertificate, holder: Partial<Employer> = {}, today: string): RegisterRow {
  const { legalName = certificate.employerId, tradeName, wcbAccount = '' } = holder;
  return {
    ...certificate,
    standing: registeredStanding(certificate, today),
    holder: { legalName, wcbAccount, ...(tradeName === undefined ? {} : { tradeName }) },
  };
}

/**
 * A page of the certificates whose number, or whose holder's name, id or WCB account, begins with a text, by what was found. An
 * employer is found once, however many of its texts begin so. Their standing is judged from their cycles. A page may have fewer
 * rows than others, or none, and go on. `after` is the `next` of the page before.
 */
export async function searchCertificates(
  store: Store,
  text: string,
  { standing, today, limit }: RegisterSelection,
  after?: string,
): Promise<{ rows: RegisterRow[]; next?: string }> {
  const beginning = foldText(text);
  const pk = searchPartition(beginning);
  const { Items = [], LastEvaluatedKey } = await store.client.send(
    new QueryCommand({
      TableName: store.table,
      KeyConditionExpression: 'pk = :list AND begins_with(sk, :beginning)',
      ExpressionAttributeValues: { ':list': pk, ':beginning': beginning },
      Limit: limit,
      ...(after === undefined ? {} : { ExclusiveStartKey: { pk, sk: after } }),
    }),
  );
  const places = Items.map(({ sk, body }) => ({ sk: String(sk), employerId: String(body.employerId) }));
  const ids = [...new Set(places.map(({ employerId }) => employerId))];
  const bodies = await readBodies(store, [...ids.map(employerKey), ...ids.map(cycleKey)]);
  const rows = places.flatMap(({ sk, employerId }) => {
    const employer = bodies.get(placeOf(employerKey(employerId))) as Employer | undefined;
    const cycle = bodies.get(placeOf(cycleKey(employerId))) as Cycle | undefined;
    if (employer === undefined || cycle === undefined) return [];
    const certificates = registeredCertificates(cycle).map((each) => ({
      certificate: each,
      number: foldText(each.certificateNumber),
    }));
    const own = searchTextsOf(employer).filter((each) => each.startsWith(beginning));
    const numbers = certificates.map(({ number }) => number).filter((number) => number.startsWith(beginning));
    const [first] = [...own, ...numbers].map((each) => `${each}#${employerId}`).toSorted(byBytes);
    if (first !== sk) return [];
    return certificates
      .filter(({ number }) => own.length > 0 || number.startsWith(beginning))
      .map(({ certificate }) => rowOf(certificate, employer, today))
      .filter((row) => standing === undefined || row.standing === standing)
      .toReversed();
  });
  return { rows, ...(LastEvaluatedKey === undefined ? {} : { next: String(LastEvaluatedKey.sk) }) };
}

/** DynamoDB orders texts by their bytes. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
