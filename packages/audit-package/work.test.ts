import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bufferSource } from './byte-source.ts';
import { inspectPackage } from './inspect.ts';
import { expectation, packageOf } from './package-fixture.ts';
import { workOf } from './work-fixture.ts';
import type { RawEntry } from './zip-fixture.ts';

const inspect = (bytes: Uint8Array) => inspectPackage(bufferSource(bytes), expectation);
const problemsOf = async (bytes: Uint8Array) => {
  const inspection = await inspect(bytes);
  return inspection.accepted ? [] : inspection.problems.map(({ place, message }) => `${place}: ${message}`);
};
const named = (...names: readonly string[]): RawEntry[] => names.map((name) => ({ name, data: '' }));
const packed = (...names: readonly string[]) => packageOf({ entries: (entries) => [...entries, ...named(...names)] });

describe('the name of an entry', () => {
  test.each([
    ['has more than 1,024 bytes', `evidence/${'a'.repeat(1_016)}`],
    ['has more than 1,024 bytes', `evidence/${'ä'.repeat(508)}`],
    ['has more than 1,024 bytes', `evidence/${'a/'.repeat(32_700)}`],
    ['has more than 1,024 bytes', '\\'.repeat(60_000)],
    ['has more than 32 parts', `evidence/${'a/'.repeat(31)}b.pdf`],
    ['has more than 32 parts', `evidence\\${'a\\'.repeat(31)}b.pdf`],
  ])('is refused, and not looked at any further, when it %s', async (what, name) => {
    const problems = await problemsOf(packed(name));
    expect(problems).toEqual([expect.stringMatching(new RegExp(`: its name ${what}: `))]);
    expect(problems.join().length).toBeLessThan(300);
  });

  test('may have 1,024 bytes and 32 parts', async () => {
    const long = `evidence/${'a'.repeat(1_015)}`;
    const deep = `evidence/${'a/'.repeat(30)}b.pdf`;
    for (const name of [long, deep]) {
      expect(await problemsOf(packed(name))).not.toContainEqual(expect.stringMatching(/its name has more than/));
    }
  });
});

test('evidence that no archive can hold is told as such, and not compared', async () => {
  for (const path of ['\u0316\u0301'.repeat(5_000), 'a/'.repeat(40)]) {
    const problems = await problemsOf(
      packageOf({
        audit: (audit) => ({
          ...audit,
          answers: audit.answers.map((answer, at) => (at === 0 ? { ...answer, evidence: [path] } : answer)),
        }),
      }),
    );
    expect(problems).toContainEqual(
      expect.stringMatching(/^Question \S+: evidence ".*" has more than (1,024 bytes|32 parts)/),
    );
  }
});

describe('the work of judging a package', () => {
  // Of a package without faults it is 11 steps a byte; each part of a path, and each problem, takes some more.
  const maxStepsPerByte = 60;
  const fragment = fc.constantFrom('a/', '/', '\\', './', '../', 'A', 'é', '\u0316\u0301', '._', '\0', '"', 'vbaData/');
  const name = fc.record({
    start: fc.constantFrom('', 'evidence/', 'audit/', '__MACOSX/'),
    fragment,
    length: fc.oneof(fc.nat({ max: 1_100 }), fc.nat({ max: 60_000 })),
    end: fc.constantFrom('', '/', 'audit.json', 'b.pdf'),
  });

  test('is in proportion to its names, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(name, { maxLength: 12 }), async (names) => {
        const bytes = packed(
          ...names.map(
            (each) => each.start + each.fragment.repeat(each.length / Buffer.byteLength(each.fragment)) + each.end,
          ),
        );
        const work = await workOf(() => inspect(bytes));
        expect(work.steps).toBeLessThan(maxStepsPerByte * bytes.length);
        expect(work.maxNormalized).toBeLessThanOrEqual(1_024);
      }),
      { numRuns: 60 },
    );
  });

  /** Items until they have that many characters together. */
  const items = (size: number, item: (at: number) => string) => {
    const made: string[] = [];
    for (let length = 0; length < size; length += item(made.length - 1).length + 1) made.push(item(made.length));
    return made.join(',');
  };
  const evidence = (list: string) => `{"answers":[{"question":"1.1","evidence":[${list}]}]}`;
  const nested = (inner: string, name: string) => `{${`"${name}":{`.repeat(30)}${inner}${'}'.repeat(31)}`;
  const hostile: Readonly<Record<string, (size: number) => string>> = {
    'evidence of one long name': (size) => evidence(`"${'\u0316\u0301'.repeat(size / 4)}"`),
    'evidence of many names': (size) => evidence(items(size, (at) => `"${at}"`)),
    'evidence that is no text': (size) => evidence(items(size, () => '0')),
    'evidence that is no text, in many answers': (size) =>
      `{"answers":[${items(size, () => `{"question":"1.1","evidence":[${items(400, () => '0')}]}`)}]}`,
    'answers that are none': (size) => `{"answers":[${items(size, () => '0')}]}`,
    'empty answers': (size) => `{"answers":[${items(size, () => '{}')}]}`,
    'unknown properties': (size) => `{${items(size, (at) => `"${at}":0`)}}`,
    'unknown properties of invisible letters': (size) =>
      `{${items(size, (at) => `"${at}${'\u{e0001}'.repeat(60)}":0`)}}`,
    'one property again and again': (size) => `{${items(size, () => '"a":0')}}`,
    'one property again and again, deep inside': (size) =>
      nested(
        items(size, () => '"":0'),
        'long'.repeat(200),
      ),
    'two times many properties, deep inside': (size) =>
      nested([0, 1].map(() => items(size / 2, (at) => `"${at}":0`)).join(), 'long'.repeat(20)),
    'a long number': (size) => `{"recordsMonths":${'1'.repeat(size)}}`,
    'a long text of escapes': (size) => `{"protocol":"${'\\u0061'.repeat(size / 6)}"}`,
  };

  test.each(Object.entries(hostile))('is in proportion to audit.json: %s', async (_what, text) => {
    const data = text(300_000);
    expect(Buffer.byteLength(data)).toBeLessThan(2 ** 20);
    const bytes = packageOf({ audit: () => data });
    let found: Awaited<ReturnType<typeof inspect>> | undefined;
    const work = await workOf(async () => {
      found = await inspect(bytes);
    });
    expect(work.steps).toBeLessThan(maxStepsPerByte * Buffer.byteLength(data) + 1_000_000);
    expect(work.maxNormalized).toBeLessThanOrEqual(1_024);
    expect(found?.accepted).toBe(false);
    expect(Buffer.byteLength(JSON.stringify(found))).toBeLessThan(300 * 1024);
  });
});
