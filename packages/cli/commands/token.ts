import { command, UsageError } from '../command.ts';
import { mintToken, requireCloud } from '../running-cloud.ts';

/** `secor token`: signs somebody in at the local cloud. */
export const token = command({
  name: 'token',
  summary: 'Print an access token of the local cloud',
  usage: 'secor token --role ROLE --email ADDRESS',
  example: 'secor token --role assessor --email morgan@field-assessments.example.net',
  options: {
    role: {
      type: 'string',
      choices: ['assessor', 'reviewer', 'administrator', 'employer'],
      text: 'The role of the person',
      required: true,
      multiple: true,
    },
    email: { type: 'string', value: 'ADDRESS', text: 'The address of the person', required: true },
  },
  async run({ options: { role, email } }, io) {
    if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw new UsageError(`--email "${email}" is not an e-mail address.`);
    io.out(`${await mintToken(await requireCloud(io), email, role)}\n`);
    return 0;
  },
});
