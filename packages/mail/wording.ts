import { percentage, type Shortfall } from '@secor/certification';
import type { LetterFacts, Recipient } from './facts.ts';
import type { Block, Item } from './layout.ts';

/** 'n things', or '1 thing'. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** A score as people read it: '79.9 % (391 of 489 points)', the percentage cut, not rounded. */
export function scoreInWords(awarded: number, available: number): string {
  return `${percentage(awarded, available)} % (${awarded} of ${counted(available, 'point')})`;
}

/** Each missed minimum with the points that it takes and how many are missing. */
export function shortfallItems(shortfalls: readonly Shortfall[]): Item[] {
  return shortfalls.map(({ scope, element, title, minimumPercent, awarded, available, required, short }) => ({
    label: scope === 'overall' ? 'Overall' : `Element ${element}, ${title}`,
    text: `${scoreInWords(awarded, available)}. The minimum of ${minimumPercent} % takes ${counted(required, 'point')}: ${counted(short, 'point')} short.`,
  }));
}

/** How to get the report of a closed audit from the partner's site, step by step [N]; the contact is told that the assessor can. */
export function howToGetReport(
  auditNumber: string,
  { role }: Pick<Recipient, 'role'>,
  { partner, assessor }: LetterFacts,
): Block[] {
  const who =
    role === 'assessor'
      ? 'The audit report is there already: no waiting.'
      : `The audit report is there already. Your assessor, ${assessor.name}, can download it for you:`;
  return [
    { kind: 'heading', text: 'How to get the report' },
    { kind: 'paragraph', text: who },
    { kind: 'steps', items: reportSteps(auditNumber, partner.site) },
  ];
}

function reportSteps(auditNumber: string, site: string): Item[] {
  return [
    { text: 'Sign in at', link: site },
    { text: 'Click My Account.' },
    { text: 'Click Auditor Portal, on the left side of the page.' },
    { text: 'Click Closed, under My Active Audits.' },
    { text: `Click the 9-digit audit number ${auditNumber} to download the report.` },
  ];
}
