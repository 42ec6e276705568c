import type { Bidi } from 'bidi-js';

export type Direction = 'ltr' | 'rtl';

/** A part of a line in one direction, in the order in which the parts stand from left to right. */
export type Run = { readonly text: string; readonly direction: Direction };

const strong = /\p{L}/u;
/** Letters that are written from right to left: Hebrew, Arabic and their neighbours. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

let algorithm: Bidi | undefined;

/** Loads the algorithm: once, before the first line is set. */
export async function loadTextDirection(): Promise<void> {
  if (algorithm !== undefined) return;
  const { default: bidiFactory } = await import('bidi-js/dist/bidi.mjs');
  algorithm = bidiFactory();
}

/** The direction of a paragraph: that of its first letter. */
export function directionOf(paragraph: string): Direction {
  return rightToLeft.test(strong.exec(paragraph)?.[0] ?? '') ? 'rtl' : 'ltr';
}

/** Whether anything in a text is written from right to left. */
export function hasRightToLeft(text: string): boolean {
  return rightToLeft.test(text);
}

/**
 * The parts of a line from left to right, by the Unicode Bidirectional Algorithm. The text of each part is in its logical order,
 * with the brackets as they look in its direction: the font shapes and turns it.
 *
 * @param base the direction of the line's paragraph
 */
export function runsOf(line: string, base: Direction): Run[] {
  if (!hasRightToLeft(line)) return [{ text: line, direction: 'ltr' }];
  if (algorithm === undefined) throw new Error('The algorithm of text directions is not loaded.');
  const levels = algorithm.getEmbeddingLevels(line, base);
  const mirrored = algorithm.getMirroredCharactersMap(line, levels.levels);
  const isReversed = (index: number) => (levels.levels[index] ?? 0) % 2 === 1;
  const runs: { first: number; last: number }[] = [];
  for (const index of algorithm.getReorderedIndices(line, levels)) {
    const run = runs.at(-1);
    const next = run !== undefined && (isReversed(run.first) ? index === run.first - 1 : index === run.last + 1);
    if (run !== undefined && next && levels.levels[index] === levels.levels[run.first]) {
      run.first = Math.min(run.first, index);
      run.last = Math.max(run.last, index);
    } else runs.push({ first: index, last: index });
  }
  return runs.map(({ first, last }) => {
    const text = Array.from({ length: last - first + 1 }, (_, at) => mirrored.get(first + at) ?? line[first + at]).join(
      '',
    );
    const reversed = Array.from(text).reverse().join('');
    // The font turns each run that has characters of these scripts, and no other; their digits go from left to right all the same.
    if (!rightToLeft.test(text)) return { text: isReversed(first) ? reversed : text, direction: 'ltr' };
    return { text: isReversed(first) ? text : reversed, direction: 'rtl' };
  });
}
