import type { AnswerOf, ApiClient } from '@secor/contracts';
import { asJson, auditNumberOf, command, UsageError } from '../command.ts';
import { problemLines, scoreTable } from '../expectation.ts';
import { table } from '../format.ts';
import { readPages } from '../read-pages.ts';
import { samplePeople } from '../sample-people.ts';
import { apiOptions, jsonOption, signedIn } from '../sign-in.ts';

type Audit = AnswerOf<'readAudit'>;

/** `secor status`: where the assessor's audits stand, or one of them. */
export const status = command({
  name: 'status',
  summary: 'List your audits, or show where one of them stands and what comes next',
  usage: 'secor status [--audit NUMBER | --closed] [--api URL --token TOKEN]',
  example: 'secor status --audit 412345678',
  options: {
    audit: { type: 'string', value: 'NUMBER', text: 'The audit to show (else all that are not closed)' },
    closed: { type: 'boolean', text: 'List the closed audits' },
    ...apiOptions(samplePeople.assessors[0].email),
    ...jsonOption('the audits, or the audit'),
  },
  async run({ options }, io) {
    if (options.audit !== undefined && options.closed)
      throw new UsageError('--closed lists audits and does not go with --audit.');
    const auditNumber = options.audit === undefined ? undefined : auditNumberOf(options.audit);
    const assessor = await signedIn(options, 'assessor', io);
    if (auditNumber !== undefined) {
      const audit = await assessor('readAudit', { parameters: { auditNumber } });
      io.out(options.json ? asJson(audit) : describeAudit(audit));
      return 0;
    }
    const audits = await listOwn(assessor, options.closed ? 'closed' : 'active');
    io.out(options.json ? asJson({ audits }) : listed(audits, options.closed));
    return 0;
  },
});

function listOwn(assessor: ApiClient, state: 'active' | 'closed') {
  return readPages(
    (cursor) => assessor('listAudits', { query: { state, cursor } }),
    ({ audits }) => audits,
  );
}

function listed(audits: AnswerOf<'listAudits'>['audits'], closed: boolean): string {
  if (audits.length === 0) return `You have no ${closed ? 'closed' : 'open'} audits.\n`;
  return table([
    ['Audit', 'Kind', 'Employer', 'Registered', 'State', 'Outcome', 'Points'],
    ...audits.map(({ auditNumber, kind, legalName, registeredOn, state, outcome = '–', score }) => [
      auditNumber,
      kind,
      legalName,
      registeredOn,
      state,
      outcome,
      score === undefined ? '–' : `${score.awarded}/${score.available}`,
    ]),
  ]);
}

function describeAudit(audit: Audit): string {
  const { queue, score, refusal, notes, report, revisionDueOn } = audit;
  const open = notes.filter(isToAnswer);
  const ended = notes.filter(({ round }) => round === undefined);
  return [
    `${audit.kind} audit ${audit.auditNumber} of ${audit.employerId}: ${audit.state}${audit.outcome === undefined ? '' : `, ${audit.outcome}`}\n`,
    `${queue.nextStep.text}\n`,
    queue.ahead === undefined ? '' : `Audits ahead in the queue: ${queue.ahead}\n`,
    revisionDueOn === undefined ? '' : `The revision is due on ${revisionDueOn}.\n`,
    refusal === undefined ? '' : `\nThe package was refused:\n${problemLines(refusal.problems)}`,
    open.length === 0
      ? ''
      : `\nNotes to answer (secor answer --audit ${audit.auditNumber}):\n${open.map(noteLine).join('')}`,
    ended.length === 0 ? '' : `\nNotes from the review, which need no answer:\n${ended.map(noteLine).join('')}`,
    score === undefined ? '' : `\n${scoreTable(score, score.elements, score.shortfalls)}`,
    report === 'ready' ? `\nThe report is ready: secor report --audit ${audit.auditNumber}\n` : '',
  ].join('');
}

/** Whether a note was sent with the request for a revision, and waits for its answer. What went out with the end of an audit needs none. */
export function isToAnswer({ round, answer }: Audit['notes'][number]): boolean {
  return round !== undefined && answer === undefined;
}

/** A note on one line. */
export function noteLine({ note, kind, question, text }: Audit['notes'][number]): string {
  return `  ${note} (${kind}${question === undefined ? '' : `, question ${question}`}): ${text}\n`;
}
