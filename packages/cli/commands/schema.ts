import { asJson, command } from '../command.ts';

/** `secor schema`: what audit.json may hold, for assessors' tools. */
export const schema = command({
  name: 'schema',
  summary: 'Print the JSON Schema of audit.json, the answers in a package',
  usage: 'secor schema',
  example: 'secor schema > audit.schema.json',
  options: {},
  async run(_, io) {
    const { packageJsonSchema } = await import('@secor/contracts/json-schema');
    io.out(asJson(packageJsonSchema()));
    return 0;
  },
});
