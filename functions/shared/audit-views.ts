import {
  type Actor,
  type Audit,
  type DomainEvent,
  type Note,
  percentage,
  type Question,
  type Revision,
  rulesOf,
  type Score,
} from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { type ListedAudit, listedAudit, type Names, readNames, type Store } from '@secor/store';

type AuditEntry = AnswerOf<'acceptAudit'>;
type ScoreEntry = AnswerOf<'changePoints'>['score'];
type ProtocolQuestion = AnswerOf<'readReview'>['answers'][number]['asked'];
type HistoryEntry = AnswerOf<'readReview'>['history'][number];

/** An audit as the answers to steps show it. */
export function auditEntry(audit: Audit): AuditEntry {
  return listedEntry(listedAudit(audit));
}

/** An audit in a list, without the names that its page reads. */
function listedEntry(listed: ListedAudit): AuditEntry {
  const { auditNumber, kind, employerId, assessorId, protocol, ruleSet, registeredAt, registeredOn } = listed;
  const { state, outcome, closedOn, revisionDueOn, revision, report, score, warnings, version } = listed;
  return {
    auditNumber,
    kind,
    employerId,
    assessorId,
    protocol,
    ruleSet,
    registeredAt,
    registeredOn,
    state,
    ...(outcome === undefined ? {} : { outcome }),
    ...(closedOn === undefined ? {} : { closedOn }),
    ...(revisionDueOn === undefined ? {} : { revisionDueOn }),
    revision,
    report,
    ...(score === undefined ? {} : { score: { ...score, percent: percentage(score.awarded, score.available) } }),
    ...(warnings === undefined ? {} : { warnings }),
    version,
  };
}

/** The names of those whom audits in a list are about, and of the reviewers that they have: these are for staff only. */
export function readNamesOf(
  store: Store,
  audits: readonly (ListedAudit & { readonly reviewerId?: string })[],
): Promise<Names> {
  return readNames(store, {
    employerIds: audits.map(({ employerId }) => employerId),
    assessorIds: audits.map(({ assessorId }) => assessorId),
    reviewerIds: audits.flatMap(({ reviewerId }) => reviewerId ?? []),
  });
}

/** An audit in a list, with the names of its employer and its assessor. */
export function namedEntry(audit: ListedAudit, names: Names): AnswerOf<'listAudits'>['audits'][number] {
  const { employerId, assessorId } = audit;
  return {
    ...listedEntry(audit),
    legalName: names.legalName(employerId),
    assessorName: names.assessorName(assessorId),
  };
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

/** A question of a protocol, with all that scores it. */
export function protocolQuestion({ id, methods, ...asked }: Question): ProtocolQuestion {
  return { question: id, methods: [...methods], ...asked };
}

/** Notes as both APIs show them: never by whom. */
export function noteEntries(notes: readonly Note[]): AnswerOf<'readReview'>['notes'] {
  return notes.map(({ note, kind, question, text, sent, answer }) => ({
    note,
    kind,
    text,
    ...(question === undefined ? {} : { question }),
    ...sent,
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
  'note changed',
  'note deleted',
  'points changed',
  'months corrected',
  'corrections carried over',
  'corrections lapsed',
  'letter rejected',
]);
const unnamed: ReadonlySet<string> = new Set(['reviewerId', 'problemList', 'enteredBy']);

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
