import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Audit } from '@secor/certification';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listQueue, type QueuePart, queueEntryItems, readQueue } from './queue.ts';
import type { Item, Store } from './table.ts';
import { commit } from './transaction.ts';

const states = ['pending review', 'in review', 'awaiting revision'] as const;

function queued(index: number, held: Partial<Audit> = {}): Audit {
  const auditNumber = String(100_000_000 + index);
  const arrivedOn = `2026-11-${String((index % 28) + 1).padStart(2, '0')}`;
  return {
    auditNumber,
    version: 3,
    events: 4,
    kind: 'certification',
    employerId: `e${index % 3}`,
    assessorId: 'a1',
    protocol: 'secor-2020',
    ruleSet: 'rules',
    registeredAt: '2026-11-01T00:00:00.000Z',
    state: 'pending review',
    links: 1,
    rounds: 0,
    spentLinks: 0,
    revisions: [],
    revision: 1,
    decisions: 0,
    sent: [],
    queuePosition: `${arrivedOn}#${auditNumber}`,
    queueDates: { arrivedOn },
    ...held,
  };
}

type Query = {
  readonly IndexName?: string;
  readonly Limit?: number;
  readonly FilterExpression?: string;
  readonly ExpressionAttributeValues: Readonly<Record<string, string>>;
  readonly ExclusiveStartKey?: { readonly at: number };
};

/** A table that holds the entries of these audits and answers queries of the queue, in pages of its own. */
function tableOf(audits: readonly Audit[], pageOf = 1000): { store: Store; queries: Query[] } {
  const items = audits.flatMap(queueEntryItems);
  const queries: Query[] = [];
  const client = {
    async send({ input }: { input: Query }) {
      queries.push({ ...input });
      const { ':queue': partition, ':after': after = '', ':state': state } = input.ExpressionAttributeValues;
      const placeOf = (item: Item<unknown>) =>
        input.IndexName === undefined ? [item.pk, item.sk] : [item.gsi1pk, item.gsi1sk];
      const found = items
        .filter((item) => placeOf(item)[0] === partition && String(placeOf(item)[1]) > after)
        .toSorted((a, b) => (String(placeOf(a)[1]) < String(placeOf(b)[1]) ? -1 : 1));
      const from = input.ExclusiveStartKey?.at ?? 0;
      const end = from + Math.min(input.Limit ?? pageOf, pageOf);
      return {
        Items: found.slice(from, end).filter(({ body }) => state === undefined || body.state === state),
        ...(end < found.length ? { LastEvaluatedKey: { at: end } } : {}),
      };
    },
  };
  return {
    store: { client: Object.assign(Object.create(DynamoDBDocumentClient.prototype), client), table: 'secor' },
    queries,
  };
}

const numbers = (entries: readonly { auditNumber: string }[]) => entries.map(({ auditNumber }) => auditNumber);

describe('an entry', () => {
  it('shows state, reviewer and dates of the audit, in the part of its reviewer', () => {
    const dates = { arrivedOn: '2026-11-23', dueOn: '2026-12-01' };
    expect(queueEntryItems(queued(7, { state: 'in review', reviewerId: 'r1', queueDates: dates }))).toMatchObject([
      {
        gsi1pk: 'QUEUE#REVIEWER#r1',
        body: { auditNumber: '100000007', state: 'in review', reviewerId: 'r1', ...dates },
      },
    ]);
    expect(queueEntryItems(queued(7))[0]?.gsi1pk).toBe('QUEUE#NOBODY');
    const { queuePosition: _, ...unqueued } = queued(7);
    expect(queueEntryItems(unqueued)).toEqual([]);
  });

  it('is written with every change of its audit', async () => {
    const sent: { TransactItems: { Put: { Item: { pk: string } } }[] }[] = [];
    const client = { send: async ({ input }: { input: (typeof sent)[number] }) => sent.push(input) };
    const store: Store = { client: client as unknown as Store['client'], table: 'secor' };
    const audit = queued(1);
    await commit(store, { at: audit.registeredAt, audit: { audit, events: [] } });
    const { queuePosition: _, queueDates: __, ...left } = audit;
    await commit(store, { at: audit.registeredAt, audit: { audit: left, events: [] } });
    expect(sent.map(({ TransactItems }) => TransactItems.map(({ Put }) => Put.Item.pk))).toEqual([
      ['AUDIT#100000001', 'EMPLOYER#e1', 'QUEUE'],
      ['AUDIT#100000001', 'EMPLOYER#e1'],
    ]);
  });
});

describe('the queue', () => {
  it('is listed page by page in its one order, each selected entry once, whatever the pages of the table', async () => {
    const audit = fc.record({
      index: fc.nat(400),
      state: fc.constantFrom(...states),
      reviewerId: fc.constantFrom(undefined, 'r1', 'r2'),
    });
    const selection = fc.record(
      {
        parts: fc.uniqueArray(fc.constantFrom<QueuePart>('nobody', { reviewerId: 'r1' }, { reviewerId: 'r2' }), {
          minLength: 1,
        }),
        state: fc.constantFrom(...states),
        withoutEmployers: fc.constant<string[]>(['e1']),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(audit, { selector: ({ index }) => index, maxLength: 150, size: 'max' }),
        selection,
        fc.integer({ min: 1, max: 80 }),
        async (drawn, asked, pageOf) => {
          const audits = drawn.map(({ index, state, reviewerId }) =>
            queued(index, { state, ...(reviewerId === undefined ? {} : { reviewerId }) }),
          );
          const { store } = tableOf(audits, pageOf);
          const expected = audits
            .filter(
              ({ reviewerId, state, employerId }) =>
                (asked.parts?.some((part) => (part === 'nobody' ? undefined : part.reviewerId) === reviewerId) ??
                  true) &&
                (asked.state === undefined || asked.state === state) &&
                (reviewerId !== undefined || !asked.withoutEmployers?.includes(employerId)),
            )
            .toSorted((a, b) => (String(a.queuePosition) < String(b.queuePosition) ? -1 : 1));
          const listed: string[] = [];
          let next: string | undefined;
          do {
            const page = await listQueue(store, asked, next);
            expect(page.next === undefined || page.entries.length === 50).toBe(true);
            listed.push(...numbers(page.entries));
            next = page.next;
          } while (next !== undefined);
          expect(listed).toEqual(numbers(expected));
          expect(numbers(await readQueue(store, asked))).toEqual(numbers(expected));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('asks for one page of each part, and only of these', async () => {
    const { store, queries } = tableOf(Array.from({ length: 300 }, (_, index) => queued(index, { reviewerId: 'r1' })));
    await listQueue(store, { parts: [{ reviewerId: 'r1' }, 'nobody'] });
    expect(queries.map(({ Limit, ExpressionAttributeValues }) => [Limit, ExpressionAttributeValues[':queue']])).toEqual(
      [
        [51, 'QUEUE#REVIEWER#r1'],
        [51, 'QUEUE#NOBODY'],
      ],
    );
  });
});
