import { relative } from 'node:path';
import { command, Failure, messageOf } from '../command.ts';

/** `secor stage new`: writes the file of a new stage. */
export const stageNew = command({
  name: 'stage new',
  summary: 'Write the file of a new stage, with each setting explained',
  usage: 'secor stage new NAME',
  example: 'secor stage new pilot     (writes infra/stages/pilot.ts)',
  operand: { name: 'NAME', required: true },
  options: {},
  async run({ operand }, io) {
    const { writeStage } = await import('@secor/infra/new-stage');
    const file = await writeStage(operand).catch((error) => {
      throw new Failure(messageOf(error));
    });
    io.out(
      `${relative(process.cwd(), file)} is written. Replace the placeholders in it, then: npm run secor -- doctor --stage ${operand}\n`,
    );
    return 0;
  },
});
