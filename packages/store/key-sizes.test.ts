import type { Assessor, Audit, CourseSession, Cycle, Employer } from '@secor/certification';
import { AssessorBody, EmployerBody, endpoints, IdempotencyKey, PersonId, Subject } from '@secor/contracts';
import { describe, expect, it } from 'vitest';
import { auditItem, cycleItem, employersEntryItem } from './aggregates.ts';
import { dueCheckItem } from './due-checks.ts';
import { answerItem } from './idempotency.ts';
import { outboxItem } from './outbox.ts';
import { actingKeys, assessorItem, employerItem } from './people.ts';
import { queueEntryItems } from './queue.ts';
import { searchItem, searchTextsOf } from './search.ts';
import { sessionItem } from './sessions.ts';
import type { Item } from './table.ts';

/** What DynamoDB takes of a key, in a table and in an index. */
const most = { partition: 2048, sort: 1024 };

const at = '2026-11-23T19:00:00.000Z';
const day = '2026-11-23';
const auditNumber = '123456789';
/** A name that is in lists. */
const printed = EmployerBody.entries.legalName;

type Schema = { readonly '~standard': { validate(value: unknown): object } };

function takes(schema: Schema, text: string): boolean {
  const { issues } = schema['~standard'].validate(text) as { readonly issues?: readonly unknown[] };
  return issues === undefined;
}

/** The longest that a schema takes of a sign, over and over. */
function longest(schema: Schema, sign: string): string {
  let [taken, refused] = [0, 4096];
  while (refused - taken > 1) {
    const middle = Math.floor((taken + refused) / 2);
    if (takes(schema, sign.repeat(middle))) taken = middle;
    else refused = middle;
  }
  return sign.repeat(taken);
}

/** The signs that take the most bytes in a list by name, for each of which a name has room for so many. */
function widestSigns(): string[] {
  const signs = Array.from({ length: 0x20_000 }, (_, code) => String.fromCodePoint(code)).filter(
    (sign) => sign.isWellFormed() && takes(printed, sign),
  );
  const width = (sign: string) => Buffer.byteLength(sign.toLowerCase()) / sign.length;
  const widest = signs.reduce((most, sign) => Math.max(most, width(sign)), 0);
  return signs.filter((sign) => width(sign) === widest).slice(0, 5);
}

const personId = longest(PersonId, 'x');

describe('no key is longer than DynamoDB takes', () => {
  const audit = {
    auditNumber,
    employerId: personId,
    assessorId: personId,
    reviewerId: personId,
    registeredAt: at,
    revisions: [],
    state: 'in review',
    queuePosition: `${day}#${auditNumber}`,
    queueDates: {},
  } as unknown as Audit;
  const subject = `employer#${personId}` as const;
  const session = { sessionId: personId, courseId: personId, date: day, time: '19:00' } as CourseSession;
  const risks = [{ risk: 'mail came back', dueOn: day }] as unknown as Cycle['risks'];
  const items: [string, () => readonly Partial<Item<unknown>>[]][] = [
    [
      'an audit, its entries and its place in the queue',
      () => [auditItem(audit), employersEntryItem(audit), ...queueEntryItems(audit)],
    ],
    ['a cycle at risk', () => [cycleItem({ employerId: personId, version: 1, risks } as Cycle)]],
    ['a session', () => [sessionItem(session)]],
    ['who acts for whom', () => actingKeys(personId, [personId])],
    [
      'what is to be published',
      () => [outboxItem({ subject, number: 999_999, type: 'audit-registered' } as never, at)],
    ],
    ['what the sweep looks at', () => [dueCheckItem({ subject, day })]],
    [
      'an answer that may be repeated',
      () => {
        const routes = Object.values(endpoints).map(({ method, path }) => `${method} ${path}`);
        const call = { issuer: 'https://id.example.org/'.padEnd(200, 'x'), sub: longest(Subject, 'x') };
        const key = longest(IdempotencyKey, 'x');
        const answer = { requestHash: '', status: 200, body: '' };
        return routes.map((route) => answerItem({ call: { ...call, route, key }, answer }, at));
      },
    ],
  ];

  it.each(items)('of %s', (_, make) => {
    for (const item of make()) requireSizes(item);
  });

  it('of an employer and an assessor, whatever the letters of their names', () => {
    const signs = widestSigns();
    expect(signs.length).toBeGreaterThan(0);
    // The last becomes eighteen letters where it is searched.
    for (const sign of [...signs, '\ufdfa']) {
      const legalName = longest(printed, sign);
      expect(takes(AssessorBody.entries.name, legalName)).toBe(true);
      const employer = { employerId: personId, legalName, wcbAccount: '481027600', version: 1 } as Employer;
      requireSizes(employerItem(employer));
      for (const text of searchTextsOf(employer)) requireSizes(searchItem(text, personId));
      requireSizes(assessorItem({ assessorId: personId, name: legalName, version: 1 } as Assessor));
    }
  });
});

function requireSizes({ pk = '', sk = '', gsi1pk = '', gsi1sk = '' }: Partial<Item<unknown>>): void {
  for (const partition of [pk, gsi1pk]) expect(Buffer.byteLength(partition)).toBeLessThanOrEqual(most.partition);
  for (const sort of [sk, gsi1sk]) expect(Buffer.byteLength(sort)).toBeLessThanOrEqual(most.sort);
}
