import type { Finding } from '@secor/infra/doctor';
import { asJson, command, Failure } from '../command.ts';
import { stageOption, typedStage } from '../stage-option.ts';

const marks = { good: 'ok      ', warning: 'warning ', obstacle: 'obstacle' };

/** `secor doctor`: tells what a deployment of a stage needs. Reads only. */
export const doctor = command({
  name: 'doctor',
  summary: 'Show what keeps a stage from being deployed, and what will not work after it. Changes nothing',
  usage: 'secor doctor --stage NAME [--json]',
  example: 'secor doctor --stage staging     (with the credentials of its AWS account)',
  options: {
    ...stageOption,
    json: { type: 'boolean', text: 'Print the findings as JSON' },
  },
  async run({ options }, io) {
    const stage = await typedStage(options.stage);
    const { examine } = await import('@secor/infra/doctor');
    const findings = await examine(stage);
    if (options.json) {
      const deployable = findings.every(({ kind }) => kind !== 'obstacle');
      io.out(asJson({ stage: stage.name, deployable, findings }));
      return deployable ? 0 : 1;
    }
    for (const { about, kind, says, remedy } of findings) {
      io.out(`${marks[kind]}  ${about}: ${says}.\n`);
      if (remedy !== undefined) io.out(`${' '.repeat(10)}To do: ${remedy}.\n`);
    }
    io.out(`${conclusion(stage.name, findings)}\n`);
    return 0;
  },
});

/** What the findings come to, in a sentence. Throws Failure where an obstacle is among them. */
export function conclusion(stage: string, findings: readonly Finding[]): string {
  const obstacles = findings.filter(({ kind }) => kind === 'obstacle').length;
  if (obstacles > 0) {
    const which = obstacles === 1 ? 'obstacle' : `${obstacles} obstacles`;
    throw new Failure(`stage '${stage}' can't be deployed yet: correct the ${which} above.`);
  }
  const left = findings.filter(({ about, kind }) => about === 'settings' && kind === 'warning').length;
  const but = left === 0 ? '' : left === 1 ? ', but a placeholder is left' : `, but ${left} placeholders are left`;
  return `Stage '${stage}' can be deployed${but}: npm run deploy -- --stage ${stage}`;
}
