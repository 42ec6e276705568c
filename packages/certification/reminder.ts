import { addDays } from './calendar.ts';
import { type Certificate, type Cycle, currentCertificate, lastPassedBy } from './cycle.ts';
import type { Milestone, ReminderKind, SentMilestone } from './milestone.ts';
import { type CycleFacts, type JudgedObligation, judgeCertificate } from './obligation.ts';
import { type RuleSet, ruleSetById } from './rule-set.ts';

/** A milestone of a subject, with its own day. */
export type MilestoneDay = { readonly milestone: Milestone; readonly day: string };

/** What a letter reminds of, as its event tells it. */
export type CycleReminder = SentMilestone & {
  readonly certificateNumber: string;
  readonly expiresOn: string;
  readonly ruleSet: string;
  /** Of a maintenance audit: when the window begins in which it is due, and how long the grace lasts. */
  readonly windowFrom?: string;
  readonly graceThrough?: string;
  /** The assessor of the audit that was passed last. */
  readonly assessorId?: string;
};

function before(day: string, days: readonly number[]): MilestoneDay[] {
  return days.map((count) => ({ milestone: `${count} days before`, day: addDays(day, -count) }));
}

/**
 * The milestones of something due, in the order of their days: by the rule set that laid it down [A].
 * @param windowFrom the first day of the window at whose end a maintenance audit is due
 */
export function milestonesOf(kind: ReminderKind, dueOn: string, ruleSet: RuleSet, windowFrom = dueOn): MilestoneDay[] {
  const over: MilestoneDay = { milestone: 'over', day: addDays(dueOn, 1) };
  const milestones = (): MilestoneDay[] => {
    switch (kind) {
      case 'expiry':
        return before(dueOn, ruleSet.expiryReminderDays.value);
      case 'refresher':
        return before(dueOn, ruleSet.refresherReminderDays.value);
      case 'maintenance':
        return [
          ...before(windowFrom, ruleSet.maintenanceReminderDays.value),
          { milestone: 'window begins', day: windowFrom },
          ...before(dueOn, [ruleSet.lastMaintenanceReminderDays.value]),
        ];
    }
  };
  return [...milestones(), over].toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
}

/**
 * What of a subject is to be told on a day: only the latest milestone that has passed, when neither it nor a later one has been
 * recorded [A].
 */
export function reminderOn(
  subject: { readonly kind: ReminderKind; readonly dueOn: string },
  milestones: readonly MilestoneDay[],
  sent: readonly SentMilestone[],
  today: string,
): SentMilestone | undefined {
  const { kind, dueOn } = subject;
  const latest = milestones.findLast(({ day }) => day <= today);
  const recorded = sent.find((each) => each.kind === kind && each.dueOn === dueOn);
  if (latest === undefined || (recorded !== undefined && recorded.day >= latest.day)) return undefined;
  return { kind, dueOn, ...latest };
}

/** The recorded milestones with one more: the latest of each kind and due date is enough. */
export function remember(
  sent: readonly SentMilestone[],
  { kind, dueOn, milestone, day }: SentMilestone,
): SentMilestone[] {
  return [...sent.filter((each) => each.kind !== kind || each.dueOn !== dueOn), { kind, dueOn, milestone, day }];
}

/** A due date that is reminded of while it speaks: it is open or overdue. */
type Speaking = {
  readonly obligation: JudgedObligation;
  readonly kind: ReminderKind;
  readonly milestones: MilestoneDay[];
};

/** The due dates of the current certificate that speak on a day: none that is pending, met, forgiven or cancelled [A]. */
function speaking(cycle: CycleFacts, certificate: Certificate, today: string): Speaking[] {
  const ruleSet = ruleSetById(certificate.ruleSet);
  return judgeCertificate(cycle, certificate, today).obligations.flatMap((obligation) => {
    if (obligation.state !== 'open' && obligation.state !== 'overdue') return [];
    const kind = obligation.kind === 'maintenance' ? 'maintenance' : 'expiry';
    return [{ obligation, kind, milestones: milestonesOf(kind, obligation.dueOn, ruleSet, obligation.windowFrom) }];
  });
}

/** The reminders of a cycle that are due on a day and were not recorded. */
export function cycleReminders(cycle: Cycle, today: string): CycleReminder[] {
  const certificate = currentCertificate(cycle);
  if (certificate === undefined) return [];
  const { certificateNumber, expiresOn, ruleSet } = certificate;
  const assessorId = lastPassedBy(cycle);
  return speaking(cycle, certificate, today).flatMap(({ obligation, kind, milestones }) => {
    const { dueOn, windowFrom, graceThrough } = obligation;
    const reminder = reminderOn({ kind, dueOn }, milestones, cycle.sent, today);
    if (reminder === undefined) return [];
    return [
      {
        ...reminder,
        certificateNumber,
        expiresOn,
        ruleSet,
        ...(windowFrom === undefined ? {} : { windowFrom }),
        ...(graceThrough === undefined ? {} : { graceThrough }),
        ...(assessorId === undefined ? {} : { assessorId }),
      },
    ];
  });
}

/** The day on which a subject has to be looked at: today when something is to be told, else the day of its next milestone. */
export function subjectWakesOn(
  subject: { readonly kind: ReminderKind; readonly dueOn: string },
  milestones: readonly MilestoneDay[],
  sent: readonly SentMilestone[],
  today: string,
): string | undefined {
  if (reminderOn(subject, milestones, sent, today) !== undefined) return today;
  return milestones.find(({ day }) => day > today)?.day;
}

/**
 * The day on which the sweep has to look at a cycle: of the next reminder, of the end of a grace, from which a due date is at
 * risk, or on which nothing is at risk any more because the certificate has expired. Undefined while nothing is to come: what
 * is pending is looked at when it is decided.
 */
export function cycleWakesOn(cycle: Omit<Cycle, 'wakesOn'>, today: string): string | undefined {
  const certificate = currentCertificate(cycle);
  if (certificate === undefined) return undefined;
  const { riskDays } = ruleSetById(certificate.ruleSet);
  const expired = cycle.risks.length === 0 ? [] : [addDays(certificate.expiresOn, 1)];
  const spoken = speaking(cycle, certificate, today).flatMap(
    ({ obligation: { dueOn, graceThrough }, kind, milestones }) => {
      const reminded = subjectWakesOn({ kind, dueOn }, milestones, cycle.sent, today);
      const later = [
        addDays(dueOn, -riskDays.value),
        ...(graceThrough === undefined ? [] : [addDays(graceThrough, 1)]),
      ];
      return [...later.filter((day) => day > today), ...(reminded === undefined ? [] : [reminded])];
    },
  );
  return [...expired.filter((day) => day > today), ...spoken].toSorted()[0];
}
