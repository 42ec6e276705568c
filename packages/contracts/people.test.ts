import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { httpsLink, phone } from './people.ts';

describe('a telephone number', () => {
  test.each([
    '403 555 0123',
    '(403) 555-0123',
    '+1 403.555.0123',
    '403 555 0123 ext. 4',
    '403-555-0123 x12',
    '5550123',
  ])('%s is one', (sent) => expect(v.parse(phone, ` ${sent} `)).toBe(sent));

  test.each(['', '12', '403 555', 'call me', '=1+1', '403 555 0123; 1', '1'.repeat(16), '4'.repeat(50)])(
    '%j is none',
    (sent) => expect(v.is(phone, sent)).toBe(false),
  );
});

describe('a link', () => {
  test.each([
    'https://meet.example.com/hazards',
    'https://teams.example.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0?context=%7b%22Tid%22%7d',
    'https://meet.example.com:8443',
    'https://meet.example.com?room=4#now',
  ])('%s is one', (sent) => expect(v.parse(httpsLink, sent)).toBe(sent));

  test.each([
    'http://meet.example.com/hazards',
    'javascript:alert(1)',
    'https://',
    'https://user:password@meet.example.com',
    'https://meet.example.com/"onclick',
    'https://meet.example.com/a b',
    'meet.example.com',
    `https://meet.example.com/${'a'.repeat(1_000)}`,
  ])('%s is none', (sent) => expect(v.is(httpsLink, sent)).toBe(false));
});
