import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { cycleSubject } from '@secor/certification';
import { employerData } from '@secor/certification/testing';
import { main, samplePeople } from '@secor/cli';
import { openLink, until } from '@secor/cli/play-audit';
import type { AnswerOf, ImportKind } from '@secor/contracts';
import { readResult } from '@secor/import-file';
import { readAssessor, readCycle, readEmployer, readHistory, readImportLines } from '@secor/store';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { known, output, physical, startSite } from '../support/cloud.ts';

const site = await startSite();
const { cloud, store, administrator, settled } = site;

const sample = (name: string): Promise<Buffer> => readFile(new URL(`../imports/${name}`, import.meta.url));

type Content = string | Uint8Array;

async function begin(of: ImportKind, content: Content): Promise<string> {
  const { importId, ...link } = await administrator('startImport', { body: { of } });
  await site.put(link, Buffer.from(content));
  return importId;
}

/** What became of an import, with the rows of its result. */
async function became(importId: string) {
  const taken = await administrator('readImport', { parameters: { importId } });
  const { bytes, type } = await openLink(known(taken.result).url);
  expect(type).toBe('text/csv; charset=utf-8');
  return { ...taken, rows: await readResult(Buffer.from(bytes).toString()) };
}

async function imported(of: ImportKind, content: Content) {
  const importId = await begin(of, content);
  await settled();
  return became(importId);
}

/** All that is kept of employers and assessors, by its place in the table. */
async function everything(): Promise<Readonly<Record<string, unknown>>> {
  const items: Record<string, unknown> = {};
  let start: Record<string, unknown> | undefined;
  do {
    const page = await store.client.send(
      new ScanCommand({ TableName: store.table, ConsistentRead: true, ExclusiveStartKey: start }),
    );
    for (const item of page.Items ?? []) if (!/^(IMPORT|ANSWERS)#/.test(item.pk)) items[`${item.pk} ${item.sk}`] = item;
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

const columns =
  'employerId,legalName,wcbAccount,employees,industryCode,street,city,province,postalCode,contactName,contactEmail,goodStanding';

/** A file of so many employers, whose ids begin alike. */
function employersFile(
  count: number,
  name: string,
  change: (index: number) => { readonly employees?: string } = () => ({}),
): string {
  const lines = Array.from({ length: count }, (_, index) => {
    const { employees = '6' } = change(index);
    const id = `${name}-${index}`;
    const { wcbAccount } = employerData({ legalName: id });
    return `${id},${id} Ltd.,${wcbAccount},${employees},213118,1 Test Road,Calgary,AB,T2P 0A1,Ann,ann@${id}.example.com,yes`;
  });
  return `${[columns, ...lines].join('\r\n')}\r\n`;
}

function counts(counted: Partial<NonNullable<AnswerOf<'readImport'>['counts']>>) {
  return { lines: 0, added: 0, changed: 0, unchanged: 0, refused: 0, ...counted };
}

afterEach(async () => {
  cloud.faults.clear();
  await settled();
  expect(site.deadLetters()).toEqual({});
});

describe('a file of employers', () => {
  test('has its good lines taken, and each bad one told with its number and reasons', async () => {
    const { of, state, counts: counted, rows } = await imported('employers', await sample('employers.csv'));
    expect({ of, state, counted }).toEqual({
      of: 'employers',
      state: 'done',
      counted: counts({ lines: 7, added: 3, refused: 4 }),
    });
    expect(rows.map(({ line, id, result }) => [line, id, result])).toEqual([
      ['2', 'willow-creek', 'added'],
      ['3', 'bow-valley-welding', 'added'],
      ['4', 'too-large', 'refused'],
      // No spreadsheet takes it for a formula.
      ['5', "'=cmd|' /C calc'!A0", 'refused'],
      ['6', 'willow-creek', 'refused'],
      ['7', 'foothills-fencing', 'refused'],
      ['9', 'peace-river-survey', 'added'],
    ]);
    const reasons = rows.map(({ reason }) => reason);
    expect(reasons[2]).toContain('employees: must be a whole number from 1 to 10000; province: must be one of AB');
    expect(reasons[4]).toBe('employerId: line 2 has the same');
    expect(rows[4]?.codes).toEqual([{ code: 'same-as-before', values: { column: 'employerId', line: 2 } }]);
    for (const { result, codes } of rows) expect(codes.length > 0).toBe(result === 'refused');
    expect(reasons[5]).toMatch(/^legalName: contains line breaks .*; secondContactEmail: is missing$/);

    expect(await readEmployer(store, 'willow-creek')).toEqual({
      employerId: 'willow-creek',
      version: 1,
      legalName: 'Willow Creek Contracting, Ltd.',
      tradeName: 'Willow Creek',
      wcbAccount: '6612045',
      employees: 8,
      industryCode: '213118',
      address: { street: '3 Willow Lane', city: 'Claresholm', province: 'AB', postalCode: 'T0L 0T0' },
      contact: { name: 'Ada Bergen', email: 'ada@willow-creek.example.com', phone: '403 555 0123' },
      secondContact: {
        name: 'Per Bergen',
        email: 'per@willow-creek.example.com',
        phone: '(403) 555-0124 ext. 2',
      },
      goodStanding: true,
    });
    expect(await readEmployer(store, 'foothills-fencing')).toBeUndefined();
    const { events } = await readCycle(store, 'willow-creek');
    expect(await readHistory(store, cycleSubject('willow-creek'), events)).toMatchObject([
      { type: 'employer added', by: { role: 'administrator', personId: 'lena-baptiste' } },
    ]);
  });

  test('that is imported twice changes nothing', async () => {
    await imported('employers', await sample('employers.csv'));
    const before = await everything();
    const again = await imported('employers', await sample('employers.csv'));
    expect(again.counts).toEqual(counts({ lines: 7, unchanged: 3, refused: 4 }));
    expect(await everything()).toEqual(before);
  });

  test('changes what differs, and keeps what it has no column for', async () => {
    await imported('employers', await sample('employers.csv'));
    const of = (employees: number) =>
      `${columns}\nwillow-creek,"Willow Creek Contracting, Ltd.",6612045,${employees},213118,3 Willow Lane,Claresholm,AB,T0L 0T0,Ada Bergen,ada@willow-creek.example.com,yes\n`;
    expect((await imported('employers', of(8))).counts).toEqual(counts({ lines: 1, unchanged: 1 }));
    expect((await imported('employers', of(9))).counts).toEqual(counts({ lines: 1, changed: 1 }));
    const employer = await readEmployer(store, 'willow-creek');
    expect(employer).toMatchObject({
      version: 2,
      employees: 9,
      tradeName: 'Willow Creek',
      secondContact: { name: 'Per Bergen' },
    });
    const { events } = await readCycle(store, 'willow-creek');
    expect((await readHistory(store, cycleSubject('willow-creek'), events)).at(-1)).toMatchObject({
      type: 'employer changed',
      data: { changed: ['number of employees'], employees: { before: 8, after: 9 } },
    });
  });

  test.each([
    ['no CSV', 'a,b\n"1,2\n', ['the file has a quotation mark that is not closed']],
    ['not UTF-8', Buffer.from(`${columns}\nZo\xeb`, 'latin1'), ['the file is not a text in UTF-8']],
    [
      'of another kind',
      'assessorId,name\n1,2\n',
      ['there is no column "assessorId"', 'there is no column "name"', 'column "employerId" is missing'],
    ],
    ['without lines', `${columns}\n`, ['the file has no lines below its header']],
    ['too long', employersFile(10_001, 'too-many'), ['the file has more than 10000 lines']],
  ])('that is %s is refused as a whole', async (_, content, reasons) => {
    const before = await everything();
    const { state, counts: counted, rows } = await imported('employers', content);
    expect({ state, counted }).toEqual({ state: 'refused', counted: undefined });
    for (const [index, reason] of reasons.entries())
      expect(rows[index]).toMatchObject({
        line: '',
        id: '',
        result: 'refused',
        reason: expect.stringContaining(reason),
      });
    expect(await everything()).toEqual(before);
  });
});

describe('a file of almost 5 MB', () => {
  const full = (text: string) => text.repeat(Math.floor(4_900_000 / Buffer.byteLength(text)));

  test.each<[string, ImportKind, string]>([
    ['of commas', 'employers', full(',')],
    ['of semicolons', 'employers', full(';')],
    ['of unknown short columns', 'employers', full('é,')],
    ['of line breaks in quotation marks', 'employers', full('"\n",')],
    ['of line breaks and an open quotation mark', 'employers', `${full('\n')}"`],
    ['of one line of JSON', 'employers', JSON.stringify(Array(200_000).fill({ employerId: 'e1' }))],
    ['of one word', 'employers', full('x')],
    [
      'with a cell of everything',
      'assessors',
      `assessorId,name,email,actsFor,initialTraining,refreshers\na1,A,a,b,,${full('é ')}`,
    ],
    [
      'with many bad cells',
      'assessors',
      `assessorId,name,email,actsFor,initialTraining,refreshers\n${full(`a1,A,a,${'é '.repeat(4_000)},,\n`)}`,
    ],
  ])('%s ends with a result, and that is small', async (_, of, content) => {
    const importId = await begin(of, content);
    await settled();
    const { state, result } = await administrator('readImport', { parameters: { importId } });
    expect(state).not.toBe('awaiting file');
    const { bytes } = await openLink(known(result).url);
    expect(bytes.length).toBeLessThan(1_500_000);
    expect(Buffer.from(bytes).toString()).toContain('refused');
  });
});

describe('a file of assessors', () => {
  test('has its good lines taken once; who acts for an employer that there is not is refused by its name', async () => {
    await imported('employers', await sample('employers.csv'));
    const { counts: counted, rows } = await imported('assessors', await sample('assessors.csv'));
    expect(counted).toEqual(counts({ lines: 5, added: 2, refused: 3 }));
    expect(rows.map(({ id, result }) => [id, result])).toEqual([
      ['ada-bergen', 'added'],
      ['luc-fournier', 'added'],
      ['ida-unknown', 'refused'],
      ['ned-ahead', 'refused'],
      ['mia-course', 'refused'],
    ]);
    expect(rows[2]?.reason).toMatch(/^actsFor: there is no employer "no-such-employer", "nor-this-one"/);
    expect(rows[3]?.reason).toMatch(/^2999-01-01 is in the future/);
    expect(rows.map(({ codes }) => codes.map(({ code }) => code))).toEqual([
      [],
      [],
      ['employers-unknown'],
      ['day-ahead'],
      ['not-a-date', 'course-unknown', 'not-a-course-and-date'],
    ]);
    expect(rows[4]?.reason).toMatch(/^initialTraining: .*; refreshers: there is no course "underwater-basketry"/);
    const ada = await readAssessor(store, 'ada-bergen');
    expect(ada).toMatchObject({ version: 1, events: 1, actsFor: ['willow-creek'] });
    expect(ada?.completions).toHaveLength(3);

    const before = await everything();
    const again = await imported('assessors', await sample('assessors.csv'));
    expect(again.counts).toEqual(counts({ lines: 5, unchanged: 2, refused: 3 }));
    expect(await everything()).toEqual(before);
  });
});

describe('a file that is broken off', () => {
  test('in the middle is taken to its end when its message comes again: nothing twice, every line counted as what it was', async () => {
    const count = 300;
    const slow = {
      principal: physical('import'),
      operation: 'TransactWriteItems',
      kind: 'delay',
      milliseconds: 20,
    } as const;
    cloud.faults.inject(slow);
    const importId = await begin('employers', employersFile(count, 'broken-off'));
    const taken = await until(
      'the middle of the file',
      () => readImportLines(store, importId),
      (lines) => lines.size > 20,
      { limitMs: 30_000, pause: () => new Promise((resolve) => setImmediate(resolve)) },
    );
    expect(taken.size).toBeLessThan(count);
    await site.strikeUntilFailed('import', { operation: 'TransactWriteItems', kind: 'error' });
    expect(await administrator('readImport', { parameters: { importId } })).toMatchObject({ state: 'awaiting file' });
    cloud.faults.clear();
    await settled();
    const { counts: counted, rows } = await became(importId);
    expect(counted).toEqual(counts({ lines: count, added: count }));
    expect(rows.map(({ line }) => Number(line))).toEqual(Array.from({ length: count }, (_, index) => index + 2));
    for (const id of ['broken-off-0', `broken-off-${count - 1}`]) {
      expect(await readEmployer(store, id)).toMatchObject({ version: 1 });
      expect(await readCycle(store, id)).toMatchObject({ version: 1, events: 1 });
    }
  });

  test.each([
    ['a line was taken and the answer was lost', { operation: 'TransactWriteItems', when: 'after', times: 30 }],
    ['all lines were taken and the result could not be kept', { operation: 'PutObject', times: 12 }],
    ['the table was busy', { operation: 'GetItem', times: 12 }],
  ] as const)('where %s ends the same', async (_, fault) => {
    const name = `struck-${fault.operation.toLowerCase()}`;
    cloud.faults.inject({ ...fault, principal: physical('import'), kind: 'error' });
    const { counts: counted } = await imported('employers', employersFile(40, name));
    expect(counted).toEqual(counts({ lines: 40, added: 40 }));
    expect(await readCycle(store, `${name}-7`)).toMatchObject({ version: 1, events: 1 });
  });

  test('at every try ends its import with words, whatever breaks it off', async () => {
    cloud.faults.inject({ principal: physical('import'), operation: 'GetObject', kind: 'error' });
    const importId = await begin('employers', employersFile(3, 'unreadable'));
    await settled();
    const { state, rows } = await became(importId);
    expect(state).toBe('refused');
    expect(rows).toEqual([
      {
        line: '',
        id: '',
        result: 'refused',
        reason: expect.stringMatching(/could not be read to its end.*again/),
        codes: [expect.anything()],
      },
    ]);
    cloud.faults.clear();
    const again = await imported('employers', employersFile(3, 'unreadable'));
    expect(again.counts).toEqual(counts({ lines: 3, added: 3 }));
  });

  test('and changed by somebody meanwhile is not set back', async () => {
    const file = employersFile(1, 'meanwhile');
    const failed = site.strikeUntilFailed('import', { operation: 'PutObject', kind: 'error' });
    const importId = await begin('employers', file);
    await failed;
    // Another import changes it before the message of the first one comes again.
    const other = await begin(
      'employers',
      employersFile(1, 'meanwhile', () => ({ employees: '7' })),
    );
    await settled();
    expect((await became(other)).counts).toEqual(counts({ lines: 1, changed: 1 }));
    expect((await became(importId)).counts).toEqual(counts({ lines: 1, added: 1 }));
    expect(await readEmployer(store, 'meanwhile-0')).toMatchObject({ version: 2, employees: 7 });
  });
});

describe('an import', () => {
  test('takes one file: another upload through its link has no effect', async () => {
    const { importId, ...link } = await administrator('startImport', { body: { of: 'employers' } });
    await site.put(link, Buffer.from(employersFile(1, 'first')));
    await settled();
    await site.put(link, Buffer.from(employersFile(1, 'second')));
    await settled();
    expect((await became(importId)).counts).toEqual(counts({ lines: 1, added: 1 }));
    expect(await readEmployer(store, 'second-0')).toBeUndefined();
  });

  test('whose message comes twice, also at once, ends as with one', async () => {
    cloud.sqs.duplicate(physical('import'), 2);
    onTestFinished(() => cloud.sqs.duplicate(physical('import'), 1));
    const { counts: counted } = await imported('employers', employersFile(60, 'twice'));
    expect(counted).toEqual(counts({ lines: 60, added: 60 }));
    for (const id of ['twice-0', 'twice-30', 'twice-59'])
      expect(await readCycle(store, id)).toMatchObject({ version: 1, events: 1 });
    const again = await imported(
      'employers',
      employersFile(60, 'twice', () => ({ employees: '7' })),
    );
    expect(again.counts).toEqual(counts({ lines: 60, changed: 60 }));
    expect(await readEmployer(store, 'twice-59')).toMatchObject({ version: 2, employees: 7 });
  });

  test('that there is not puts its file among the dead letters, with the reason', async () => {
    const s3 = new S3Client({});
    onTestFinished(() => s3.destroy());
    const importId = '6fa459ea-ee8a-4ca4-894e-db77e160355e';
    for (const name of [`${importId}.csv`, 'moose.csv'])
      await s3.send(
        new PutObjectCommand({ Bucket: output(cloud, 'PackagesBucket'), Key: `imports/${name}`, Body: columns }),
      );
    await settled();
    expect((await site.takeDeadLetters('import')).map(({ reason }) => reason).toSorted()).toEqual([
      'no link of an import leads to the key imports/moose.csv',
      `there is no import ${importId}`,
    ]);
  });

  test('of 2,000 lines is taken in one invocation', { timeout: 320_000 }, async () => {
    // S3 has sent its test message by then.
    await settled();
    let invocations = 0;
    onTestFinished(
      cloud.on('ended', ({ functionName }) => {
        if (functionName === physical('import')) invocations += 1;
      }),
    );
    const importId = await begin(
      'employers',
      employersFile(2_000, 'many', (index) => (index % 100 === 99 ? { employees: '0' } : {})),
    );
    const { state } = await until(
      'the result',
      () => administrator('readImport', { parameters: { importId } }),
      (each) => each.state !== 'awaiting file',
      { limitMs: 280_000 },
    );
    expect(state).toBe('done');
    await settled();
    const { counts: counted, rows } = await became(importId);
    expect(counted).toEqual(counts({ lines: 2_000, added: 1_980, refused: 20 }));
    expect(rows.filter(({ result }) => result === 'refused').map(({ line }) => line)).toEqual(
      Array.from({ length: 20 }, (_, index) => String(101 + 100 * index)),
    );
    expect(invocations).toBe(1);
  });
});

describe('secor import', () => {
  const run = async (name: string, of: ImportKind) => {
    const token = await cloud.token({ email: samplePeople.administrator.email, groups: ['administrator'] });
    let out = '';
    let err = '';
    const file = fileURLToPath(new URL(`../imports/${name}`, import.meta.url));
    const code = await main(['import', file, '--of', of, '--api', cloud.apiUrl, '--token', token], {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      columns: () => undefined,
      env: {},
      stop: new AbortController().signal,
    });
    return { code, out, err };
  };

  test('prints the counts, and each line that was refused', async () => {
    await imported('employers', await sample('employers.csv'));
    const { code, out, err } = await run('employers.csv', 'employers');
    expect(code).toBe(1);
    expect(out).toMatch(/^lines +7\nadded +0\nchanged +\d\nunchanged +\d\nrefused +4\n$/);
    expect(err).toContain('  line 6, willow-creek: employerId: line 2 has the same\n');
    expect(err.match(/^ {2}line /gm)).toHaveLength(4);
  });

  test('prints why a file was refused as a whole', async () => {
    const { code, out, err } = await run('employers.csv', 'assessors');
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/The file was refused and nothing was imported.*\n {2}there is no column "employerId"/);
  });
});
