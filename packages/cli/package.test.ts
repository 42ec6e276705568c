import { existsSync, watch } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { claimedAuditNumber, fileSource } from '@secor/audit-package';
import { addDays, businessDate } from '@secor/certification';
import { describe, expect, it } from 'vitest';
import { writeSample } from './commands/package-new.ts';
import { expectationOf } from './expectation.ts';
import { freshFolder, secor } from './running.fixture.ts';

const certification = ['--audit', '412345678', '--kind', 'certification'];
const maintenance = ['--audit', '412345678', '--kind', 'maintenance'];

async function made(file: string, ...options: string[]): Promise<void> {
  const run = await secor(['package', 'new', '--out', file, '--documents', '4', '--size', '200KiB', ...options]);
  expect(run.err).toBe('');
  expect(run.code).toBe(0);
}

async function checked(file: string, ...options: string[]) {
  const run = await secor(['package', 'check', file, '--json', ...options]);
  return { code: run.code, err: run.err, ...JSON.parse(run.out) };
}

describe('secor package new, then check', () => {
  it.each([
    ['certification', 'passing', 'secor-2020', 'passed', []],
    ['certification', 'failing-overall', 'secor-2020', 'failed', ['overall']],
    ['certification', 'failing-element', 'secor-2015', 'failed', ['element']],
    ['maintenance', 'passing', 'secor-2015', 'passed', []],
    ['maintenance', 'failing-overall', 'secor-2015', 'failed', ['overall']],
  ])('%s, %s, %s: accepted, and %s', async (kind, result, protocol, outcome, scopes) => {
    await using folder = await freshFolder();
    const file = folder.file('audit.zip');
    const audit = ['--audit', '412345678', '--kind', kind, '--protocol', protocol];
    await made(file, ...audit, '--result', result);
    const check = await checked(file, ...audit);
    expect(check).toMatchObject({ code: 0, err: '', accepted: true, problems: [], warnings: [], outcome });
    expect(check.short.map(({ scope }: { scope: string }) => scope)).toEqual(scopes);
    await using source = await fileSource(file);
    expect(await claimedAuditNumber(source)).toBe('412345678');
  });

  it('tells size and provisional score, and the check agrees', async () => {
    await using folder = await freshFolder();
    const file = folder.file('audit.zip');
    const run = await secor(['package', 'new', ...certification, '--out', file, '--size', '300KiB']);
    expect(run.code).toBe(0);
    expect(run.out.startsWith(`${file}: `)).toBe(true);
    const { size } = await stat(file);
    expect(size).toBeLessThanOrEqual(300 * 1024);
    expect(size).toBeGreaterThan(200 * 1024);
    const { awarded, available, percent } = (await checked(file, ...certification)).score.overall;
    expect(run.out).toContain(`Provisional score: ${awarded} of ${available} points, ${percent} %`);
  });

  it('takes no more than its size when it is filled to the brim', async () => {
    await using folder = await freshFolder();
    const file = folder.file('audit.zip');
    await made(file, ...certification, '--documents', '40', '--size', '3MiB');
    expect((await stat(file)).size).toBeLessThanOrEqual(3 * 1024 * 1024);
    expect((await checked(file, ...certification)).accepted).toBe(true);
  });

  it('gives the same package for the same seed, another one for another', async () => {
    await using folder = await freshFolder();
    const files = ['1', '1', '2'].map((seed, at) => ({ seed, file: folder.file(`${at}.zip`) }));
    for (const { seed, file } of files) await made(file, ...certification, '--seed', seed);
    const [first, same, other] = await Promise.all(files.map(({ file }) => readFile(file)));
    expect(first?.equals(same ?? Buffer.alloc(0))).toBe(true);
    expect(first?.equals(other ?? Buffer.alloc(0))).toBe(false);
  });

  it('never overwrites a file', async () => {
    await using folder = await freshFolder();
    const file = folder.file('mine.zip');
    await writeFile(file, 'mine');
    const { code, err } = await secor(['package', 'new', ...certification, '--out', file]);
    expect(code).toBe(1);
    expect(err).toContain(`${file} exists`);
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  it('leaves no half a package when it is stopped', async () => {
    await using folder = await freshFolder();
    const file = folder.file('audit.zip');
    const stopping = new AbortController();
    const watcher = watch(folder.file('.'), () => existsSync(file) && stopping.abort());
    const typed = ['package', 'new', ...certification, '--out', file, '--size', '256MiB'];
    const run = await secor(typed, {}, stopping.signal).finally(() => watcher.close());
    expect(run).toEqual({ code: 130, out: '', err: 'secor package new: stopped.\n' });
    expect(existsSync(file)).toBe(false);
  });

  it('finds its files from where npm was called, which runs scripts elsewhere', async () => {
    await using folder = await freshFolder();
    const env = { INIT_CWD: folder.file('.') };
    expect((await secor(['package', 'new', ...certification, '--size', '100KiB'], env)).code).toBe(0);
    expect(existsSync(folder.file('audit-412345678.zip'))).toBe(true);
    expect((await secor(['package', 'new', ...certification, '--out', 'my.zip'], env)).code).toBe(0);
    expect((await secor(['package', 'check', 'my.zip', ...certification], env)).code).toBe(0);
  });

  it('can end on a day of choice, of which the reviewer is warned when it is long ago', async () => {
    await using folder = await freshFolder();
    const file = folder.file('audit.zip');
    await made(file, ...certification, '--ended', addDays(businessDate(Date.now()), -40));
    const check = await checked(file, ...certification);
    expect(check.accepted).toBe(true);
    expect(check.warnings).toMatchObject([
      { place: 'audit.json, endedOn', code: 'submitted-late', values: { days: 40 } },
    ]);
  });
});

describe('secor package check', () => {
  it.each([
    ['a file that is not there', 1, ['/nowhere/audit.zip', ...certification], 'there is no file /nowhere/audit.zip'],
    ['a folder', 1, ['/', ...certification], '/ is not a file'],
    ['no file', 2, [...certification], 'FILE is missing'],
    ['a wrong kind', 2, ['audit.zip', '--audit', '412345678', '--kind', 'big'], `--kind can't be "big"`],
    ['an unknown option', 2, ['audit.zip', ...certification, '--cheap'], "Unknown option '--cheap'"],
    ['JSON of a kind', 2, ['audit.zip', ...certification, '--json=short'], "'--json' does not take an argument"],
    ['no audit number', 2, ['audit.zip', '--audit', '12', '--kind', 'maintenance'], '"12" is not an audit number'],
  ])('prints JSON with --json whatever happens: %s', async (_what, code, typed, error) => {
    const run = await secor(['package', 'check', ...(typed.includes('--json=short') ? [] : ['--json']), ...typed]);
    expect(run.code).toBe(code);
    expect(JSON.parse(run.out)).toEqual({ error: expect.stringContaining(error) });
    expect(run.err).toContain(error);
  });

  it('prints JSON with --json also of what is no package', async () => {
    await using folder = await freshFolder();
    await writeFile(folder.file('audit.zip'), 'hello');
    expect(await checked(folder.file('audit.zip'), ...certification)).toMatchObject({
      code: 1,
      accepted: false,
      problems: [{ place: 'Archive', message: expect.stringContaining('not a ZIP') }],
      score: null,
    });
  });

  it('checks a binder as of the day of its receipt, by the rules of its postmark', async () => {
    await using folder = await freshFolder();
    const file = folder.file('audit.zip');
    const day = (ago: number) => addDays(businessDate(Date.now()), -ago);
    const binderOf = expectationOf({ audit: '412345678', kind: 'certification', protocol: undefined }, day(30));
    const sample = { endedOn: day(40), documents: 3, size: 200_000, seed: 1, result: 'passed' } as const;
    await writeSample(file, binderOf, sample, new AbortController().signal);
    const binder = [...certification, '--registered', day(30), '--on', day(25)];
    expect((await checked(file, ...certification)).warnings).toHaveLength(1);
    expect(await checked(file, ...binder)).toMatchObject({ code: 0, accepted: true, warnings: [] });
    const before = await checked(file, ...certification, '--on', day(41));
    expect(before.problems).toContainEqual(
      expect.objectContaining({ place: 'audit.json, endedOn', code: 'date-after-receipt' }),
    );
    const ahead = await secor(['package', 'check', file, ...certification, '--on', day(-1)]);
    expect(ahead.err).toMatch(/--on \d{4}-\d\d-\d\d is in the future: in Alberta it is/);
    const later = await secor(['package', 'check', file, ...certification, '--registered', day(20), '--on', day(25)]);
    expect(later.err).toMatch(/--registered \d{4}-\d\d-\d\d is after --on/);
  });

  it('gives all that is wrong with its place, the score all the same, and exit 1', async () => {
    await using folder = await freshFolder();
    const file = folder.file('audit.zip');
    await made(file, ...certification);
    const check = await checked(file, '--audit', '500000000', '--kind', 'certification');
    expect(check.code).toBe(1);
    expect(check.accepted).toBe(false);
    expect(check.problems).toMatchObject([
      { place: 'audit.json, auditNumber', message: expect.stringContaining('500000000') },
    ]);
    expect(check.score.overall).toMatchObject({ percent: '100.0' });
    expect(check.score.elements).toHaveLength(10);
    expect(check.score.elements[0]).toEqual({
      element: '1',
      title: 'Management leadership and organizational commitment',
      awarded: 47,
      available: 47,
      percent: '100.0',
    });
  });

  it('has no score when there is nothing to score', async () => {
    await using folder = await freshFolder();
    const file = folder.file('notes.txt');
    await writeFile(file, 'no archive');
    const check = await checked(file, ...maintenance);
    expect(check).toMatchObject({ code: 1, accepted: false, score: null, outcome: null, short: [] });
    expect(check.problems).toHaveLength(1);
  });

  it('finds damage deep in a document, which is told only after the upload otherwise', async () => {
    await using folder = await freshFolder();
    const file = folder.file('audit.zip');
    await made(file, ...certification, '--size', '600KiB');
    const bytes = await readFile(file);
    const at = bytes.indexOf('evidence/photo-2.jpg') + 100 * 1024;
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    await writeFile(file, bytes);
    const { code, problems } = await checked(file, ...certification);
    expect(code).toBe(1);
    expect(problems).toMatchObject([{ place: 'evidence/photo-2.jpg', message: expect.any(String) }]);
  });

  it('shows people the elements, what is missing where, and the problems on standard error', async () => {
    await using folder = await freshFolder();
    const file = folder.file('audit.zip');
    await made(file, ...certification, '--result', 'failing-overall');
    const good = await secor(['package', 'check', file, ...certification]);
    expect(good.code).toBe(0);
    expect(good.err).toBe('');
    expect(good.out).toMatch(/^ {4}Overall +\d+\/\d+ +\d+\.\d %$/m);
    expect(good.out).toMatch(/^Overall: \d+ points? short of 80 %$/m);
    expect(good.out).toContain('Provisional outcome: failed');
    const wrong = await secor(['package', 'check', file, '--audit', '500000000', '--kind', 'certification']);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(/would be refused.*\n {2}audit\.json, auditNumber: /);
  });

  it.each([
    ['missing.zip', 'there is no file'],
    ['', 'is not a file'],
  ])('names a file that can not be read: %j', async (name, message) => {
    await using folder = await freshFolder();
    const { code, err } = await secor(['package', 'check', folder.file(name), ...certification]);
    expect(code).toBe(1);
    expect(err).toContain(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});
