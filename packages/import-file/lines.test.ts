import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type Line, type Lines, maxLines, readAssessors, readEmployers, readText } from './lines.ts';
import { type Reason, sentenceOf } from './sentences.ts';
import { writeTable } from './sheet.ts';

const sample = (name: string) => readFile(new URL(`../../test/imports/${name}`, import.meta.url), 'utf8');

const employer = {
  employerId: 'e1',
  legalName: 'One Ltd.',
  tradeName: 'One',
  wcbAccount: '4810276',
  employees: '6',
  industryCode: '213118',
  street: '1 Test Road',
  city: 'Calgary',
  province: 'AB',
  postalCode: 'T2P 0A1',
  contactName: 'Ann One',
  contactEmail: 'ann@one.example.com',
  secondContactName: 'Bob One',
  secondContactEmail: 'bob@one.example.com',
  goodStanding: 'yes',
};
/** The same with the telephone numbers, whose columns may be missing. */
const reachable = { ...employer, contactPhone: '403 555 0111', secondContactPhone: '(403) 555-0122 ext. 4' };
type Row = Readonly<Record<string, string>>;

function fileOf(...rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  return writeTable([columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))]);
}

/** The first bytes of an archive with these entries. */
function zipOf(...names: readonly string[]): Buffer {
  return Buffer.concat(names.map((name) => Buffer.from(`PK\x03\x04${'\0'.repeat(26)}${name}`, 'latin1')));
}

/** The lines with their reasons as the result has them. */
async function linesOf<T>(reading: Promise<Lines<T>>) {
  const read = await reading;
  if ('refused' in read) throw new Error(sentenceOf(read.refused));
  return read.lines.map((each: Line<T>) =>
    'reasons' in each ? { line: each.line, id: each.id, reason: sentenceOf(each.reasons) } : each,
  );
}

async function refusedOf<T>(reading: Promise<Lines<T>>): Promise<readonly string[]> {
  const read = await reading;
  if ('lines' in read) throw new Error('The file is not refused.');
  return read.refused.map(({ message }: Reason) => message);
}

async function reasonOf(row: Row): Promise<string> {
  const [line] = await linesOf(readEmployers(fileOf(row)));
  return line !== undefined && 'reason' in line ? line.reason : '';
}

describe('a line of an employer', () => {
  it('gives all that administrators record', async () => {
    const data = {
      legalName: 'One Ltd.',
      tradeName: 'One',
      wcbAccount: '4810276',
      employees: 6,
      industryCode: '213118',
      address: { street: '1 Test Road', city: 'Calgary', province: 'AB', postalCode: 'T2P 0A1' },
      contact: { name: 'Ann One', email: 'ann@one.example.com', phone: '403 555 0111' },
      secondContact: { name: 'Bob One', email: 'bob@one.example.com', phone: '(403) 555-0122 ext. 4' },
      goodStanding: true,
    };
    const read = await linesOf(readEmployers(fileOf(reachable)));
    expect(read).toEqual([{ line: 2, id: 'e1', given: { data, kept: [], sharesWcbAccount: false } }]);
  });

  it.each([
    ['yes', true],
    ['No', false],
    ['', false],
  ])('that says %j of its WCB account shares it: %s', async (sharesWcbAccount, shares) => {
    const [line] = await linesOf(readEmployers(fileOf({ ...employer, sharesWcbAccount })));
    expect(line).toMatchObject({ given: { sharesWcbAccount: shares } });
    expect(await reasonOf({ ...employer, sharesWcbAccount: 'perhaps' })).toBe('sharesWcbAccount: must be yes or no');
  });

  it.each([
    ['TRUE', true],
    ['false', false],
    ['Vrai', true],
    ['NON', false],
    ['yes\u00a0', true],
  ])('takes %j for the good standing, as spreadsheets write it', async (goodStanding, stands) => {
    const [line] = await linesOf(readEmployers(fileOf({ ...employer, goodStanding })));
    expect(line).toMatchObject({ given: { data: { goodStanding: stands } } });
  });

  it('is read without invisible characters, also in its ids', async () => {
    const hidden = Object.fromEntries(
      Object.entries(employer).map(([column, cell]) => [column, `\u200b${cell}\u00ad\ufeff`]),
    );
    expect(await readEmployers(fileOf(hidden))).toEqual(await readEmployers(fileOf(employer)));
  });

  it.each([
    [{ legalName: 'CafÃ© Ltd.' }, 'legalName: contains "CafÃ©", which was read in a wrong encoding'],
    [{ contactName: 'VoilÃ\u00a0' }, 'contactName: contains "VoilÃ", which was read in a wrong encoding'],
    [{ city: 'MontrÃ©al' }, 'city: contains "MontrÃ©al"'],
    [{ tradeName: 'Caf\ufffd' }, 'tradeName: contains "\ufffd" where a letter was lost'],
  ])('with a spoiled name is refused: %j', async (wrong, reason) => {
    expect(await reasonOf({ ...employer, ...wrong })).toContain(reason);
    expect((await reasonOf({ ...employer, ...wrong })).split('; ')).toHaveLength(1);
  });

  it('is read with its columns in any order and any case, and blanks around the cells', async () => {
    const turned = Object.entries(employer).toReversed();
    const file = writeTable([
      turned.map(([column]) => ` ${column.toUpperCase()} `),
      turned.map(([, cell]) => ` ${cell} `),
    ]);
    expect(await readEmployers(file)).toEqual(await readEmployers(fileOf(employer)));
  });

  it('takes a postal code and a province as people write them', async () => {
    const [line] = await linesOf(readEmployers(fileOf({ ...employer, postalCode: 't2p0a1', province: 'ab' })));
    expect(line).toMatchObject({ given: { data: { address: { province: 'AB', postalCode: 'T2P 0A1' } } } });
  });

  it('empties what is empty, and keeps what has no column', async () => {
    const second = { secondContactName: '', secondContactEmail: '', secondContactPhone: '' };
    const emptied = { ...reachable, tradeName: '', contactPhone: '', ...second };
    const [line] = await linesOf(readEmployers(fileOf(emptied)));
    expect(line).toMatchObject({ given: { kept: [], data: { contact: { name: 'Ann One' } } } });
    expect(JSON.stringify(line)).not.toContain('hone');
    const { tradeName: _t, secondContactName: _n, secondContactEmail: _e, ...without } = employer;
    const [other] = await linesOf(readEmployers(fileOf(without)));
    const kept = ['tradeName', 'secondContact', 'contactPhone', 'secondContactPhone'];
    expect(other).toMatchObject({ given: { kept } });
    expect(await reasonOf({ ...reachable, secondContactName: '', secondContactEmail: '' })).toContain(
      'secondContactName: is missing',
    );
  });

  it.each([
    [{ employerId: 'a b' }, 'employerId: must be 1 to 64'],
    [{ employerId: '-e1' }, 'and begin with a letter or digit'],
    [{ employerId: '_e1' }, 'and begin with a letter or digit'],
    [{ employerId: 'x'.repeat(65) }, 'employerId: must be 1 to 64'],
    [{ employerId: '' }, 'employerId: is missing'],
    [{ legalName: '  ' }, 'legalName: is missing'],
    [{ legalName: 'x'.repeat(201) }, 'legalName: must have at most 200 characters'],
    [{ wcbAccount: '1234' }, 'wcbAccount: must be 5 to 9 digits'],
    [{ wcbAccount: '1234567890' }, 'wcbAccount: must be 5 to 9 digits'],
    [{ employees: '0' }, 'employees: must be a whole number from 1 to 10000'],
    [{ employees: '10001' }, 'employees: must be a whole number'],
    [{ employees: '2.5' }, 'employees: must be a whole number'],
    [{ province: 'Alberta' }, 'province: must be one of AB'],
    [{ postalCode: '90210' }, 'postalCode: must be a postal code such as T2P 0A1'],
    [{ postalCode: 'D2P 0A1' }, 'postalCode: must be a postal code such as'],
    [{ contactEmail: 'ann' }, 'contactEmail: must be an e-mail address'],
    [{ secondContactEmail: '' }, 'secondContactEmail: is missing'],
    [{ contactPhone: '12' }, 'contactPhone: must be a telephone number'],
    [{ goodStanding: 'maybe' }, 'goodStanding: must be yes or no'],
  ])('with %j is refused: %s', async (wrong, reason) => {
    expect(await reasonOf({ ...employer, ...wrong })).toContain(reason);
    expect((await reasonOf({ ...employer, ...wrong })).split('; ')).toHaveLength(1);
  });

  it('tells all that is wrong with it at once', async () => {
    const reason = await reasonOf({ ...employer, employees: 'x', postalCode: '1', contactEmail: '' });
    expect(reason.split('; ').map((each) => each.split(':')[0])).toEqual(['employees', 'postalCode', 'contactEmail']);
  });

  it('with other cells than columns is refused', async () => {
    const [header = '', row = ''] = fileOf(employer).replaceAll('"', '').split('\r\n');
    const lines = await linesOf(readEmployers(`${header}\n${row},more\n${row.slice(0, -4)}\n${row},,\n`));
    expect(lines).toMatchObject([
      { line: 2, reason: 'has 16 cells, but there are 15 columns' },
      { line: 3, reason: 'has 14 cells, but there are 15 columns' },
      { line: 4, id: 'e1' },
    ]);
  });
});

describe('a file', () => {
  it('has lines below its table told as totals or remarks, each with one reason', async () => {
    const count = Object.keys(employer).length;
    const row = (cells: Readonly<Record<number, string>>) =>
      Array.from({ length: count }, (_, index) => cells[index] ?? '').join(',');
    const rows = [
      'Total,2',
      row({ 0: 'Total', 4: '12' }),
      row({ 4: '12' }),
      row({ 0: 'Printed on 31 May 2026 by Ann' }),
    ];
    const [header = '', good = ''] = fileOf(employer).split('\r\n');
    const lines = await linesOf(readEmployers([header, good, '', ...rows].join('\r\n')));
    const reason = 'looks like a line of totals, or a remark, below the table: delete it, and send the file again';
    expect(lines).toMatchObject([{ id: 'e1', given: {} }, { line: 4, reason }, { reason }, { reason }, { reason }]);
  });

  it('has such a line within its table, and one with most of its cells, told as any other', async () => {
    const [header = '', good = '', wrong = ''] = fileOf(employer, { ...employer, employerId: '' }).split('\r\n');
    const lines = await linesOf(readEmployers([header, 'Total,2', good, wrong].join('\r\n')));
    expect(lines).toMatchObject([
      { reason: 'has 2 cells, but there are 15 columns' },
      { id: 'e1' },
      { reason: 'employerId: is missing' },
    ]);
  });

  it('gives its good lines, and each bad one with its number and reasons', async () => {
    const lines = await linesOf(readEmployers(await sample('employers.csv')));
    expect(
      lines.map((each) => [each.line, each.id, 'reason' in each ? each.reason.replace(/: .*?(?=;|$)/g, '') : 'good']),
    ).toEqual([
      [2, 'willow-creek', 'good'],
      [3, 'bow-valley-welding', 'good'],
      [4, 'too-large', 'employees; province; postalCode; contactEmail; goodStanding'],
      [5, "=cmd|' /C calc'!A0", 'employerId'],
      [6, 'willow-creek', 'employerId'],
      [7, 'foothills-fencing', 'legalName; secondContactEmail'],
      [9, 'peace-river-survey', 'good'],
    ]);
    expect(lines[4]).toMatchObject({ reason: 'employerId: line 2 has the same' });
  });

  it('has the first good line of an id taken: one that is refused claims nothing', async () => {
    const bad = { ...employer, employees: '0' };
    const again = { ...employer, legalName: 'Again Ltd.' };
    const [header = '', refused = '', good = '', second = ''] = fileOf(bad, employer, again).split('\r\n');
    const lines = await linesOf(readEmployers([header, refused, 'e1', good, second, refused].join('\r\n')));
    expect(lines).toMatchObject([
      { line: 2, reason: expect.stringMatching(/^employees: [^;]*$/) },
      { line: 3, id: 'e1', reason: 'has 1 cells, but there are 15 columns' },
      { line: 4, given: { data: { legalName: 'One Ltd.' } } },
      { line: 5, reason: 'employerId: line 4 has the same' },
      { line: 6, reason: expect.stringMatching(/^employerId: line 4 has the same; employees: /) },
    ]);
  });

  it('has at most the line refused in which a stray quotation mark stands', async () => {
    const [header = '', row = ''] = fileOf(employer).replaceAll('"', '').split('\r\n');
    const pipe = row.replace('e1,One Ltd.', 'e2,12" Pipe Ltd.');
    const cut = row.replace('e1,One Ltd.', 'e3, "One, Ltd."');
    const lines = await linesOf(readEmployers([header, pipe, cut, row].join('\r\n')));
    expect(lines).toMatchObject([
      { line: 2, id: 'e2', given: { data: { legalName: '12" Pipe Ltd.' } } },
      { line: 3, id: 'e3', reason: 'has 16 cells, but there are 15 columns' },
      { line: 4, id: 'e1', given: { data: { legalName: 'One Ltd.' } } },
    ]);
  });

  it('passes over rows without anything in them', async () => {
    const lines = await linesOf(readEmployers(`${fileOf(employer)},,,,,,,,,,,,,,\r\n`));
    expect(lines).toHaveLength(1);
  });

  it('is refused for its header, with all the reasons', async () => {
    const { employees: _, secondContactEmail: __, ...rest } = employer;
    const [header = ''] = fileOf({ ...rest, colour: 'green' }).split('\r\n');
    expect(await refusedOf(readEmployers(`${header},city,\n1\n`))).toEqual([
      expect.stringMatching(/^there is no column "colour": columns are employerId, legalName/),
      'column "city" appears twice',
      'column "employees" is missing',
      'column "secondContactEmail" is missing',
    ]);
  });

  it.each([
    ['', /is empty/],
    [fileOf(employer).split('\r\n', 1)[0] ?? '', /no lines below its header/],
    [`${fileOf(employer)}"open`, /quotation mark that is not closed/],
    ['\u0000PNG', /there is no column/],
  ])('that is %j is refused', async (text, reason) => {
    expect(await refusedOf(readEmployers(text))).toContainEqual(expect.stringMatching(reason));
  });

  it('has at most 10,000 lines', async () => {
    const rows = (count: number) =>
      fileOf(...Array.from({ length: count }, (_, index) => ({ ...employer, employerId: `e${index}` })));
    expect(await linesOf(readEmployers(rows(maxLines)))).toHaveLength(maxLines);
    expect(await refusedOf(readEmployers(rows(maxLines + 1)))).toEqual([
      'the file has more than 10000 lines: send it in several files',
    ]);
  });

  it.each([
    ['a header of many unknown columns', 'é,'.repeat(190)],
    ['one long column', 'é'.repeat(4_900_000)],
    ['one line of JSON', JSON.stringify(Array.from({ length: 190 }, (_, index) => ({ [`a${index}`]: index })))],
  ])('is refused in a few words: %s', async (_, text) => {
    const read = await readEmployers(text);
    expect('refused' in read && read.refused.length).toBeLessThanOrEqual(21);
    expect(JSON.stringify(read).length).toBeLessThan(10_000);
  });

  it('has no line whose reasons are longer than 1,000 characters, whatever stands in it', async () => {
    const header = 'assessorId,name,email,actsFor,initialTraining,refreshers';
    const many = 'é '.repeat(4_999);
    const lines = await linesOf(
      readAssessors(
        [
          header,
          `${'é'.repeat(9_000)},,,,,`,
          `a1,A,a@example.com,${many},,`,
          `a2,A,a@example.com,,,${many}`,
          `a3,A,a@example.com,,,${'x'.repeat(10_001)}`,
        ].join('\n'),
      ),
    );
    for (const line of lines) expect(('reason' in line ? line.reason : '') + line.id).toMatch(/^.{10,1100}$/s);
    expect(lines.at(-1)).toMatchObject({ reason: 'refreshers: has more than 10000 characters' });
    expect(lines).toHaveLength(4);
  });

  it('is read as UTF-8, with or without a byte order mark', () => {
    expect(readText(Buffer.from('\ufeffZoë,Ω\n'))).toEqual({ text: 'Zoë,Ω\n' });
  });

  it.each<[string, Uint8Array, string]>([
    ['another encoding', Buffer.from('Zo\xeb', 'latin1'), 'the file is not a text in UTF-8: in Excel, choose'],
    ['half a letter', Buffer.from('Zoë').subarray(0, 3), 'the file is not a text in UTF-8'],
    ['UTF-16', Buffer.from('\ufeffZoë', 'utf16le'), 'the file is not a text in UTF-8'],
    ['XLSX', zipOf('[Content_Types].xml', 'xl/workbook.xml'), 'the file is an Excel workbook: save as CSV UTF-8.'],
    ['XLS', Buffer.from('d0cf11e0a1b11ae10000', 'hex'), 'the file is an Excel workbook: save as CSV UTF-8.'],
    [
      'ODS',
      Buffer.concat([zipOf('mimetype'), Buffer.from('application/vnd.oasis.opendocument.spreadsheet')]),
      'the file is a spreadsheet of LibreOffice: save as CSV UTF-8.',
    ],
    ['Numbers', zipOf('Index/Document.iwa'), 'the file is a spreadsheet of Numbers: save as CSV UTF-8.'],
    ['ZIP', zipOf('employers.csv'), 'the file is a ZIP archive, not a CSV file: unpack it'],
  ])('in %s is refused with what it is and how to save it', (_, bytes, reason) => {
    expect(readText(bytes)).toMatchObject({ refused: { message: expect.stringContaining(reason) } });
  });
});

describe('a line of an assessor', () => {
  it('gives their employers and courses; or says what is wrong', async () => {
    const lines = await linesOf(readAssessors(await sample('assessors.csv')));
    expect(lines[0]).toEqual({
      line: 2,
      id: 'ada-bergen',
      given: {
        name: 'Ada Bergen',
        email: 'ada@willow-creek.example.com',
        actsFor: ['willow-creek'],
        completions: [
          { courseId: 'safety-program-development', completedOn: '2022-05-09' },
          { courseId: 'hazard-management', completedOn: '2025-03-14' },
          { courseId: 'understanding-our-canadian-model', completedOn: '2026-02-02' },
        ],
      },
    });
    expect(lines[1]).toMatchObject({ given: { actsFor: ['bow-valley-welding', 'peace-river-survey'] } });
    const last = lines[4];
    expect(last !== undefined && 'reason' in last && last.reason.split('; ')).toEqual([
      'initialTraining: must be a date such as 2026-05-31',
      expect.stringMatching(/^refreshers: there is no course "underwater-basketry": courses are safety-program/),
      'refreshers: "hazard-management:soon" must be course:date, such as hazard-management:2026-05-31',
    ]);
  });

  it('may be of somebody who was never trained and acts for nobody', async () => {
    const row = {
      assessorId: 'a1',
      name: 'Ana',
      email: 'ana@example.com',
      actsFor: '',
      initialTraining: '',
      refreshers: '',
    };
    const [line] = await linesOf(readAssessors(fileOf(row)));
    expect(line).toMatchObject({ given: { actsFor: [], completions: [] } });
  });

  it('names at most 40 employers, each by an id', async () => {
    const row = { assessorId: 'a1', name: 'Ana', email: 'ana@example.com', initialTraining: '', refreshers: '' };
    const of = async (actsFor: string) => linesOf(readAssessors(fileOf({ ...row, actsFor })));
    expect(await of(Array.from({ length: 41 }, (_, index) => `e${index}`).join(' '))).toMatchObject([
      { reason: 'actsFor: must have at most 40 entries' },
    ]);
    expect(await of('e1 e,2')).toMatchObject([{ reason: expect.stringMatching(/^actsFor: must be 1 to 64/) }]);
  });
});
