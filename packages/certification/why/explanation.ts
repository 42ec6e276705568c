/**
 * Why: the rule, its source and the facts behind everything that is computed. This folder imports all others.
 */

import { dateInWords } from '../calendar.ts';
import type { Rule, RuleSet } from '../rules/rule-set.ts';

/** A rule as an explanation cites it: [N] newsletter, [P] public, [A] assumption; the id of its rule set and the day from which it holds. */
export type CitedRule = {
  readonly text: string;
  readonly source: 'N' | 'P' | 'A';
  readonly ruleSet: string;
  readonly from: string;
};

/** Explains a computed value to people; dates are in words. */
export type Explanation = {
  /** What is explained, such as 'Expiry date of certificate 412345678-1'. */
  readonly what: string;
  readonly value: string;
  /** One sentence. */
  readonly because: string;
  readonly rules: readonly CitedRule[];
  /** The facts that it was computed from. */
  readonly facts: readonly Fact[];
};

export type Fact = { readonly name: string; readonly value: string };

/** Cites rules of a rule set. */
export function cite({ id, from }: RuleSet, ...rules: readonly Rule<unknown>[]): CitedRule[] {
  return rules.map(({ text, source }) => ({ text, source, ruleSet: id, from }));
}

/** A fact; none when there is no value. */
export function fact(name: string, value: string | number | undefined): Fact[] {
  return value === undefined ? [] : [{ name, value: String(value) }];
}

/** A fact that is a date, in words; none when there is no date. */
export function dateFact(name: string, date: string | undefined): Fact[] {
  return fact(name, date === undefined ? undefined : dateInWords(date));
}
