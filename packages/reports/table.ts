import { type Align, type Block, colours, heightOf, type Line, lineHeight, type Sheet, type Style } from './sheet.ts';

export type Column = { readonly title: string; readonly width: number; readonly align?: Align };
export type Cell = {
  readonly blocks: readonly Block[];
  /** Whether it heads its row. */
  readonly heads?: boolean;
  /** What is drawn into the cell besides its text, as decoration: the cell's box is given. */
  readonly draw?: (x: number, y: number, width: number, height: number) => void;
};
export type Row = { readonly cells: readonly Cell[]; readonly shaded?: boolean };

const padding = { x: 5, y: 3.5 };
const headStyle: Style = { size: 7.5, colour: colours.quiet, bold: true };
/** A row up to this height is not broken over pages. */
const wholeUpTo = 110;

type SetCell = Cell & {
  readonly lines: readonly Line[];
  readonly x: number;
  readonly width: number;
  readonly align: Align;
};

/**
 * Sets a table from the current `y` on and moves below it. Rows that do not fit break between lines; the head is repeated
 * on each page. Without column titles there is no head.
 */
export function setTable(
  sheet: Sheet,
  parent: PDFKit.PDFStructureElement,
  columns: readonly Column[],
  rows: readonly Row[],
): void {
  const table = sheet.element(parent, 'Table');
  const headed = columns.some(({ title }) => title !== '');
  const places = columns.map((column, index) => ({
    ...column,
    align: column.align ?? 'left',
    x: sheet.left + columns.slice(0, index).reduce((sum, { width }) => sum + width, 0),
  }));
  const setRows = rows.map((row) => ({
    ...row,
    cells: row.cells.flatMap((cell, index): SetCell[] => {
      const place = places[index];
      if (place === undefined) throw new Error(`A row has ${row.cells.length} cells for ${columns.length} columns.`);
      const { x, width, align } = place;
      return [{ ...cell, x, width, align, lines: sheet.stack(cell.blocks, width - 2 * padding.x) }];
    }),
  }));

  const drawHead = (write: (title: string, draw: () => void) => void) => {
    const height = lineHeight(headStyle) + 2 * padding.y;
    sheet.decoration('Layout', () => {
      sheet.doc.rect(sheet.left, sheet.y, sheet.width, height).fill(colours.shade);
    });
    for (const { title, x, width, align } of places) {
      write(title, () =>
        sheet.write(title, headStyle, x + padding.x, sheet.y + padding.y, width - 2 * padding.x, align),
      );
    }
    sheet.y += height;
  };

  if (headed) {
    const head = sheet.element(sheet.element(table, 'THead'), 'TR');
    drawHead((_title, draw) => sheet.content(sheet.element(head, 'TH', { scope: 'Column' }), 'TH', draw));
  }
  const body = sheet.element(table, 'TBody');
  const repeatHead = () => drawHead((_title, draw) => sheet.decoration('Pagination', draw));
  sheet.withPageHead(headed ? repeatHead : () => {}, () => {
    for (const row of setRows) setRow(sheet, body, row.cells, row.shaded === true);
  });
}

/** The height that the head of a table and the beginning of its first row take. */
export function minTableHeight(): number {
  return lineHeight(headStyle) + 2 * padding.y + 75;
}

function setRow(sheet: Sheet, body: PDFKit.PDFStructureElement, cells: readonly SetCell[], shaded: boolean): void {
  const element = sheet.element(body, 'TR');
  const elements = cells.map((cell) =>
    sheet.element(element, cell.heads === true ? 'TH' : 'TD', cell.heads === true ? { scope: 'Row' } : {}),
  );
  const paragraphs = new Map<Block, PDFKit.PDFStructureElement>();
  let rest = cells.map(({ lines }) => lines);
  const whole = Math.max(...rest.map(heightOf)) + 2 * padding.y;
  if (whole > sheet.space && whole <= wholeUpTo) sheet.newPage();
  // A page that was begun for this row holds it from the top: there, any line may be the last.
  let fresh = false;
  for (;;) {
    const space = sheet.space - 2 * padding.y;
    const counts = rest.map((lines) => sheet.countFitting(lines, space, fresh));
    const stuck = counts.some((count, index) => count === 0 && (rest[index]?.length ?? 0) > 0);
    if (stuck) {
      sheet.newPage();
      fresh = true;
      continue;
    }
    const here = rest.map((lines, index) => lines.slice(0, counts[index]));
    const height = Math.max(...here.map(heightOf)) + 2 * padding.y;
    if (shaded) {
      sheet.decoration('Layout', () => {
        sheet.doc.rect(sheet.left, sheet.y, sheet.width, height).fill(colours.shade);
      });
    }
    for (const [index, cell] of cells.entries()) {
      const parent = elements[index];
      const lines = here[index];
      if (parent === undefined || lines === undefined) continue;
      const elementOf = (block: Block) => {
        const known = paragraphs.get(block);
        if (known !== undefined) return known;
        const created = sheet.element(parent, 'P', { text: block.text });
        paragraphs.set(block, created);
        return created;
      };
      sheet.y += padding.y;
      sheet.writeLines(lines, elementOf, 'P', cell.x + padding.x, cell.width - 2 * padding.x, cell.align);
      // On the next pages, what heads the row says which one goes on there.
      if (fresh && cell.heads === true && lines.length === 0) repeatHeading(sheet, cell);
      sheet.y -= padding.y;
      if (cell.draw !== undefined) {
        const { draw, x, width } = cell;
        sheet.decoration('Layout', () => draw(x + padding.x, sheet.y, width - 2 * padding.x, height));
      }
    }
    sheet.y += height;
    rest = rest.map((lines, index) => lines.slice(counts[index]));
    if (rest.every((lines) => lines.length === 0)) break;
    sheet.newPage();
    fresh = true;
  }
  sheet.rule(sheet.left, sheet.y, sheet.width);
}

function repeatHeading(sheet: Sheet, { lines, x, width, align }: SetCell): void {
  sheet.decoration('Pagination', () => {
    for (const { text, direction, top, block } of lines) {
      const style = { ...block.style, colour: colours.quiet, bold: false };
      sheet.write(text, style, x + padding.x, sheet.y + top, width - 2 * padding.x, align, { direction });
    }
  });
}
