import type {
  Actor,
  Assessor,
  AssessorHappening,
  CycleHappening,
  CycleReminder,
  Employer,
  Risk,
  SentMilestone,
  SessionField,
  SessionHappening,
} from '@secor/certification';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AssessorFacts,
  addressedLetters,
  type CycleFacts,
  type LetterFacts,
  type LetterName,
  lettersFor,
  type Recipient,
  type RecipientRole,
  recipientsOf,
  type SessionFacts,
  writeLetter,
} from './index.ts';
import { assessor, employer, linesOf, notAllowed, partner, seen, seenFacts, stopped } from './letter.fixture.ts';

const at = '2026-04-01T13:00:00.000Z';
const system: Actor = { role: 'system' };
const staff = { administrators: [{ personId: 'x1', name: 'Sam Okoye', email: 'sam@partner.example' }] };

function cycleFacts(happening: CycleHappening, change: Partial<CycleFacts> = {}): CycleFacts {
  return {
    about: 'employer',
    event: { subject: 'employer#e1', number: 9, at, by: system, ...happening },
    partner,
    employer,
    assessors: [assessor],
    staff,
    ...change,
  };
}

function assessorFacts(happening: AssessorHappening, change: Partial<AssessorFacts> = {}): AssessorFacts {
  const event = { subject: 'assessor#a1' as const, number: 4, at, by: system, ...happening };
  return { about: 'assessor', event, partner, assessor, employers: [{ employer }], ...change };
}

function sessionFacts(happening: SessionHappening, by: Actor = { role: 'assessor', personId: 'a1' }): SessionFacts {
  return {
    about: 'session',
    event: { subject: 'session#s1', number: 2, at, by, ...happening },
    partner,
    assessors: [assessor],
    session: {
      ...{ courseId: 'hazard-management', date: '2026-05-12', time: '09:30', instructor: 'Ash Moreau' },
      link: 'https://meet.example.com/hazards',
    },
  };
}

const certificateNumber = '412345678-1';
const expiry: CycleReminder = {
  kind: 'expiry',
  dueOn: '2026-05-31',
  milestone: '60 days before',
  day: '2026-04-01',
  certificateNumber,
  expiresOn: '2026-05-31',
  ruleSet: 'rules-2020',
  assessorId: 'a1',
};
const maintenance: CycleReminder = {
  ...expiry,
  kind: 'maintenance',
  milestone: '30 days before',
  expiresOn: '2027-05-31',
  windowFrom: '2026-05-01',
  graceThrough: '2026-06-30',
};
const refresher: SentMilestone = {
  kind: 'refresher',
  dueOn: '2027-03-12',
  milestone: '30 days before',
  day: '2027-02-10',
  ruleSet: 'rules-2020',
};
const cycleReminder = (data: CycleReminder): CycleHappening => ({ type: 'reminder due', data });
const refresherDue = (data: SentMilestone): AssessorHappening => ({ type: 'reminder due', data });
const cancelled = (on = '2026-07-01'): CycleHappening => ({
  type: 'certificate cancelled',
  data: { certificateNumber, on, dueOn: '2026-05-31', ruleSet: 'rules-2020', assessorId: 'a1' },
});
const undone: CycleHappening = {
  type: 'cancellation undone',
  data: { certificateNumber, cancelledOn: '2026-07-01', expiresOn: '2027-05-31', assessorId: 'a1' },
};
const revoked = (decision: number): CycleHappening => ({
  type: 'certificate revoked',
  data: { certificateNumber, auditNumber: '412345678', decision },
});
const risks: readonly Risk[] = [
  { risk: 'nothing registered', kind: 'maintenance', dueOn: '2026-05-31' },
  { risk: 'nothing registered', kind: 're-certification', dueOn: '2027-05-31' },
  { risk: 'mail to the contact failed' },
  { risk: "assessor's status ends", kind: 'maintenance', dueOn: '2026-05-31' },
  { risk: 'no assessor' },
  { risk: 'too many employees', kind: 're-certification', dueOn: '2027-05-31' },
  { risk: 'not in good standing' },
];
const risksChanged = (added: readonly Risk[], gone: readonly Risk[] = []): CycleHappening => ({
  type: 'risks changed',
  data: { added, gone },
});
const completed = (courseId: string, completedOn: string, through?: string): AssessorHappening => ({
  type: 'course completed',
  data: { courseId, completedOn, ...(through === undefined ? {} : { through }) },
});
const takenBack: AssessorHappening = {
  type: 'completion withdrawn',
  data: { courseId: 'oilfield-driver-awareness', completedOn: '2025-11-02' },
};
const enrolled: SessionHappening = { type: 'assessor enrolled', data: { assessorId: 'a1' } };
const gaveBack: SessionHappening = { type: 'enrolment cancelled', data: { assessorId: 'a1' } };

/** That a session was changed in this, and when it was to begin. */
function sessionMoved(
  changed: readonly SessionField[],
  from = { date: '2026-05-05', time: '13:00' },
): SessionHappening {
  return { type: 'session changed', data: { changed, from, to: { date: '2026-05-12', time: '09:30' } } };
}

/** The same of a session that is held somewhere else. */
function heldAt(facts: SessionFacts, where: Pick<SessionFacts['session'], 'place' | 'link'>): SessionFacts {
  const { link: _, ...session } = facts.session;
  return { ...facts, session: { ...session, ...where } };
}

const outsiders = ['assessor', 'employer contact'] as const;
const to = (letter: LetterName, ...roles: RecipientRole[]) => roles.map((role) => ({ letter, role }));

describe('who gets a letter of a cycle, a status or a session', () => {
  it.each([
    { facts: cycleFacts(cycleReminder(expiry)), letters: to('expiry reminder', ...outsiders) },
    {
      facts: cycleFacts(cycleReminder({ ...expiry, milestone: 'over' })),
      letters: to('certificate expired', ...outsiders),
    },
    { facts: cycleFacts(cycleReminder(maintenance)), letters: to('maintenance reminder', ...outsiders) },
    {
      facts: cycleFacts(cycleReminder({ ...maintenance, milestone: 'window begins' })),
      letters: to('maintenance reminder', ...outsiders),
    },
    {
      facts: cycleFacts(cycleReminder({ ...maintenance, milestone: 'over' })),
      letters: to('maintenance overdue', ...outsiders),
    },
    { facts: cycleFacts(cancelled()), letters: to('certificate cancelled', ...outsiders, 'administrator') },
    { facts: cycleFacts(undone), letters: to('cancellation undone', ...outsiders, 'administrator') },
    { facts: cycleFacts(revoked(2)), letters: to('certificate revoked', 'administrator') },
    { facts: cycleFacts(risksChanged(risks)), letters: to('risks told', 'administrator') },
    // What time alone has brought is seen in the list.
    { facts: cycleFacts(risksChanged(risks.slice(0, 2))), letters: [] },
    { facts: assessorFacts(takenBack), letters: to('completion withdrawn', 'assessor') },
    { facts: cycleFacts(risksChanged([], risks)), letters: [] },
    {
      facts: cycleFacts({ type: 'employer changed', data: { changed: ['contact'] } }),
      letters: [],
    },
    { facts: cycleFacts({ type: 'mail failed', data: { contact: 'first', reason: 'bounced' } }), letters: [] },
    { facts: assessorFacts(refresherDue(refresher)), letters: to('refresher reminder', ...outsiders) },
    {
      facts: assessorFacts(refresherDue({ ...refresher, milestone: 'over' })),
      letters: to('status ended', ...outsiders),
    },
    {
      facts: assessorFacts(completed('hazard-management', '2026-03-31', '2029-03-31')),
      letters: to('status renewed', 'assessor'),
    },
    { facts: assessorFacts(completed('hazard-management', '2026-03-31')), letters: [] },
    { facts: assessorFacts({ type: 'mail failed', data: { reason: 'complained' } }), letters: [] },
    { facts: sessionFacts(enrolled), letters: to('enrolment confirmed', 'assessor') },
    { facts: sessionFacts(gaveBack), letters: to('enrolment cancelled', 'assessor') },
    { facts: sessionFacts(sessionMoved(['date'])), letters: to('session changed', 'assessor') },
    { facts: sessionFacts(sessionMoved(['places', 'link'])), letters: to('session changed', 'assessor') },
    { facts: sessionFacts(sessionMoved(['places'])), letters: [] },
    {
      facts: sessionFacts({ type: 'session cancelled', data: { reason: 'Ill.' } }),
      letters: to('session cancelled', 'assessor'),
    },
  ])('$facts.event.type, $facts.event.data.kind $facts.event.data.milestone', ({ facts, letters }) => {
    expect(lettersFor(facts.event)).toEqual(letters);
  });

  const kit: Assessor = { ...assessor, assessorId: 'a2', name: 'Kit Moss', email: 'kit@prairie.example' };
  const ids = (role: RecipientRole, facts: LetterFacts) => recipientsOf(role, facts).map(({ personId }) => personId);

  it('is the assessor of the last passed audit while they act for the employer and mail reaches them, else all who act', () => {
    const reminder = cycleReminder(expiry);
    expect(ids('assessor', cycleFacts(reminder, { assessors: [kit, assessor] }))).toEqual(['a1']);
    expect(ids('assessor', cycleFacts(reminder, { assessors: [kit] }))).toEqual(['a2']);
    const { assessorId: _, ...unnamed } = expiry;
    expect(ids('assessor', cycleFacts(cycleReminder(unnamed), { assessors: [kit, assessor] }))).toEqual(['a2', 'a1']);
    expect(ids('assessor', cycleFacts(reminder, { assessors: [] }))).toEqual([]);
    const lost = { ...assessor, undeliverableSince: at };
    expect(ids('assessor', cycleFacts(reminder, { assessors: [kit, lost] }))).toEqual(['a2']);
    expect(ids('assessor', assessorFacts(refresherDue(refresher), { assessor: lost }))).toEqual([]);
  });

  it('is one person who is the contact of several employers, once, and reads of all of them', () => {
    const other = { ...employer, employerId: 'e2', legalName: 'Foothills Fencing Inc.' };
    const { tradeName: _, ...e2 } = { ...other, contact: { ...other.contact, email: 'DANA@prairie.example' } };
    const facts = assessorFacts(refresherDue(refresher), { employers: [{ employer }, { employer: e2 }] });
    const letters = addressedLetters(facts.event, facts);
    expect(letters.map(({ recipient }) => recipient.personId)).toEqual(['a1', 'e1.1']);
    const [, contacts] = letters.map(({ letter, recipient }) => writeLetter(letter, recipient, facts).text);
    expect(contacts).toContain('who acts for Prairie Welding Ltd. (Prairie Weld & Fab) and Foothills Fencing Inc.');
    expect(contacts).toContain('Employer: Foothills Fencing Inc.');
  });

  it('is the second contact once mail to the first has failed, and nobody where there is none whom mail reaches', () => {
    const secondContact = { name: 'Jo Cardinal', email: 'jo@prairie.example' };
    const two: Employer = { ...employer, secondContact };
    const failed = { undeliverable: { first: at } };
    const contacts = (change: Partial<CycleFacts>) =>
      recipientsOf('employer contact', cycleFacts(cycleReminder(expiry), change));
    const first = { role: 'employer contact', personId: 'e1.1', ...employer.contact };
    expect(contacts({ employer: two })).toEqual([first]);
    expect(contacts({ employer: two, ...failed })).toEqual([
      { role: 'employer contact', personId: 'e1.2', ...secondContact },
    ]);
    expect(contacts(failed)).toEqual([]);
    expect(contacts({ employer: two, undeliverable: { first: at, second: at } })).toEqual([]);
    expect(contacts({ employer: two, undeliverable: { second: at } })).toEqual([first]);
    const lee = { name: 'Lee Park', email: 'lee@foothills.example' };
    const second = { employer: { ...employer, employerId: 'e2', legalName: 'Foothills Fencing Ltd.', contact: lee } };
    const facts = assessorFacts(refresherDue(refresher), { employers: [{ employer: two, ...failed }, second] });
    expect(ids('employer contact', facts)).toEqual(['e1.2', 'e2.1']);
    const unreached = { employer, undeliverable: { first: at } };
    expect(ids('employer contact', assessorFacts(refresherDue(refresher), { employers: [unreached, second] }))).toEqual(
      ['e2.1'],
    );
    const letters = recipientsOf('employer contact', facts).map(
      (recipient) => writeLetter('refresher reminder', recipient, facts).text,
    );
    expect(letters[0]).toContain('who acts for Prairie Welding Ltd. (Prairie Weld & Fab),');
    expect(letters[0]).not.toContain('Foothills');
    expect(letters[1]).toContain('who acts for Foothills Fencing Ltd. (Prairie Weld & Fab),');
    expect(letters[1]).not.toContain('Prairie Welding');
  });
});

const robin: Recipient = { role: 'assessor', personId: 'a1', name: 'Robin Beck', email: 'robin@prairie.example' };
const dana: Recipient = { role: 'employer contact', personId: 'e1.1', ...employer.contact };
const sam: Recipient = {
  role: 'administrator',
  ...(staff.administrators[0] ?? { personId: '', name: '', email: '' }),
};

type Case = [title: string, LetterName, Recipient, LetterFacts, said: string[], unsaid: string[]];

const notSent = (letter: LetterName, personId: string) =>
  ({ type: 'letter rejected', data: { letter, event: 1, personId } }) as const;

const cases: Case[] = [
  [
    'a letter about a certificate that SES rejected',
    'letter rejected',
    sam,
    cycleFacts(notSent('expiry reminder', 'e1.1')),
    [
      '"expiry reminder" to Dana Cardinal',
      'Prairie Welding Ltd. (Prairie Weld & Fab) (e1)',
      'Tell Dana Cardinal yourself',
    ],
    ['dana@prairie.example'],
  ],
  [
    'a letter about a status that SES rejected',
    'letter rejected',
    sam,
    { ...assessorFacts(notSent('status ended', 'a1')), staff },
    ['"status ended" to Robin Beck', 'Robin Beck (a1)'],
    ['robin@prairie.example'],
  ],
  [
    'a letter about a session that SES rejected',
    'letter rejected',
    sam,
    { ...sessionFacts(notSent('enrolment confirmed', 'a1')), staff },
    ['"enrolment confirmed" to Robin Beck'],
    [],
  ],
  [
    'an expiry ahead, to the contact',
    'expiry reminder',
    dana,
    cycleFacts(cycleReminder(expiry)),
    [
      'Prairie Welding Ltd. (Prairie Weld & Fab)',
      certificateNumber,
      '31 May 2026',
      '60 days from 1 April 2026',
      'Your assessor, Robin Beck, can do this for you',
      'register a certification audit of',
      'must be on or before 31 May 2026.',
      'Upload the package with the link',
      'at least 80 % of all available points',
      'at least 50 % of the available points of every element',
      'goes out 90, 60, 30 and 7 days before it',
      '60 days before was 1 April 2026',
    ],
    ['maintenance'],
  ],
  [
    'an expiry ahead, to the assessor',
    'expiry reminder',
    robin,
    cycleFacts(cycleReminder(expiry)),
    ['Your status must be valid on that day'],
    ['Your assessor,'],
  ],
  [
    'an expiry ahead of an employer that has grown, and of one whose standing is not good',
    'expiry reminder',
    dana,
    cycleFacts(cycleReminder(expiry), { employer: { ...employer, employees: 12, goodStanding: false } }),
    ['has 12, so no certification audit can be registered', 'COR program', 'not in good standing'],
    ['Auditor Portal', 'leave time', '80 %', 'It is renewed'],
  ],
  [
    'an expiry ahead of an employer for which nobody acts',
    'expiry reminder',
    dana,
    cycleFacts(cycleReminder(expiry), { assessors: [] }),
    ['No assessor is on record', 'Call or write to Example Safety Partner'],
    [],
  ],
  [
    'an expiry ahead of an employer for which two act',
    'expiry reminder',
    dana,
    cycleFacts(cycleReminder(expiry), { assessors: [assessor, { ...assessor, assessorId: 'a2', name: 'Kit Moss' }] }),
    ['One of your assessors (Robin Beck, Kit Moss) can do this for you'],
    [],
  ],
  [
    'a certificate that has expired',
    'certificate expired',
    dana,
    cycleFacts(cycleReminder({ ...expiry, milestone: 'over', day: '2026-06-01' })),
    [
      'was valid through 31 May 2026',
      'no longer valid',
      'register a certification audit',
      'the day after was 1 June 2026',
    ],
    ['must be on or before', 'days from'],
  ],
  [
    'a maintenance audit ahead',
    'maintenance reminder',
    dana,
    cycleFacts(cycleReminder(maintenance)),
    [
      'What counts is the end date of the audit',
      'Due by',
      '1 May 2026 to 31 May 2026',
      'must be on or before 31 May 2026.',
      'on or before 30 June 2026, Alberta time, the certificate is cancelled on 1 July 2026',
      'at least 60 % of all available points',
      'by the end of the month of the expiry date',
      '30 days before the window begins was 1 April 2026',
      'The certificate expires on 31 May 2027',
    ],
    ['register a certification audit', '80 %'],
  ],
  [
    'the first day of the window',
    'maintenance reminder',
    robin,
    cycleFacts(cycleReminder({ ...maintenance, milestone: 'window begins', day: '2026-05-01' })),
    ['the first day of the window was 1 May 2026', 'and on its first day'],
    ['7 days'],
  ],
  [
    'the last days of the window',
    'maintenance reminder',
    robin,
    cycleFacts(cycleReminder({ ...maintenance, milestone: '7 days before', day: '2026-05-24' })),
    ['goes out 7 days before it is due', '7 days before it was 24 May 2026'],
    ['60 and 30'],
  ],
  [
    'a maintenance audit overdue',
    'maintenance overdue',
    dana,
    cycleFacts(cycleReminder({ ...maintenance, milestone: 'over', day: '2026-06-01' })),
    [
      'was due by 31 May 2026, and no audit has met this date',
      'grace period through 30 June 2026',
      'Without a package, the certificate is cancelled on 1 July 2026',
      'a maintenance audit cannot restore it',
      'overdue by more than 30 days cancels the certificate',
    ],
    [],
  ],
  [
    'a certificate cancelled at the end of the grace',
    'certificate cancelled',
    dana,
    cycleFacts(cancelled()),
    [
      'From 1 July 2026 on it is not valid',
      'Only a certification audit helps',
      'register a certification audit of',
      'the grace period lasted through 30 June 2026. Nothing that had arrived by then met it',
    ],
    ['decided'],
  ],
  [
    'a certificate cancelled by a decision after the grace',
    'certificate cancelled',
    robin,
    cycleFacts(cancelled('2026-07-20')),
    ['The package that had arrived in time did not meet it, as decided on 20 July 2026.'],
    ['no package'],
  ],
  [
    'a cancellation undone',
    'cancellation undone',
    dana,
    cycleFacts(undone),
    [
      'on 1 July 2026 is undone',
      'Expires on',
      '31 May 2027',
      'not the day that it was read',
      'cancelled on the day of that decision',
    ],
    ['Auditor Portal'],
  ],
  [
    'a certificate cancelled, to an administrator',
    'certificate cancelled',
    sam,
    cycleFacts(cancelled()),
    ['have got this letter, too', 'record it now with the day of its receipt', 'through 30 June 2026'],
    ['Auditor Portal', 'register a certification audit'],
  ],
  [
    'a cancellation undone, to an administrator',
    'cancellation undone',
    sam,
    cycleFacts(undone),
    ['on 1 July 2026 is undone', 'See in the queue'],
    ['You will get a letter'],
  ],
  [
    'a certificate revoked by a new decision',
    'certificate revoked',
    sam,
    cycleFacts(revoked(2)),
    ['is revoked and must not be shown as valid', 'Audit 412345678 behind it was reopened, and failed.'],
    ['without a decision'],
  ],
  [
    'a certificate revoked without a decision',
    'certificate revoked',
    sam,
    cycleFacts(revoked(0)),
    ['was reopened, and ended without a decision'],
    ['failed'],
  ],
  [
    'risks',
    'risks told',
    sam,
    cycleFacts(risksChanged(risks), { employer: { ...employer, employees: 12 } }),
    [
      'Hello Sam Okoye,',
      '7 new risks',
      '1234567',
      'No audit is registered, and a maintenance audit is due by 31 May 2026: ',
      'No audit is registered, and the re-certification is due by 31 May 2027: ',
      'Mail to the contact, Dana Cardinal, does not arrive',
      "No assessor's status lasts until then: a maintenance audit is due by 31 May 2026",
      'No assessor acts for the employer',
      '12 employees: too many',
      'expires on 31 May 2027',
      'not in good standing',
    ],
    [],
  ],
  [
    'one risk of an employer with a second contact and no assessor',
    'risks told',
    sam,
    cycleFacts(risksChanged(risks.slice(2, 3)), {
      employer: { ...employer, secondContact: { name: 'Jo Cardinal', email: 'jo@prairie.example' } },
      assessors: [],
    }),
    ['1 new risk', 'Letters go to the second contact, Jo Cardinal', 'nobody'],
    ['COR program'],
  ],
  [
    'a refresher ahead, to the assessor',
    'refresher reminder',
    robin,
    assessorFacts(refresherDue(refresher)),
    [
      'Your assessor status is valid through 12 March 2027',
      'on the day that an audit is registered',
      'Hazard Management: virtual classroom',
      'Incident and Accident Investigation: virtual classroom',
      'Oilfield Driver Awareness: virtual classroom',
      'Understanding our Canadian Model: online',
      'Health and Safety Committees and Representatives: online',
      'An enrolment alone does not renew the status',
      'for three years from the latest',
      'Hazard Management, completed on 12 March 2024, so the status is valid through 12 March 2027',
      'the day 30 days before was 10 February 2027',
    ],
    ['Safety Program Development', 'Prairie Welding'],
  ],
  [
    'a course taken back, the status holding without it',
    'completion withdrawn',
    robin,
    assessorFacts(takenBack),
    [
      'Your completion of Oilfield Driver Awareness was removed from your record',
      'Your assessor status is valid through 12 March 2027',
      '2 November 2025',
      'Hazard Management, completed on 12 March 2024, so the status is valid through 12 March 2027',
    ],
    ['one of these refresher courses'],
  ],
  [
    'a course taken back, and no status left',
    'completion withdrawn',
    robin,
    assessorFacts(takenBack, { assessor: { ...assessor, completions: [] } }),
    ['Without the initial training, Safety Program Development, there is no assessor status'],
    ['is valid through', 'one of these refresher courses'],
  ],
  [
    'a refresher ahead, to a contact',
    'refresher reminder',
    dana,
    assessorFacts(refresherDue(refresher)),
    [
      'The assessor status of Robin Beck, who acts for Prairie Welding Ltd.',
      'Robin Beck must complete one of these',
      'Oilfield',
    ],
    ['Your assessor status', 'Sign in'],
  ],
  [
    'a refresher ahead, its course not on record any more',
    'refresher reminder',
    robin,
    assessorFacts(refresherDue(refresher), { assessor: { ...assessor, completions: [] } }),
    ['The status is valid through 12 March 2027'],
    ['The latest course'],
  ],
  [
    'a status that has ended, to the assessor',
    'status ended',
    robin,
    assessorFacts(refresherDue({ ...refresher, milestone: 'over', day: '2027-03-13' })),
    [
      'was valid through 12 March 2027',
      'you cannot register an audit',
      '13 March 2027',
      'Hazard Management: virtual classroom',
    ],
    [],
  ],
  [
    'a status that has ended, to a contact',
    'status ended',
    dana,
    assessorFacts(refresherDue({ ...refresher, milestone: 'over', day: '2027-03-13' })),
    ['Robin Beck, who acts for', 'Robin Beck cannot register an audit', 'registered before continue'],
    ['Your assessor status'],
  ],
  [
    'a status renewed',
    'status renewed',
    robin,
    assessorFacts(completed('oilfield-driver-awareness', '2026-03-31', '2029-03-31')),
    ['Oilfield Driver Awareness', '31 March 2026', 'is valid through 31 March 2029', 'Nothing now.'],
    ['ended'],
  ],
  [
    'a course that lies too far back',
    'status renewed',
    robin,
    assessorFacts(completed('oilfield-driver-awareness', '2022-03-31', '2025-03-31')),
    ['was too long ago', 'was valid through 31 March 2025', 'Hazard Management: virtual classroom'],
    ['Nothing now.', 'is valid through'],
  ],
  [
    'an enrolment',
    'enrolment confirmed',
    robin,
    sessionFacts(enrolled),
    [
      ...['You have a place', 'Hazard Management', '12 May 2026', '09:30, Alberta time', 'Ash Moreau'],
      ...['join it at https://meet.example.com/hazards', 'does not renew your status'],
    ],
    ['Place'],
  ],
  [
    'an enrolment by an administrator, at a place',
    'enrolment confirmed',
    robin,
    heldAt(sessionFacts(enrolled, { role: 'administrator', personId: 'x1' }), { place: 'Room 4, Calgary' }),
    ['Example Safety Partner has given you a place', 'Be at Room 4, Calgary when the session begins', 'cancel your'],
    ['You have a place', 'join it'],
  ],
  [
    'a session that was moved',
    'session changed',
    robin,
    sessionFacts(sessionMoved(['date', 'time'])),
    [
      ...['has moved your session of Hazard Management', 'It was to begin on 5 May 2026 at 13:00, Alberta time'],
      ...['now begins on 12 May 2026 at 09:30, Alberta time', 'keep your place', 'https://meet.example.com/hazards'],
    ],
    ['has a new'],
  ],
  [
    'a session that was moved to another place',
    'session changed',
    robin,
    heldAt(sessionFacts(sessionMoved(['date', 'time', 'instructor', 'place', 'link'])), { place: 'Room 4, Calgary' }),
    [
      ...['It now begins on 12 May 2026', 'The session has a new instructor and place.', 'Be at Room 4'],
      'It can no longer be joined by a link. You keep your place.',
    ],
    ['https://meet', 'link to join it'],
  ],
  [
    'a session that is now only joined by a link',
    'session changed',
    robin,
    heldAt(sessionFacts(sessionMoved(['place', 'link'], { date: '2026-05-12', time: '09:30' })), {
      link: 'https://meet.example.com/other',
    }),
    ['a new link to join it. It is no longer held at a place', 'join it at https://meet.example.com/other'],
    ['new place', 'Be at'],
  ],
  [
    'a session with another link',
    'session changed',
    robin,
    heldAt(sessionFacts(sessionMoved(['link'], { date: '2026-05-12', time: '09:30' })), {
      place: 'Room 4, Calgary',
      link: 'https://meet.example.com/other',
    }),
    ['has a new link to join it', 'Date and time stay the same', 'or join it at https://meet.example.com/other'],
    ['moved', 'Was to begin on'],
  ],
  [
    'a session that was cancelled',
    'session cancelled',
    robin,
    sessionFacts({ type: 'session cancelled', data: { reason: 'The instructor is ill.' } }),
    ['does not take place', 'enrol in another session', '12 May 2026', 'The instructor is ill.'],
    ['https://meet.example.com', 'cancel your enrolment'],
  ],
  [
    'an enrolment given back',
    'enrolment cancelled',
    robin,
    sessionFacts(gaveBack),
    ['You have cancelled your enrolment', '12 May 2026', '09:30, Alberta time', 'another session'],
    ['Example Safety Partner has cancelled'],
  ],
  [
    'an enrolment cancelled by the partner',
    'enrolment cancelled',
    robin,
    sessionFacts(gaveBack, { role: 'administrator', personId: 'x1' }),
    ['Example Safety Partner has cancelled your enrolment'],
    ['You have cancelled'],
  ],
];

/** The same facts of people and companies whose names end with a full stop. */
function withStops(facts: LetterFacts): LetterFacts {
  const { partner, employer, assessor } = stopped;
  switch (facts.about) {
    case 'audit':
      return { ...facts, partner, employer, assessor };
    case 'employer': {
      const { employees, goodStanding } = facts.employer;
      return {
        ...facts,
        partner,
        employer: { ...employer, employees, goodStanding },
        assessors: facts.assessors.map((each) => ({ ...each, name: assessor.name })),
      };
    }
    case 'assessor':
      return { ...facts, partner, assessor, employers: [{ employer }] };
    case 'session':
      return { ...facts, partner, assessors: [assessor], session: { ...facts.session, instructor: assessor.name } };
  }
}

describe('what the letters of a cycle, a status and a session say', () => {
  it.each(cases)('%s', (_, name, recipient, facts, said, unsaid) => {
    const { text, html } = writeLetter(name, recipient, facts);
    for (const body of [text.replace(/\s+/g, ' '), seen(html)]) {
      for (const fact of said) expect(body).toContain(fact);
      for (const fact of unsaid) expect(body).not.toContain(fact);
      for (const contact of [`Hello ${recipient.name},`, 'secor@partner.example', '1 800 555 0100 ext. 3'])
        expect(body).toContain(contact);
    }
  });

  it.each(cases)('%s: the HTML holds every line of the text, and nobody at the desk', (_, name, recipient, facts) => {
    const { subject, text, html } = writeLetter(name, recipient, facts);
    for (const fact of linesOf(text)) expect(seenFacts(html)).toContain(fact);
    if (recipient.role === 'administrator') return;
    for (const secret of ['Sam Okoye', 'sam@partner.example', 'x1'])
      expect(`${subject}${text}${html}`).not.toContain(secret);
  });

  it.each(cases)('%s: a sentence that ends with "Inc." has one full stop', (_, name, recipient, facts) => {
    const { text, html } = writeLetter(name, recipient, withStops(facts));
    for (const body of [text.replace(/\s+/g, ' '), seen(html)]) {
      expect(body).toMatch(/Inc\./);
      expect(body).not.toMatch(/\.\./);
    }
  });

  it.each(cases)('%s: tells everybody who gets it to do only what their role can do', (_, __, ___, facts) => {
    for (const { letter, recipient } of addressedLetters(facts.event, facts))
      expect(notAllowed(letter, recipient, facts), `${letter} to the ${recipient.role}`).toEqual([]);
  });

  it('is written for every letter about these', () => {
    const written = new Set(cases.map(([, name]) => name));
    const caused = cases.flatMap(([, , , { event }]) => lettersFor(event).map(({ letter }) => letter));
    expect(written).toEqual(new Set(caused));
    expect(written.size).toBe(17);
  });

  it('is not written of another event, nor of another subject', () => {
    expect(() => writeLetter('expiry reminder', robin, cycleFacts(undone))).toThrow('not by "cancellation undone"');
    expect(() => writeLetter('enrolment confirmed', robin, cycleFacts(undone))).toThrow('is not about employer#e1');
    expect(() =>
      writeLetter('status renewed', robin, assessorFacts(completed('hazard-management', '2026-03-31'))),
    ).toThrow('No status follows');
  });
});

describe('what data of a cycle, a status or a session may hold', () => {
  const evil = '<img src=x onerror="alert(1)">&\'"</td>';
  const tags = (html: string) => html.match(/<[^>]*>/g);

  /** The same facts with another text for every name that people give. */
  function named(facts: LetterFacts, text: string): LetterFacts {
    const of = (each: Employer): Employer => ({
      ...each,
      legalName: text,
      tradeName: text,
      wcbAccount: text,
      contact: { ...each.contact, name: text },
    });
    switch (facts.about) {
      case 'audit':
        return facts;
      case 'employer':
        return {
          ...facts,
          employer: of(facts.employer),
          assessors: facts.assessors.map((each) => ({ ...each, name: text })),
        };
      case 'assessor':
        return {
          ...facts,
          assessor: { ...facts.assessor, name: text },
          employers: facts.employers.map((each) => ({ ...each, employer: of(each.employer) })),
        };
      case 'session':
        return { ...facts, session: { ...facts.session, instructor: text } };
    }
  }

  it.each(cases)('is shown as it is and never becomes markup: %s', (_, name, recipient, facts) => {
    const { html } = writeLetter(name, { ...recipient, name: evil }, named(facts, evil));
    expect(html).not.toContain('<img');
    expect(seen(html)).toContain(evil);
  });

  it('keeps the same tags, and starts no line of its own', () => {
    const plain = new Map(
      cases.map(([title, name, recipient, facts]) => [title, writeLetter(name, recipient, named(facts, 'x'))]),
    );
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.string({ unit: 'binary' }), ([title, name, recipient, facts], text) => {
        const letter = writeLetter(name, recipient, named(facts, `x\r\n1. Pay ${text}`));
        expect(tags(letter.html)).toEqual(tags(plain.get(title)?.html ?? ''));
        expect(letter.text.split('\n').length).toBe(plain.get(title)?.text.split('\n').length);
        expect(letter.subject).toMatch(/^.*$/);
        expect(letter.text.isWellFormed() && letter.html.isWellFormed()).toBe(true);
      }),
    );
  });
});
