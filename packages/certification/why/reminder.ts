import type { AuditReminder } from '../audit/audit-reminders.ts';
import { dateInWords } from '../calendar.ts';
import type { SentMilestone } from '../reminders/milestone.ts';
import { type Rule, type RuleSet, ruleSetById } from '../rules/rule-set.ts';
import { cite, dateFact, type Explanation, fact } from './explanation.ts';

const subjects = {
  expiry: 'the expiry of the certificate',
  maintenance: 'the maintenance audit',
  refresher: 'the refresher',
} as const;

/** Explains a reminder: of what, by which milestone, and why on that day. The rule set is that of the due date. */
export function explainReminder(reminder: SentMilestone): Explanation {
  const { kind, dueOn, milestone, day } = reminder;
  const ruleSet = ruleSetById(reminder.ruleSet);
  const subject = subjects[kind];
  const isLast = milestone === `${ruleSet.lastMaintenanceReminderDays.value} days before`;
  const before =
    kind === 'maintenance' && !isLast ? 'the beginning of the window in which it is due' : dateInWords(dueOn);
  return {
    what: `Reminder of ${subject}`,
    value: dateInWords(day),
    because:
      milestone === 'over'
        ? `${dateInWords(dueOn)} has passed, and that day was the last one for ${subject}.`
        : milestone === 'window begins'
          ? `On that day the window begins in which ${subject} is due, by ${dateInWords(dueOn)}.`
          : `That day is ${milestone} ${before}.`,
    rules: cite(ruleSet, reminderRule(reminder, ruleSet, isLast)),
    facts: [...dateFact('due', dueOn), ...fact('milestone', milestone), ...dateFact('day of the milestone', day)],
  };
}

function reminderRule({ kind, milestone }: SentMilestone, ruleSet: RuleSet, isLast: boolean): Rule<unknown> {
  if (kind === 'expiry') return ruleSet.expiryReminderDays;
  if (kind === 'refresher') return ruleSet.refresherReminderDays;
  return milestone === 'over' || isLast ? ruleSet.lastMaintenanceReminderDays : ruleSet.maintenanceReminderDays;
}

/** Explains a reminder of an audit: of its first package or of a revision, by which milestone, and why on that day. */
export function explainAuditReminder(reminder: AuditReminder): Explanation {
  const { milestone, day } = reminder;
  const ruleSet = ruleSetById(reminder.ruleSet);
  const facts = [...fact('milestone', milestone), ...dateFact('day of the milestone', day)];
  if (reminder.kind === 'package')
    return {
      what: 'Reminder of the package',
      value: dateInWords(day),
      because: `That day is ${milestone} the registration on ${dateInWords(reminder.registeredOn)}.`,
      rules: cite(ruleSet, ruleSet.packageReminderDays),
      facts: [...dateFact('registered', reminder.registeredOn), ...facts],
    };
  return {
    what: 'Reminder of the revision',
    value: dateInWords(day),
    because: `That day is ${milestone} ${dateInWords(reminder.dueOn)}, when the revision is due${
      reminder.countsAsSent === true ? '; the letter that set this date said so, and counts as the reminder' : ''
    }.`,
    rules: cite(ruleSet, ruleSet.revisionReminderDays),
    facts: [...dateFact('due', reminder.dueOn), ...fact('revisions requested so far', reminder.round), ...facts],
  };
}
