import { type Certificate, dateInWords, type Employer, monthInWords } from '@secor/certification';
import { colours, type Fonts, lineHeight, Sheet, type Style } from './sheet.ts';
import { directionOf } from './text-direction.ts';

/** The certificate as PDF: one page, Letter landscape, tagged. The same facts give the same bytes. */
export async function renderCertificate(
  facts: {
    readonly certificate: Omit<Certificate, 'ruleSet'>;
    readonly employer: Pick<Employer, 'legalName' | 'tradeName'>;
    readonly partnerName: string;
  },
  fonts: Fonts,
): Promise<Buffer> {
  const { certificate, employer, partnerName } = facts;
  const margin = 72;
  const sheet = await Sheet.open(
    fonts,
    { title: `SECOR certificate ${certificate.certificateNumber}`, madeOn: certificate.issuedOn },
    { layout: 'landscape', margins: { top: margin, right: margin, bottom: margin, left: margin } },
  );
  frame(sheet);
  title(sheet);
  centred(sheet, 'P', 'This certifies that', [{ size: 11, colour: colours.quiet }], 208);
  let y = centred(sheet, 'P', employer.legalName, fits.legalName, 230);
  if (employer.tradeName !== undefined)
    y = centred(sheet, 'P', `operating as ${employer.tradeName}`, fits.tradeName, y);
  const sentence =
    'has been audited and meets the requirements of the Small Employer Certificate of Recognition program.';
  centred(sheet, 'P', sentence, [{ size: 11, colour: colours.quiet }], y + 14);
  details(sheet, certificate);
  centred(sheet, 'P', 'Issued by', [{ size: 8.5, colour: colours.quiet }], 500);
  centred(sheet, 'P', partnerName, fits.issuer, 514);
  return sheet.bytes();
}

function frame(sheet: Sheet): void {
  const { doc } = sheet;
  const { width, height } = doc.page;
  sheet.decoration('Layout', () => {
    doc
      .lineWidth(3)
      .rect(30, 30, width - 60, height - 60)
      .stroke(colours.accent);
    doc
      .lineWidth(0.8)
      .rect(37, 37, width - 74, height - 74)
      .stroke(colours.accent);
  });
}

function title(sheet: Sheet): void {
  const { left, width } = sheet;
  const around: Style = { size: 14, colour: colours.accent };
  sheet.content(sheet.element(sheet.root, 'H1'), 'H1', () => {
    sheet.write('Small Employer', around, left, 82, width, 'center', { spacing: 2.5 });
    sheet.write(
      'Certificate of Recognition',
      { size: 36, colour: colours.accent, bold: true },
      left,
      102,
      width,
      'center',
    );
    sheet.write('(SECOR)', around, left, 154, width, 'center', { spacing: 2.5 });
  });
  sheet.rule(left + width / 2 - 36, 192, 72, colours.accent, 1.2);
}

/** How a text is made to fit: the first of these that it does fit. */
type Fit = Style & { readonly minSize?: number; readonly maxLines?: number };

const bold = { colour: colours.ink, bold: true };
const fits: Readonly<Record<'legalName' | 'tradeName' | 'issuer', readonly Fit[]>> = {
  legalName: [
    { ...bold, size: 30, minSize: 15, maxLines: 2 },
    { ...bold, size: 15, minSize: 4, maxLines: 3 },
  ],
  tradeName: [
    { colour: colours.ink, size: 13, minSize: 11 },
    { colour: colours.ink, size: 11, minSize: 4, maxLines: 3 },
  ],
  issuer: [
    { ...bold, size: 13, minSize: 9 },
    { ...bold, size: 9, minSize: 4, maxLines: 3 },
  ],
};

/** Sets a text whole, in the middle, in the largest type in which it fits; gives the `y` below it. */
function centred(sheet: Sheet, type: string, text: string, choices: readonly Fit[], y: number): number {
  let style: Style | undefined;
  for (const choice of choices) {
    const { minSize = choice.size, maxLines = 1 } = choice;
    style ??= sheet.fitting(text, choice, sheet.width, maxLines, minSize);
  }
  const last = choices.at(-1);
  style ??= last === undefined ? undefined : { ...last, size: last.minSize ?? last.size };
  if (style === undefined) return y;
  const set = style;
  const lines = sheet.linesOf(text, set, sheet.width);
  const direction = directionOf(text);
  sheet.content(sheet.element(sheet.root, type, { text }), type, () => {
    for (const [index, line] of lines.entries())
      sheet.write(line, set, sheet.left, y + index * lineHeight(set), sheet.width, 'center', { direction });
  });
  return y + lines.length * lineHeight(set);
}

function details(sheet: Sheet, certificate: Omit<Certificate, 'ruleSet'>): void {
  const { certificateNumber, endedOn, issuedOn, expiresOn } = certificate;
  const facts = [
    ['Certificate number', certificateNumber],
    ['Audit end date', dateInWords(endedOn)],
    ['Issue date', dateInWords(issuedOn)],
    ['Expiry date', dateInWords(expiresOn)],
    ['Anniversary month', monthInWords(expiresOn)],
  ] as const;
  const table = sheet.element(sheet.root, 'Table');
  const width = sheet.width / facts.length;
  const y = 416;
  sheet.rule(sheet.left, y - 14, sheet.width);
  for (const [index, [label, value]] of facts.entries()) {
    const x = sheet.left + index * width;
    const row = sheet.element(table, 'TR');
    sheet.content(sheet.element(row, 'TH', { scope: 'Row' }), 'TH', () =>
      sheet.write(label, { size: 8.5, colour: colours.quiet }, x, y, width, 'center'),
    );
    sheet.content(sheet.element(row, 'TD'), 'TD', () =>
      sheet.write(value, { size: 11, colour: colours.ink, bold: true }, x, y + 15, width, 'center'),
    );
  }
  sheet.rule(sheet.left, y + 48, sheet.width);
}
