/**
 * What a sentence says, by name: dates as 'YYYY-MM-DD', instants as ISO UTC, counts as numbers, sizes in bytes, ids and states as they
 * are stored. A list is one text, its items with a comma and a space between them.
 */
export type Values = Readonly<Record<string, string | number>>;

/** A sentence for people with what a page needs to say it in another language: which sentence it is, and what it says. */
export type Sentence<Code extends string = string> = {
  readonly code: Code;
  readonly values: Values;
  readonly text: string;
};

/** What each code's sentence is given: its values, or nothing. */
export type Given = Readonly<Record<string, readonly Values[]>>;

/** Sentences by their codes, each written from its values alone; so a sentence can't say what its values do not. */
export type Catalogue<G extends Given> = { readonly [Code in keyof G]: (...values: G[Code]) => string };

/** A function that says the sentences of a catalogue; the compiler asks for the values of each code. */
export function sayFrom<G extends Given>(catalogue: Catalogue<G>) {
  return <Code extends keyof G & string>(code: Code, ...given: G[Code]): Sentence<Code> => ({
    code,
    values: given[0] ?? {},
    text: catalogue[code](...given),
  });
}
