import { asJson, command } from '../command.ts';
import { auditOptions, checkWhole, expectationOf, problemLines, scoreTable } from '../expectation.ts';
import { packageSize, typedFile } from '../package-file.ts';
import { businessToday } from '../running-cloud.ts';

/** `secor package check`: what would be said of a package after its upload, offline. */
export const packageCheck = command({
  name: 'package check',
  summary: 'Check a package and score it before uploading, offline',
  usage: 'secor package check FILE --audit NUMBER --kind certification|maintenance [options]',
  example: 'secor package check audit.zip --audit 412345678 --kind certification',
  operand: { name: 'FILE', required: true },
  options: {
    ...auditOptions,
    registered: {
      type: 'string',
      value: 'DATE',
      text: "The day on which the audit was registered, or a binder's postmark (else that of --on)",
    },
    on: {
      type: 'string',
      value: 'DATE',
      text: 'The day on which the package arrived: when a binder was received (else today)',
    },
    json: { type: 'boolean', text: 'Print accepted, problems, warnings, score, outcome and short, or error, as JSON' },
  },
  async run({ operand, options }, io) {
    const file = typedFile(io, operand);
    const expectation = expectationOf(options, await businessToday(io));
    await packageSize(file);
    const { fileSource } = await import('@secor/audit-package');
    await using source = await fileSource(file);
    const { accepted, problems, warnings, score, outcome, short = [] } = await checkWhole(source, expectation);
    const overall = score && shown(score.overall);
    const elements =
      score?.elements.map(({ element, title, ...points }) => ({ element, title, ...shown(points) })) ?? [];
    if (options.json) {
      const scored = overall === undefined ? null : { overall, elements };
      const result = { accepted, problems, warnings, score: scored, outcome: outcome ?? null, short };
      io.out(asJson(result));
      return accepted ? 0 : 1;
    }
    if (overall !== undefined)
      io.out(
        `${scoreTable(overall, elements, short)}\n${accepted ? 'Provisional outcome' : 'Outcome, if it were accepted'}: ${outcome}\n\n`,
      );
    if (warnings.length > 0) io.out(`What the reviewer will see (refuses nothing):\n${problemLines(warnings)}\n`);
    if (accepted) {
      io.out(`${file} will be accepted for ${expectation.kind} audit ${expectation.auditNumber}.\n`);
      return 0;
    }
    io.err(`${file} would be refused. Correct this and check again:\n${problemLines(problems)}`);
    return 1;
  },
});

/** Points as the API names them, too. */
function shown({ awarded, available, percentage }: { awarded: number; available: number; percentage: string }) {
  return { awarded, available, percent: percentage };
}
