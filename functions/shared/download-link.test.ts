import { globSync, readFileSync } from 'node:fs';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, test } from 'vitest';
import { disposition, downloadLink } from './download-link.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const records = { s3: new S3Client({ region: 'ca-central-1', credentials }), bucket: 'records' };

describe('the name under which a download is saved', () => {
  it.each([
    ['policy.pdf', 'policy.pdf'],
    ["Robin's photo (1)*.heic", 'Robin%27s%20photo%20%281%29%2A.heic'],
    ['Übersicht 50%.xlsx', '%C3%9Cbersicht%2050%25.xlsx'],
    ['a"b;c\r\n.pdf', 'a%22b%3Bc%0D%0A.pdf'],
  ])('%j is %s', (name, written) => {
    expect(disposition('attachment', name)).toBe(`attachment; filename*=UTF-8''${written}`);
  });

  it('is of the characters that RFC 8187 lets through', () => {
    const all = String.fromCharCode(...Array.from({ length: 0x7f }, (_, code) => code)).replaceAll('/', '');
    const [, name = ''] = disposition('inline', all).split("UTF-8''");
    expect(name).toMatch(/^([\w!#$&+.^`|~-]|%[0-9A-F]{2})+$/);
    expect(decodeURIComponent(name)).toBe(all);
  });
});

describe('a link', () => {
  const headers = async (type: string, how: 'saved' | 'shown') => {
    const { searchParams } = new URL(await downloadLink(records, { key: 'k', name: 'a.bin', type }, how, 60));
    return [searchParams.get('response-content-type'), searchParams.get('response-content-disposition')?.split(';')[0]];
  };

  test('signs the type, and shows only what can not run', async () => {
    expect(await headers('application/pdf', 'shown')).toEqual(['application/pdf', 'inline']);
    expect(await headers('application/pdf', 'saved')).toEqual(['application/pdf', 'attachment']);
    for (const type of ['text/html', 'image/svg+xml', 'application/octet-stream'])
      expect(await headers(type, 'shown')).toEqual([type, 'attachment']);
  });

  test('is signed in one place', () => {
    const signers = globSync('**/*.ts', {
      cwd: import.meta.dirname,
      exclude: ['**/node_modules/**', '**/*.test.ts'],
    }).filter((path) => readFileSync(`${import.meta.dirname}/${path}`, 'utf8').includes('getSignedUrl'));
    expect(signers).toEqual(['download-link.ts']);
  });
});
