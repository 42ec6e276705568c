import {
  type AuditKind,
  businessDate,
  dateInWords,
  hasTooManyEmployees,
  type Rule,
  type RuleSet,
  ruleSetOn,
} from '@secor/certification';
import { type CycleFacts, employerName, type Recipient } from './facts.ts';
import type { Block, Item } from './layout.ts';

/** The rows that say whose certificate a letter is about. */
export function certificateRows({ employer }: CycleFacts, certificateNumber: string): [label: string, value: string][] {
  return [
    ['Employer', employerName(employer)],
    ['Certificate number', certificateNumber],
  ];
}

/** Why a letter says what it says: the rules in their own words, and the dates that went in. */
export function why(rules: readonly Rule<unknown>[], dates: string): Block[] {
  return [
    { kind: 'heading', text: 'Why' },
    { kind: 'paragraph', text: [...rules.map(({ text }) => text), dates].join(' ') },
  ];
}

/** The rule set of the day of a letter's event: what an audit would be judged by that is registered then. */
function rulesOfToday({ event }: CycleFacts): RuleSet {
  return ruleSetOn(businessDate(event.at));
}

const needs: Readonly<Record<AuditKind, (rules: RuleSet) => readonly Rule<unknown>[]>> = {
  certification: (rules) => [
    rules.certificationOverallPercent,
    rules.certificationElementPercent,
    rules.fullRecordsMonths,
    rules.minRecordsMonths,
    rules.dataGatheringDays,
    rules.submissionDays,
  ],
  maintenance: (rules) => [rules.maintenanceOverallPercent, rules.dataGatheringDays, rules.submissionDays],
};

/** What an audit of a kind needs, each rule in its own words; nothing when the employer is too large for one. */
export function whatAuditNeeds(kind: AuditKind, facts: CycleFacts): Block[] {
  if (isTooLarge(kind, facts)) return [];
  return [
    { kind: 'heading', text: `What a ${kind} audit needs` },
    { kind: 'list', items: needs[kind](rulesOfToday(facts)).map(({ text }) => ({ text })) },
  ];
}

/**
 * What to do when an audit is due: what stands in the way of its registration, and how to register and submit it.
 * @param ends what the audit's end date has to be, such as 'on or before 31 May 2029'; nothing when any day will do
 */
export function howToRegister(kind: AuditKind, facts: CycleFacts, recipient: Recipient, ends?: string): Block[] {
  return [
    { kind: 'heading', text: 'What to do' },
    ...listObstacles(kind, facts),
    ...(isTooLarge(kind, facts)
      ? []
      : [
          ...whoRegisters(facts, recipient),
          {
            kind: 'steps',
            items: steps(kind, facts, recipient, ends),
            tells: { by: 'assessor', operations: ['registerAudit', 'issueLink'] },
          } satisfies Block,
        ]),
  ];
}

/** Whether the employer has more employees than can be certified again [A]. */
export function isTooLarge(kind: AuditKind, facts: CycleFacts): boolean {
  return kind === 'certification' && hasTooManyEmployees(facts.employer, businessDate(facts.event.at));
}

/** What the registration of an audit would be refused for today. */
function listObstacles(kind: AuditKind, facts: CycleFacts): Block[] {
  const { employer, partner } = facts;
  const name = employerName(employer);
  const standing = `${name} is not in good standing with ${partner.name}. No audit can be registered until it is. Settle this first.`;
  const size = `${rulesOfToday(facts).maxEmployees.text} ${name} has ${employer.employees}, so no certification audit can be registered for it. Larger employers are certified under the COR program: ask ${partner.name} how to move to it.`;
  return [
    ...(employer.goodStanding ? [] : [{ kind: 'paragraph', text: standing } as const]),
    ...(isTooLarge(kind, facts) ? [{ kind: 'paragraph', text: size } as const] : []),
  ];
}

function whoRegisters({ assessors, employer, partner }: CycleFacts, { role }: Recipient): Block[] {
  if (role === 'assessor') return [];
  const names = assessors.map(({ name }) => name);
  const [only] = names;
  if (only === undefined)
    return [
      {
        kind: 'paragraph',
        text: `No assessor is on record for ${employerName(employer)}. Call or write to ${partner.name} now: without an assessor, no audit can be registered. The assessor then does this:`,
      },
    ];
  const who = names.length === 1 ? `Your assessor, ${only},` : `One of your assessors (${names.join(', ')})`;
  return [{ kind: 'paragraph', text: `${who} can do this for you:` }];
}

function steps(kind: AuditKind, { employer, partner }: CycleFacts, { role }: Recipient, ends?: string): Item[] {
  const whose = role === 'assessor' ? 'Your' : "The assessor's";
  return [
    { text: 'Sign in at', link: partner.site },
    {
      text: `Click My Account, then Auditor Portal, and register a ${kind} audit of ${employerName(employer)}. This gives the 9-digit audit number and an upload link. ${whose} status must be valid on that day.`,
    },
    {
      text: `Do the audit.${ends === undefined ? '' : ` Its end date, the last day of the data gathering, must be ${ends}.`}`,
    },
    {
      text: 'Upload the package with the link.',
    },
    {
      text: `Or send a binder instead: do the audit, do not register it, and mail the binder to ${partner.name}. It gets its audit number when it arrives. ${whose} status must be valid on the day of the postmark.`,
    },
  ];
}

/** A day through which something can arrive, in words: '30 June 2026, Alberta time'. */
export function throughDay(date: string): string {
  return `${dateInWords(date)}, Alberta time`;
}
