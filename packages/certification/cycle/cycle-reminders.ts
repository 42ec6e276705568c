import { addDays } from '../calendar.ts';
import type { SentMilestone } from '../reminders/milestone.ts';
import { nextReminderCheck, type ReminderSubject, reminderOn } from '../reminders/reminder.ts';
import { ruleSetById } from '../rules/rule-set.ts';
import { bindersToEnter } from './binders.ts';
import { type Certificate, type Cycle, currentCertificate, lastPassedBy } from './cycle.ts';
import { type CycleFacts, type JudgedObligation, judgeCertificate } from './obligation.ts';

/** The subject of a reminder letter, as in its event. */
export type CycleReminder = SentMilestone & {
  readonly certificateNumber: string;
  readonly expiresOn: string;
  /** For a maintenance audit only: the first day of its window, and the length of the grace. */
  readonly windowFrom?: string;
  readonly graceThrough?: string;
  /** The assessor of the audit that was passed last. */
  readonly assessorId?: string;
};

/** A due date that is open or overdue: reminders are sent for it. */
type OpenOrOverdue = { readonly obligation: JudgedObligation; readonly subject: ReminderSubject };

/** The due dates of the current certificate that are open or overdue on a day: none that is pending, met, forgiven or cancelled [A]. */
function listOpenOrOverdue(cycle: CycleFacts, certificate: Certificate, today: string): OpenOrOverdue[] {
  const ruleSet = ruleSetById(certificate.ruleSet);
  return judgeCertificate(cycle, certificate, today).obligations.flatMap((obligation) => {
    const { state, dueOn, windowFrom } = obligation;
    if (state !== 'open' && state !== 'overdue') return [];
    // A maintenance audit can't save an expired certificate.
    if (obligation.kind === 'maintenance' && today > certificate.expiresOn) return [];
    const kind = obligation.kind === 'maintenance' ? 'maintenance' : 'expiry';
    return [{ obligation, subject: { kind, dueOn, ruleSet, windowFrom } }];
  });
}

/** The reminders of a cycle that are due on a day and were not recorded. */
export function cycleReminders(cycle: Cycle, today: string): CycleReminder[] {
  const certificate = currentCertificate(cycle);
  if (certificate === undefined) return [];
  const { certificateNumber, expiresOn } = certificate;
  const assessorId = lastPassedBy(cycle);
  return listOpenOrOverdue(cycle, certificate, today).flatMap(
    ({ obligation: { windowFrom, graceThrough }, subject }) => {
      const reminder = reminderOn(subject, cycle.sent, today);
      if (reminder === undefined) return [];
      return [
        {
          ...reminder,
          certificateNumber,
          expiresOn,
          ...(windowFrom === undefined ? {} : { windowFrom }),
          ...(graceThrough === undefined ? {} : { graceThrough }),
          ...(assessorId === undefined ? {} : { assessorId }),
        },
      ];
    },
  );
}

/**
 * The day on which the sweep must check a cycle next: the day of the next reminder, the day after a grace ends, the first day
 * on which a due date or a binder is at risk, or the day after the expiry, which ends the risks of a certificate. Undefined when
 * there is no such day: a pending audit is checked when it is decided.
 */
export function nextCycleCheck(cycle: Omit<Cycle, 'nextCheckOn'>, today: string): string | undefined {
  const binders = bindersToEnter(cycle).map(({ riskFrom }) => riskFrom);
  return [...binders.filter((day) => day > today), ...checksOfCertificate(cycle, today)].toSorted()[0];
}

function checksOfCertificate(cycle: Omit<Cycle, 'nextCheckOn'>, today: string): string[] {
  const certificate = currentCertificate(cycle);
  if (certificate === undefined) return [];
  const { riskDays } = ruleSetById(certificate.ruleSet);
  const expired = cycle.risks.length === 0 ? [] : [addDays(certificate.expiresOn, 1)];
  const upcoming = listOpenOrOverdue(cycle, certificate, today).flatMap(
    ({ obligation: { dueOn, graceThrough }, subject }) => {
      const reminded = nextReminderCheck(subject, cycle.sent, today);
      const later = [
        addDays(dueOn, -riskDays.value),
        ...(graceThrough === undefined ? [] : [addDays(graceThrough, 1)]),
      ];
      return [...later.filter((day) => day > today), ...(reminded === undefined ? [] : [reminded])];
    },
  );
  return [...expired.filter((day) => day > today), ...upcoming];
}
