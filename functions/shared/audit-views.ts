import {
  type Actor,
  type Audit,
  type DomainEvent,
  type Note,
  percentage,
  type Revision,
  rulesOf,
  type Score,
} from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import type { ListedAudit } from '@secor/store';

type AuditEntry = AnswerOf<'acceptAudit'>;
type ScoreEntry = AnswerOf<'changePoints'>['score'];
type HistoryEntry = AnswerOf<'readReview'>['history'][number];

/** An audit as both APIs list it. */
export function auditEntry(audit: ListedAudit): AuditEntry {
  const { auditNumber, kind, employerId, protocol, registeredAt, state, outcome, revision, version } = audit;
  const decided = outcome === undefined ? {} : { outcome };
  return { auditNumber, kind, employerId, protocol, registeredAt, state, ...decided, revision, version };
}

/** The points of a revision, with titles and percentages as people read them. */
export function scoreEntry(audit: Audit, { score, outcome, warnings }: Revision): ScoreEntry {
  const titles = new Map(rulesOf(audit).protocol.elements.map(({ id, title }) => [id, title]));
  const points = ({ awarded, available }: Pick<Score, 'awarded' | 'available'>) => ({
    awarded,
    available,
    percent: percentage(awarded, available),
  });
  return {
    ...points(score),
    result: outcome.result,
    elements: score.elements.map((element) => ({
      element: element.element,
      title: titles.get(element.element) ?? '',
      ...points(element),
    })),
    shortfalls: outcome.shortfalls.map((shortfall) => ({ ...shortfall })),
    warnings: warnings.map((warning) => ({ ...warning })),
  };
}

/** Notes as both APIs show them: never by whom. */
export function noteEntries(notes: readonly Note[]): AnswerOf<'readReview'>['notes'] {
  return notes.map(({ note, kind, question, text, sentInRound, answer }) => ({
    note,
    kind,
    text,
    ...(question === undefined ? {} : { question }),
    ...(sentInRound === undefined ? {} : { round: sentInRound }),
    ...(answer === undefined ? {} : { answer }),
  }));
}

/** The history as staff reads it. */
export function staffHistory(events: readonly DomainEvent[]): HistoryEntry[] {
  const name = (by: Actor) => (by.role === 'system' ? 'system' : `${by.role} ${by.personId}`);
  return events.map(({ number, at, by, type, data }) => ({ number, at, by: name(by), type, data: { ...data } }));
}

const partnersOwn: ReadonlySet<DomainEvent['type']> = new Set([
  'reviewer assigned',
  'reviewer released',
  'review unassigned',
  'note added',
  'points changed',
  'months corrected',
  'letter rejected',
]);
const unnamed: ReadonlySet<string> = new Set(['reviewerId', 'problemList']);

/** The history as the assessor or the employer's contact reads it: the partner's staff has no names, its own steps are left out. */
export function outsideHistory(events: readonly DomainEvent[], reader: 'assessor' | 'employer'): HistoryEntry[] {
  const assessor = reader === 'assessor' ? 'you' : 'your assessor';
  return events
    .filter((event) => !partnersOwn.has(event.type))
    .map(({ number, at, by, type, data }) => ({
      number,
      at,
      by: by.role === 'assessor' ? assessor : by.role === 'system' ? 'system' : 'the certifying partner',
      type,
      data: Object.fromEntries(Object.entries(data).filter(([key]) => !unnamed.has(key))),
    }));
}
