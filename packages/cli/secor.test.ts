import { protocolById, protocolIds } from '@secor/certification';
import { openApiDocument } from '@secor/contracts/openapi';
import { describe, expect, it } from 'vitest';
import { commands } from './commands.ts';
import { secor } from './running.fixture.ts';

const audit = ['--audit', '412345678', '--kind', 'certification'];

describe('help', () => {
  it('lists every command with its summary, with or without --help', async () => {
    const { code, out } = await secor(['--help']);
    expect(code).toBe(0);
    for (const [name, load] of Object.entries(commands)) {
      expect(out).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'));
      expect(out).toContain((await load()).summary);
    }
    expect(await secor([])).toEqual({ code: 0, out, err: '' });
  });

  it('lists the commands of a group', async () => {
    const { code, out } = await secor(['package', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('package new');
    expect(out).not.toContain('Print a protocol');
  });

  it.each(Object.keys(commands))('of %s shows usage, every option and an example', async (name) => {
    const load = commands[name];
    const { options } = (await load?.()) ?? { options: {} };
    const { code, out, err } = await secor([...name.split(' '), '--help']);
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(out).toContain(`Usage: secor ${name}`);
    for (const option of Object.keys(options)) expect(out).toMatch(new RegExp(`^ {2}--${option}\\b`, 'm'));
    expect(out).toMatch(new RegExp(`Example:\\n {2}.*secor ${name}`));
  });
});

describe('wrong usage', () => {
  it.each([
    [['frob'], 'there is no command "frob"'],
    [['constructor'], 'there is no command "constructor"'],
    [['package'], '"package" needs one of new, check after it'],
    [['package', 'frob'], '"package" needs one of new, check after it'],
    [['protocol', '--frob'], "Unknown option '--frob'"],
    [['protocol', 'secor-2020', 'secor-2015'], '"secor-2015" is one argument too many'],
    [['schema', 'now'], '"now" is one argument too many'],
    [['package', 'check'], 'FILE is missing'],
    [['import', 'employers.csv'], '--of employers|assessors is missing'],
    [['import', 'employers.csv', '--of', 'reviewers'], `--of can't be "reviewers"`],
    [['package', 'check', 'a.zip', '--kind', 'certification'], '--audit NUMBER is missing'],
    [['package', 'check', 'a.zip', '--audit', '412345678'], '--kind certification|maintenance is missing'],
    [['package', 'check', 'a.zip', '--audit', '412345678', '--kind', 'final'], `--kind can't be "final"`],
    [['package', 'check', 'a.zip', '--audit', '012345678', '--kind', 'maintenance'], 'is not an audit number'],
    [newPackage('--size', 'big'), '--size "big" is not a size'],
    [newPackage('--size', '2GiB'), 'is more than 1GiB'],
    [newPackage('--documents', '1'), '--documents "1" is not a whole number of at least 2'],
    [newPackage('--documents', '1000'), '--documents "1000" is more than 999'],
    [newPackage('--ended', '2026-02-30'), '--ended "2026-02-30" is not a date'],
    [newPackage('--ended', '2999-01-01'), '--ended 2999-01-01 is in the future'],
    [newPackage('--protocol', 'secor-1999'), 'there is no protocol "secor-1999"'],
    [['package', 'check', 'a.zip', ...audit, '--registered', '2999-01-01'], 'is in the future'],
    [['package', 'check', 'a.zip', ...audit, '--registered', '1999-01-01'], 'No rule set is in force'],
    [['openapi', '--api', 'api.example.org'], '--api "api.example.org" is not an address'],
    [['token', '--email', 'morgan@example.com'], '--role assessor|reviewer|administrator|employer is missing'],
    [['token', '--role', 'assessor', '--email', 'morgan'], 'is not an e-mail address'],
  ])('%j is told in one line on standard error, and is exit 2', async (typed, message) => {
    const { code, out, err } = await secor(typed);
    expect(err).toContain(message);
    expect(err).toMatch(/^secor.*: .* See: secor.* --help\n$/);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });
});

describe('secor protocol', () => {
  it('lists the protocols', async () => {
    expect(await secor(['protocol'])).toEqual({ code: 0, out: `${protocolIds.join('\n')}\n`, err: '' });
  });

  it.each(protocolIds)('prints %s with every question and what scores it', async (id) => {
    const printed = JSON.parse((await secor(['protocol', id])).out);
    const protocol = protocolById(id);
    const elements = protocol?.elements ?? [];
    expect(Object.keys(printed)).toEqual(['id', 'title', 'elements', 'questions']);
    expect(printed.elements).toEqual(elements.map(({ id, title }) => ({ id, title })));
    expect(printed.questions).toEqual(
      elements.flatMap(({ id: element, questions }) => questions.map((question) => ({ ...question, element }))),
    );
  });

  it('names those that exist when there is none of this id', async () => {
    const { code, out, err } = await secor(['protocol', 'secor-1999']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    for (const id of protocolIds) expect(err).toContain(id);
  });
});

describe('secor openapi', () => {
  it('prints the description of the API, at its address and with its issuer', async () => {
    const where = ['--api', 'https://api.example.org/', '--issuer', 'https://id.example.org'];
    const { code, out, err } = await secor(['openapi', ...where]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual(
      openApiDocument({ serverUrl: 'https://api.example.org', issuer: 'https://id.example.org' }),
    );
    expect(JSON.parse((await secor(['openapi'])).out)).toEqual(openApiDocument());
  });
});

describe('what needs a running local cloud', () => {
  it('says how to start one', async () => {
    const { code, err } = await secor(['token', '--role', 'assessor', '--email', 'morgan@example.com']);
    expect(code).toBe(1);
    expect(err).toBe('secor token: no local cloud is running here: start it with npm start.\n');
  });
});

function newPackage(...options: string[]): string[] {
  return ['package', 'new', ...audit, ...options];
}
