import { percentage, type Shortfall } from '@secor/certification';
import type { Item } from './layout.ts';

const longDate = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

/** A date in words: '2029-05-31' gives '31 May 2029'. */
export function dateInWords(date: string): string {
  return longDate.format(new Date(`${date}T00:00:00Z`));
}

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

/** How to get the report of a closed audit from the partner's site, step by step [N]. */
export function reportSteps(auditNumber: string, site: string): Item[] {
  return [
    { text: 'Sign in at', link: site },
    { text: 'Click My Account.' },
    { text: 'Click Auditor Portal, on the left side of the page.' },
    { text: 'Click Closed, under My Active Audits.' },
    { text: `Click the 9-digit audit number ${auditNumber} to download the report.` },
  ];
}
