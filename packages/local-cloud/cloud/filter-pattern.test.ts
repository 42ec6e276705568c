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
  ['other case, when it does not matter', { eventName: [{ 'equals-ignore-case': 'insert' }] }, true],
  ['nested, all fields', { eventName: ['INSERT'], dynamodb: { NewImage: { kind: { S: ['outbox'] } } } }, true],
  ['nested, one field wrong', { eventName: ['INSERT'], dynamodb: { NewImage: { kind: { S: ['audit'] } } } }, false],
  ['a path that is not there', { dynamodb: { OldImage: { kind: { S: ['outbox'] } } } }, false],
  ['prefix', { dynamodb: { NewImage: { pk: { S: [{ prefix: 'audit#' }] } } } }, true],
  ['another prefix', { dynamodb: { NewImage: { pk: { S: [{ prefix: 'employer#' }] } } } }, false],
  ['suffix', { eventName: [{ suffix: 'SERT' }] }, true],
  ['exists', { eventName: [{ exists: true }] }, true],
  ['exists, absent', { missing: [{ exists: true }] }, false],
  ['exists not', { missing: [{ exists: false }] }, true],
  ['null', { nothing: [null] }, true],
  ['true', { flag: [true] }, true],
  ['a number', { count: [5] }, true],
  ['a number is no text', { count: ['5'] }, false],
  ['numeric in the range', { count: [{ numeric: ['>', 4, '<=', 5] }] }, true],
  ['numeric out of the range', { count: [{ numeric: ['>', 5] }] }, false],
  ['anything but', { eventName: [{ 'anything-but': ['REMOVE', 'MODIFY'] }] }, true],
  ['anything but this', { eventName: [{ 'anything-but': ['INSERT'] }] }, false],
  ['anything but a prefix', { eventName: [{ 'anything-but': { prefix: 'INS' } }] }, false],
  ['anything but, absent', { missing: [{ 'anything-but': ['x'] }] }, false],
  ['an item of a list', { tags: ['green'] }, true],
  ['or', { $or: [{ eventName: ['REMOVE'] }, { count: [5] }] }, true],
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
  ['an unknown comparison', '{"a":[{"numeric":["~",1]}]}', /"~"/],
  ['a bare value', '{"a":"x"}', /mapping, a/],
  ['no JSON', '{', /mapping.*JSON/],
])('%s is refused, with its place', (_, pattern, message) => {
  expect(() => compileFilter(pattern, 'mapping')).toThrow(message);
});
