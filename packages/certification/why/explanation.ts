/**
 * Why: the rule, its source and the facts behind everything that is computed. This folder imports all others.
 */

import { dateInWords } from '../calendar.ts';
import type { Rule, RuleSet } from '../rules/rule-set.ts';
import type { Sentence } from '../sentence.ts';
import type { reasonSentences, subjectSentences, valueSentences } from './sentences.ts';

/**
 * A rule as an explanation cites it: `code` is its name in the rule set; [N] newsletter, [P] public, [A] assumption; the id of its
 * rule set and the day from which it holds.
 */
export type CitedRule = Sentence & {
  readonly source: 'N' | 'P' | 'A';
  readonly ruleSet: string;
  readonly from: string;
};

/** Explains a computed value to people; dates are in words. */
export type Explanation = {
  /** What is explained, such as 'Expiry date of certificate 412345678-1'. */
  readonly what: Sentence<keyof typeof subjectSentences>;
  readonly value: Sentence<keyof typeof valueSentences>;
  /** One sentence. */
  readonly because: Sentence<keyof typeof reasonSentences>;
  readonly rules: readonly CitedRule[];
  /** The facts that it was computed from. */
  readonly facts: readonly Sentence[];
};

/** A value of a rule as one value of its sentence. */
function ruleValue(value: unknown): string | number {
  if (typeof value === 'number') return value;
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** Cites rules of a rule set. */
export function cite(ruleSet: RuleSet, ...rules: readonly Rule<unknown>[]): CitedRule[] {
  const names = Object.entries(ruleSet);
  return rules.map((rule) => ({
    code: names.find(([, each]) => each === rule)?.[0] ?? '',
    values: { value: ruleValue(rule.value) },
    text: rule.text,
    source: rule.source,
    ruleSet: ruleSet.id,
    from: ruleSet.from,
  }));
}

/** A fact by its name, which is also its code; none when there is no value. */
export function fact(name: string, value: string | number | undefined): Sentence[] {
  return value === undefined ? [] : [{ code: codeOf(name), values: { value }, text: `${name}: ${value}` }];
}

/** A fact that is a date, in words; none when there is no date. */
export function dateFact(name: string, date: string | undefined): Sentence[] {
  return date === undefined ? [] : [{ code: codeOf(name), values: { date }, text: `${name}: ${dateInWords(date)}` }];
}

/** 'audit end date' is 'audit-end-date'. */
function codeOf(name: string): string {
  return name.replaceAll(' ', '-');
}
