import { buffer } from 'node:stream/consumers';
import { type Direction, directionOf, hasRightToLeft, loadTextDirection, runsOf } from './text-direction.ts';

/** Paths of the TrueType files that a document is set in. */
export type Fonts = { readonly regular: string; readonly bold: string };

export type Style = { readonly size: number; readonly colour: string; readonly bold?: boolean };

/** A paragraph: its text may hold anything. Sizes and distances are in points everywhere. */
export type Block = {
  readonly text: string;
  readonly style: Style;
  /** Distance to the block above it. */
  readonly before?: number;
  /** No page ends between this block and the next. */
  readonly keepWithNext?: boolean;
};

export type Align = 'left' | 'right' | 'center';

/** One set line of a block; `top` is its distance from the top of the first line of the stack. */
export type Line = {
  readonly block: Block;
  readonly text: string;
  /** The direction of its paragraph. */
  readonly direction: Direction;
  readonly top: number;
  readonly bottom: number;
  readonly endsPage: boolean;
};

export const colours = {
  ink: '#1f2933',
  quiet: '#52606d',
  rule: '#cbd2d9',
  shade: '#f0f3f5',
  accent: '#1d4f7c',
  good: '#1b6e3c',
  bad: '#9b2c1d',
  paper: '#ffffff',
} as const;

// Made at first use: an Intl object at load would cost every start of the function.
let graphemes: Intl.Segmenter | undefined;

/**
 * A PDF document that is being set, tagged for assistive technology: what is drawn is either content of a structure
 * element or marked as decoration. `y` is where the next thing goes, counted from the top of the page.
 */
export class Sheet {
  readonly doc: PDFKit.PDFDocument;
  readonly root: PDFKit.PDFStructureElement;
  readonly left: number;
  readonly width: number;
  y = 0;
  readonly #fonts: Fonts;
  /** What a page begins with: the head of the table that runs over it. */
  #pageHead: () => void = () => {};

  private constructor(doc: PDFKit.PDFDocument, fonts: Fonts) {
    this.doc = doc;
    this.#fonts = fonts;
    this.left = doc.page.margins.left;
    this.width = doc.page.width - this.left - doc.page.margins.right;
    this.root = doc.struct('Document');
    doc.addStructure(this.root);
    this.y = doc.page.margins.top;
  }

  /** Opens a document in Letter format. `madeOn` is its creation date ('YYYY-MM-DD'): the same calls then give the same bytes. */
  static async open(
    fonts: Fonts,
    facts: { readonly title: string; readonly madeOn: string },
    page: { readonly layout: 'portrait' | 'landscape'; readonly margins: PDFKit.Mixins.ExpandedSides<number> },
  ): Promise<Sheet> {
    // pdfkit takes longer to load than all the rest of a function: only the one that makes a document pays for it.
    const [{ default: PDFDocument }] = await Promise.all([import('pdfkit'), loadTextDirection()]);
    const doc = new PDFDocument({
      ...page,
      size: 'LETTER',
      // With a path, pdfkit never looks for its own fonts, which a bundle does not hold.
      font: fonts.regular,
      pdfVersion: '1.7',
      tagged: true,
      lang: 'en-CA',
      displayTitle: true,
      bufferPages: true,
      // No text but ours in the title: pdfkit writes it unescaped into the XML metadata.
      info: { Title: facts.title, CreationDate: new Date(`${facts.madeOn}T12:00:00Z`) },
    });
    return new Sheet(doc, fonts);
  }

  /** Ends the document and gives its bytes. */
  async bytes(): Promise<Buffer> {
    this.root.end();
    this.doc.end();
    return buffer(this.doc);
  }

  get bottom(): number {
    return this.doc.page.height - this.doc.page.margins.bottom;
  }

  get space(): number {
    return this.bottom - this.y;
  }

  newPage(): void {
    this.doc.addPage();
    this.y = this.doc.page.margins.top;
    this.#pageHead();
  }

  /** Begins a new page when less than `height` is left on this one. */
  need(height: number): void {
    if (this.space < height) this.newPage();
  }

  /** Does `work`; each page that it begins starts with `head`. */
  withPageHead(head: () => void, work: () => void): void {
    this.#pageHead = head;
    work();
    this.#pageHead = () => {};
  }

  /**
   * Adds a structure element of this type (H1, P, Table, …) to another.
   *
   * @param text what it says: text from right to left is drawn in another order than it is read aloud
   */
  element(
    parent: PDFKit.PDFStructureElement,
    type: string,
    { scope, text = '' }: { readonly scope?: 'Column' | 'Row' | undefined; readonly text?: string } = {},
  ): PDFKit.PDFStructureElement {
    const options: PDFKit.Mixins.StructureElementOptions & { scope?: string | undefined } = {
      scope,
      ...(hasRightToLeft(text) ? { actual: printable(text) } : {}),
    };
    const element = this.doc.struct(type, options);
    parent.add(element);
    return element;
  }

  /** Draws content of a structure element. */
  content(element: PDFKit.PDFStructureElement, type: string, draw: () => void): void {
    element.add(this.doc.markStructureContent(type));
    draw();
    this.doc.endMarkedContent();
  }

  /** Draws what assistive technology leaves out: lines, shades, and what repeats on each page. */
  decoration(type: 'Layout' | 'Pagination', draw: () => void): void {
    this.doc.markContent('Artifact', { type });
    draw();
    this.doc.endMarkedContent();
  }

  rule(x: number, y: number, width: number, colour: string = colours.rule, thickness = 0.6): void {
    this.decoration('Layout', () => this.doc.rect(x, y - thickness / 2, width, thickness).fill(colour));
  }

  /**
   * Draws one line of text whose line box begins at `y`; alignment is within `width`. Text from right to left is drawn in its order.
   *
   * @param direction of the line's paragraph
   */
  write(
    text: string,
    style: Style,
    x: number,
    y: number,
    width: number,
    align: Align = 'left',
    { spacing = 0, direction = directionOf(text) }: { readonly spacing?: number; readonly direction?: Direction } = {},
  ): void {
    if (text === '') return;
    const { doc } = this;
    const free = align === 'left' ? 0 : width - this.widthOf(text, style) - spacing * (text.length - 1);
    this.#set(style);
    const lead = (lineHeight(style) - doc.currentLineHeight()) / 2;
    doc.fillColor(style.colour);
    let from = x + (align === 'center' ? free / 2 : free);
    for (const run of runsOf(text, direction)) {
      doc.text(run.text, from, y + lead, {
        lineBreak: false,
        characterSpacing: spacing,
        ...shaping(run.direction),
      });
      from += this.#widthOfRun(run);
    }
  }

  widthOf(text: string, style: Style): number {
    this.#set(style);
    return runsOf(text, 'ltr').reduce((sum, run) => sum + this.#widthOfRun(run), 0);
  }

  #widthOfRun({ text, direction }: { readonly text: string; readonly direction: Direction }): number {
    return this.doc.widthOfString(text, shaping(direction));
  }

  /**
   * The style in the largest type, in steps of half a point down to `minSize`, in which a text takes at most `maxLines` lines.
   * Undefined when it takes more in every one.
   */
  fitting(text: string, style: Style, width: number, maxLines: number, minSize: number): Style | undefined {
    for (let { size } = style; size >= minSize; size -= 0.5) {
      const smaller = { ...style, size };
      if (this.linesOf(text, smaller, width).length <= maxLines) return smaller;
    }
    return undefined;
  }

  #set({ bold, size }: Style): void {
    this.doc.font(bold === true ? this.#fonts.bold : this.#fonts.regular).fontSize(size);
  }

  /** Breaks a text into lines no wider than `width`: at blanks, behind hyphens and slashes, else between characters. */
  linesOf(text: string, style: Style, width: number): string[] {
    return printable(text)
      .split('\n')
      .flatMap((paragraph) => this.#wrap(paragraph, style, width));
  }

  #wrap(paragraph: string, style: Style, width: number): string[] {
    const lines: string[] = [];
    let line = '';
    let used = 0;
    for (const piece of this.#pieces(this.#covered(paragraph, style), style, width)) {
      const wide = this.widthOf(piece, style);
      if (used + wide > width && piece.trim() !== '' && line !== '') {
        lines.push(line.trimEnd());
        line = '';
        used = 0;
      }
      if (line === '' && piece.trim() === '') continue;
      line += piece;
      used += wide;
    }
    return [...lines, line.trimEnd()];
  }

  /** The text with a box for each character that the font does not have: pdfkit gives such a one a wrong width. */
  #covered(text: string, style: Style): string {
    this.#set(style);
    // The types of pdfkit leave out the font in use.
    const { _font } = this.doc as unknown as { _font: { font: { hasGlyphForCodePoint(codePoint: number): boolean } } };
    return text.replace(/[^\p{ASCII}]/gu, (character) =>
      _font.font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0) ? character : '\u25a1',
    );
  }

  *#pieces(paragraph: string, style: Style, width: number): Generator<string> {
    for (const word of paragraph.match(/\s+|[^\s/\-–—]{0,200}[/\-–—]{1,20}|[^\s/\-–—]{1,200}/gu) ?? []) {
      if (this.widthOf(word, style) <= width) yield word;
      else {
        graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
        for (const { segment } of graphemes.segment(word)) yield segment;
      }
    }
  }

  /** Sets blocks one below the other in a column. */
  stack(blocks: readonly Block[], width: number): Line[] {
    const stacked: Line[] = [];
    let top = 0;
    for (const [index, block] of blocks.entries()) {
      if (index > 0) top += block.before ?? 0;
      const high = lineHeight(block.style);
      const paragraphs = printable(block.text)
        .split('\n')
        .map((paragraph) => ({
          direction: directionOf(paragraph),
          lines: this.#wrap(paragraph, block.style, width),
        }));
      for (const [place, { direction, lines }] of paragraphs.entries()) {
        const closes = place === paragraphs.length - 1;
        for (const [number, text] of lines.entries()) {
          // An empty line is a distance: no page begins or ends with one.
          if (text === '' && !closes) {
            top += high / 2;
            continue;
          }
          const last = number === lines.length - 1;
          // Two lines of a paragraph stay together at either end of a page.
          const inside = number >= 1 && number <= lines.length - 3;
          const endsPage = last ? !closes || block.keepWithNext !== true : inside;
          stacked.push({ block, text, direction, top, bottom: top + high, endsPage });
          top += high;
        }
      }
    }
    return stacked;
  }

  /** How many of the lines fit in `height` and may end a page there; `whatever` takes any line as the last. */
  countFitting(lines: readonly Line[], height: number, whatever: boolean): number {
    const top = lines[0]?.top ?? 0;
    const overflow = lines.findIndex((line) => line.bottom - top > height);
    if (overflow === -1) return lines.length;
    if (whatever) return Math.max(overflow, 1);
    return lines.slice(0, overflow).findLastIndex((line) => line.endsPage) + 1;
  }

  /** Draws lines at `x`, the first at the current `y`, each block as content of the element that `elementOf` gives. */
  writeLines(
    lines: readonly Line[],
    elementOf: (block: Block) => PDFKit.PDFStructureElement,
    type: string,
    x: number,
    width: number,
    align: Align = 'left',
  ): void {
    const top = this.y - (lines[0]?.top ?? 0);
    for (const [block, ofBlock] of Map.groupBy(lines, (line) => line.block)) {
      this.content(elementOf(block), type, () => {
        for (const { text, direction, top: below } of ofBlock)
          this.write(text, block.style, x, top + below, width, align, { direction });
      });
    }
  }

  /** Sets a paragraph, over as many pages as it takes, and moves below it. */
  paragraph(parent: PDFKit.PDFStructureElement, block: Block, type = 'P', x = this.left, width = this.width): void {
    const element = this.element(parent, type, { text: block.text });
    let lines = this.stack([block], width);
    this.y += block.before ?? 0;
    while (lines.length > 0) {
      const fresh = this.y === this.doc.page.margins.top;
      const count = this.countFitting(lines, this.space, fresh);
      const here = lines.slice(0, count);
      this.writeLines(here, () => element, type, x, width);
      this.y += heightOf(here);
      lines = lines.slice(count);
      if (lines.length > 0) this.newPage();
    }
  }
}

export function lineHeight({ size }: Style): number {
  return size * 1.42;
}

/** The height of consecutive lines of a stack. */
export function heightOf(lines: readonly Line[]): number {
  const [first, last] = [lines.at(0), lines.at(-1)];
  return first === undefined || last === undefined ? 0 : last.bottom - first.top;
}

/** The whole run is shaped at once: by words, pdfkit would set them from left to right. */
function shaping(direction: Direction): { features?: [] } {
  return direction === 'rtl' ? { features: [] } : {};
}

/** Text as it can be set: well-formed, line ends as \n, no invisible and no other control characters, at most one empty line in a row. */
function printable(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replace(/(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/[^\P{C}\n\u200c\u200d]/gu, ' ')
    .replace(/ +\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
