import type { AnswerOf } from '@secor/contracts';
import { auditNumberOf, command, dateOf, UsageError } from '../command.ts';
import { samplePeople } from '../sample-people.ts';
import { apiOptions, signedIn } from '../sign-in.ts';

type Answer = AnswerOf<'readWhy'>;

const sources = { N: "the partner's newsletter", P: 'a public rule of the field', A: 'our assumption' } as const;

/** `secor why`: the rule, its source and the facts behind every date, state and outcome. */
export const why = command({
  name: 'why',
  summary: 'Explain the standing of an employer, the outcome of an audit, or the status of an assessor',
  usage: 'secor why --employer ID [--on DATE] | --audit NUMBER | --assessor ID  [--api URL --token TOKEN]',
  example: [
    `secor why --employer ${samplePeople.employers[0].employerId} --on 2028-07-01`,
    'secor why --audit 412345678 --api https://api.partner.example.org --token "$TOKEN"',
  ].join('\n'),
  options: {
    employer: { type: 'string', value: 'ID', text: 'Certificates and due dates of this employer' },
    audit: { type: 'string', value: 'NUMBER', text: 'How this audit is judged' },
    assessor: { type: 'string', value: 'ID', text: 'The status of this assessor' },
    on: { type: 'string', value: 'DATE', text: 'For an employer: as of this day (else today)' },
    ...apiOptions(samplePeople.administrator.email),
  },
  async run({ options }, io) {
    const { employer, audit, assessor, on } = options;
    if ([employer, audit, assessor].filter((given) => given !== undefined).length !== 1)
      throw new UsageError('nothing to explain. Give one of --employer, --audit and --assessor.');
    if (on !== undefined && employer === undefined) throw new UsageError('--on goes with --employer.');
    const query = on === undefined ? {} : { on: dateOf('on', on) };
    const api = await signedIn(options, 'administrator', io);
    const { explanations } =
      employer !== undefined
        ? await api('readWhy', { parameters: { employerId: employer }, query })
        : assessor !== undefined
          ? await api('readAssessorWhy', { parameters: { assessorId: assessor } })
          : await api('readAuditWhy', { parameters: { auditNumber: auditNumberOf(audit ?? '') } });
    io.out(explanations.map(formatExplanation).join('\n'));
    return 0;
  },
});

/** One explanation: what is so, why, by which rules, and what went in. */
function formatExplanation({ what, value, because, rules, facts }: Answer['explanations'][number]): string {
  return [
    `${what.text}: ${value.text}`,
    `  ${because.text}`,
    ...rules.map(
      ({ text, source, ruleSet, from }) => `  rule: ${text} [${source}: ${sources[source]}; ${ruleSet}, from ${from}]`,
    ),
    ...facts.map((fact) => `  ${fact.text}`),
    '',
  ].join('\n');
}
