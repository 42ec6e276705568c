import type { AuditReminder } from '../audit/audit-reminders.ts';
import type { SentMilestone } from '../reminders/milestone.ts';
import { type Rule, type RuleSet, ruleSetById } from '../rules/rule-set.ts';
import { cite, dateFact, type Explanation, fact } from './explanation.ts';
import { reason, subject, value } from './sentences.ts';

/** Explains a reminder: of what, by which milestone, and why on that day. The rule set is that of the due date. */
export function explainReminder(reminder: SentMilestone): Explanation {
  const { kind, dueOn, milestone, day } = reminder;
  const ruleSet = ruleSetById(reminder.ruleSet);
  const isLast = milestone === `${ruleSet.lastMaintenanceReminderDays.value} days before`;
  return {
    what: subject('reminder', { kind }),
    value: value('date', { date: day }),
    because: reminderReason(reminder, isLast),
    rules: cite(ruleSet, reminderRule(reminder, ruleSet, isLast)),
    facts: [...dateFact('due', dueOn), ...fact('milestone', milestone), ...dateFact('day of the milestone', day)],
  };
}

function reminderReason({ kind, dueOn, milestone }: SentMilestone, isLast: boolean): Explanation['because'] {
  if (milestone === 'over') return reason('last-day-passed', { kind, dueOn });
  if (milestone === 'window begins') return reason('window-begins', { kind, dueOn });
  return kind === 'maintenance' && !isLast
    ? reason('before-window', { milestone })
    : reason('before-due-date', { milestone, dueOn });
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
      what: subject('reminder-of-package'),
      value: value('date', { date: day }),
      because: reason('after-registration', { milestone, registeredOn: reminder.registeredOn }),
      rules: cite(ruleSet, ruleSet.packageReminderDays),
      facts: [...dateFact('registered', reminder.registeredOn), ...facts],
    };
  return {
    what: subject('reminder-of-revision'),
    value: value('date', { date: day }),
    because: reason(reminder.countsAsSent === true ? 'before-revision-told' : 'before-revision', {
      milestone,
      dueOn: reminder.dueOn,
    }),
    rules: cite(ruleSet, ruleSet.revisionReminderDays),
    facts: [...dateFact('due', reminder.dueOn), ...fact('revisions requested so far', reminder.round), ...facts],
  };
}
