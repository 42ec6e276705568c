import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Protocol, Question } from './protocol.ts';
import { protocolById, protocolIds } from './protocols.ts';

const titles: Record<string, string[]> = {
  'secor-2015': [
    'Management leadership and commitment',
    'Hazard assessment',
    'Hazard control',
    'Ongoing inspections',
    'Qualifications, orientation and training',
    'Emergency response',
    'Incident investigation',
    'Program administration',
  ],
  'secor-2020': [
    'Management leadership and organizational commitment',
    'Hazard assessment',
    'Hazard control',
    'Health and safety committees and representatives',
    'Qualifications, orientation and training',
    'Other parties at or near the work site',
    'Inspections',
    'Emergency response',
    'Incident investigation',
    'System administration',
  ],
};

/** Of each protocol as JSON. Audits were answered by it, and caches keep it for good: never replace one of these. */
const hashes: Record<string, string> = {
  'secor-2015': 'bf8b670324167ff4a37c45bf36be87d3e94c6d84cf1c55169062a34a867f5748',
  'secor-2020': 'f37b5a3094c497e4f4e6342e1c71847c9001a69a402dd1720841ca17828b0154',
};

it('the protocols are two, oldest first', () => {
  expect(protocolIds).toEqual(['secor-2015', 'secor-2020']);
});

it('an unknown protocol is not found', () => {
  expect(protocolById('secor-2010')).toBeUndefined();
});

describe.each(Object.keys(titles))('%s', (id) => {
  const protocol = existing(id);
  const questions = protocol.elements.flatMap((element) => element.questions);

  it('is as it was when it was first used: a change is a new protocol', () => {
    const hash = createHash('sha256').update(JSON.stringify(protocol)).digest('hex');
    expect(hash).toBe(hashes[id]);
  });

  it('has the elements of the program, numbered in order', () => {
    expect(protocol.id).toBe(id);
    expect(protocol.elements.map((element) => element.title)).toEqual(titles[id]);
    expect(protocol.elements.map((element) => element.id)).toEqual(titles[id]?.map((_, index) => String(index + 1)));
  });

  it('numbers its questions by element, in order, so that no id comes twice', () => {
    for (const element of protocol.elements) {
      expect(element.questions.map((question) => question.id)).toEqual(
        element.questions.map((_, index) => `${element.id}.${index + 1}`),
      );
    }
  });

  it('has 30 to 60 questions, at least 4 in each element', () => {
    expect(questions.length).toBeGreaterThanOrEqual(30);
    expect(questions.length).toBeLessThanOrEqual(60);
    for (const element of protocol.elements) expect(element.questions.length).toBeGreaterThanOrEqual(4);
  });

  it('asks each question once, as a full question', () => {
    expect(new Set(questions.map((question) => question.text)).size).toBe(questions.length);
    for (const { text } of questions) expect(text).toMatch(/^[A-Z][^?]{40,}\?$/);
  });

  it('gives whole points above 0 that differ', () => {
    for (const { points } of questions) expect(Number.isInteger(points) && points > 0).toBe(true);
    expect(new Set(questions.map((question) => question.points)).size).toBeGreaterThanOrEqual(4);
  });

  it('verifies each question by documentation, interview or observation, each named once and in this order', () => {
    const ways = ['D', 'I', 'O', 'DI', 'DO', 'IO', 'DIO'];
    for (const { methods } of questions) expect(ways).toContain(methods.join(''));
  });

  it('mixes the methods, alone and combined', () => {
    expect(count(({ methods }) => methods.join('') === 'D')).toBeGreaterThanOrEqual(10);
    expect(count(({ methods }) => methods.join('') === 'I')).toBeGreaterThanOrEqual(5);
    expect(count(({ methods }) => methods.join('') === 'O')).toBeGreaterThanOrEqual(5);
    expect(count(({ methods }) => methods.length > 1)).toBeGreaterThanOrEqual(5);
  });

  it('mixes the scoring rules and thresholds', () => {
    expect(count(({ rule }) => rule === 'range')).toBeGreaterThanOrEqual(10);
    for (const threshold of [70, 100]) {
      expect(
        count((question) => question.rule === 'all-or-nothing' && question.threshold === threshold),
      ).toBeGreaterThanOrEqual(5);
    }
  });

  it('allows "not applicable" for some questions, and never for all of it', () => {
    expect(count(({ notApplicable }) => notApplicable)).toBeGreaterThanOrEqual(5);
    expect(count(({ notApplicable }) => !notApplicable)).toBeGreaterThan(questions.length / 2);
  });

  function count(holds: (question: Question) => boolean): number {
    return questions.filter(holds).length;
  }
});

it('an employer without committee or representative may answer all of that element as not applicable', () => {
  const committees = existing('secor-2020').elements.find((element) => element.id === '4');
  expect(committees?.questions.every((question) => question.notApplicable)).toBe(true);
});

it('no question of one protocol is asked in the other in the same words', () => {
  const texts = protocolIds.flatMap((id) =>
    existing(id).elements.flatMap((element) => element.questions.map((question) => question.text)),
  );
  expect(new Set(texts).size).toBe(texts.length);
});

function existing(id: string): Protocol {
  const protocol = protocolById(id);
  if (protocol === undefined) throw new Error(`There is no protocol ${id}.`);
  return protocol;
}
