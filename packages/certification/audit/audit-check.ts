import { businessDate } from '../calendar.ts';
import { system } from '../history.ts';
import { type Audit, type AuditChange, changeAudit } from './audit.ts';
import { auditReminderOn, rememberOfAudit } from './audit-reminders.ts';
import { rejectOverdue } from './decision.ts';

/**
 * What the sweep of a day does with an audit: rejects it when its revision is overdue [P], otherwise records the reminder that is
 * due. After it, nothing more is due on that day, and the day of the next check has moved.
 * @param at the sweep's own time (ISO, UTC)
 */
export function checkAudit(audit: Audit, at: string): AuditChange {
  const rejected = rejectOverdue(audit, at);
  if (rejected !== undefined) return rejected;
  const reminder = auditReminderOn(audit, businessDate(at));
  if (reminder === undefined) return changeAudit(audit, {}, at, []);
  return changeAudit(audit, { sent: rememberOfAudit(audit.sent, reminder) }, at, [
    { by: system, happening: { type: 'reminder due', data: reminder } },
  ]);
}
