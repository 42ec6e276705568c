import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type Audit,
  type AuditKind,
  judge,
  protocolById,
  type Revision,
  registerAudit,
  ruleSetById,
  score,
} from '@secor/certification';
import { employerData } from '@secor/certification/testing';
import fc from 'fast-check';
import PDFDocument from 'pdfkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Fonts, type ReportedAnswer, type ReportFacts, renderCertificate, renderReport } from './index.ts';

const folder = dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json'));
const fonts: Fonts = {
  regular: join(folder, 'ttf/DejaVuSans.ttf'),
  bold: join(folder, 'ttf/DejaVuSans-Bold.ttf'),
};

const ruleSet = ruleSetById('rules-2020');
const found = protocolById('secor-2020');
if (found === undefined) throw new Error('secor-2020 is missing');
const protocol = found;
const employer = employerData({
  legalName: 'Prairie Welding & Fabrication Ltd.',
  tradeName: 'Prairie Weld',
  wcbAccount: '1234567',
});
const certificate = {
  certificateNumber: '412345678-1',
  auditNumber: '412345678',
  endedOn: '2026-05-31',
  issuedOn: '2026-06-18',
  expiresOn: '2029-05-31',
};

function factsOf(
  kind: AuditKind,
  positive: number,
  options: { notes?: string; warnings?: readonly string[]; notApplicable?: readonly string[] } = {},
): ReportFacts {
  const { notes = 'Records of the last twelve months were reviewed.', warnings = [], notApplicable = [] } = options;
  const answers = protocol.elements.flatMap(({ questions }) =>
    questions.map(({ id }): ReportedAnswer => {
      const rest = { question: id, notes, evidence: ['evidence/manual.pdf', 'evidence/toolbox meeting.jpg'] };
      return notApplicable.includes(id) ? { ...rest, notApplicable: true } : { ...rest, positive, sampled: 10 };
    }),
  );
  const points = score(protocol, answers);
  const outcome = judge(kind, protocol, points, ruleSet);
  const registered = registerAudit(
    { auditNumber: '412345678', kind, employerId: 'e1', assessorId: 'a1', ruleSet },
    { role: 'assessor', personId: 'a1' },
    '2026-05-04T15:00:00.000Z',
  );
  const audit: Audit = {
    ...registered.audit,
    state: 'closed',
    revision: 1,
    decisions: 1,
    outcome: outcome.result,
    closedAt: '2026-06-18T17:03:00.000Z',
    reviewerId: 'reviewer-1',
  };
  const revision: Revision = {
    auditNumber: '412345678',
    revision: 1,
    upload: {
      link: 1,
      sequencer: '01',
      key: 'packages/412345678/1.zip',
      versionId: 'v1',
      size: 1,
      arrivedAt: '2026-06-02T15:00:00.000Z',
    },
    startedOn: '2026-05-19',
    endedOn: '2026-05-31',
    recordsMonths: 12,
    score: points,
    outcome,
    warnings: warnings.map((message) => ({ place: 'Archive', message, code: 'submitted-late', values: {} })),
    documents: 2,
    content: { key: 'answers/412345678/1.json', versionId: 'v1' },
  };
  const certified = kind === 'certification' && outcome.result === 'passed';
  return {
    audit,
    revision,
    protocol,
    employer,
    assessorName: 'Robin Beck',
    answers,
    changedPoints: [],
    declaration: { name: 'Robin Beck', date: '2026-06-01' },
    notes: [],
    partner: { name: 'Example Safety Partner' },
    ruleSet,
    ...(certified ? { certificate } : {}),
    madeOn: '2026-06-18',
  };
}

function pagesOf(pdf: Buffer): number {
  return pdf.toString('latin1').match(/\/Type \/Page\n/g)?.length ?? 0;
}

/** Types of the structure elements that the document holds, each once. */
function structureOf(pdf: Buffer): Set<string | undefined> {
  return new Set(Array.from(pdf.toString('latin1').matchAll(/\/S \/(\w+)/g), ([, type]) => type));
}

/** Every text that is drawn while `render` is at work, with the edges of its box. */
async function drawn(render: () => Promise<Buffer>) {
  const original = PDFDocument.prototype.text;
  const spy = vi.spyOn(PDFDocument.prototype, 'text');
  onTestFinished(() => spy.mockRestore());
  const texts: { text: string; left: number; right: number; page: number; y: number }[] = [];
  spy.mockImplementation(function (
    this: PDFKit.PDFDocument,
    text: string,
    x?: unknown,
    y?: unknown,
    options?: unknown,
  ) {
    const [left, top] = [Number(x), Number(y)];
    const given = options as PDFKit.Mixins.TextOptions;
    texts.push({ text, left, right: left + this.widthOfString(text, given), page: this.page.width, y: top });
    return original.call(this, text, left, top, given);
  } as typeof original);
  await render();
  return texts;
}

/** Names of 200 characters as they come, and the widest that there are. */
const longNames = [
  'W'.repeat(200),
  'Compagnie d’entretien et de réparation des équipements pétroliers et gaziers '.repeat(3).slice(0, 200),
  'שירותי ריתוך הערבה '.repeat(11).slice(0, 200),
  'شركة البراري للحام والتصنيع '.repeat(8).slice(0, 200),
].map((name) => name.trim());

/** The letters of texts in any order: lines, and parts from right to left, are drawn one by one. */
const lettersOf = (text: string) => Array.from(text.replace(/\s/g, '')).sort().join('');

describe('the audit report', () => {
  it('is a tagged PDF with title, language and creation date', async () => {
    const text = (await renderReport(factsOf('certification', 10), fonts)).toString('latin1');
    expect(text.startsWith('%PDF-1.7')).toBe(true);
    expect(text.trimEnd().endsWith('%%EOF')).toBe(true);
    expect(text).toMatch(/\/MarkInfo \d+ 0 R/);
    expect(text).toContain('/Marked true');
    expect(text).toMatch(/\/StructTreeRoot \d+ 0 R/);
    expect(text).toContain('/Lang (en-CA)');
    expect(text).toContain('/DisplayDocTitle true');
    expect(text).toContain('(SECOR certification audit 412345678: report)');
    expect(text).toContain('(D:20260618120000Z)');
  });

  it('is structured by headings, and tables with heads', async () => {
    const pdf = await renderReport(factsOf('certification', 5, { warnings: ['The package came late.'] }), fonts);
    for (const type of [
      'H1',
      'H2',
      'Sect',
      'Table',
      'THead',
      'TBody',
      'TR',
      'TH',
      'TD',
      'P',
      'L',
      'LI',
      'Lbl',
      'LBody',
    ])
      expect(structureOf(pdf)).toContain(type);
    expect(pdf.toString('latin1')).toContain('/Scope /Column');
    expect(pdf.toString('latin1')).toContain('/Scope /Row');
    expect(structureOf(await renderReport(factsOf('certification', 5), fonts))).not.toContain('L');
  });

  it('has a bookmark for each element', async () => {
    const text = (await renderReport(factsOf('certification', 10), fonts)).toString('latin1');
    for (const { id, title } of protocol.elements) expect(text).toContain(`(${id}  ${title})`);
  });

  it('gives the same bytes for the same facts, and others for others', async () => {
    const first = await renderReport(factsOf('certification', 10), fonts);
    expect(await renderReport(factsOf('certification', 10), fonts)).toEqual(first);
    expect(await renderReport(factsOf('certification', 9), fonts)).not.toEqual(first);
    expect(await renderReport({ ...factsOf('certification', 10), madeOn: '2026-06-19' }, fonts)).not.toEqual(first);
  });

  it('tells the declaration, the months as corrected and why, and the notes of the review', async () => {
    const facts = factsOf('certification', 10);
    const plain = await renderReport(facts, fonts);
    const bookmark = (pdf: Buffer, title: string) => pdf.toString('latin1').includes(`(${title})`);
    const corrected = {
      revision: 1,
      recordsMonths: 8,
      before: 14,
      reason: 'It is new.',
      at: '2026-06-10T18:00:00.000Z',
    };
    const months = await renderReport({ ...facts, correctedMonths: corrected }, fonts);
    const noted = await renderReport({ ...facts, notes: [{ note: 1, kind: 'informational', text: 'x' }] }, fonts);
    const declared = await renderReport({ ...facts, declaration: { name: 'Ada', date: '2026-06-02' } }, fonts);
    expect([plain, months].map((pdf) => bookmark(pdf, 'Months of records'))).toEqual([false, true]);
    expect([plain, noted].map((pdf) => bookmark(pdf, 'Notes from the review'))).toEqual([false, true]);
    expect(declared).not.toEqual(plain);
  });

  it('carries long notes of the review over as many pages as they take', async () => {
    const facts = factsOf('certification', 10);
    const text = 'The records are kept well, and every inspection has a follow-up date. '.repeat(28);
    const notes = Array.from({ length: 30 }, (_, index) => ({ note: index + 1, kind: 'informational', text }) as const);
    const long = pagesOf(await renderReport({ ...facts, notes }, fonts));
    expect(long).toBeGreaterThan(pagesOf(await renderReport(facts, fonts)) + 10);
  });

  it('does not depend on who reviewed', async () => {
    const facts = factsOf('certification', 10);
    const other = { ...facts, audit: { ...facts.audit, reviewerId: 'reviewer-2' } };
    expect(await renderReport(other, fonts)).toEqual(await renderReport(facts, fonts));
  });

  it('is made of maintenance audits, failed ones, and elements of which nothing was applicable', async () => {
    const optional = protocol.elements.flatMap(({ questions }) =>
      questions.flatMap(({ id, notApplicable }) => (notApplicable ? [id] : [])),
    );
    for (const facts of [
      factsOf('maintenance', 7),
      factsOf('maintenance', 2),
      factsOf('certification', 2, { warnings: ['The data gathering lasted 17 days.'] }),
      factsOf('certification', 10, { notApplicable: optional }),
    ])
      expect(pagesOf(await renderReport(facts, fonts))).toBeGreaterThan(5);
  });

  it('carries long notes over as many pages as they take', async () => {
    const sentence = 'Two of the five monthly inspections had no follow-up date, and the owner explained why. ';
    const short = pagesOf(await renderReport(factsOf('certification', 10), fonts));
    const long = pagesOf(await renderReport(factsOf('certification', 10, { notes: sentence.repeat(60) }), fonts));
    // 5,280 characters are some 80 lines, more than one page, for each of the questions.
    expect(long).toBeGreaterThan(short + protocol.elements.flatMap(({ questions }) => questions).length);
  });

  it('takes any text', async () => {
    const strange = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      fc.constantFrom(
        'א ב مرحبا بالعالم',
        '東京の建設会社',
        '👩🏽‍🏭🇨🇦'.repeat(40),
        'x'.repeat(3000),
        '\n'.repeat(500),
        '\ud800',
        '',
      ),
    );
    await fc.assert(
      fc.asyncProperty(strange, strange, strange, async (notes, name, warning) => {
        const facts = factsOf('certification', 9, { notes, warnings: [warning] });
        const named = {
          ...{ ...facts, employer: { ...employer, legalName: name, tradeName: notes }, assessorName: name },
          declaration: { name, date: '2026-06-01' },
          correctedMonths: {
            revision: 1,
            recordsMonths: 12,
            before: 14,
            reason: notes,
            at: '2026-06-10T18:00:00.000Z',
          },
          notes: [{ note: 1, kind: 'informational', question: '1.1', text: warning } as const],
        };
        expect(pagesOf(await renderReport(named, fonts))).toBeGreaterThan(0);
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  it.each(longNames)(
    'has a long name whole, in its head in three lines and beside the number of each page: %s',
    async (legalName) => {
      const facts = factsOf('maintenance', 7);
      const texts = await drawn(() => renderReport({ ...facts, employer: { ...employer, legalName } }, fonts));
      for (const { left, right, page } of texts) {
        expect(left).toBeGreaterThanOrEqual(54);
        expect(right).toBeLessThanOrEqual(page - 54 + 0.01);
      }
      // The title block comes first, then what the page has; the running heads are drawn last, page by page.
      const running = texts.slice(texts.findIndex(({ text }) => /^Page 1 of/.test(text)) + 1);
      const first = running.slice(
        1,
        running.findIndex(({ text }) => text.startsWith('Report made on')),
      );
      expect(lettersOf(first.map(({ text }) => text).join(''))).toBe(lettersOf(legalName));
      expect(new Set(first.map(({ y }) => Math.round(y * 10))).size).toBeLessThanOrEqual(3);
      const title = texts.slice(
        texts.findIndex(({ text }) => text === 'Maintenance audit 412345678') + 2,
        texts.findIndex(({ text }) => text.startsWith('Operating as')),
      );
      expect(lettersOf(title.map(({ text }) => text).join(''))).toBe(lettersOf(legalName));
      expect(new Set(title.map(({ y }) => Math.round(y))).size).toBeLessThanOrEqual(3);
    },
  );

  it('is not made when an answer is missing', async () => {
    const facts = factsOf('certification', 10);
    await expect(renderReport({ ...facts, answers: facts.answers.slice(1) }, fonts)).rejects.toThrow('Question 1.1');
  });
});

describe('the certificate', () => {
  const facts = { certificate, employer, partnerName: 'Example Safety Partner' };

  it('is one tagged page in landscape, with title and language', async () => {
    const pdf = await renderCertificate(facts, fonts);
    const text = pdf.toString('latin1');
    expect(pagesOf(pdf)).toBe(1);
    expect(text).toContain('/MediaBox [0 0 792 612]');
    expect(text).toContain('(SECOR certificate 412345678-1)');
    expect(text).toContain('/Lang (en-CA)');
    expect(text).toContain('/Marked true');
    for (const type of ['H1', 'P', 'Table', 'TR', 'TH', 'TD']) expect(structureOf(pdf)).toContain(type);
  });

  it('gives the same bytes for the same facts, and others for others', async () => {
    const first = await renderCertificate(facts, fonts);
    expect(await renderCertificate(facts, fonts)).toEqual(first);
    const later = { ...certificate, expiresOn: '2029-06-30' };
    expect(await renderCertificate({ ...facts, certificate: later }, fonts)).not.toEqual(first);
  });

  it.each(longNames)('has long names whole, in at most three lines within its margins: %s', async (legalName) => {
    const tradeName = `${legalName.slice(0, 199)}.`;
    const texts = await drawn(() =>
      renderCertificate({ ...facts, employer: { ...employer, legalName, tradeName } }, fonts),
    );
    for (const { left, right, page } of texts) {
      expect(left).toBeGreaterThanOrEqual(71.9);
      expect(right).toBeLessThanOrEqual(page - 71.9);
    }
    const from = texts.findIndex(({ text }) => text.startsWith('This certifies'));
    const to = texts.findIndex(({ text }) => text.startsWith('has been audited'));
    const between = texts.slice(from + 1, to);
    expect(lettersOf(between.map(({ text }) => text).join(''))).toBe(
      lettersOf(`${legalName}operating as ${tradeName}`),
    );
    expect(new Set(between.map(({ y }) => Math.round(y))).size).toBeLessThanOrEqual(6);
    const [sentence, label] = [texts[to], texts[to + 1]];
    expect(sentence?.y).toBeGreaterThan(between.at(-1)?.y ?? Number.NaN);
    // The facts below have their place.
    expect(sentence?.y).toBeLessThan((label?.y ?? 0) - 25);
  });

  it('says to who hears it what is drawn from right to left, in its logical order', async () => {
    const legalName = 'שירותי ריתוך (צפון) בע״מ';
    const pdf = await renderCertificate({ ...facts, employer: { ...employer, legalName } }, fonts);
    const utf16 = Buffer.from(`\ufeff${legalName}`, 'utf16le').swap16().toString('latin1');
    expect(pdf.toString('latin1')).toContain('/ActualText');
    expect(pdf.toString('latin1').replace(/\\([()\\])/g, '$1')).toContain(utf16);
    expect((await renderCertificate(facts, fonts)).toString('latin1')).not.toContain('/ActualText');
  });

  it('has no blank where an invisible character was', async () => {
    const texts = await drawn(() =>
      renderCertificate({ ...facts, employer: { ...employer, legalName: 'Prai\u00adrie\u200b Welding' } }, fonts),
    );
    expect(texts.map(({ text }) => text)).toContain('Prairie Welding');
  });

  it('stays one page whatever the names are', async () => {
    const name = fc.oneof(fc.string({ unit: 'binary', maxLength: 2000 }), fc.constantFrom('', '東京'.repeat(300)));
    await fc.assert(
      fc.asyncProperty(name, name, async (legalName, tradeName) => {
        const named = { ...facts, employer: { ...employer, legalName, tradeName }, partnerName: tradeName };
        expect(pagesOf(await renderCertificate(named, fonts))).toBe(1);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});
