import type {
  Actor,
  AuditEvent,
  AuditHappening,
  AuditReminder,
  DomainEvent,
  PackageWarning,
  Shortfall,
  StandingAfter,
} from '@secor/certification';
import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import {
  type AuditFacts,
  addressedLetters,
  answeredNotes,
  type LetterName,
  lettersFor,
  mimeMessage,
  type Recipient,
  type RecipientRole,
  recipientsOf,
  writeLetter,
} from './index.ts';
import { assessor, employer, linesOf, notAllowed, partner, seen, seenFacts, stopped } from './letter.fixture.ts';

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

/** A warning with this sentence. */
function warning(message: string): PackageWarning {
  return {
    place: 'audit.json, endedOn',
    message,
    code: 'data-gathering-too-long',
    values: { days: 17, most: 15 },
  };
}

function event(happening: AuditHappening, by: Actor = { role: 'system' }): AuditEvent {
  return { subject: 'audit#412345678', number: 7, at: '2026-11-23T05:59:59.999Z', by, ...happening };
}

const accepted = event({
  type: 'package accepted',
  data: {
    link: 2,
    revision: 2,
    round: 0,
    awarded: 420,
    available: 489,
    result: 'passed',
    shortfalls: [],
    warnings: [],
  },
});
const acceptedShort = event({
  type: 'package accepted',
  data: {
    link: 2,
    revision: 2,
    round: 0,
    awarded: 391,
    available: 489,
    result: 'failed',
    shortfalls: [overall, element],
    warnings: [warning('The data gathering lasted 17 days; the limit is 15.')],
  },
});
const problemList = { key: 'problems/412345678/2.json', versionId: 'v1' };
const refused = event({ type: 'package refused', data: { link: 2, problems: 2, problemList } });
const refusedAfter = (before: number) =>
  event({ type: 'package refused', data: { link: 2, problems: 2, problemList, before } });
const late = event({ type: 'package late', data: { link: 3, remedy: 'Audit 412345678 is closed.' } });
const damaged = event({ type: 'documents refused', data: { revision: 2, backTo: 1, problems: 2, problemList } });
const damagedOnly = event({ type: 'documents refused', data: { revision: 1, backTo: 0, problems: 2, problemList } });
const awaitedPackage = (milestone: '14 days after' | '74 days after', day: string): AuditReminder => ({
  ...{ kind: 'package', registeredOn: '2026-09-08' },
  ...{ milestone, day, ruleSet: 'rules-2020' },
});
const awaitedRevision = (dueOn: string): AuditReminder => ({
  ...{ kind: 'revision', round: 1, dueOn },
  ...{ milestone: '2 days before', day: '2026-11-22', ruleSet: 'rules-2020' },
});
const packageDue = (...of: Parameters<typeof awaitedPackage>) =>
  event({ type: 'reminder due', data: awaitedPackage(...of) });
const revisionDue = (dueOn: string) => event({ type: 'reminder due', data: awaitedRevision(dueOn) });
const score = { awarded: 420, available: 489, recordsMonths: 12 };
const standing: StandingAfter = {
  certificateNumber: '412345678-1',
  expiresOn: '2029-05-31',
  standing: 'valid',
  due: [
    { kind: 'maintenance', dueOn: '2027-05-31', state: 'open', graceThrough: '2027-06-30' },
    { kind: 'maintenance', dueOn: '2028-05-31', state: 'open', graceThrough: '2028-06-30' },
    { kind: 're-certification', dueOn: '2029-05-31', state: 'open' },
  ],
};
const noteOfReview = { note: 2, kind: 'informational', text: 'Well-kept records.' } as const;
const passedForOneYear = event({
  type: 'report made',
  data: {
    ...{ decision: 1, kind: 'certification', result: 'passed', shortfalls: [] },
    ...{ ...score, recordsMonths: 8, correctedMonths: { before: 14, reason: 'The first record is of October.' } },
    notes: [noteOfReview],
    standing: {
      ...{ certificateNumber: '412345678-1', expiresOn: '2027-05-31', standing: 'valid' },
      due: [{ kind: 're-certification', dueOn: '2027-05-31', state: 'open' }],
    },
    ...{ certificateNumber: '412345678-1', expiresOn: '2027-05-31' },
  },
});
const passed = event({
  type: 'report made',
  data: {
    decision: 1,
    kind: 'certification',
    ...score,
    result: 'passed',
    shortfalls: [],
    standing,
    certificateNumber: '412345678-1',
    expiresOn: '2029-05-31',
  },
});
const maintained = (met?: { dueOn: string; late: boolean }, held?: StandingAfter) =>
  event({
    type: 'report made',
    data: {
      ...{ decision: 1, kind: 'maintenance', ...score, result: 'passed', shortfalls: [] },
      ...(met === undefined ? {} : { met }),
      ...(held === undefined ? {} : { standing: held }),
    },
  });
const binder = { postmarkedOn: '2026-11-16', receivedOn: '2026-11-20', endedOn: '2026-11-06' };
const binderRecorded = event({ type: 'binder recorded', data: binder });
const binderLate = event({ type: 'binder recorded', data: { ...binder, late: true } });
const undone = event({ type: 'rejection undone', data: { dueOn: '2026-11-16' } });
const failedWith = (held?: StandingAfter) =>
  event({
    type: 'report made',
    data: {
      ...{ decision: 1, kind: 'certification', ...score, result: 'failed', shortfalls: [overall, element] },
      ...(held === undefined ? {} : { standing: held }),
    },
  });
const failed = failedWith();
const maintenanceFailedWith = (held: StandingAfter) =>
  event({
    type: 'report made',
    data: {
      ...{ decision: 1, kind: 'maintenance', ...score, result: 'failed' },
      ...{ shortfalls: [{ ...overall, minimumPercent: 60 }], standing: held },
    },
  });

const resubmitted = event({
  type: 'package accepted',
  data: {
    link: 4,
    revision: 3,
    round: 1,
    awarded: 420,
    available: 489,
    result: 'passed',
    shortfalls: [],
    warnings: [],
  },
});
const assigned = event({ type: 'reviewer assigned', data: { reviewerId: 'r1' } });
const unassigned = event({ type: 'review unassigned', data: { revision: 1 } });
const requested = event(
  {
    type: 'revision requested',
    data: {
      round: 1,
      dueOn: '2026-12-08',
      notes: [
        {
          note: 4,
          kind: 'actionable',
          question: '1.1',
          text: 'The policy is not signed.\r\nHave the owner sign it, & date it.',
        },
        { note: 5, kind: 'informational', text: 'The manual reads well.' },
      ],
    },
  },
  { role: 'reviewer', personId: 'r1' },
);
const extended = event({ type: 'revision extended', data: { dueOn: '2026-12-22', reason: 'The owner is ill.' } });
const rejected = event({ type: 'audit rejected', data: { reason: 'The WCB account is\nnot in good standing.' } });
const rejectedByReviewer = event(
  { type: 'audit rejected', data: { reason: 'The assessor was not qualified.' } },
  { role: 'reviewer', personId: 'r1' },
);
const rejectedByPartner = event(
  { type: 'audit rejected', data: { reason: 'The WCB account is\nnot in good standing.' } },
  { role: 'administrator', personId: 'x1' },
);
const withdrawn = event(
  { type: 'audit withdrawn', data: { reason: 'The company was sold.' } },
  { role: 'assessor', personId: 'a1' },
);
const withdrawnByPartner = event(
  { type: 'audit withdrawn', data: { reason: 'The company was sold.' } },
  { role: 'administrator', personId: 'x1' },
);
const reopened = event(
  { type: 'audit reopened', data: { decision: 1, reason: 'An interview was counted twice.' } },
  { role: 'administrator', personId: 'x1' },
);
const failedAgain = event({
  type: 'report made',
  data: { decision: 2, kind: 'certification', ...score, result: 'failed', shortfalls: [overall] },
});

const overLimit = event({
  type: 'uploads over limit',
  data: { link: 1, limit: 'uploadsOfLink', remedy: 'Ask for a new link.' },
});

const problems = [
  { place: 'audit.json, answers[3].positive', message: 'is 5, but only 4 were sampled. Correct one of the two.' },
  { place: 'evidence/photo.heic', message: 'is no PDF, JPEG, PNG, DOCX or XLSX. Save it as one of these.' },
];

const kim = { personId: 'r1', name: 'Kim Aster', email: 'kim@partner.example' };
const sam = { personId: 'x1', name: 'Sam Okoye', email: 'sam@partner.example' };
const lou = { personId: 'x2', name: 'Lou Rhee', email: 'lou@partner.example' };

function factsOf(of: AuditEvent, change: Partial<AuditFacts> = {}): AuditFacts {
  return {
    about: 'audit',
    event: of,
    audit: {
      kind: 'certification',
      protocol: 'secor-2020',
      ruleSet: 'rules-2020',
      state: 'pending review',
      arrivedAt: '2026-11-20T17:00:00.000Z',
    },
    staff: { reviewer: kim, administrators: [sam, lou] },
    employer,
    assessor,
    partner,
    problems,
    ...change,
  };
}

const atDesk = ({ role }: Recipient) => role === 'reviewer' || role === 'administrator';
const dana: Recipient = { role: 'employer contact', personId: 'e1.1', name: 'Dana Cardinal', email: 'dana@x.example' };
const toKim: Recipient = { role: 'reviewer', ...kim };
const toSam: Recipient = { role: 'administrator', ...sam };
const robin: Recipient = { role: 'assessor', personId: 'a1', name: 'Robin Beck', email: 'robin@prairie.example' };

function bodies(
  name: LetterName,
  of: AuditEvent,
  change: Partial<AuditFacts> = {},
  recipient: Recipient = robin,
): string[] {
  const { text, html } = writeLetter(name, recipient, factsOf(of, change));
  return [text.replace(/\s+/g, ' '), seen(html)];
}

describe('how to get the report', () => {
  it.each([
    ['audit passed', passed],
    ['audit failed', failed],
  ] as const)('is told to the assessor and to the contact as each of them can: %s', (name, of) => {
    const { text } = writeLetter(name, dana, factsOf(of));
    expect(text).toContain("412345678 in the list of your company's audits");
    expect(text).not.toContain('Auditor Portal');
    expect(writeLetter(name, robin, factsOf(of)).text).toContain('Auditor Portal');
  });

  it('tells the contact of the certificate where there is one', () => {
    expect(writeLetter('audit passed', dana, factsOf(passed)).text).toContain(
      'Download the report and the certificate.',
    );
    expect(writeLetter('audit failed', dana, factsOf(failed)).text).toContain('Download the report.');
  });
});

describe('what a letter tells its reader to do', () => {
  const all = [
    ...[accepted, resubmitted, refused, late, damaged, assigned, unassigned, requested, extended, rejected],
    ...[rejectedByReviewer, rejectedByPartner, withdrawn, reopened, passed, failed, binderRecorded, undone],
  ];

  it.each(all)('is what their role can do through the API: $type', (of) => {
    for (const change of [{}, { assessor: { ...assessor, undeliverableSince: '2026-11-01T18:00:00.000Z' } }]) {
      const facts = factsOf(of, change);
      for (const { letter, recipient } of addressedLetters(of, facts))
        expect(notAllowed(letter, recipient, facts), `${letter} to the ${recipient.role}`).toEqual([]);
    }
  });

  it('is told to every contact as what they can do themselves, before the reasons', () => {
    for (const of of all)
      for (const { letter, recipient } of addressedLetters(of, factsOf(of))) {
        const { text } = writeLetter(letter, recipient, factsOf(of));
        const isContact = recipient.role === 'employer contact';
        expect(text.includes('correct your telephone number'), letter).toBe(isContact);
      }
  });
});

describe('who gets a letter', () => {
  const to = (letter: LetterName, ...roles: RecipientRole[]) => roles.map((role) => ({ letter, role }));
  const outsiders = ['assessor', 'employer contact'] as const;
  const everybody = [...outsiders, 'reviewer', 'administrator'] as const;

  it.each([
    { of: accepted, letters: to('package submitted', 'assessor') },
    { of: resubmitted, letters: to('package resubmitted', 'assessor', 'reviewer') },
    { of: refused, letters: to('package refused', 'assessor') },
    { of: late, letters: to('package late', 'assessor') },
    { of: damaged, letters: to('package refused', 'assessor') },
    { of: packageDue('14 days after', '2026-09-22'), letters: to('package reminder', 'assessor') },
    { of: revisionDue('2026-11-24'), letters: to('revision reminder', 'assessor') },
    { of: assigned, letters: to('review assigned', 'reviewer') },
    { of: unassigned, letters: to('review unassigned', 'administrator') },
    { of: requested, letters: to('revision requested', 'assessor') },
    { of: extended, letters: to('revision extended', 'assessor') },
    { of: rejected, letters: to('audit rejected', ...outsiders, 'administrator', 'reviewer') },
    { of: rejectedByReviewer, letters: to('audit rejected', ...outsiders, 'administrator') },
    { of: rejectedByPartner, letters: to('audit rejected', ...outsiders, 'administrator', 'reviewer') },
    { of: withdrawn, letters: to('audit withdrawn', ...everybody) },
    { of: reopened, letters: to('audit reopened', ...everybody) },
    { of: passed, letters: to('audit passed', ...outsiders) },
    { of: failed, letters: to('audit failed', ...outsiders) },
    { of: binderRecorded, letters: to('binder received', ...outsiders) },
    { of: undone, letters: to('rejection undone', ...outsiders, 'administrator') },
    { of: event({ type: 'package superseded', data: { link: 1, by: 2 } }), letters: [] },
    { of: event({ type: 'reviewer released', data: { reviewerId: 'r1', reason: 'absent' } }), letters: [] },
    { of: event({ type: 'notes answered', data: { round: 1, answers: [] } }), letters: [] },
  ])('$of.type, $of.data.result', ({ of, letters }) => {
    expect(lettersFor(of)).toEqual(letters);
  });

  it('about a package that an administrator entered for a binder is the administrators, and not its assessor', () => {
    const enteredBy = 'x1';
    const of: readonly (readonly [AuditHappening, LetterName])[] = [
      [{ type: 'package refused', data: { link: 2, problems: 2, problemList, enteredBy } }, 'package refused'],
      [
        { type: 'documents refused', data: { revision: 1, backTo: 0, problems: 2, problemList, enteredBy } },
        'package refused',
      ],
      [{ type: 'package late', data: { link: 2, remedy: 'It is closed.', enteredBy } }, 'package late'],
      [
        { type: 'uploads over limit', data: { link: 2, limit: 'uploadsOfLink', remedy: 'Wait.', enteredBy } },
        'uploads over limit',
      ],
    ];
    for (const [happening, letter] of of) expect(lettersFor(event(happening))).toEqual(to(letter, 'administrator'));
  });

  it('is not who took the audit themselves, but who was given it by a colleague', () => {
    const taken = (personId: string) =>
      event({ type: 'reviewer assigned', data: { reviewerId: 'r1' } }, { role: 'reviewer', personId });
    expect(lettersFor(taken('r1'))).toEqual([]);
    expect(lettersFor(taken('r2'))).toEqual(to('review assigned', 'reviewer'));
  });

  it('is everybody of a role, and nobody where there is none', () => {
    const facts = factsOf(reopened);
    expect(everybody.flatMap((role) => recipientsOf(role, facts))).toEqual([
      robin,
      { role: 'employer contact', personId: 'e1.1', name: 'Dana Cardinal', email: 'dana@prairie.example' },
      { role: 'reviewer', ...kim },
      { role: 'administrator', ...sam },
      { role: 'administrator', ...lou },
    ]);
    const alone = factsOf(reopened, { staff: { administrators: [] } });
    expect(recipientsOf('reviewer', alone)).toEqual([]);
    expect(recipientsOf('administrator', alone)).toEqual([]);
  });
});

describe('a letter to an assessor whom mail does not reach', () => {
  const lost = { assessor: { ...assessor, undeliverableSince: '2026-11-01T18:00:00.000Z' } };
  const addressed = (of: AuditEvent, change: Partial<AuditFacts> = lost) =>
    addressedLetters(of, factsOf(of, change)).map(({ letter, recipient }) => [letter, recipient.role, recipient.email]);

  it('goes to the contact, who reads whose it is and what to do', () => {
    expect(addressed(requested)).toEqual([['revision requested', 'assessor', 'dana@prairie.example']]);
    const facts = factsOf(requested, lost);
    const [text = ''] = addressedLetters(requested, facts).map(
      ({ letter, recipient }) => writeLetter(letter, recipient, facts).text,
    );
    expect(text).toContain('Hello Dana Cardinal,');
    expect(text.replace(/\s+/g, ' ')).toContain(
      'our mail does not reach them. What it asks for, only the assessor can do. Please pass it on today',
    );
  });

  it('goes to the second contact once mail to the first has failed', () => {
    const two = { ...employer, secondContact: { name: 'Jo', email: 'jo@prairie.example' } };
    const undeliverable = { first: '2026-11-01T18:00:00.000Z' };
    expect(addressed(requested, { ...lost, employer: two, undeliverable })).toEqual([
      ['revision requested', 'assessor', 'jo@prairie.example'],
    ]);
  });

  it('does not go to a contact who gets that letter in any case', () => {
    expect(addressed(passed)).toEqual([['audit passed', 'employer contact', 'dana@prairie.example']]);
    expect(addressed(passed, {}).map(([, role]) => role)).toEqual(['assessor', 'employer contact']);
  });
});

describe('one letter for each address', () => {
  const at = 'DANA@prairie.example';
  const people = {
    assessor: { assessor: { ...assessor, email: at } },
    'employer contact': {},
    'second contact': {
      employer: { ...employer, secondContact: { name: 'Dana', email: at } },
    },
    reviewer: { staff: { reviewer: { ...kim, email: at }, administrators: [sam] } },
    administrator: { staff: { reviewer: kim, administrators: [{ ...sam, email: at }] } },
    'other administrator': {
      staff: {
        reviewer: kim,
        administrators: [
          { ...sam, email: 'dana@prairie.example' },
          { ...lou, email: at },
        ],
      },
    },
  } as const satisfies Readonly<Record<string, Partial<AuditFacts>>>;
  const both = (one: keyof typeof people, other: keyof typeof people): AuditFacts => {
    const given: readonly Partial<AuditFacts>[] = [people[one], people[other]];
    const staff = {
      ...(given.some((each) => each.staff?.reviewer?.email === at)
        ? { reviewer: { ...kim, email: at } }
        : { reviewer: kim }),
      administrators: given.flatMap((each) => (each.staff?.administrators ?? []).filter(({ email }) => email === at)),
    };
    return factsOf(reopened, { ...people[one], ...people[other], staff });
  };

  it.each([
    ['employer contact', 'assessor', 'assessor', ['e1.1']],
    ['reviewer', 'administrator', 'administrator', ['r1', 'e1.1']],
    ['assessor', 'administrator', 'administrator', ['a1', 'e1.1']],
    ['assessor', 'reviewer', 'reviewer', ['a1', 'e1.1']],
    ['employer contact', 'reviewer', 'reviewer', ['e1.1']],
    ['employer contact', 'administrator', 'administrator', ['e1.1']],
    ['employer contact', 'second contact', 'employer contact', []],
  ] as const)('%s and %s: that of the %s, whatever the case', (one, other, role, alsoAs) => {
    const facts = both(one, other);
    const theirs = addressedLetters(reopened, facts).filter(
      ({ recipient }) => recipient.email.toLowerCase() === at.toLowerCase(),
    );
    expect(theirs.map(({ recipient }) => recipient.role)).toEqual([role]);
    expect(theirs[0]?.alsoAs).toEqual(alsoAs.map((personId) => ({ letter: 'audit reopened', personId })));
  });

  it('two administrators at one address', () => {
    const facts = factsOf(reopened, people['other administrator']);
    const addresses = addressedLetters(reopened, facts).map(({ recipient }) => recipient.email.toLowerCase());
    expect(addresses.toSorted()).toEqual([...new Set(addresses)].toSorted());
  });

  it('the administrator of a binder who is its assessor gets the one that an administrator can act on', () => {
    const of = event({
      type: 'package refused',
      data: { link: 2, problems: 2, problemList, enteredBy: 'x1' },
    });
    const facts = { ...both('assessor', 'administrator'), event: of, problems: [] };
    expect(addressedLetters(of, facts).map(({ recipient }) => recipient.role)).toEqual(['administrator']);
  });

  it.each([
    ['the assessor', { assessor: { ...assessor, email: at, undeliverableSince: '2026-11-01T18:00:00.000Z' } }],
    ['the contact', { assessor: { ...assessor, email: at }, undeliverable: { first: '2026-11-01T18:00:00.000Z' } }],
  ] as const)(
    'none at all where mail to %s failed, who is also the other: the second contact gets them',
    (_, failed) => {
      for (const of of [passed, requested]) {
        expect(addressedLetters(of, factsOf(of, failed))).toEqual([]);
        const secondContact = { name: 'Jo', email: 'jo@prairie.example' };
        const facts = factsOf(of, { ...failed, employer: { ...employer, secondContact } });
        expect(addressedLetters(of, facts).map(({ recipient }) => recipient.email)).toEqual(['jo@prairie.example']);
      }
    },
  );
});

describe('a letter to an assessor who does not act for the employer any more', () => {
  const left = { ...assessor, actsFor: ['e2'] };
  const of = (state: 'awaiting revision' | 'closed', event: AuditEvent) => {
    const facts = factsOf(event, { assessor: left, audit: { ...factsOf(event).audit, state } });
    return addressedLetters(event, facts).map(({ letter, recipient }) => ({
      to: recipient.email,
      text: writeLetter(letter, recipient, facts).text.replace(/\s+/g, ' '),
    }));
  };

  it('goes to the contact while the audit is not closed, who reads whose audit it is and what to do', () => {
    const letters = of('awaiting revision', requested);
    expect(letters.map(({ to }) => to)).toEqual(['dana@prairie.example']);
    expect(letters[0]?.text).toContain('an audit by Robin Beck, who no longer acts for you');
    expect(letters[0]?.text).toContain('Please call or write to us today');
  });

  it('stays theirs once the audit is closed', () => {
    expect(of('closed', passed).map(({ to }) => to)).toEqual(['robin@prairie.example', 'dana@prairie.example']);
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
        'Overall: 79.9 % (391 of 489 points). The minimum of 80 % is 392 points: 1 point short.',
        'Element 3, Hazard control: 40.0 % (20 of 50 points). The minimum of 50 % is 25 points: 5 points short.',
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
    [
      'a package refused after another',
      'package refused',
      refusedAfter(1),
      ['The upload before this one was refused too; the history of the audit lists it.'],
      [],
    ],
    [
      'a package refused after several',
      'package refused',
      refusedAfter(3),
      ['The 3 uploads before this one were refused too; the history of the audit lists them.'],
      [],
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
        'ready for you to download now',
        'Score',
        '85.8 % (420 of 489 points)',
        'Next maintenance due by',
        '31 May 2027',
        'Maintenance audit, due by 31 May 2028: the audit has to end by then. With the grace period, its package can arrive through 30 June 2028, Alberta time. Otherwise the certificate is cancelled on 1 July 2028.',
        'Re-certification, due by 31 May 2029: a certification audit that ends on or before 31 May 2029 renews the certificate.',
      ],
      ['Why the certificate is for one year', 'No maintenance audit', 'Notes from the review'],
    ],
    [
      'a certification audit passed for one year, with notes',
      'audit passed',
      passedForOneYear,
      [
        'Certificate expires on',
        '31 May 2027',
        'Re-certification due by',
        '31 May 2027',
        'Why the certificate is for one year',
        'A certificate for the full term needs at least 12 months of records. A certificate with fewer months of records than the full term needs expires after one year. This audit has 8 months of records. The package says 14; the review corrected that, for this reason:',
        'The first record is of October.',
        'No maintenance audit is due before the certificate expires.',
        'Notes from the review',
        'Note 2 About the whole audit',
        'Well-kept records.',
        'they need no answer',
      ],
      ['grace period'],
    ],
    [
      'a maintenance audit passed, with the certificate that it keeps',
      'audit passed',
      maintained({ dueOn: '2026-05-31', late: false }, { ...standing, due: standing.due.slice(1) }),
      [
        'Certificate number',
        '412345678-1',
        'Certificate expires on',
        '31 May 2029',
        'Next maintenance due by',
        '31 May 2028',
      ],
      ['Why the certificate is for one year', 'due by 31 May 2027'],
    ],
    [
      'a maintenance audit passed that met nothing, of a certificate that was cancelled',
      'audit passed',
      maintained(undefined, { ...standing, standing: 'cancelled', cancelledOn: '2026-07-01', due: [] }),
      [
        'Certificate cancelled on',
        '1 July 2026',
        'Certificate 412345678-1 was cancelled on 1 July 2026',
        'Only a certification audit gives a new certificate',
      ],
      ['The next due date still applies', 'What is due next', 'Congratulations'],
    ],
    [
      'a maintenance audit passed',
      'audit passed',
      maintained({ dueOn: '2026-05-31', late: false }),
      ['maintenance audit 412345678', 'It meets the due date of 31 May 2026.', 'keeps its number', 'Auditor Portal'],
      ['Certificate number', 'certification', 'late', 'none'],
    ],
    [
      'a maintenance audit passed late',
      'audit passed',
      maintained({ dueOn: '2026-05-31', late: true }),
      [
        'meets the due date of 31 May 2026, but late: the audit ended after that date.',
        '31 May 2026, late',
        'keeps its number',
      ],
      ['none'],
    ],
    [
      'a maintenance audit passed that met nothing',
      'audit passed',
      maintained(undefined, standing),
      [
        'passing score, but the audit does not count for any due date',
        'The next due date still applies',
        'Auditor Portal',
      ],
      ['Congratulations', 'keeps its number'],
    ],
    [
      'a package that is awaited',
      'package reminder',
      packageDue('14 days after', '2026-09-22'),
      [
        'audit 412345678',
        'You registered this certification audit on 8 September 2026. No package has been accepted for it',
        'Prairie Welding Ltd. (Prairie Weld & Fab)',
        'withdraw it there',
        'within 21 days of the last day of the data gathering',
        'after 14, 44 and 74 days. The audit was registered on 8 September 2026; the day 14 days after was 22 September 2026.',
      ],
      ['last reminder', 'refused', 'counts for'],
    ],
    [
      'a package that is awaited, for the last time',
      'package reminder',
      packageDue('74 days after', '2026-11-21'),
      ['This is the last reminder of this package.'],
      [],
    ],
    [
      'a revision that is awaited',
      'revision reminder',
      revisionDue('2026-11-24'),
      [
        'due by 24 November 2026',
        '2 days from 22 November 2026',
        'Answer each note.',
        'must arrive on or before 24 November 2026, Alberta time',
        'the audit is rejected',
        '7 and 2 days before it is due. The revision is due by 24 November 2026; the day 2 days before was 22 November 2026.',
      ],
      ['last day'],
    ],
    [
      'a revision that is awaited, on its last day',
      'revision reminder',
      revisionDue('2026-11-22'),
      ['today is the last day'],
      ['from 22 November'],
    ],
    [
      'a binder',
      'binder received',
      binderRecorded,
      ['audit 412345678', '16 November 2026', '20 November 2026', '6 November 2026', 'enters the package', 'for you'],
      ['late', 'lost'],
    ],
    [
      'a binder that came after the expiry',
      'binder received',
      binderLate,
      ['marked late, not lost', 'reviewed like any other audit'],
      [],
    ],
    [
      'a rejection undone',
      'rejection undone',
      undone,
      ['had arrived in time', 'pending review again', '16 November 2026', 'not the day that it is read'],
      [],
    ],
    [
      'a certification audit failed',
      'audit failed',
      failed,
      ['Overall: 79.9 %', 'Element 3, Hazard control', '5 points short', 'No certificate is issued', 'Auditor Portal'],
      ['Congratulations'],
    ],
    [
      'a certification audit failed, of an employer that holds a certificate',
      'audit failed',
      failedWith(standing),
      [
        'Score',
        '85.8 %',
        'Certificate number',
        '412345678-1',
        'Certificate 412345678-1 stays valid through 31 May 2029, as long as what is due for it is done in time.',
        'Maintenance audit, due by 31 May 2027',
        'Re-certification, due by 31 May 2029',
      ],
      ['The employer holds no certificate'],
    ],
    [
      'a certification audit failed, of an employer without a certificate',
      'audit failed',
      failedWith(undefined),
      ['The employer holds no certificate.'],
      ['Certificate number', 'due by'],
    ],
    [
      'a certification audit failed, of an employer whose certificate has expired',
      'audit failed',
      failedWith({ ...standing, standing: 'expired', expiresOn: '2026-05-31', due: [] }),
      [
        'Certificate expired on',
        '31 May 2026',
        'Certificate 412345678-1 expired on 31 May 2026. Only a certification audit',
      ],
      ['due by', 'stays valid'],
    ],
    [
      'a maintenance audit failed within the grace',
      'audit failed',
      maintenanceFailedWith({
        ...standing,
        due: [{ kind: 'maintenance', dueOn: '2026-10-31', state: 'overdue', graceThrough: '2026-11-30' }],
      }),
      [
        'minimum of 60 %',
        'register a new maintenance audit in time for the dates below',
        'Maintenance was due by',
        'Maintenance audit, was due by 31 October 2026: it is overdue. Its package can still arrive through 30 November 2026, Alberta time. Otherwise the certificate is cancelled on 1 December 2026.',
      ],
      [],
    ],
    [
      'a maintenance audit failed that had kept the certificate from being cancelled',
      'audit failed',
      maintenanceFailedWith({ ...standing, standing: 'cancelled', cancelledOn: '2026-11-22', due: [] }),
      ['register a certification audit', 'was cancelled on 22 November 2026'],
      ['register a new maintenance audit', 'due by'],
    ],
    [
      'an audit rejected with notes that were not sent',
      'audit rejected',
      event({ type: 'audit rejected', data: { reason: 'The assessor was not qualified.', notes: [noteOfReview] } }),
      ['The assessor was not qualified.', 'Notes from the review', 'Well-kept records.'],
      [],
    ],
    [
      'an audit withdrawn with notes that were not sent',
      'audit withdrawn',
      event({ type: 'audit withdrawn', data: { reason: 'The company was sold.', notes: [noteOfReview] } }),
      ['The company was sold.', 'Notes from the review', 'Well-kept records.'],
      [],
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
    for (const fact of linesOf(text)) expect(seenFacts(html)).toContain(fact);
  });

  const steps: [string, LetterName, Recipient, AuditEvent, string[], string[]][] = [
    [
      'a revised package, to the assessor',
      'package resubmitted',
      robin,
      resubmitted,
      ['Revised package received', 'Revision', '85.8 %', 'your answers to the notes', 'pending review again'],
      ['missing', 'warning', 'Note 4'],
    ],
    [
      'a revised package, to the reviewer',
      'package resubmitted',
      toKim,
      resubmitted,
      [
        'Hello Kim Aster,',
        'Prairie Welding Ltd.',
        '20 November 2026',
        '2 notes answered',
        'Note 4, actionable Question 1.1: Is a written health and safety policy',
        'Signed by the owner on 1 December.',
        'Note 5, informational About the whole audit',
        'Sign in at https://partner.example',
        'Open audit 412345678 in the review queue.',
      ],
      [],
    ],
    [
      'an audit assigned',
      'review assigned',
      toKim,
      assigned,
      [
        'Hello Kim Aster,',
        '412345678',
        'Prairie Welding Ltd. (Prairie Weld & Fab)',
        'certification audit',
        'Robin Beck',
        '20 November 2026',
        'Sign in at https://partner.example',
      ],
      [],
    ],
    [
      'no reviewer free',
      'review unassigned',
      toSam,
      unassigned,
      ['Hello Sam Okoye,', 'stays unassigned', 'Prairie Welding Ltd.', '20 November 2026', 'in the review queue'],
      [],
    ],
    [
      'a revision requested',
      'revision requested',
      robin,
      requested,
      [
        '2 notes',
        'Note 4, to be resolved Question 1.1: Is a written health and safety policy',
        'The policy is not signed.',
        'Have the owner sign it, & date it.',
        'Note 5, for your information, to be acknowledged About the whole audit',
        'The manual reads well.',
        '8 December 2026',
        'Answer each note',
        'Ask for a new upload link',
        'Upload the whole revised package',
        'on or before 8 December 2026, Alberta time',
        'the audit is rejected',
      ],
      ['day,', '%'],
    ],
    [
      'a revision extended',
      'revision extended',
      robin,
      extended,
      ['22 December 2026', 'The owner is ill.', 'on or before 22 December 2026'],
      ['8 December'],
    ],
    ...[robin, dana, toSam, toKim].map((recipient): [string, LetterName, Recipient, AuditEvent, string[], string[]] => [
      `an audit rejected, to the ${recipient.role}`,
      'audit rejected',
      recipient,
      rejected,
      [
        'was rejected',
        'Prairie Welding Ltd.',
        '22 November 2026',
        'The WCB account is',
        'not in good standing.',
        ...(recipient === toSam ? ['Kim Aster'] : []),
        ...(recipient === toKim ? ['There is nothing left for you to do on it.'] : []),
        ...(recipient === robin ? ['you can register a new audit'] : []),
        ...(recipient === dana ? ['your assessor, Robin Beck, can register a new audit'] : []),
      ],
      ['%', 'score', 'point', ...(atDesk(recipient) ? ['What comes next'] : [])],
    ]),
    [
      'a withdrawal, to who withdrew',
      'audit withdrawn',
      robin,
      withdrawn,
      ['You withdrew', 'was sold.'],
      ['Robin Beck withdrew'],
    ],
    [
      'a withdrawal by the assessor, to the contact',
      'audit withdrawn',
      dana,
      withdrawn,
      ['Robin Beck withdrew', 'your assessor can register a new one'],
      ['You withdrew'],
    ],
    [
      'a withdrawal by the partner, to the assessor',
      'audit withdrawn',
      robin,
      withdrawnByPartner,
      ['Example Safety Partner withdrew', 'register a new one', 'was sold.'],
      ['You withdrew'],
    ],
    [
      'a withdrawal, to the reviewer',
      'audit withdrawn',
      toKim,
      withdrawn,
      ['nothing left for you to do'],
      ['Reviewer'],
    ],
    ['a withdrawal, to administrators', 'audit withdrawn', toSam, withdrawn, ['Robin Beck withdrew', 'Kim Aster'], []],
    ...[robin, dana, toKim, toSam].map((recipient): [string, LetterName, Recipient, AuditEvent, string[], string[]] => [
      `an audit reopened, to the ${recipient.role}`,
      'audit reopened',
      recipient,
      reopened,
      [
        'was reopened',
        'undecided again',
        'stands until the new decision',
        'An interview was counted twice.',
        ...(atDesk(recipient) ? [] : ['You will get a letter with the new decision']),
        ...(recipient.role === 'reviewer' ? ['Open audit 412345678 in the review queue.'] : []),
        ...(recipient.role === 'administrator' ? ['Kim Aster'] : []),
      ],
      [],
    ]),
    [
      'a second decision that fails',
      'audit failed',
      dana,
      failedAgain,
      ['was reopened', 'Certificate 412345678-1', 'is revoked', 'No certificate is issued'],
      [],
    ],
  ];
  const more: Partial<AuditFacts> = {
    revoked: ['412345678-1'],
    answeredNotes: [
      { note: 4, kind: 'actionable', question: '1.1', answer: 'Signed by the owner on 1 December.' },
      { note: 5, kind: 'informational', answer: 'Read.' },
    ],
  };

  it.each(steps)('%s', (_, name, recipient, of, said, unsaid) => {
    for (const body of bodies(name, of, more, recipient)) {
      const unquoted = body.replaceAll('> ', '');
      for (const fact of said) expect(unquoted).toContain(fact);
      for (const fact of unsaid) expect(unquoted).not.toContain(fact);
    }
  });

  it('of an end without a decision tells what an earlier decision had given and lost', () => {
    const told = steps.filter(([, name]) => name === 'audit rejected' || name === 'audit withdrawn');
    expect(told.length).toBeGreaterThan(1);
    for (const [, name, recipient, of] of told)
      for (const body of bodies(name, of, more, recipient)) expect(body).toContain('Certificate 412345678-1');
  });

  it.each(steps)('%s: the HTML holds every line of the text', (_, name, recipient, of) => {
    const { text, html } = writeLetter(name, recipient, factsOf(of, more));
    for (const fact of linesOf(text)) expect(seenFacts(html)).toContain(fact);
  });

  it.each([
    ...cases.map(([title, name, of]) => [title, name, robin, of] as const),
    ...cases.map(([title, name, of]) => [`${title}, to the contact`, name, dana, of] as const),
    ...steps.map(([title, name, recipient, of]) => [title, name, recipient, of] as const),
    ['too many uploads', 'uploads over limit', robin, overLimit] as const,
  ])('%s: a sentence that ends with "Inc." has one full stop', (_, name, recipient, of) => {
    for (const body of bodies(name, of, { ...more, ...stopped }, recipient)) {
      expect(body).toMatch(/Inc\./);
      expect(body).not.toMatch(/\.\./);
    }
  });

  it('gives the reason last, after what to do', () => {
    const reasoned = steps.filter(([, , , of]) => 'reason' in of.data);
    expect(reasoned.length).toBeGreaterThan(10);
    for (const [, name, recipient, of] of reasoned) {
      const { text } = writeLetter(name, recipient, factsOf(of, more));
      expect(text.match(/^.+(?=\n-{3,}$)/gm)?.at(-1)).toBe('The reason');
    }
  });

  it('says nothing of an earlier decision in the first', () => {
    for (const body of [...bodies('audit failed', failed), ...bodies('audit passed', passed)]) {
      expect(body).not.toContain('reopened');
      expect(body).not.toContain('revoked');
    }
  });

  it('leaves out what it does not know: the arrival, the reviewer, a question that the protocol has not', () => {
    const { audit, ...facts } = factsOf(withdrawn, { staff: { administrators: [sam] } });
    const { kind, protocol, ruleSet, state } = audit;
    const { text } = writeLetter('audit withdrawn', toSam, { ...facts, audit: { kind, protocol, ruleSet, state } });
    expect(text).toContain('Reviewer: nobody');
    expect(text).not.toContain('arrived');
    const unknown = factsOf(requested, { audit: { kind, protocol: 'secor-1999', ruleSet, state } });
    expect(writeLetter('revision requested', robin, unknown).text).toContain('\nQuestion 1.1\n> The policy');
  });

  describe('a refusal', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ place: `evidence/${at + 1}.`, message: 'is empty.' }));

    it('lists all of 50 problems, after what to do', () => {
      for (const body of bodies('package refused', refused, { problems: many(50) })) {
        expect(body).toContain('50 problems found');
        for (const { place } of many(50)) expect(body).toContain(place);
        expect(body).not.toContain('secor package check');
        expect(body.indexOf('What to do')).toBeLessThan(body.indexOf('evidence/1.'));
      }
    });

    it('names the first 50 of more problems, and how to get all', () => {
      for (const body of bodies('package refused', refused, { problems: many(1_000) })) {
        expect(body).toContain('The first 50 of 1000 problems');
        expect(body).toContain('evidence/50.');
        expect(body).not.toContain('evidence/51.');
        expect(body.indexOf('secor package check')).toBeLessThan(body.indexOf('evidence/1.'));
      }
    });

    it('says how to get all of what is wrong in many places', () => {
      const [first, ...others] = many(27);
      if (first === undefined) throw new Error('There is no problem.');
      for (const body of bodies('package refused', refused, { problems: [{ ...first, others }] })) {
        expect(body).toContain('1 problem found');
        expect(body).toContain('secor package check');
      }
    });

    it('never has more than 90 KB as it is sent, whatever it names', async () => {
      const character = fc.constantFrom('a', '=', '&', '"', "'", '<', 'é', '東', '🏗', ' ');
      const words = fc
        .tuple(character, fc.integer({ min: 1, max: 1_000 }), fc.array(character, { maxLength: 40 }))
        .map(([each, count, more]) => each.repeat(count) + more.join(''));
      const problem = fc.record({ place: words, message: words });
      await fc.assert(
        fc.asyncProperty(fc.array(problem, { minLength: 40, maxLength: 80 }), async (found) => {
          const name = '東'.repeat(200);
          const facts = factsOf(refusedAfter(99), { problems: found, employer: { ...employer, legalName: name } });
          const letter = writeLetter('package refused', { ...robin, name }, facts);
          const message = await mimeMessage(letter, {
            from: { name: partner.name, email: partner.email },
            to: { name, email: robin.email },
            letterId: 'audit#412345678/7/a1',
          });
          expect(message.length).toBeLessThanOrEqual(90_000);
        }),
        { numRuns: 100 },
      );
    });
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

describe('what a person wrote', () => {
  const reasoned = (reason: string) => event({ type: 'audit rejected', data: { reason } });

  it('keeps its full stops: reasons, and the names of files', () => {
    for (const body of bodies('audit rejected', reasoned('Well.. no.'))) expect(body).toContain('Well.. no.');
    const named = [{ place: 'evidence/a.. b.pdf', message: 'evidence "evidence/a.. b.pdf" is not in the archive' }];
    for (const body of bodies('package refused', refused, { problems: named })) {
      expect(body).toContain('evidence/a.. b.pdf:');
      expect(body).toContain('"evidence/a.. b.pdf"');
    }
  });

  it('keeps its lines, each marked as quoted', () => {
    const { text, html } = writeLetter('audit rejected', robin, factsOf(reasoned('One.\r\n\n\tTwo.\u2028Three.\n')));
    expect(text).toContain('\n\n> One.\n> Two.\n> Three.\n\n');
    expect(html).toContain('>One.<br>\nTwo.<br>\nThree.</blockquote>');
  });

  it('adds no header, no tag but line breaks, and no line that is not quoted', () => {
    const line = '(plain)';
    const plain = writeLetter('audit rejected', robin, factsOf(reasoned(line)));
    const outline = (html: string) => html.match(/<[^>]*>/g)?.filter((tag) => tag !== '<br>');
    const own = (text: string) => text.split('\n').filter((each) => !each.startsWith('>'));
    fc.assert(
      fc.property(
        fc
          .array(
            fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('<b>', '\r\nBcc: x@y.example\r\n', '\n1. Pay')),
          )
          .map((parts) => `Why:${parts.join('')}`),
        (reason) => {
          const { subject, text, html } = writeLetter('audit rejected', robin, factsOf(reasoned(reason)));
          expect(subject).toBe(plain.subject);
          expect(outline(html)).toEqual(outline(plain.html));
          expect(own(text)).toEqual(own(plain.text));
          expect(text.isWellFormed() && html.isWellFormed()).toBe(true);
        },
      ),
    );
  });
});

it('a reminder of a package tells of uploads that were refused, and to correct them', () => {
  const of = packageDue('14 days after', '2026-09-22');
  const audit = { ...factsOf(of).audit, refusedUploads: 3 };
  for (const body of bodies('package reminder', of, { audit })) {
    expect(body).toMatch(/Uploads refused:? 3/);
    expect(body).toContain('Correct every problem of the last upload.');
  }
});

describe('the reviewer', () => {
  const score = { awarded: fc.nat(489), available: fc.constant(489) };
  const result = fc.constantFrom('passed' as const, 'failed' as const);
  const text = fc.string({ maxLength: 60 });
  const number = fc.integer({ min: 1, max: 9 });
  const dueOn = fc.constant('2026-12-08');
  const kind = fc.constantFrom('certification' as const, 'maintenance' as const);
  const notes = fc.array(
    fc.record(
      {
        note: number,
        kind: fc.constantFrom('actionable' as const, 'informational' as const),
        question: fc.constantFrom('1.1', '9.9'),
        text,
      },
      { requiredKeys: ['note', 'kind', 'text'] },
    ),
  );
  const outcome = { kind, result, shortfalls: fc.constant([overall, element]) };

  /** What is written about to somebody, with any facts. */
  function happening(reviewerId: string): fc.Arbitrary<AuditHappening> {
    const of = <T extends AuditHappening['type']>(
      type: T,
      data: fc.Arbitrary<Extract<AuditHappening, { readonly type: T }>['data']>,
    ) => data.map((each) => ({ type, data: each }) as AuditHappening);
    return fc.oneof(
      of(
        'package accepted',
        fc.record({
          link: number,
          revision: number,
          round: fc.nat(2),
          ...score,
          result,
          shortfalls: fc.constant([overall]),
          warnings: fc.array(text.map(warning)),
        }),
      ),
      of('package refused', fc.record({ link: number, problems: number, problemList: fc.constant(problemList) })),
      of('package late', fc.record({ link: number, remedy: text })),
      of(
        'documents refused',
        fc.record({ revision: number, backTo: fc.nat(1), problems: number, problemList: fc.constant(problemList) }),
      ),
      of('reviewer assigned', fc.constant({ reviewerId })),
      of('review unassigned', fc.record({ revision: number })),
      of('revision requested', fc.record({ round: number, dueOn, notes })),
      of('revision extended', fc.record({ dueOn, reason: text })),
      of('reminder due', fc.constantFrom(awaitedPackage('14 days after', '2026-09-22'), awaitedRevision('2026-12-08'))),
      of('audit rejected', fc.record({ reason: text, notes })),
      of('rejection undone', fc.record({ dueOn })),
      of('binder recorded', fc.record({ postmarkedOn: dueOn, receivedOn: dueOn, endedOn: dueOn })),
      of('audit withdrawn', fc.record({ reason: text, notes })),
      of('audit reopened', fc.record({ decision: number, reason: text })),
      of(
        'report made',
        fc.record({
          ...{ decision: number, ...outcome, certificateNumber: fc.constant('412345678-1'), expiresOn: dueOn },
          ...{ awarded: fc.constant(420), available: fc.constant(489), recordsMonths: fc.constantFrom(8, 12), notes },
        }),
      ),
    );
  }

  const staffMember = fc
    .tuple(fc.stringMatching(/^[a-z]{12}$/), fc.stringMatching(/^[A-Z][a-z]{11} [A-Z][a-z]{11}$/))
    .map(([personId, name]) => ({ personId, name, email: `${personId}@partner.example` }));

  it('is named in no letter to the assessor or the contact, nor is anybody else at the desk', () => {
    const written = new Set<LetterName>();
    const toDesk = new Set<LetterName>();
    fc.assert(
      fc.property(
        staffMember.chain((reviewer) =>
          fc.record({
            reviewer: fc.constant(reviewer),
            administrator: staffMember,
            happened: happening(reviewer.personId),
            by: fc.constantFrom('reviewer' as const, 'administrator' as const),
          }),
        ),
        ({ reviewer, administrator, happened, by }) => {
          const personId = by === 'reviewer' ? reviewer.personId : administrator.personId;
          const facts = factsOf(event(happened, { role: by, personId }), {
            staff: { reviewer, administrators: [administrator] },
          });
          for (const { letter, role } of lettersFor(facts.event))
            for (const recipient of recipientsOf(role, facts)) {
              if (atDesk(recipient)) {
                toDesk.add(letter);
                continue;
              }
              written.add(letter);
              const all = Object.values(writeLetter(letter, recipient, facts)).join('\n');
              for (const person of [reviewer, administrator])
                for (const secret of Object.values(person)) expect(all).not.toContain(secret);
            }
        },
      ),
      { numRuns: 1000 },
    );
    expect([...written].toSorted()).toEqual([
      'audit failed',
      'audit passed',
      'audit rejected',
      'audit reopened',
      'audit withdrawn',
      'binder received',
      'package late',
      'package refused',
      'package reminder',
      'package resubmitted',
      'package submitted',
      'rejection undone',
      'revision extended',
      'revision reminder',
      'revision requested',
    ]);
    expect([...toDesk].toSorted()).toEqual([
      'audit rejected',
      'audit reopened',
      'audit withdrawn',
      'package resubmitted',
      'rejection undone',
      'review assigned',
      'review unassigned',
    ]);
  });
});

describe('the notes that a resubmission answers', () => {
  const ask = (round: number, ...numbers: number[]): DomainEvent =>
    event({
      type: 'revision requested',
      data: {
        round,
        dueOn: '2026-12-08',
        notes: numbers.map((note) => ({ note, kind: 'actionable', text: 'Do it.' })),
      },
    });
  const answer = (round: number, ...numbers: number[]): DomainEvent =>
    event({
      type: 'notes answered',
      data: { round, answers: numbers.map((note) => ({ note, text: `Done ${note}.` })) },
    });

  it('are those of its own round, answered in one go or several', () => {
    const history = [accepted, ask(1, 1, 2), answer(1, 1, 2), resubmitted, ask(2, 3, 4, 5), answer(2, 5), answer(2, 3)];
    expect(answeredNotes(history, 1).map(({ note }) => note)).toEqual([1, 2]);
    expect(answeredNotes(history, 2)).toEqual([
      { note: 3, kind: 'actionable', answer: 'Done 3.' },
      { note: 5, kind: 'actionable', answer: 'Done 5.' },
    ]);
    expect(answeredNotes(history, 3)).toEqual([]);
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
    letterId: 'audit#412345678/7/a1',
  };
  const letter = writeLetter('audit passed', { ...robin, name: 'Zoë' }, factsOf(passed));

  it('parses back to what went in', async () => {
    const parsed = await PostalMime.parse(
      await mimeMessage({ ...letter, subject: 'Passed: Łódź Bâtiment 東' }, envelope),
    );
    expect(parsed.from).toMatchObject({ name: 'Example Safety Partner', address: 'secor@partner.example' });
    expect(parsed.to).toMatchObject([{ name: 'Zoë Łukasiewicz, P.Eng.', address: 'zoe@prairie.example' }]);
    expect(parsed.subject).toBe('Passed: Łódź Bâtiment 東');
    // SES writes both of its own.
    expect(parsed.headers.map(({ key }) => key).filter((key) => /^(message-id|date)$/.test(key))).toEqual([]);
    expect(parsed.headers.map(({ key }) => key)).toContain('mime-version');
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
