import { describe, expect, it } from 'vitest';
import { disposition } from './reading.ts';

describe('the name under which a document is saved', () => {
  it.each([
    ['evidence/policy.pdf', 'policy.pdf'],
    ["evidence/Robin's photo (1)*.heic", 'Robin%27s%20photo%20%281%29%2A.heic'],
    ['Übersicht 50%.xlsx', '%C3%9Cbersicht%2050%25.xlsx'],
    ['a"b;c\r\n.pdf', 'a%22b%3Bc%0D%0A.pdf'],
  ])('%j is %s', (path, name) => {
    expect(disposition('attachment', path)).toBe(`attachment; filename*=UTF-8''${name}`);
  });

  it('is of the characters that RFC 8187 lets through', () => {
    const all = String.fromCharCode(...Array.from({ length: 0x7f }, (_, code) => code)).replaceAll('/', '');
    const [, name = ''] = disposition('inline', all).split("UTF-8''");
    expect(name).toMatch(/^([\w!#$&+.^`|~-]|%[0-9A-F]{2})+$/);
    expect(decodeURIComponent(name)).toBe(all);
  });
});
