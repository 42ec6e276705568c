import type { AdvancedDay } from '@secor/local-cloud';
import { duration } from './format.ts';

/** What all days of an advance came to. */
type Total = { readonly days: number; readonly letters: number; readonly failedDays: number };

/** So many letters of a day are named one by one. */
const maxNamed = 5;

/** Tells of days as they pass: a line for each on which something happened, one for all between that were empty. */
export function createDayTeller(out: (text: string) => void) {
  let empty = 0;
  let days = 0;
  let letters = 0;
  let failedDays = 0;
  const endEmpty = (): void => {
    if (empty > 0) out(`${counted(empty, 'day')}: nothing\n`);
    empty = 0;
  };
  return {
    day(day: AdvancedDay): void {
      days += 1;
      letters += day.letters.length;
      if (day.failures.length > 0) failedDays += 1;
      const line = happened(day);
      if (line === '') {
        empty += 1;
        return;
      }
      endEmpty();
      out(`${day.date}  ${line}\n`);
    },
    end(): Total {
      endEmpty();
      return { days, letters, failedDays };
    },
  };
}

/** The summary at the end of an advance to a date, which took so many milliseconds. */
export function advanceTold({ days, letters, failedDays }: Total, to: string, milliseconds: number): string {
  const what = `${counted(letters, 'letter')}, ${failedDays === 0 ? 'no failure' : `failures on ${counted(failedDays, 'day')}`}`;
  return `Today is now ${to}. ${counted(days, 'day')}, ${what} (${duration(milliseconds)}).\n`;
}

/** What happened on a day, in one line; empty when nothing did. */
function happened({ letters, failures, open }: AdvancedDay): string {
  return [
    letters.length === 0 ? '' : `${counted(letters.length, 'letter')}: ${subjects(letters)}`,
    failures.length === 0 ? '' : `FAILED: ${failures.join(', ')}`,
    open.length === 0 ? '' : `continues the next day: ${open.join(', ')}`,
  ]
    .filter((part) => part !== '')
    .join('; ');
}

/** The subjects; when there are many, how many of each kind, whatever audit they are about. */
function subjects(letters: readonly string[]): string {
  if (letters.length <= maxNamed) return letters.map((subject) => `"${subject}"`).join(', ');
  const kinds = new Map<string, number>();
  for (const subject of letters) {
    const kind = subject.replaceAll(/\b\d{9}\b/g, '…');
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds]
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${count} × "${kind}"`)
    .join(', ');
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString('en-CA')} ${what}${count === 1 ? '' : 's'}`;
}
