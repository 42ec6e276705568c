import { parseSubject } from '@secor/certification';
import { employerName, eventOf, type LetterFacts, type Person } from './facts.ts';
import type { Draft } from './layout.ts';

/** To the administrators: SES has not sent a letter that it had accepted; which one, to whom, and what to do. */
export function letterRejected(facts: LetterFacts): Draft {
  const { letter, personId } = eventOf<LetterFacts['event'], 'letter rejected'>(facts, 'letter rejected').data;
  const name = peopleOf(facts).find((person) => person.personId === personId)?.name ?? 'a person who is not on record';
  return {
    subject: `Not sent: the letter "${letter}" to ${name}`,
    tone: 'bad',
    title: `The letter "${letter}" to ${name} was not sent`,
    blocks: [
      {
        kind: 'paragraph',
        text: 'Amazon SES accepted this letter and then rejected it: it found harmful content, or could not build the message. The letter is not sent again automatically.',
      },
      { kind: 'facts', facts: [['Letter', letter], ['To', name], aboutRow(facts)] },
      { kind: 'heading', text: 'What to do' },
      {
        kind: 'steps',
        items: [
          { text: `Tell ${name} yourself what the letter was about.` },
          { text: 'Check what people wrote in it, such as a reason or a note, and the file names in it.' },
          {
            text: 'Report it to the operators of the system: the log of mail-feedback has the reason from SES.',
          },
        ],
      },
    ],
  };
}

function aboutRow(facts: LetterFacts): readonly [label: string, value: string] {
  const { id } = parseSubject(facts.event.subject);
  switch (facts.about) {
    case 'audit':
      return ['Audit', `${id}, ${employerName(facts.employer)}`];
    case 'employer':
      return ['Employer', `${employerName(facts.employer)} (${id})`];
    case 'assessor':
      return ['Assessor', `${facts.assessor.name} (${id})`];
    case 'session':
      return ['Session', `${facts.session.courseId}, ${facts.session.date}`];
  }
}

/** All whom a letter about this may have been written to. */
function peopleOf(facts: LetterFacts): readonly Pick<Person, 'personId' | 'name'>[] {
  const assessors = facts.about === 'employer' || facts.about === 'session' ? facts.assessors : [facts.assessor];
  const employers = facts.about === 'assessor' ? facts.employers : facts.about === 'session' ? [] : [facts];
  return [
    ...assessors.map(({ assessorId, name }) => ({ personId: assessorId, name })),
    ...employers.flatMap(({ employer: { employerId, contact, secondContact } }) => [
      { personId: `${employerId}.1`, name: contact.name },
      ...(secondContact === undefined ? [] : [{ personId: `${employerId}.2`, name: secondContact.name }]),
    ]),
    ...(facts.staff?.reviewer === undefined ? [] : [facts.staff.reviewer]),
    ...(facts.staff?.administrators ?? []),
  ];
}
