import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { auditNumberOf, command } from '../command.ts';
import { typedFile } from '../package-file.ts';
import { download } from '../play-audit.ts';
import { samplePeople } from '../sample-people.ts';
import { apiOptions, signedIn } from '../sign-in.ts';

/** `secor report`: downloads the report of a closed audit, and its certificate. */
export const report = command({
  name: 'report',
  summary: 'Download the report of a closed audit, and the certificate when one was issued',
  usage: 'secor report --audit NUMBER [--out FOLDER] [--api URL --token TOKEN]',
  example: 'secor report --audit 412345678 --out reports',
  options: {
    audit: { type: 'string', value: 'NUMBER', text: 'The 9-digit audit number', required: true },
    out: { type: 'string', value: 'FOLDER', text: 'Where to put the files', fallback: '.' },
    role: {
      type: 'string',
      choices: ['assessor', 'employer'],
      text: 'What you are for the audit, with the local cloud',
      fallback: 'assessor',
    },
    ...apiOptions(samplePeople.assessors[0].email),
  },
  async run({ options }, io) {
    const auditNumber = auditNumberOf(options.audit);
    const api = await signedIn(options, options.role, io);
    const links = await api('readReport', { parameters: { auditNumber } });
    const folder = typedFile(io, options.out);
    await mkdir(folder, { recursive: true });
    for (const [what, link] of [
      ['report', links.report],
      ['certificate', links.certificate],
    ] as const) {
      if (link === undefined) continue;
      const file = join(folder, `${what}-${auditNumber}.pdf`);
      await download(link.url, file);
      io.out(`${file}\n`);
    }
    return 0;
  },
});
