import { expect } from 'vitest';
import { addDays, dateInWords, isDate } from './calendar.ts';
import type { Catalogue, Given, Values } from './sentence.ts';

/** Values for each code of a catalogue: the compiler asks for those of a new code, and refuses what its sentence does not take. */
export type Samples<C extends Readonly<Record<string, (...values: never) => string>>> = {
  readonly [Code in keyof C]: Parameters<C[Code]>;
};

/** Bounds of a form, and examples of one: they are the same in every language. */
const bounds = ['0', '1', '255', '00:00', '23:59', '7', '2026-05-31', '2026-05-31T06:00:00.000'];

const numbers = /\d(?:[\dT.,:-]*\d)?/g;

function shown(value: string | number): string[] {
  if (typeof value === 'number') return [String(value), value.toLocaleString('en-CA'), String(value / 1024 ** 3)];
  const parts = value.match(numbers) ?? [];
  return parts.flatMap((part) => [part, ...(isDate(part) ? (dateInWords(part).match(numbers) ?? []) : [])]);
}

/** The numbers of a sentence that its values do not have, sizes in GiB. There must be none: a page could not say them in another language. */
export function notInValues(text: string, values: Values): string[] {
  const known = new Set([...bounds, ...Object.values(values).flatMap(shown)]);
  return (text.replaceAll('UTF-8', '').match(numbers) ?? []).filter((each) => !known.has(each));
}

function other(value: string | number): string | number {
  if (typeof value === 'number') return value + 1;
  return isDate(value) ? addDays(value, 1) : `${value}x`;
}

/** Fails unless the sentence of a code shows each of its values, and no number that is not one of them. */
export function expectSaidByValues<G extends Given>(
  catalogue: Catalogue<G>,
  samples: { readonly [Code in keyof G]: G[Code] },
  code: keyof G,
): void {
  const say = (given: G[keyof G]) => catalogue[code](...given);
  const text = say(samples[code]);
  const values = samples[code][0] ?? {};
  expect(text).not.toMatch(/undefined|NaN|\[object/);
  expect(notInValues(text, values)).toEqual([]);
  for (const [name, value] of Object.entries(values)) {
    const changed = structuredClone(samples[code]);
    Reflect.set(changed[0] ?? {}, name, other(value));
    expect(say(changed), `${name} is shown`).not.toBe(text);
  }
}

/** The codes of a catalogue, for a table of tests. */
export function codesOf<G extends Given>(catalogue: Catalogue<G>): (keyof G & string)[] {
  return Object.keys(catalogue) as (keyof G & string)[];
}
