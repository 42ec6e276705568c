import { describe, expect, it, test } from 'vitest';
import { Problems, shown } from './problem.ts';
import { fault } from './sentences.ts';

it.each([
  ['a\nb', 'a\\u{a}b'],
  ['\u202egnp.exe', '\\u{202e}gnp.exe'],
  ['a\ufdd0\uffff\u{10fffe}', 'a\\u{fdd0}\\u{ffff}\\u{10fffe}'],
  ['Zoë, 写真', 'Zoë, 写真'],
])('%j is shown as %j', (name, written) => {
  expect(shown(name)).toBe(written);
});

/** The problems that are told when each of so many photos is named by no answer. */
function photosNotNamed(count: number) {
  const problems = new Problems();
  for (let at = count; at > 0; at -= 1) problems.add(`evidence/${at}.jpg`, fault('document-not-named'));
  return problems.sorted();
}

describe('what is wrong in many places', () => {
  test('is told once, with the first places in words and all of them as data', () => {
    const [told, ...more] = photosNotNamed(27);
    expect(more).toEqual([]);
    expect(told).toMatchObject({ place: 'evidence/1.jpg', code: 'document-not-named' });
    expect(told?.message).toBe(
      'no answer names it: name it in the evidence of an answer, or leave it out. The same is true of 26 more: evidence/2.jpg, evidence/3.jpg, evidence/4.jpg, evidence/5.jpg, evidence/6.jpg, evidence/7.jpg, evidence/8.jpg, evidence/9.jpg, evidence/10.jpg, evidence/11.jpg and 16 more',
    );
    expect(told?.others).toHaveLength(26);
    expect(told?.others?.at(-1)).toEqual({ place: 'evidence/27.jpg' });
  });

  test('is told for each of a few places', () => {
    expect(photosNotNamed(4).map(({ place, others }) => [place, others])).toEqual(
      [1, 2, 3, 4].map((at) => [`evidence/${at}.jpg`, undefined]),
    );
  });

  test('keeps the question of each place', () => {
    const problems = new Problems();
    for (const question of ['1.1', '1.2', '1.3', '1.10', '2.1']) {
      problems.add({ question }, fault('evidence-missing', { evidence: 'evidence/policy.pdf' }));
    }
    expect(problems.sorted()).toEqual([
      {
        place: 'Question 1.1',
        question: '1.1',
        message:
          'evidence "evidence/policy.pdf" is not in the archive: add it, or correct the path. The same is true of 4 more: Question 1.2, Question 1.3, Question 1.10, Question 2.1',
        code: 'evidence-missing',
        values: { evidence: 'evidence/policy.pdf' },
        others: ['1.2', '1.3', '1.10', '2.1'].map((question) => ({ place: `Question ${question}`, question })),
      },
    ]);
  });

  test('does not join what differs in one word', () => {
    const problems = new Problems();
    for (let at = 0; at < 9; at += 1) {
      problems.add({ question: '1.1' }, fault('evidence-missing', { evidence: `evidence/${at}.pdf` }));
    }
    expect(problems.sorted()).toHaveLength(9);
  });
});
