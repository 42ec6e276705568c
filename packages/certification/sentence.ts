/**
 * What a sentence says, by name: dates as 'YYYY-MM-DD', instants as ISO UTC, counts as numbers, ids and states as they are stored. A
 * list is one text, its items with a comma and a space between them.
 */
export type Values = Readonly<Record<string, string | number>>;

/** A sentence for people with what a page needs to say it in another language: which sentence it is, and what it says. */
export type Sentence<Code extends string = string> = {
  readonly code: Code;
  readonly values: Values;
  readonly text: string;
};

/** Sentences by their codes, each written from its values alone; so a sentence can't say what its values do not. */
export type Catalogue<V> = { readonly [Code in keyof V]: (values: V[Code]) => string };

/** A function that says the sentences of a catalogue; the compiler knows the values of each code. */
export function sayFrom<V>(catalogue: Catalogue<V>) {
  return <Code extends keyof V & string>(code: Code, values: V[Code] & Values): Sentence<Code> => ({
    code,
    values,
    text: catalogue[code](values),
  });
}
