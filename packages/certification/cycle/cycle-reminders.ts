import { addDays } from '../calendar.ts';
import type { SentMilestone } from '../reminders/milestone.ts';
import { nextReminderCheck, type ReminderSubject, reminderOn } from '../reminders/reminder.ts';
import { ruleSetById } from '../rules/rule-set.ts';
import { type Certificate, type Cycle, currentCertificate, lastPassedBy } from './cycle.ts';
import { type CycleFacts, type JudgedObligation, judgeCertificate } from './obligation.ts';

/** What a letter reminds of, as its event tells it. */
export type CycleReminder = SentMilestone & {
  readonly certificateNumber: string;
  readonly expiresOn: string;
  /** Of a maintenance audit: when the window begins in which it is due, and how long the grace lasts. */
  readonly windowFrom?: string;
  readonly graceThrough?: string;
  /** The assessor of the audit that was passed last. */
  readonly assessorId?: string;
};

/** A due date that is reminded of while it speaks: it is open or overdue. */
type Speaking = { readonly obligation: JudgedObligation; readonly subject: ReminderSubject };

/** The due dates of the current certificate that speak on a day: none that is pending, met, forgiven or cancelled [A]. */
function speaking(cycle: CycleFacts, certificate: Certificate, today: string): Speaking[] {
  const ruleSet = ruleSetById(certificate.ruleSet);
  return judgeCertificate(cycle, certificate, today).obligations.flatMap((obligation) => {
    const { state, dueOn, windowFrom } = obligation;
    if (state !== 'open' && state !== 'overdue') return [];
    // No maintenance audit keeps what has expired.
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
  return speaking(cycle, certificate, today).flatMap(({ obligation: { windowFrom, graceThrough }, subject }) => {
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
  });
}

/**
 * The day on which the sweep has to look at a cycle: of the next reminder, of the end of a grace, from which a due date is at
 * risk, or on which nothing is at risk any more because the certificate has expired. Undefined while nothing is to come: what
 * is pending is looked at when it is decided.
 */
export function nextCycleCheck(cycle: Omit<Cycle, 'nextCheckOn'>, today: string): string | undefined {
  const certificate = currentCertificate(cycle);
  if (certificate === undefined) return undefined;
  const { riskDays } = ruleSetById(certificate.ruleSet);
  const expired = cycle.risks.length === 0 ? [] : [addDays(certificate.expiresOn, 1)];
  const spoken = speaking(cycle, certificate, today).flatMap(({ obligation: { dueOn, graceThrough }, subject }) => {
    const reminded = nextReminderCheck(subject, cycle.sent, today);
    const later = [addDays(dueOn, -riskDays.value), ...(graceThrough === undefined ? [] : [addDays(graceThrough, 1)])];
    return [...later.filter((day) => day > today), ...(reminded === undefined ? [] : [reminded])];
  });
  return [...expired.filter((day) => day > today), ...spoken].toSorted()[0];
}
