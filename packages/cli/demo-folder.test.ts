import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { clearDemoFolder, letterFile } from './demo-folder.ts';
import { freshFolder } from './running.fixture.ts';

describe('clearDemoFolder', () => {
  it('takes away what the last demo left, and nothing else', async () => {
    await using folder = await freshFolder();
    await mkdir(folder.file('cloud'));
    await mkdir(folder.file('mail'));
    const own = ['package.zip', 'report.pdf', 'certificate.pdf', 'timeline.json', 'mail/1-passed-to-dale.eml'];
    const others = ['thesis.odt', 'audit-412345678.zip', 'cloud/kept.json', 'mail/mine.eml'];
    for (const name of [...own, ...others]) await writeFile(folder.file(name), 'content');
    await clearDemoFolder(folder.file('.'));
    const left = await readdir(folder.file('.'), { recursive: true });
    expect(left.toSorted()).toEqual(['cloud', 'mail', ...others].toSorted());
  });

  it('makes the folder of the letters when there is nothing yet', async () => {
    await using folder = await freshFolder();
    await clearDemoFolder(folder.file('.'));
    expect(await readdir(folder.file('.'))).toEqual(['mail']);
  });
});

describe('letterFile', () => {
  it.each([
    ['SECOR audit 968277114: package received, revision 1', '1-package-received-to-morgan.eml'],
    ['SECOR audit 968277114: your package came too late', '1-your-package-came-too-late-to-morgan.eml'],
    ['Passed: SECOR certification audit 968277114, Nine Mile', '1-passed-to-morgan.eml'],
    ['Not passed: SECOR maintenance audit 968277114, Nine Mile', '1-not-passed-to-morgan.eml'],
  ])('names what a letter is about: %s', (subject, name) => {
    expect(letterFile(1, { subject, to: ['morgan@field-assessments.example.net'] })).toBe(name);
  });
});
