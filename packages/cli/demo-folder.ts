import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Letter, LocalCloud } from '@secor/local-cloud';

/** Where the demo puts the package that it makes. */
export const packageName = 'package.zip';
const made = [packageName, 'report.pdf', 'certificate.pdf', 'timeline.json'];
const madeLetter = /^\d+-[a-z-]+-to-.+\.eml$/;

/** Takes away what the last demo left beside its cloud, and nothing else; makes the folder of the letters. */
export async function clearDemoFolder(folder: string): Promise<void> {
  const mail = join(folder, 'mail');
  await mkdir(mail, { recursive: true });
  const letters = (await readdir(mail)).filter((name) => madeLetter.test(name));
  for (const file of [...made.map((name) => join(folder, name)), ...letters.map((name) => join(mail, name))]) {
    await rm(file, { force: true });
  }
}

/** Copies the letters out of the cloud's own folder, numbered in their order. */
export async function keepLetters(cloud: Pick<LocalCloud, 'letters'>, folder: string): Promise<void> {
  for (const [at, letter] of (await cloud.letters()).entries()) {
    await copyFile(letter.file, join(folder, 'mail', letterFile(at + 1, letter)));
  }
}

/** The name under which a letter is kept: what it is about, and to whom it went. */
export function letterFile(number: number, { subject, to }: Pick<Letter, 'subject' | 'to'>): string {
  // The audit that a subject names, before or behind its colon, is the same in all letters of a demo.
  const about = subject.replace(/^SECOR audit \d+: /, '').replace(/[:,].*/, '');
  const words = about.toLowerCase().match(/[a-z]+/g) ?? ['letter'];
  return `${number}-${words.join('-')}-to-${to[0]?.split('@')[0]}.eml`;
}
