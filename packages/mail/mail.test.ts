import type { AuditEvent, AuditHappening, Shortfall } from '@secor/certification';
import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { type LetterFacts, type LetterName, lettersFor, mimeMessage, type Recipient, writeLetter } from './index.ts';

const overall: Shortfall = {
  scope: 'overall',
  minimumPercent: 80,
  awarded: 391,
  available: 489,
  required: 392,
  short: 1,
};
const element: Shortfall = {
  scope: 'element',
  element: '3',
  title: 'Hazard control',
  minimumPercent: 50,
  awarded: 20,
  available: 50,
  required: 25,
  short: 5,
};

function event(happening: AuditHappening): AuditEvent {
  return {
    subject: 'audit#412345678',
    number: 7,
    at: '2026-11-23T05:59:59.999Z',
    by: { role: 'system' },
    ...happening,
  };
}

const accepted = event({
  type: 'package accepted',
  data: { link: 2, revision: 2, awarded: 420, available: 489, result: 'passed', shortfalls: [], warnings: [] },
});
const acceptedShort = event({
  type: 'package accepted',
  data: {
    link: 2,
    revision: 2,
    awarded: 391,
    available: 489,
    result: 'failed',
    shortfalls: [overall, element],
    warnings: ['The data gathering lasted 17 days; at most 15 are allowed.'],
  },
});
const problemList = { key: 'problems/412345678/2.json', versionId: 'v1' };
const refused = event({ type: 'package refused', data: { link: 2, problems: 2, problemList } });
const late = event({ type: 'package late', data: { link: 3, remedy: 'Audit 412345678 is closed.' } });
const damaged = event({ type: 'documents refused', data: { revision: 2, backTo: 1, problems: 2, problemList } });
const damagedOnly = event({ type: 'documents refused', data: { revision: 1, backTo: 0, problems: 2, problemList } });
const passed = event({
  type: 'report made',
  data: {
    decision: 1,
    kind: 'certification',
    result: 'passed',
    shortfalls: [],
    certificateNumber: '412345678-1',
    expiresOn: '2029-05-31',
  },
});
const maintained = event({
  type: 'report made',
  data: { decision: 1, kind: 'maintenance', result: 'passed', shortfalls: [] },
});
const failed = event({
  type: 'report made',
  data: { decision: 1, kind: 'certification', result: 'failed', shortfalls: [overall, element] },
});
const maintenanceFailed = event({
  type: 'report made',
  data: { decision: 1, kind: 'maintenance', result: 'failed', shortfalls: [{ ...overall, minimumPercent: 60 }] },
});

const problems = [
  { place: 'audit.json, answers[3].positive', message: 'is 5, but only 4 were sampled. Correct one of the two.' },
  { place: 'evidence/photo.heic', message: 'is no PDF, JPEG, PNG, DOCX or XLSX. Save it as one of these.' },
];

function factsOf(of: AuditEvent, change: Partial<LetterFacts> = {}): LetterFacts {
  return {
    event: of,
    employer: {
      employerId: 'e1',
      legalName: 'Prairie Welding Ltd.',
      tradeName: 'Prairie Weld & Fab',
      wcbAccount: '1234567',
      employees: 6,
      contact: { name: 'Dana Cardinal', email: 'dana@prairie.example' },
    },
    assessor: { assessorId: 'a1', name: 'Robin Beck', email: 'robin@prairie.example', actsFor: ['e1'] },
    partner: {
      name: 'Example Safety Partner',
      email: 'secor@partner.example',
      phone: '1 800 555 0100 ext. 3',
      site: 'https://partner.example',
    },
    problems,
    ...change,
  };
}

const robin: Recipient = { role: 'assessor', personId: 'a1', name: 'Robin Beck', email: 'robin@prairie.example' };

/** What a reader of the HTML sees, without tags and with entities resolved. */
function seen(html: string): string {
  return html
    .replace(/<head>.*?<\/head>/s, '')
    .replace(/<!--.*?-->/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}

function bodies(name: LetterName, of: AuditEvent, change: Partial<LetterFacts> = {}): string[] {
  const { text, html } = writeLetter(name, robin, factsOf(of, change));
  return [text.replace(/\s+/g, ' '), seen(html)];
}

describe('how to get the report', () => {
  const dana: Recipient = { role: 'employer contact', personId: 'e1', name: 'Dana Cardinal', email: 'dana@x.example' };

  it.each([
    ['audit passed', passed],
    ['audit failed', failed],
  ] as const)('is told to the contact as what their assessor can do: %s', (name, of) => {
    const { text } = writeLetter(name, dana, factsOf(of));
    expect(text).toContain('Your assessor, Robin Beck, can download it for you');
    expect(writeLetter(name, robin, factsOf(of)).text).not.toContain('Your assessor');
  });
});

describe('who gets a letter', () => {
  const assessor = (name: LetterName) => ({ name, role: 'assessor' });
  const contact = (name: LetterName) => ({ name, role: 'employer contact' });

  it.each([
    { of: accepted, letters: [assessor('package submitted')] },
    { of: refused, letters: [assessor('package refused')] },
    { of: late, letters: [assessor('package late')] },
    { of: damaged, letters: [assessor('package refused')] },
    { of: passed, letters: [assessor('audit passed'), contact('audit passed')] },
    { of: failed, letters: [assessor('audit failed'), contact('audit failed')] },
    { of: event({ type: 'reviewer assigned', data: { reviewerId: 'r1' } }), letters: [] },
    { of: event({ type: 'package superseded', data: { link: 1, by: 2 } }), letters: [] },
  ])('$of.type, $of.data.result', ({ of, letters }) => {
    expect(lettersFor(of)).toEqual(letters);
  });
});

describe('what the letters say', () => {
  const cases: [string, LetterName, AuditEvent, string[], string[]][] = [
    [
      'a package received',
      'package submitted',
      accepted,
      ['Hello Robin Beck,', '412345678', 'Revision', '22 November 2026', '85.8 % (420 of 489 points)', 'would pass'],
      ['missing', 'warning'],
    ],
    [
      'a package received that would fail',
      'package submitted',
      acceptedShort,
      [
        'would not pass',
        'Overall: 79.9 % (391 of 489 points). The minimum of 80 % takes 392 points: 1 point short.',
        'Element 3, Hazard control: 40.0 % (20 of 50 points). The minimum of 50 % takes 25 points: 5 points short.',
        '1 warning that the reviewer sees',
        'The data gathering lasted 17 days',
        'new upload link',
      ],
      [],
    ],
    [
      'a package refused',
      'package refused',
      refused,
      ['2 problems', ...problems.map(({ place, message }) => `${place}: ${message}`), 'new upload link'],
      ['Revision'],
    ],
    ['a package that came late', 'package late', late, ['Audit 412345678 is closed.', 'It was not read'], []],
    ['damaged documents', 'package refused', damaged, ['revision 2', 'Revision 1 is up for review again'], []],
    ['the only revision damaged', 'package refused', damagedOnly, ['No package is up for review now.'], []],
    [
      'a certification audit passed',
      'audit passed',
      passed,
      [
        'certification audit 412345678',
        'Prairie Welding Ltd. (Prairie Weld & Fab)',
        '412345678-1',
        '31 May 2029',
        'Sign in at https://partner.example',
        'My Account',
        'Auditor Portal, on the left side',
        'Closed, under My Active Audits',
        'the 9-digit audit number 412345678',
        'there already',
      ],
      [],
    ],
    [
      'a maintenance audit passed',
      'audit passed',
      maintained,
      ['maintenance audit 412345678', 'gives no new certificate', 'Auditor Portal'],
      ['Certificate number', 'certification'],
    ],
    [
      'a certification audit failed',
      'audit failed',
      failed,
      ['Overall: 79.9 %', 'Element 3, Hazard control', '5 points short', 'No certificate is issued', 'Auditor Portal'],
      ['Congratulations'],
    ],
    [
      'a maintenance audit failed',
      'audit failed',
      maintenanceFailed,
      ['minimum of 60 %', 'register a new maintenance audit'],
      ['certification audit'],
    ],
  ];

  it.each(cases)('%s', (_, name, of, said, unsaid) => {
    for (const body of bodies(name, of)) {
      for (const fact of said) expect(body).toContain(fact);
      for (const fact of unsaid) expect(body).not.toContain(fact);
      for (const contact of ['Example Safety Partner', 'secor@partner.example', '1 800 555 0100 ext. 3'])
        expect(body).toContain(contact);
    }
  });

  it.each(cases)('%s: the HTML holds every line of the text', (_, name, of) => {
    const { text, html } = writeLetter(name, robin, factsOf(of));
    const content = seen(html).replaceAll(':', '').replace(/\s+/g, ' ');
    for (const line of text.split('\n')) {
      const fact = line
        .replace(/^(- |\d+\. |-+$)/, '')
        .replaceAll(':', '')
        .replace(/\s+/g, ' ')
        .trim();
      expect(content).toContain(fact);
    }
  });

  it('lists every problem, however many there are', () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({ place: `answers[${index}]`, message: 'is missing.' }));
    for (const body of bodies('package refused', refused, { problems: many })) {
      expect(body).toContain('1000 problems');
      for (const { place } of many) expect(body).toContain(place);
    }
  });

  it('does not write of a refusal without its problems, nor a letter of another event', () => {
    expect(() => writeLetter('package refused', robin, factsOf(refused, { problems: undefined }))).toThrow('missing');
    expect(() => writeLetter('audit passed', robin, factsOf(accepted))).toThrow('not by "package accepted"');
  });
});

describe('what data may hold', () => {
  const evil = '<img src=x onerror="alert(1)">&\'"</td>';

  it('is shown as it is and never becomes markup', () => {
    const facts = factsOf(refused, {
      employer: { ...factsOf(refused).employer, legalName: evil, tradeName: evil },
      problems: [{ place: evil, message: evil }],
    });
    const { html } = writeLetter('package refused', { ...robin, name: evil }, facts);
    expect(html).not.toContain('<img');
    expect(seen(html).split(evil).length - 1).toBe(5);
  });

  it('keeps the same tags whatever the names and problems are', () => {
    const tags = (html: string) => html.match(/<[^>]*>/g);
    const plain = tags(
      writeLetter('package refused', robin, factsOf(refused, { problems: problems.slice(0, 1) })).html,
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (place, message) => {
        const { html, text } = writeLetter(
          'package refused',
          { ...robin, name: message },
          factsOf(refused, { problems: [{ place, message }] }),
        );
        expect(tags(html)).toEqual(plain);
        expect(text.isWellFormed() && html.isWellFormed()).toBe(true);
      }),
    );
  });

  it('starts no line of its own', () => {
    const split = 'Prairie\r\nBcc: victim@other.example\n\n1. Pay here:\u2028now';
    const facts = factsOf(passed, { employer: { ...factsOf(passed).employer, legalName: split } });
    const { subject, text } = writeLetter('audit passed', { ...robin, name: split }, facts);
    expect(subject).toMatch(/^.*$/);
    expect(text).not.toMatch(/^(Bcc|1\. Pay|now)/m);
  });
});

describe('links', () => {
  it('lead to the partner, the extension left to the reader', () => {
    const { html } = writeLetter('audit passed', robin, factsOf(passed));
    const targets = Array.from(html.matchAll(/href="([^"]*)"/g), ([, target]) => target);
    expect(targets).toEqual([
      'https://partner.example',
      'mailto:secor@partner.example',
      'tel:18005550100',
      'https://partner.example',
    ]);
  });
});

describe('the MIME message', () => {
  const envelope = {
    from: { name: 'Example Safety Partner', email: 'secor@partner.example' },
    to: { name: 'Zoë Łukasiewicz, P.Eng.', email: 'zoe@prairie.example' },
    messageIdDomain: 'partner.example',
    letterId: 'audit#412345678/7/a1',
    date: '2026-11-23T06:00:00.000Z',
  };
  const letter = writeLetter('audit passed', { ...robin, name: 'Zoë' }, factsOf(passed));

  it('parses back to what went in', async () => {
    const parsed = await PostalMime.parse(
      await mimeMessage({ ...letter, subject: 'Passed: Łódź Bâtiment 東' }, envelope),
    );
    expect(parsed.from).toMatchObject({ name: 'Example Safety Partner', address: 'secor@partner.example' });
    expect(parsed.to).toMatchObject([{ name: 'Zoë Łukasiewicz, P.Eng.', address: 'zoe@prairie.example' }]);
    expect(parsed.subject).toBe('Passed: Łódź Bâtiment 東');
    expect(parsed.messageId).toBe('<audit%23412345678%2F7%2Fa1@partner.example>');
    expect(parsed.date).toBe(envelope.date);
    expect(parsed.text?.trimEnd()).toBe(letter.text.trimEnd());
    expect(parsed.html?.trimEnd()).toBe(letter.html.trimEnd());
    expect(parsed.attachments).toEqual([]);
  });

  it('is the same each time it is made, and another for another letter', async () => {
    const first = await mimeMessage(letter, envelope);
    expect(await mimeMessage(letter, envelope)).toEqual(first);
    expect(await mimeMessage(letter, { ...envelope, letterId: 'audit#412345678/8/a1' })).not.toEqual(first);
  });

  it('takes no header from a name or a subject', async () => {
    const injected = 'x\r\nBcc: victim@other.example\r\n\r\nbody';
    const parsed = await PostalMime.parse(
      await mimeMessage(
        { ...letter, subject: injected },
        { ...envelope, from: { ...envelope.from, name: injected }, to: { ...envelope.to, name: injected } },
      ),
    );
    expect(parsed.bcc ?? []).toEqual([]);
    expect(parsed.headers.map(({ key }) => key)).not.toContain('bcc');
    expect(parsed.subject).toBe('x Bcc: victim@other.example body');
    expect(parsed.to?.length).toBe(1);
  });

  it.each(['a@b.example\r\nBcc: c@d.example', 'a@b.example, c@d.example', 'nobody', 'a b@c.example', '<a@b.example>'])(
    'refuses %j as an address, without repeating it',
    async (email) => {
      const message = mimeMessage(letter, { ...envelope, to: { name: 'x', email } });
      await expect(message).rejects.toThrow("The recipient's e-mail address is not one.");
      await expect(message).rejects.not.toThrow(email);
    },
  );
});
