import { expect, test } from 'vitest';
import { compileFilter, compileFilters } from './filter-pattern.ts';

const record = {
  eventName: 'INSERT',
  count: 5,
  flag: true,
  nothing: null,
  tags: ['red', 'green'],
  dynamodb: { NewImage: { kind: { S: 'outbox' }, pk: { S: 'audit#123456789' } } },
};

test.each<[string, object, boolean]>([
  ['an exact value', { eventName: ['INSERT'] }, true],
  ['another value', { eventName: ['REMOVE'] }, false],
  ['one of several', { eventName: ['MODIFY', 'INSERT'] }, true],
  ['the same text in other case', { eventName: ['insert'] }, false],
  ['nested, all fields', { eventName: ['INSERT'], dynamodb: { NewImage: { kind: { S: ['outbox'] } } } }, true],
  ['nested, one field wrong', { eventName: ['INSERT'], dynamodb: { NewImage: { kind: { S: ['audit'] } } } }, false],
  ['a path that is not there', { dynamodb: { OldImage: { kind: { S: ['outbox'] } } } }, false],
  ['null', { nothing: [null] }, true],
  ['true', { flag: [true] }, true],
  ['a number', { count: [5] }, true],
  ['a number is no text', { count: ['5'] }, false],
  ['an item of a list', { tags: ['green'] }, true],
])('%s', (_, pattern, expected) => {
  expect(compileFilter(JSON.stringify(pattern), 'mapping')(record)).toBe(expected);
});

test('one of several filters is enough, and no filter passes everything', () => {
  const [yes, no] = ['{"eventName":["INSERT"]}', '{"eventName":["REMOVE"]}'];
  expect(compileFilters([no, yes], 'mapping')(record)).toBe(true);
  expect(compileFilters([no], 'mapping')(record)).toBe(false);
  expect(compileFilters([], 'mapping')(record)).toBe(true);
});

test.each<[string, string, RegExp]>([
  ['an unknown operator', '{"a":{"b":[{"cidr":"10.0.0.0/8"}]}}', /mapping, a, b.*"cidr"/],
  ['an alternative', '{"$or":[{"a":["x"]}]}', /mapping, \$or/],
  ['a bare value', '{"a":"x"}', /mapping, a/],
  ['no JSON', '{', /mapping.*JSON/],
])('%s is refused, with its place', (_, pattern, message) => {
  expect(() => compileFilter(pattern, 'mapping')).toThrow(message);
});
