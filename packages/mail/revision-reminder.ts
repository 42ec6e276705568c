import { businessDate, dateInWords, daysBetween, ruleSetById } from '@secor/certification';
import { why } from './cycle-wording.ts';
import { type AuditFacts, auditNumberOf, employerName, eventOf } from './facts.ts';
import type { Draft } from './layout.ts';
import { auditRows, counted, revisionDeadline, revisionSteps } from './wording.ts';

/** To the assessor: the revision that was requested has not arrived, how much time is left, and what to do. */
export function revisionReminder(facts: AuditFacts): Draft {
  const { data, at } = eventOf(facts, 'reminder due');
  if (data.kind !== 'revision') throw new Error(`This letter is about a revision, not about a ${data.kind}.`);
  const auditNumber = auditNumberOf(facts.event);
  const due = dateInWords(data.dueOn);
  const today = businessDate(at);
  const left = daysBetween(today, data.dueOn);
  const rules = ruleSetById(data.ruleSet);
  return {
    subject: `SECOR audit ${auditNumber}: revision due by ${due}, ${employerName(facts.employer)}`,
    tone: 'bad',
    title: `Revision of audit ${auditNumber} due by ${due}`,
    blocks: [
      {
        kind: 'paragraph',
        text: 'The reviewer asked you for a revision of this audit, and no revised package has been accepted yet. The notes to answer are in the letter with the request, and with the audit when you sign in.',
      },
      {
        kind: 'facts',
        facts: [
          ...auditRows(facts),
          ['Revision due by', due],
          ['Time left', left === 0 ? 'today is the last day' : `${counted(left, 'day')} from ${dateInWords(today)}`],
        ],
      },
      { kind: 'heading', text: 'What to do' },
      { kind: 'steps', items: revisionSteps(auditNumber, facts) },
      ...revisionDeadline(data.dueOn, facts),
      ...why(
        [rules.revisionReminderDays],
        `The revision is due by ${due}; the day ${data.milestone} was ${dateInWords(data.day)}.`,
      ),
    ],
  };
}
