import { dateInWords, type SessionField } from '@secor/certification';
import { eventOf, type SessionFacts } from './facts.ts';
import type { Block, Draft } from './layout.ts';
import { courseOf, howToAttend, sessionRows, startInWords } from './session-wording.ts';
import { allInWords } from './wording.ts';

const inWords: Readonly<Record<Exclude<SessionField, 'date' | 'time' | 'places'>, string>> = {
  instructor: 'instructor',
  place: 'place',
  link: 'link to join it',
};

/** What a session no longer has, in words. */
const gone: Readonly<Record<'place' | 'link', string>> = {
  place: 'It is no longer held at a place: it is only joined by its link.',
  link: 'It can no longer be joined by a link.',
};

/** What else of a session is new, and what it no longer has; nothing where only its beginning has changed. */
function newsOf({ session }: SessionFacts, changed: readonly SessionField[]): string[] {
  const isGone = (field: SessionField): field is keyof typeof gone =>
    (field === 'place' || field === 'link') && session[field] === undefined;
  const others = changed.flatMap((field) =>
    field in inWords && !isGone(field) ? [inWords[field as keyof typeof inWords]] : [],
  );
  return [
    ...(others.length === 0 ? [] : [`The session has a new ${allInWords(others)}.`]),
    ...changed.filter(isGone).map((field) => gone[field]),
  ];
}

/** To those who have a place in a session: when it was to begin and when it begins now, or what else of it is new. */
export function sessionChanged(facts: SessionFacts): Draft {
  const { from, changed } = eventOf(facts, 'session changed').data;
  const { session, partner } = facts;
  const { date, time } = session;
  const course = courseOf(facts);
  const isMoved = from.date !== date || from.time !== time;
  const news = newsOf(facts, changed);
  const moved = `${partner.name} has moved your session of ${course}. It was to begin on ${startInWords(from)}. It now begins on ${startInWords(session)}.`;
  const was: [string, string][] = isMoved ? [['Was to begin on', startInWords(from)]] : [];
  const what: Block = {
    kind: 'paragraph',
    text: isMoved
      ? [moved, ...news, 'You keep your place.'].join(' ')
      : [
          `${partner.name} has changed your session of ${course} on ${dateInWords(date)}.`,
          ...news,
          'Date and time stay the same, and you keep your place.',
        ].join(' '),
  };
  return {
    subject: isMoved ? `Moved to ${startInWords(session)}: ${course}` : `Changed: ${course} on ${dateInWords(date)}`,
    tone: 'neutral',
    title: isMoved ? `${course} moved to ${dateInWords(date)}` : `${course} on ${dateInWords(date)} changed`,
    blocks: [what, { kind: 'facts', facts: [...was, ...sessionRows(facts)] }, ...howToAttend(facts)],
  };
}
