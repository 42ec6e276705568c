import {
  type Answer,
  type Audit,
  businessDate,
  type Certificate,
  dateInWords,
  type Employer,
  type Method,
  minPassing,
  type Protocol,
  percentage,
  type Question,
  type QuestionScore,
  type Revision,
  type RuleSet,
  type SentNote,
  type ToldChange,
  type ToldMonths,
} from '@secor/certification';
import { type Block, colours, type Fonts, lineHeight, Sheet, type Style } from './sheet.ts';
import { type Cell, type Column, minTableHeight, type Row, setTable } from './table.ts';
import { directionOf } from './text-direction.ts';

/** An answer as the assessor gave it, with its explanation and the names of its documents. */
export type ReportedAnswer = Answer & { readonly notes: string; readonly evidence: readonly string[] };

/** All that an audit report tells. `madeOn` is a date. */
export type ReportFacts = {
  readonly audit: Audit;
  readonly revision: Revision;
  readonly protocol: Protocol;
  readonly employer: Pick<Employer, 'legalName' | 'tradeName' | 'wcbAccount'>;
  readonly assessorName: string;
  readonly answers: readonly ReportedAnswer[];
  /** What the reviewer changed; the revision's score holds it already. */
  readonly changedPoints: readonly ToldChange[];
  /** The months as the reviewer corrected them; the revision has them already. */
  readonly correctedMonths?: ToldMonths | undefined;
  /** Who declared that the audit was done as the code of ethics asks, and on which date. */
  readonly declaration: { readonly name: string; readonly date: string };
  /** The notes that went out with a decision on the audit. */
  readonly notes: readonly SentNote[];
  readonly partner: { readonly name: string };
  readonly ruleSet: RuleSet;
  readonly certificate?: Pick<Certificate, 'certificateNumber' | 'expiresOn'>;
  readonly madeOn: string;
};

const body: Style = { size: 8.5, colour: colours.ink };
const strong: Style = { ...body, bold: true };
const small: Style = { size: 7.5, colour: colours.quiet };
const label: Style = { ...small, bold: true };
const heading: Style = { size: 13, colour: colours.accent, bold: true };

const methods: Readonly<Record<Method, string>> = { D: 'documentation', I: 'interview', O: 'observation' };

/**
 * The report of a decided audit as PDF, Letter, tagged. The same facts give the same bytes. It never names the reviewer.
 * @throws Error when a question of the protocol has no answer or no score
 */
export async function renderReport(facts: ReportFacts, fonts: Fonts): Promise<Buffer> {
  const { audit, employer, madeOn } = facts;
  const sheet = await Sheet.open(
    fonts,
    { title: `SECOR ${audit.kind} audit ${audit.auditNumber}: report`, madeOn },
    { layout: 'portrait', margins: { top: 66, right: 54, bottom: 60, left: 54 } },
  );
  titleBlock(sheet, facts);
  overallScore(sheet, facts);
  elementTable(sheet, facts);
  warnings(
    sheet,
    facts.revision.warnings.map(({ message }) => message),
  );
  monthsCorrected(sheet, facts.correctedMonths);
  notesTable(sheet, facts.notes);
  for (const element of facts.protocol.elements) questionTable(sheet, facts, element.id);
  pageNumbers(sheet, `SECOR ${audit.kind} audit ${audit.auditNumber}`, employer.legalName, madeOn);
  return sheet.bytes();
}

function titleBlock(sheet: Sheet, facts: ReportFacts): void {
  const { audit, revision, protocol, employer, assessorName, partner, certificate, declaration, correctedMonths } =
    facts;
  const kind = audit.kind === 'certification' ? 'Certification audit' : 'Maintenance audit';
  const section = sheet.element(sheet.root, 'Sect');
  // The first page has no running head.
  sheet.y = 42;
  sheet.paragraph(section, { text: partner.name, style: { size: 9, colour: colours.quiet } }, 'P', sheet.left, 380);
  const top = sheet.y;
  sheet.paragraph(
    section,
    { text: 'SECOR audit report', style: { size: 22, colour: colours.accent, bold: true } },
    'H1',
  );
  sheet.paragraph(section, { text: `${kind} ${audit.auditNumber}`, style: { size: 11, colour: colours.ink } });
  outcomeBadge(sheet, section, audit.outcome, top + 4);
  sheet.y += 10;
  sheet.rule(sheet.left, sheet.y, sheet.width, colours.accent, 1.2);
  sheet.y += 8;
  nameParagraph(sheet, section, employer.legalName, { size: 13, colour: colours.ink, bold: true });
  if (employer.tradeName !== undefined)
    nameParagraph(sheet, section, `Operating as ${employer.tradeName}`, { size: 9, colour: colours.quiet });
  sheet.y += 6;
  const decidedOn = audit.closedAt === undefined ? undefined : dateInWords(businessDate(audit.closedAt));
  const pairs: [string, string][] = [
    ['WCB account', employer.wcbAccount],
    ['Audit number', audit.auditNumber],
    ['Kind of audit', kind],
    ['Protocol', protocol.title],
    ['Assessor', assessorName],
    ['Data gathering', `${dateInWords(revision.startedOn)} to ${dateInWords(revision.endedOn)}`],
    ['Outcome', audit.outcome ?? 'undecided'],
    ['Decision date', decidedOn ?? '–'],
    ['Revision', String(revision.revision)],
    [
      'Months of records',
      correctedMonths === undefined
        ? String(revision.recordsMonths)
        : `${revision.recordsMonths}, corrected from ${correctedMonths.before}`,
    ],
    ['Declared by', declaration.name],
    ['Declared on', dateInWords(declaration.date)],
  ];
  if (certificate !== undefined)
    pairs.push(
      ['Certificate number', certificate.certificateNumber],
      ['Certificate expires on', dateInWords(certificate.expiresOn)],
    );
  const rows = Array.from({ length: pairs.length / 2 }, (_, index): Row => {
    const ofRow = pairs.slice(2 * index, 2 * index + 2);
    return {
      cells: ofRow.flatMap(([name, value]): Cell[] => [
        { heads: true, blocks: [{ text: name, style: { size: 8.5, colour: colours.quiet } }] },
        { blocks: [{ text: value, style: strong }] },
      ]),
    };
  });
  setTable(
    sheet,
    section,
    [98, 116, 110, 180].map((width) => ({ title: '', width })),
    rows,
  );
}

/** Sets a name in at most three lines, in smaller type where it is long. */
function nameParagraph(sheet: Sheet, section: PDFKit.PDFStructureElement, text: string, style: Style): void {
  sheet.paragraph(section, { text, style: sheet.fitting(text, style, sheet.width, 3, minNameSize) ?? style });
}

/** The smallest type of a long name. */
const minNameSize = 4;

function outcomeBadge(sheet: Sheet, section: PDFKit.PDFStructureElement, outcome: Audit['outcome'], y: number): void {
  const style: Style = { size: 13, colour: colours.paper, bold: true };
  const text = (outcome ?? 'undecided').toUpperCase();
  const width = sheet.widthOf(text, style) + 36;
  const x = sheet.left + sheet.width - width;
  const colour = outcome === 'passed' ? colours.good : outcome === 'failed' ? colours.bad : colours.quiet;
  sheet.decoration('Layout', () => sheet.doc.roundedRect(x, y, width, 30, 4).fill(colour));
  sheet.content(sheet.element(section, 'P'), 'P', () => sheet.write(text, style, x, y + 5.8, width, 'center'));
}

function section(sheet: Sheet, title: string, minHeight: number): PDFKit.PDFStructureElement {
  sheet.y += 18;
  sheet.need(minHeight);
  const element = sheet.element(sheet.root, 'Sect');
  sheet.doc.outline.addItem(title);
  sheet.paragraph(element, { text: title, style: heading }, 'H2');
  sheet.y += 5;
  return element;
}

function overallScore(sheet: Sheet, { audit, revision, ruleSet }: ReportFacts): void {
  const { score, outcome } = revision;
  const element = section(sheet, 'Overall score', 150);
  const big: Style = { size: 24, colour: colours.ink, bold: true };
  const share = `${percentage(score.awarded, score.available)} %`;
  const minimum =
    audit.kind === 'certification'
      ? ruleSet.certificationOverallPercent.value
      : ruleSet.maintenanceOverallPercent.value;
  const wide = sheet.widthOf(share, big);
  const top = sheet.y;
  sheet.paragraph(element, { text: share, style: big });
  const below = sheet.y;
  sheet.y = top + 14;
  sheet.paragraph(
    element,
    { text: `${score.awarded} of ${points(score.available)}`, style: { size: 10, colour: colours.quiet } },
    'P',
    sheet.left + wide + 12,
  );
  sheet.decoration('Layout', () => bar(sheet, sheet.left + 250, top + 14, 254, 10, score, minimum));
  sheet.y = below + 6;

  const short = outcome.shortfalls.find(({ scope }) => scope === 'overall')?.short;
  const rows: Row[] = [
    {
      cells: [
        heads(`Overall: at least ${minimum} %, ${points(minPassing(minimum, score.available))}`),
        cell(`${share}, ${points(score.awarded)}`),
        verdict(short, short === 1 ? ' point' : ' points'),
      ],
    },
  ];
  if (audit.kind === 'certification') {
    const judged = score.elements.filter(({ available }) => available > 0).length;
    const missed = outcome.shortfalls.filter(({ scope }) => scope === 'element').length;
    const result = missed === 0 ? 'Met' : `${missed} element${missed === 1 ? '' : 's'} short`;
    rows.push({
      cells: [
        heads(`Each element: at least ${ruleSet.certificationElementPercent.value} %`),
        cell(`${judged - missed} of ${judged} elements`),
        { blocks: [{ text: result, style: { ...strong, colour: missed === 0 ? colours.good : colours.bad } }] },
      ],
    });
  }
  const columns = [
    { title: 'Minimum to pass', width: 244 },
    { title: 'Reached', width: 140 },
    { title: 'Result', width: 120 },
  ];
  setTable(sheet, element, columns, rows);
}

function elementTable(sheet: Sheet, { audit, revision, protocol, ruleSet }: ReportFacts): void {
  const { score, outcome } = revision;
  const certification = audit.kind === 'certification';
  const minimum = certification ? ruleSet.certificationElementPercent.value : undefined;
  const parent = section(sheet, 'Elements', minTableHeight() + 30);
  const columns: Column[] = [
    { title: 'No.', width: 32 },
    { title: 'Element', width: certification ? 190 : 266 },
    { title: 'Awarded', width: 54, align: 'right' },
    { title: 'Available', width: 56, align: 'right' },
    { title: 'Score', width: 96, align: 'right' },
    ...(certification ? [{ title: `Minimum ${minimum} %`, width: 76, align: 'right' } as const] : []),
  ];
  const rows = protocol.elements.map(({ id, title }): Row => {
    const points = score.elements.find(({ element }) => element === id);
    if (points === undefined) throw new Error(`Element ${id} of ${protocol.id} has no score.`);
    const { awarded, available } = points;
    const short = outcome.shortfalls.find(({ element }) => element === id)?.short;
    const judged: Cell[] = !certification ? [] : available === 0 ? [cell('Not judged')] : [verdict(short)];
    return {
      cells: [
        cell(id),
        heads(title),
        cell(String(awarded)),
        cell(String(available)),
        share(sheet, points, minimum),
        ...judged,
      ],
    };
  });
  const total: Row = {
    shaded: true,
    cells: [
      cell(''),
      { heads: true, blocks: [{ text: 'Overall', style: strong }] },
      { blocks: [{ text: String(score.awarded), style: strong }] },
      { blocks: [{ text: String(score.available), style: strong }] },
      { blocks: [{ text: `${percentage(score.awarded, score.available)} %`, style: strong }] },
      ...(certification ? [cell('')] : []),
    ],
  };
  setTable(sheet, parent, columns, [...rows, total]);
}

function warnings(sheet: Sheet, texts: readonly string[]): void {
  if (texts.length === 0) return;
  const list = sheet.element(section(sheet, 'Warnings', 70), 'L');
  for (const text of texts) {
    sheet.need(2 * lineHeight(body));
    const item = sheet.element(list, 'LI');
    sheet.content(sheet.element(item, 'Lbl'), 'Lbl', () => sheet.write('•', body, sheet.left + 4, sheet.y, 12));
    sheet.paragraph(item, { text, style: body }, 'LBody', sheet.left + 16, sheet.width - 16);
    sheet.y += 2;
  }
}

/** That the reviewer corrected the months of records, and why: the term of the certificate rests on them. */
function monthsCorrected(sheet: Sheet, corrected: ToldMonths | undefined): void {
  if (corrected === undefined) return;
  const { before, recordsMonths, reason } = corrected;
  const parent = section(sheet, 'Months of records', 70);
  sheet.paragraph(parent, {
    text: `Corrected in the review, from ${before} to ${recordsMonths}`,
    style: label,
  });
  sheet.paragraph(parent, { text: reason, style: body });
}

/** The notes that the assessor got with a decision. */
function notesTable(sheet: Sheet, notes: readonly SentNote[]): void {
  if (notes.length === 0) return;
  const parent = section(sheet, 'Notes from the review', minTableHeight() + 30);
  const columns: Column[] = [
    { title: 'No.', width: 36 },
    { title: 'About', width: 104 },
    { title: 'Note', width: 364 },
  ];
  const rows = notes.map(({ note, question, text }): Row => {
    const about = question === undefined ? 'The whole audit' : `Question ${question}`;
    return { cells: [cell(String(note)), heads(about), cell(text)] };
  });
  setTable(sheet, parent, columns, rows);
}

function questionTable(sheet: Sheet, { revision, protocol, answers, changedPoints }: ReportFacts, id: string): void {
  const element = protocol.elements.find((candidate) => candidate.id === id);
  const scored = revision.score.elements.find((candidate) => candidate.element === id);
  if (element === undefined || scored === undefined) throw new Error(`Element ${id} of ${protocol.id} has no score.`);
  const parent = section(sheet, `${element.id}  ${element.title}`, minTableHeight() + 44);
  const text =
    scored.available === 0
      ? 'No question of this element was applicable, so it is not judged.'
      : `${percentage(scored.awarded, scored.available)} %, ${scored.awarded} of ${points(scored.available)}`;
  sheet.y -= 3;
  sheet.paragraph(parent, { text, style: { size: 9, colour: colours.quiet } });
  sheet.y += 5;
  const rows = element.questions.map((question): Row => {
    const answer = answers.find((candidate) => candidate.question === question.id);
    const points = scored.questions.find((candidate) => candidate.question === question.id);
    if (answer === undefined || points === undefined)
      throw new Error(`Question ${question.id} of ${protocol.id} has no answer or no score.`);
    const changed = changedPoints.find((candidate) => candidate.question === question.id);
    return questionRow(question, answer, points, changed);
  });
  const columns: Column[] = [
    { title: 'No.', width: 36 },
    { title: 'Question, notes and evidence', width: 316 },
    { title: 'Answer', width: 88 },
    { title: 'Points', width: 64, align: 'right' },
  ];
  setTable(sheet, parent, columns, rows);
}

function questionRow(
  question: Question,
  answer: ReportedAnswer,
  points: QuestionScore,
  changed: ToldChange | undefined,
): Row {
  const rule =
    question.rule === 'range'
      ? 'points in proportion'
      : `all points at ${question.threshold} % or more, otherwise none`;
  const verified = question.methods.map((method) => methods[method]).join(', ');
  const notes: Block[] =
    answer.notes.trim() === ''
      ? []
      : [
          { text: 'Notes', style: label, before: 4, keepWithNext: true },
          { text: answer.notes, style: body },
        ];
  const evidence: Block[] =
    answer.evidence.length === 0
      ? []
      : [
          { text: 'Evidence', style: label, before: 4, keepWithNext: true },
          ...answer.evidence.map((name) => ({ text: name, style: body })),
        ];
  const change: Block[] =
    changed === undefined
      ? []
      : [
          {
            text: `Points changed in the review, from ${changed.before} to ${changed.awarded}`,
            style: label,
            before: 4,
            keepWithNext: true,
          },
          { text: changed.reason, style: body },
        ];
  return {
    cells: [
      { heads: true, blocks: [{ text: question.id, style: strong }] },
      {
        blocks: [
          { text: question.text, style: strong, keepWithNext: true },
          {
            text: `Verified by ${verified}; ${rule}`,
            style: small,
            before: 1,
            keepWithNext: notes.length + evidence.length + change.length > 0,
          },
          ...notes,
          ...evidence,
          ...change,
        ],
      },
      cell('notApplicable' in answer ? 'Not applicable' : `${answer.positive} of ${answer.sampled} positive`),
      cell(points.notApplicable ? '–' : `${points.awarded} of ${points.available}`),
    ],
  };
}

function pageNumbers(sheet: Sheet, audit: string, employer: string, madeOn: string): void {
  const { doc, left, width } = sheet;
  const { start, count } = doc.bufferedPageRange();
  const nameWidth = width * 0.6;
  const fitted = sheet.fitting(employer, small, nameWidth, 3, minNameSize) ?? small;
  const name = sheet.linesOf(employer, fitted, nameWidth);
  const nameTop = 34 + lineHeight(small) - name.length * lineHeight(fitted);
  const direction = directionOf(employer);
  for (let index = start; index < start + count; index += 1) {
    doc.switchToPage(index);
    sheet.decoration('Pagination', () => {
      if (index > start) {
        sheet.write(audit, small, left, 34, width);
        for (const [line, text] of name.entries())
          sheet.write(text, fitted, left, nameTop + line * lineHeight(fitted), width, 'right', { direction });
        doc.rect(left, 50, width, 0.6).fill(colours.rule);
      }
      const y = doc.page.height - 40;
      doc.rect(left, y - 7, width, 0.6).fill(colours.rule);
      sheet.write(`Report made on ${dateInWords(madeOn)}`, small, left, y, width);
      sheet.write(`Page ${index + 1} of ${count}`, small, left, y, width, 'right');
    });
  }
}

/** A bar of the points awarded of those available, with a mark at the minimum. */
function bar(
  sheet: Sheet,
  x: number,
  y: number,
  width: number,
  height: number,
  { awarded, available }: { awarded: number; available: number },
  minimum: number | undefined,
): void {
  const { doc } = sheet;
  const short = minimum !== undefined && 100 * awarded < minimum * available;
  const colour = minimum === undefined ? colours.accent : short ? colours.bad : colours.good;
  doc.rect(x, y, width, height).fill('#e1e6ea');
  doc.rect(x, y, (width * awarded) / available, height).fill(colour);
  if (minimum !== undefined) doc.rect(x + (width * minimum) / 100 - 0.6, y - 2, 1.2, height + 4).fill(colours.ink);
}

function share(sheet: Sheet, points: { awarded: number; available: number }, minimum: number | undefined): Cell {
  const { awarded, available } = points;
  if (available === 0) return cell('–');
  return {
    blocks: [{ text: `${percentage(awarded, available)} %`, style: body }],
    draw: (x, y, width) => bar(sheet, x + 8, y + 6.5, width - 52, 6, points, minimum),
  };
}

function verdict(short: number | undefined, unit = ''): Cell {
  const text = short === undefined ? 'Met' : `Short by ${short}${unit}`;
  return { blocks: [{ text, style: { ...strong, colour: short === undefined ? colours.good : colours.bad } }] };
}

function cell(text: string): Cell {
  return { blocks: text === '' ? [] : [{ text, style: body }] };
}

function heads(text: string): Cell {
  return { heads: true, blocks: [{ text, style: body }] };
}

function points(count: number): string {
  return `${count} point${count === 1 ? '' : 's'}`;
}
