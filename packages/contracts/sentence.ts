import * as v from 'valibot';

/** What a sentence says, for a page that says it in another language. */
export const Values = v.record(v.string(), v.union([v.string(), v.number()]));

/** A sentence for people: which one it is, what it says, and the sentence in English. */
export const Sentence = v.object({ code: v.string(), values: Values, text: v.string() });
