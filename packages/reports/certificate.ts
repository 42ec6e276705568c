import { type Certificate, dateInWords, type Employer, monthInWords } from '@secor/certification';
import { colours, type Fonts, lineHeight, Sheet, type Style } from './sheet.ts';

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
  centred(sheet, 'P', 'This certifies that', [{ size: 11, colour: colours.quiet }], 222, 1);
  const name = [30, 26, 22, 18, 15].map((size): Style => ({ size, colour: colours.ink, bold: true }));
  let y = centred(sheet, 'P', employer.legalName, name, 246, 2);
  if (employer.tradeName !== undefined) {
    const trade = [13, 11].map((size): Style => ({ size, colour: colours.ink }));
    y = centred(sheet, 'P', `operating as ${employer.tradeName}`, trade, y, 1);
  }
  const sentence =
    'has been audited and meets the requirements of the Small Employer Certificate of Recognition program.';
  centred(sheet, 'P', sentence, [{ size: 11, colour: colours.quiet }], y + 14, 1);
  details(sheet, certificate);
  centred(sheet, 'P', 'Issued by', [{ size: 8.5, colour: colours.quiet }], 500, 1);
  const issuer = [13, 11, 9].map((size): Style => ({ size, colour: colours.ink, bold: true }));
  centred(sheet, 'P', partnerName, issuer, 514, 1);
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
    sheet.write('Small Employer', around, left, 82, width, 'center', 2.5);
    sheet.write(
      'Certificate of Recognition',
      { size: 36, colour: colours.accent, bold: true },
      left,
      102,
      width,
      'center',
    );
    sheet.write('(SECOR)', around, left, 154, width, 'center', 2.5);
  });
  sheet.rule(left + width / 2 - 36, 192, 72, colours.accent, 1.2);
}

/** Sets a text in the first style that takes at most `maxLines` lines, and cuts it in the last one; gives the `y` below it. */
function centred(
  sheet: Sheet,
  type: string,
  text: string,
  styles: readonly Style[],
  y: number,
  maxLines: number,
): number {
  const settings = styles.map((style) => ({ style, lines: sheet.linesOf(text, style, sheet.width) }));
  const setting = settings.find(({ lines }) => lines.length <= maxLines) ?? settings.at(-1);
  if (setting === undefined) return y;
  const { style } = setting;
  const lines = setting.lines.slice(0, maxLines);
  if (lines.length < setting.lines.length) lines.push(`${lines.pop()}…`);
  sheet.content(sheet.element(sheet.root, type), type, () => {
    for (const [index, line] of lines.entries())
      sheet.write(line, style, sheet.left, y + index * lineHeight(style), sheet.width, 'center');
  });
  return y + lines.length * lineHeight(style);
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
    sheet.content(sheet.element(row, 'TH', 'Row'), 'TH', () =>
      sheet.write(label, { size: 8.5, colour: colours.quiet }, x, y, width, 'center'),
    );
    sheet.content(sheet.element(row, 'TD'), 'TD', () =>
      sheet.write(value, { size: 11, colour: colours.ink, bold: true }, x, y + 15, width, 'center'),
    );
  }
  sheet.rule(sheet.left, y + 48, sheet.width);
}
