import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bufferSource, inspectPackage } from '@secor/audit-package';
import { maxUnpackedRatio, protocolById, ruleSetOn } from '@secor/certification';
import {
  AuditFile,
  Declaration,
  maxAnswers,
  maxAuditFileBytes,
  maxImportBytes,
  maxNameBytes,
  maxNameParts,
  maxPackageBytes,
  maxPackageEntries,
  NotApplicableAnswer,
  PackageProblem,
  RatedAnswer,
} from '@secor/contracts';
import { readAssessors, readEmployers, writeResult } from '@secor/import-file';
import { describe, expect, test } from 'vitest';
import { documentOf } from '../../packages/audit-package/package-fixture.ts';
import { rawZip } from '../../packages/audit-package/zip-fixture.ts';
import { commands } from '../../packages/cli/commands.ts';
import { functionNames } from '../support/synthesized.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];

/** What a document has in backticks on one line, outside of its blocks of code. */
function namesIn(text: string): string[] {
  return [...text.replace(/^ *```[\s\S]*?^ *```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, name = '']) => name);
}

/** The blocks of code of one language. */
function blocksOf(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  );
}

/** The first cells of the tables of a document, without backticks. */
function firstCells(text: string): string[] {
  return [...text.matchAll(/^\| `([^`]+)` /gm)].map(([, cell = '']) => cell);
}

/** How a heading is linked to. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

describe.each(documents)('%s', (document) => {
  const text = read(document);

  test('names files and folders that exist', () => {
    // What `secor stage new pilot` writes.
    const written = ['infra/stages/pilot.ts'];
    const paths = namesIn(text).filter((name) => /^(packages|functions|infra|test|docs)\/[\w./-]*$/.test(name));
    expect(paths.filter((path) => !written.includes(path) && !existsSync(join(root, path)))).toEqual([]);
  });

  test('links to files and headings that exist', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? document : join(dirname(document), path);
      if (!existsSync(join(root, file))) return true;
      const headings = anchor === undefined ? [] : [...read(file).matchAll(/^#+ (.+)$/gm)];
      return anchor !== undefined && !headings.some(([, heading = '']) => anchorOf(heading) === anchor);
    });
    expect(broken).toEqual([]);
  });

  test('names commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const called = [...text.matchAll(/\bnpm run ([a-z]+)(?: -- ([a-z]+(?: (?:new|check|add))?))?/g)];
    const unknown = called.filter(
      ([, script = '', command]) =>
        scripts[script] === undefined || (script === 'secor' && command !== undefined && !(command in commands)),
    );
    expect(unknown.map(([call]) => call)).toEqual([]);
  });
});

test('README.md leads to every document', () => {
  const readme = read('README.md');
  expect(documents.filter((document) => !readme.includes(`(${document})`) && document !== 'README.md')).toEqual([]);
});

test('docs/how-it-works.md names every function', () => {
  const named = namesIn(read('docs/how-it-works.md'));
  expect(functionNames.filter((name) => !named.includes(`functions/${name}`))).toEqual([]);
});

describe('docs/assumptions.md', () => {
  test('names every file that marks an assumption of ours', () => {
    const text = read('docs/assumptions.md');
    const files = execFileSync('git', ['grep', '-l', '-F', '[A]', '--', '*.ts'], { cwd: root, encoding: 'utf8' })
      .trim()
      .split('\n')
      .filter((file) => !/\.(test|fixture)\.ts$/.test(file));
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => !text.includes(`\`${file}\``))).toEqual([]);
  });
});

describe('docs/package-format.md', () => {
  const text = read('docs/package-format.md');

  const [example = ''] = blocksOf(text, 'json');

  test('has an example that the schema takes', () => {
    expect(AuditFile['~standard'].validate(JSON.parse(example))).not.toHaveProperty('issues');
  });

  test('has an example of which nothing is refused but that it leaves questions out', async () => {
    const audit: AuditFile = JSON.parse(example);
    const protocol = protocolById(audit.protocol);
    const paths = audit.answers.flatMap(({ evidence = [] }) => evidence);
    const bytes = rawZip([
      { name: 'audit.json', data: example },
      { name: 'manual.pdf', data: documentOf('pdf', 2_000) },
      ...paths.map((name) => ({ name, data: documentOf(name.endsWith('.pdf') ? 'pdf' : 'jpeg', 2_000) })),
    ]);
    const inspection = await inspectPackage(bufferSource(bytes), {
      auditNumber: audit.auditNumber,
      kind: 'certification',
      protocol: protocol ?? expect.fail(`There is no protocol ${audit.protocol}.`),
      ruleSet: ruleSetOn(audit.startedOn),
      today: audit.declaration.date,
    });
    const problems = inspection.accepted ? [] : inspection.problems;
    expect(problems.map(({ code }) => code)).toEqual(['question-not-answered']);
    expect(problems[0]?.others?.length).toBeGreaterThan(30);
  });

  test('explains every field of audit.json and of a problem, and no other', () => {
    const answers = { ...RatedAnswer.entries, ...NotApplicableAnswer.entries };
    const fields = [
      ...Object.keys(AuditFile.entries),
      ...Object.keys(answers).map((field) => `answers[].${field}`),
      ...Object.keys(Declaration.entries).map((field) => `declaration.${field}`),
      ...Object.keys(PackageProblem.entries),
    ];
    expect(firstCells(text).toSorted()).toEqual(fields.toSorted());
  });

  test('has the limits that are checked', () => {
    const counts = [maxPackageEntries, maxAnswers, maxNameBytes, maxNameParts].map((count) =>
      count.toLocaleString('en'),
    );
    const sizes = [`${maxPackageBytes / 1024 ** 3} GiB`, `${maxAuditFileBytes / 1024 ** 2} MiB`];
    const ratios = Object.values(maxUnpackedRatio).map(({ ratio }) => `${ratio} times`);
    for (const limit of [...counts, ...sizes, ...ratios]) expect(text).toContain(limit);
  });
});

describe('docs/import-format.md', () => {
  const text = read('docs/import-format.md');
  const [employers = '', assessors = ''] = blocksOf(text, 'csv');

  test('has examples of which every line is taken', async () => {
    for (const lines of [await readEmployers(employers), await readAssessors(assessors)]) {
      expect(lines).toEqual({ lines: expect.arrayContaining([expect.objectContaining({ given: expect.anything() })]) });
      expect('lines' in lines && lines.lines.filter((line) => 'reasons' in line)).toEqual([]);
    }
  });

  test('explains every column, and no other', async () => {
    const columns = [employers, assessors].flatMap((csv) => (csv.split('\n')[0] ?? '').split(','));
    expect(firstCells(text).toSorted()).toEqual(columns.toSorted());
    // The refusal of an unknown column lists those that there are.
    const listed = await Promise.all([readEmployers('none\nnone'), readAssessors('none\nnone')]);
    const known = listed.flatMap((lines) =>
      String('refused' in lines ? lines.refused[0]?.values.known : '').split(', '),
    );
    expect(columns.toSorted()).toEqual(known.toSorted());
  });

  test('explains every column of the result, in their order', () => {
    const [, table = ''] = text.split('## The result');
    const explained = [...table.matchAll(/^\| ([a-z]+) \|/gm)].map(([, cell]) => cell);
    const written = writeResult([])
      .replace(/[\ufeff"\r\n]/g, '')
      .split(',');
    expect(explained).toEqual(['column', ...written]);
  });

  test('has the limits that are checked', () => {
    expect(text).toContain(`${maxImportBytes / 1e6} MB`);
  });
});
