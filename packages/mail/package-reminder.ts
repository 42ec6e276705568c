import { businessDate, dateInWords, ruleSetById } from '@secor/certification';
import { why } from './cycle-wording.ts';
import { type AuditFacts, auditNumberOf, employerName, eventOf } from './facts.ts';
import type { Draft } from './layout.ts';
import { auditRows } from './wording.ts';

/** To the assessor: an audit is registered, and no package of it was accepted; what to do, and what else is possible. */
export function packageReminder(facts: AuditFacts): Draft {
  const { data, at } = eventOf(facts, 'reminder due');
  if (data.kind !== 'package') throw new Error(`This letter is about a package, not about a ${data.kind}.`);
  const auditNumber = auditNumberOf(facts.event);
  const { audit, partner } = facts;
  const rules = ruleSetById(data.ruleSet);
  const registered = dateInWords(data.registeredOn);
  const isLast = data.milestone === `${Math.max(...rules.packageReminderDays.value)} days after`;
  return {
    subject: `SECOR audit ${auditNumber}: no package yet, ${employerName(facts.employer)}`,
    tone: 'neutral',
    title: `No package yet for audit ${auditNumber}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `You registered this ${audit.kind} audit on ${registered}. No package has been accepted for it, so it can't be scored or reviewed.`,
      },
      {
        kind: 'facts',
        facts: [
          ...auditRows(facts),
          ['Registered on', registered],
          ['Without a package on', dateInWords(businessDate(at))],
          ...(audit.refusedUploads === undefined
            ? []
            : [['Uploads refused', String(audit.refusedUploads)] satisfies [string, string]]),
        ],
      },
      { kind: 'heading', text: 'What to do' },
      {
        kind: 'steps',
        items: [
          { text: 'Sign in at', link: partner.site },
          { text: `Click My Account, then Auditor Portal, and open audit ${auditNumber}.` },
          ...(audit.refusedUploads === undefined
            ? []
            : [{ text: 'Correct every problem of the last upload. They are listed there.' }]),
          { text: 'Ask for an upload link, and upload the package with it.' },
          { text: 'If the audit will not be done, withdraw it there.' },
        ],
      },
      {
        kind: 'paragraph',
        text: `The package should arrive within ${rules.submissionDays.value} days of the last day of the data gathering.${
          isLast ? ' This is the last reminder of this package.' : ''
        }`,
      },
      ...why(
        [rules.packageReminderDays],
        `The audit was registered on ${registered}; the day ${data.milestone} was ${dateInWords(data.day)}.`,
      ),
    ],
  };
}
