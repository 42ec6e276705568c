import { describe, expect, it } from 'vitest';
import { advanceTold, createDayTeller } from './advanced-days.ts';

const nothing = { letters: [], failures: [], open: [] };

function told(...days: readonly Partial<Parameters<ReturnType<typeof createDayTeller>['day']>[0]>[]): string {
  let text = '';
  const teller = createDayTeller((line) => {
    text += line;
  });
  for (const day of days) teller.day({ date: '2029-03-10', ...nothing, ...day });
  const total = teller.end();
  return text + advanceTold(total, '2029-03-12', 1500);
}

describe('days that pass', () => {
  it('are summed up while nothing happens', () => {
    expect(told(...Array(1097).fill({}))).toBe(
      '1,097 days: nothing\nToday is now 2029-03-12. 1,097 days, 0 letters, no failure (1.5 s).\n',
    );
  });

  it('have a line each when something happens', () => {
    expect(
      told(
        {},
        {},
        { date: '2029-03-12', letters: ['A', 'B'] },
        { date: '2029-03-13', letters: ['C'], failures: ['2 in mail-dead-letters'], open: ['mail: 1 in flight'] },
        {},
      ),
    ).toBe(
      [
        '2 days: nothing',
        '2029-03-12  2 letters: "A", "B"',
        '2029-03-13  1 letter: "C"; FAILED: 2 in mail-dead-letters; continues the next day: mail: 1 in flight',
        '1 day: nothing',
        'Today is now 2029-03-12. 5 days, 3 letters, failures on 1 day (1.5 s).\n',
      ].join('\n'),
    );
  });

  it('count letters of a kind when there are many', () => {
    const letters = ['412345678', '412345679', '412345670', '412345671'].map((number) => `Audit ${number} is due`);
    expect(told({ letters: [...letters, 'Other', 'Other'] })).toContain(
      '6 letters: 4 × "Audit … is due", 2 × "Other"\n',
    );
  });
});
