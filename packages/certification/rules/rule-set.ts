/**
 * Rules: every number of the program, with its source, as in force from one day on. This folder imports nothing.
 */

/** A number of the program with where it comes from: [N] the partner's newsletter, [P] public rules of the field, [A] our assumption. */
export type Rule<T = number> = {
  readonly value: T;
  readonly source: 'N' | 'P' | 'A';
  /** The rule in words, one sentence. */
  readonly text: string;
};

/** Every number of the program, as in force from one day on. An audit is judged by the rule set of its registration day. */
export type RuleSet = {
  readonly id: string;
  /** The first day on which it holds, 'YYYY-MM-DD'. */
  readonly from: string;
  readonly protocol: Rule<string>;
  readonly certificationOverallPercent: Rule;
  readonly certificationElementPercent: Rule;
  readonly maintenanceOverallPercent: Rule;
  readonly certificateYears: Rule;
  /** Months of records from which a certificate is given for the full years. */
  readonly fullRecordsMonths: Rule;
  /** Years of a certificate that rests on fewer months of records. */
  readonly shortCertificateYears: Rule;
  /** Fewer months of records than this are refused. */
  readonly minRecordsMonths: Rule;
  /** Days of the data gathering, both ends counted; more is a warning. */
  readonly dataGatheringDays: Rule;
  /** Days from the audit's end to the package's arrival; more is a warning. */
  readonly submissionDays: Rule;
  /** Days that the assessor has for a revision that was requested. */
  readonly revisionDays: Rule;
  /** Days after its closing in which an audit can be reopened. */
  readonly reopenDays: Rule;
  /** The most employees that an employer may have to be certified. */
  readonly maxEmployees: Rule;
  /** The part of the year in which a maintenance audit falls due: that of the certificate's expiry. */
  readonly maintenanceWindow: Rule<'month' | 'quarter'>;
  /** Days after its due date in which a maintenance audit can still be met. */
  readonly graceDays: Rule;
  /** Days before the expiry on which a reminder is due. */
  readonly expiryReminderDays: Rule<readonly number[]>;
  /** Days before the maintenance window begins on which a reminder is due. */
  readonly maintenanceReminderDays: Rule<readonly number[]>;
  /** Days before the maintenance window ends on which the last reminder is due. */
  readonly lastMaintenanceReminderDays: Rule;
  /** Years that an assessor's status holds after the latest course. */
  readonly refresherYears: Rule;
  /** Days before the status ends on which a reminder is due. */
  readonly refresherReminderDays: Rule<readonly number[]>;
  /** Days after its registration on which an audit without a package is reminded of. */
  readonly packageReminderDays: Rule<readonly number[]>;
  /** Days before a revision is due on which a reminder of it is due. */
  readonly revisionReminderDays: Rule<readonly number[]>;
  /** Days before a due date from which it is at risk when no audit is registered. */
  readonly riskDays: Rule;
  /** Days after its receipt from which a binder is at risk when its package is not entered. */
  readonly binderEntryDays: Rule;
};

const rules2015: RuleSet = {
  id: 'rules-2015',
  // [A] The day from which it holds.
  from: '2015-01-01',
  protocol: {
    value: 'secor-2015',
    source: 'A',
    text: 'An audit registered from 2015-01-01 on answers the protocol secor-2015.',
  },
  certificationOverallPercent: {
    value: 80,
    source: 'N',
    text: 'A certification audit passes with at least 80 % of all available points.',
  },
  certificationElementPercent: {
    value: 50,
    source: 'N',
    text: 'A certification audit passes with at least 50 % of the available points of every element.',
  },
  maintenanceOverallPercent: {
    value: 60,
    source: 'N',
    text: 'A maintenance audit passes with at least 60 % of all available points.',
  },
  certificateYears: {
    value: 3,
    source: 'N',
    text: 'A certificate expires three years after the end date of its certification audit.',
  },
  fullRecordsMonths: {
    value: 12,
    source: 'P',
    text: 'A certificate for the full term needs at least 12 months of records.',
  },
  shortCertificateYears: {
    value: 1,
    source: 'P',
    text: 'A certificate with fewer months of records than the full term needs expires after one year.',
  },
  minRecordsMonths: {
    value: 3,
    source: 'P',
    text: 'A certificate needs at least 3 months of records.',
  },
  dataGatheringDays: {
    value: 15,
    source: 'P',
    text: 'The data gathering of an audit may last at most 15 days, its first and last day included.',
  },
  submissionDays: {
    value: 21,
    source: 'P',
    text: 'The package of an audit must arrive within 21 days of the audit end date.',
  },
  revisionDays: {
    value: 15,
    source: 'P',
    text: 'A revision is due 15 days after it was requested.',
  },
  reopenDays: {
    value: 30,
    source: 'A',
    text: 'A closed audit can be reopened within 30 days.',
  },
  maxEmployees: {
    value: 10,
    source: 'P',
    text: 'SECOR is for employers of at most 10 employees.',
  },
  maintenanceWindow: {
    value: 'month',
    source: 'N',
    text: 'A maintenance audit is due by the end of the month of the expiry date, in years 2 and 3.',
  },
  graceDays: {
    value: 30,
    source: 'A',
    text: 'A maintenance audit that is overdue by more than 30 days cancels the certificate.',
  },
  expiryReminderDays: {
    value: [90, 60, 30, 7],
    source: 'A',
    text: 'A reminder of the expiry goes out 90, 60, 30 and 7 days before it, and on the day after it.',
  },
  maintenanceReminderDays: {
    value: [60, 30],
    source: 'A',
    text: 'A reminder of a maintenance audit goes out 60 and 30 days before the month in which it is due begins, and on its first day.',
  },
  lastMaintenanceReminderDays: {
    value: 7,
    source: 'A',
    text: 'A reminder of a maintenance audit goes out 7 days before it is due, and on the day after.',
  },
  refresherYears: {
    value: 3,
    source: 'N',
    text: "An assessor's status holds for three years from the latest of the initial training and any refresher.",
  },
  refresherReminderDays: {
    value: [90, 30, 7],
    source: 'A',
    text: "A reminder of the refresher goes out 90, 30 and 7 days before the assessor's status ends, and on the day after.",
  },
  packageReminderDays: {
    value: [14, 44, 74],
    source: 'A',
    text: 'A reminder of a registered audit without a package goes out 14 days after its registration and then every 30 days, three times at most: after 14, 44 and 74 days.',
  },
  revisionReminderDays: {
    value: [7, 2],
    source: 'A',
    text: 'A reminder of a requested revision goes out 7 and 2 days before it is due.',
  },
  riskDays: {
    value: 30,
    source: 'A',
    text: 'A due date is at risk when no audit is registered 30 days before it.',
  },
  binderEntryDays: {
    value: 7,
    source: 'A',
    text: 'A binder is at risk when its package is not entered 7 days after its receipt.',
  },
};

const rules2020: RuleSet = {
  ...rules2015,
  id: 'rules-2020',
  // [A] The day from which it holds.
  from: '2020-01-01',
  protocol: {
    value: 'secor-2020',
    source: 'A',
    text: 'An audit registered from 2020-01-01 on answers the protocol secor-2020.',
  },
};

/** The rule sets, oldest first. One that has judged an audit is never edited: a change is a new one with its own first day. */
const ruleSets: readonly [RuleSet, ...RuleSet[]] = [rules2015, rules2020];

/** The ids of the rule sets, oldest first. */
export const ruleSetIds: readonly string[] = ruleSets.map(({ id }) => id);

/**
 * The rule set in force on a day: for an audit, its registration day.
 * @param date business date, 'YYYY-MM-DD'
 * @throws Error for a day before the first rule set
 */
export function ruleSetOn(date: string): RuleSet {
  const inForce = ruleSets.findLast((ruleSet) => ruleSet.from <= date);
  if (inForce === undefined) {
    throw new Error(
      `No rule set is in force on ${date}: the first, ${ruleSets[0].id}, holds from ${ruleSets[0].from}.`,
    );
  }
  return inForce;
}

/**
 * The rule set in force on a day, and the first one for the days before it [A]: a course can be older than the rule sets.
 * @param date business date, 'YYYY-MM-DD'
 */
export function ruleSetOrFirst(date: string): RuleSet {
  return date < ruleSets[0].from ? ruleSets[0] : ruleSetOn(date);
}

/**
 * The rule set with this id, as an audit has recorded it.
 * @throws Error when there is none
 */
export function ruleSetById(id: string): RuleSet {
  const found = ruleSets.find((ruleSet) => ruleSet.id === id);
  if (found === undefined) {
    throw new Error(`There is no rule set "${id}": there are ${ruleSets.map((ruleSet) => ruleSet.id).join(', ')}.`);
  }
  return found;
}
