import * as v from 'valibot';
import { administrationEndpoints, administrationSchemas } from './administration.ts';
import { Draft, DraftAnswer, DraftDeclaration, draftEndpoints } from './drafts.ts';
import type { ApiFunction, Endpoint, Route } from './endpoint.ts';
import { fieldSentences } from './field-sentences.ts';
import { importEndpoints } from './imports.ts';
import { PersonId, ReviewerBody } from './people.ts';
import { PackageProblem } from './problem.ts';
import { programEndpoints, programSchemas } from './program.ts';
import {
  AuditEntry,
  auditNumber,
  auditState,
  date,
  HistoryEntry,
  id,
  kind,
  ListedAudit,
  listOf,
  NamedEmployer,
  PointsEntry,
  ProtocolQuestion,
  pageQuery,
  result,
  UploadLink,
  writing,
} from './schemas.ts';
import { Sentence } from './sentence.ts';
import { text } from './text.ts';
import { UploadInParts, uploadEndpoints } from './uploads.ts';

export type { ApiFunction, Endpoint, Role, Route } from './endpoint.ts';

const link = v.object({ url: v.string(), expiresAt: v.string() });
const shortfall = v.object({
  scope: v.picklist(['overall', 'element']),
  element: v.optional(v.string()),
  title: v.optional(v.string()),
  minimumPercent: v.number(),
  awarded: v.number(),
  available: v.number(),
  required: v.number(),
  short: v.number(),
});

/** Whether the documents of a revision can be opened; refused when one of them was damaged. */
const layout = v.picklist(['pending', 'done', 'refused']);

/** The states of what is in the review queue. */
const queueState = v.picklist(['pending review', 'in review', 'awaiting revision']);

/** The points of the revision that is up for review, or was decided on. */
const ScoreEntry = v.object({
  awarded: v.number(),
  available: v.number(),
  percent: v.string(),
  result,
  elements: v.array(
    v.object({
      element: v.string(),
      title: v.string(),
      awarded: v.number(),
      available: v.number(),
      percent: v.string(),
    }),
  ),
  shortfalls: v.array(shortfall),
  warnings: v.array(PackageProblem),
});

/** A reviewer's note; the assessor is shown those that they were sent, never by whom. */
const NoteEntry = v.object({
  note: v.number(),
  kind: v.picklist(['actionable', 'informational']),
  question: v.optional(v.string()),
  text: v.string(),
  // With what it was sent: the request for a revision of this round, this decision, or the end without one; none while it is not sent.
  round: v.optional(v.number()),
  decision: v.optional(v.number()),
  end: v.optional(v.picklist(['rejected', 'withdrawn'])),
  answer: v.optional(v.object({ text: v.string(), at: v.string() })),
});

/** The assessor's answer to one question, with its notes and evidence. */
const AnswerEntry = v.object({
  question: v.string(),
  positive: v.optional(v.number()),
  sampled: v.optional(v.number()),
  notApplicable: v.optional(v.literal(true)),
  notes: v.string(),
  evidence: v.array(v.string()),
});

/** One question of a revision: the answer with its notes and evidence, and its points. */
const QuestionEntry = v.object({
  ...AnswerEntry.entries,
  awarded: v.number(),
  available: v.number(),
});

/** Where an audit stands, for its assessor: `ahead` while it waits for its review, at most a minute old. */
const QueueView = v.object({
  state: auditState,
  nextStep: Sentence,
  ahead: v.optional(v.number()),
  typicalWait: v.optional(v.object({ medianHours: v.number(), ninetyPercentHours: v.number(), days: v.number() })),
});

/** Points that the reviewer changed, beside what the assessor's own answer gave; `revision` is the one in which they were changed. */
const ChangedPointsEntry = v.object({
  revision: v.number(),
  question: v.string(),
  awarded: v.number(),
  before: v.number(),
  reason: v.string(),
  at: v.string(),
});

/** Months of records that the reviewer corrected, beside what the package says; `revision` is the one in which they were corrected. */
const CorrectedMonthsEntry = v.object({
  revision: v.number(),
  recordsMonths: v.number(),
  before: v.number(),
  reason: v.string(),
  at: v.string(),
});

/** What was wrong with the last upload; there is none once a later one was accepted. */
const LastRefusal = v.object({ at: v.string(), link: v.optional(v.number()), problems: v.array(PackageProblem) });

const AuditDetail = v.object({
  ...AuditEntry.entries,
  queue: QueueView,
  score: v.optional(ScoreEntry),
  refusal: v.optional(LastRefusal),
  notes: v.array(NoteEntry),
  changedPoints: v.array(ChangedPointsEntry),
  correctedMonths: v.optional(CorrectedMonthsEntry),
  history: v.array(HistoryEntry),
});

/** A question of a revision as its review shows it: what was asked, what the assessor answered, and the reviewer's notes on it. */
const ReviewedQuestionEntry = v.object({
  ...QuestionEntry.entries,
  asked: ProtocolQuestion,
  reviewNotes: v.array(NoteEntry),
});

/** A document of a revision, by its number in the revision; `url` is valid until `expiresAt`. */
const DocumentLink = v.object({
  document: v.number(),
  path: v.string(),
  type: v.string(),
  bytes: v.number(),
  url: v.string(),
  expiresAt: v.string(),
});

/** A reviewer, as administrators see them. */
const ReviewerEntry = v.object({
  reviewerId: v.string(),
  name: v.string(),
  email: v.string(),
  present: v.boolean(),
  openReviews: v.number(),
  /** Employers whose audits they must not review. */
  conflicts: v.array(NamedEmployer),
  /** Since when they have left, and can't come back under this id. */
  leftAt: v.optional(v.string()),
});

const path = v.object({ auditNumber });

const revisionNumber = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,5}$/, fieldSentences['not-a-revision']),
  v.transform(Number),
);

const revisionOrLatest = v.pipe(
  v.string(),
  v.regex(/^(latest|[1-9]\d{0,5})$/, fieldSentences['not-a-revision-or-latest']),
  v.transform((sent) => (sent === 'latest' ? sent : Number(sent))),
);

const noteNumber = v.pipe(v.string(), v.regex(/^[1-9]\d{0,5}$/, fieldSentences['not-a-note']), v.transform(Number));

const documentNumber = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,5}$/, fieldSentences['not-a-document']),
  v.transform(Number),
);

/** What a reviewer writes in a note; without a question it is about the whole audit. */
const NoteBody = v.strictObject({
  kind: v.picklist(['actionable', 'informational']),
  question: v.optional(text()),
  text: writing,
});

export const endpoints = {
  registerAudit: {
    method: 'POST',
    path: '/v1/audits',
    function: 'assessor-api',
    summary: 'Register an audit of an employer and get its audit number',
    roles: ['assessor'],
    body: v.strictObject({ employerId: id, kind }),
    answer: AuditEntry,
    status: 201,
  },
  listEmployersAudits: {
    method: 'GET',
    path: '/v1/employer/audits',
    function: 'assessor-api',
    summary: "List the audits of the caller's company, newest first",
    roles: ['employer'],
    query: pageQuery,
    answer: v.object({ audits: v.array(ListedAudit), cursor: v.optional(v.string()) }),
    status: 200,
  },
  listAudits: {
    method: 'GET',
    path: '/v1/audits',
    function: 'assessor-api',
    summary: 'List the audits of the assessor, active or closed, newest first',
    roles: ['assessor'],
    query: v.strictObject({
      state: v.optional(v.picklist(['active', 'closed']), 'active'),
      cursor: v.optional(text()),
    }),
    answer: v.object({ audits: v.array(ListedAudit), cursor: v.optional(v.string()) }),
    status: 200,
  },
  readAudit: {
    method: 'GET',
    path: '/v1/audits/{auditNumber}',
    function: 'assessor-api',
    summary: 'Read one audit: its score, its place in the queue and its history',
    roles: ['assessor', 'employer'],
    parameters: path,
    answer: AuditDetail,
    status: 200,
  },
  issueLink: {
    method: 'POST',
    path: '/v1/audits/{auditNumber}/links',
    function: 'assessor-api',
    summary: 'Get a link for one upload of the package, valid for 15 minutes',
    roles: ['assessor'],
    parameters: path,
    answer: UploadLink,
    status: 201,
  },
  readRevision: {
    method: 'GET',
    path: '/v1/audits/{auditNumber}/revisions/{revision}',
    function: 'assessor-api',
    summary:
      'Read an accepted revision of one\'s own, by its number or "latest": its answers, and its documents with size and CRC-32',
    roles: ['assessor', 'administrator'],
    parameters: v.object({ auditNumber, revision: revisionOrLatest }),
    answer: v.object({
      auditNumber,
      revision: v.number(),
      link: v.number(),
      arrivedAt: v.string(),
      layout: v.picklist(['pending', 'done', 'refused']),
      protocol: v.string(),
      startedOn: v.string(),
      endedOn: v.string(),
      recordsMonths: v.number(),
      declaration: v.object({ name: v.string(), date: v.string() }),
      answers: v.array(AnswerEntry),
      documents: v.array(v.object({ path: v.string(), type: v.string(), bytes: v.number(), crc32: v.string() })),
    }),
    status: 200,
  },
  readReport: {
    method: 'GET',
    path: '/v1/audits/{auditNumber}/report',
    function: 'assessor-api',
    summary: 'Get short-lived links to the report of a closed audit, and to the certificate when one was issued',
    roles: ['assessor', 'employer'],
    parameters: path,
    answer: v.object({ report: link, certificate: v.optional(link) }),
    status: 200,
  },
  listQueue: {
    method: 'GET',
    path: '/v1/queue',
    function: 'review-api',
    summary:
      'List the review queue in its order: all of it, or what arrived before a day. The first page has the counts by state',
    roles: ['reviewer', 'administrator'],
    query: v.strictObject({
      state: v.optional(queueState),
      reviewer: v.optional(id),
      arrivedBefore: v.optional(date),
      cursor: v.optional(text()),
    }),
    answer: v.object({
      entries: v.array(
        v.object({
          ...ListedAudit.entries,
          state: queueState,
          reviewerId: v.optional(v.string()),
          reviewerName: v.optional(v.string()),
          assigned: v.picklist(['to you', 'to another reviewer', 'to nobody']),
          arrivedOn: v.string(),
          dueOn: v.optional(v.string()),
          why: Sentence,
          /** Revisions that were requested so far. */
          round: v.number(),
          layout: v.optional(layout),
        }),
      ),
      counts: v.optional(
        v.object({ 'pending review': v.number(), 'in review': v.number(), 'awaiting revision': v.number() }),
      ),
      cursor: v.optional(v.string()),
    }),
    status: 200,
  },
  listReviewers: {
    method: 'GET',
    path: '/v1/reviewers',
    function: 'review-api',
    summary: 'List the reviewers: who is present, and how many open reviews each has',
    roles: ['administrator'],
    answer: v.object({ reviewers: v.array(ReviewerEntry) }),
    status: 200,
  },
  addReviewer: {
    method: 'POST',
    path: '/v1/reviewers',
    function: 'review-api',
    summary: 'Add a reviewer under a new id. The reviewer is present at once',
    roles: ['administrator'],
    body: v.strictObject({ reviewerId: PersonId, ...ReviewerBody.entries }),
    answer: ReviewerEntry,
    status: 201,
  },
  // Without If-Match: each review that they are given or decide changes their version.
  changeReviewer: {
    method: 'PUT',
    path: '/v1/reviewers/{reviewerId}',
    function: 'review-api',
    summary: 'Replace the name and the address of a reviewer',
    roles: ['administrator'],
    parameters: v.object({ reviewerId: id }),
    body: ReviewerBody,
    answer: ReviewerEntry,
    status: 200,
  },
  leaveReviewers: {
    method: 'POST',
    path: '/v1/reviewers/{reviewerId}/leave',
    function: 'review-api',
    summary:
      'Record that a reviewer has left: their audits go to other reviewers, and their sign-in can no longer review',
    roles: ['administrator'],
    parameters: v.object({ reviewerId: id }),
    answer: ReviewerEntry,
    status: 200,
  },
  setPresence: {
    method: 'PUT',
    path: '/v1/reviewers/{reviewerId}/presence',
    function: 'review-api',
    summary: 'Set a reviewer present or absent. An absent reviewer releases all their audits',
    roles: ['reviewer', 'administrator'],
    parameters: v.object({ reviewerId: id }),
    body: v.strictObject({ present: v.boolean() }),
    answer: ReviewerEntry,
    status: 200,
  },
  setConflicts: {
    method: 'PUT',
    path: '/v1/reviewers/{reviewerId}/conflicts',
    function: 'review-api',
    summary:
      'Record all the employers whose audits a reviewer must not review. Their audits of these employers go to other reviewers',
    roles: ['administrator'],
    parameters: v.object({ reviewerId: id }),
    body: v.strictObject({ employerIds: listOf(id, 100) }),
    answer: ReviewerEntry,
    status: 200,
  },
  readReview: {
    method: 'GET',
    path: '/v1/reviews/{auditNumber}',
    function: 'review-api',
    summary: 'Read one audit for review: its answers, score and links to its documents',
    roles: ['reviewer', 'administrator'],
    parameters: path,
    answer: v.object({
      ...AuditEntry.entries,
      reviewerId: v.optional(v.string()),
      /** Revisions that were requested so far. */
      round: v.number(),
      // What comes with a package is not there before one, and again when the only one was damaged.
      layout: v.optional(layout),
      startedOn: v.optional(v.string()),
      endedOn: v.optional(v.string()),
      recordsMonths: v.optional(v.number()),
      correctedMonths: v.optional(CorrectedMonthsEntry),
      // What the reviewer corrected in an earlier revision, and the assessor has changed since: it counts no more.
      lapsedMonths: v.optional(CorrectedMonthsEntry),
      declaration: v.optional(v.object({ name: v.string(), date: v.string() })),
      score: v.optional(ScoreEntry),
      answers: v.array(ReviewedQuestionEntry),
      documents: v.array(DocumentLink),
      refusal: v.optional(LastRefusal),
      notes: v.array(NoteEntry),
      changedPoints: v.array(ChangedPointsEntry),
      lapsedPoints: v.array(ChangedPointsEntry),
      history: v.array(HistoryEntry),
    }),
    status: 200,
  },
  readDocumentLink: {
    method: 'GET',
    path: '/v1/reviews/{auditNumber}/documents/{document}',
    function: 'review-api',
    summary: 'Get a new link to one document of the revision that is up for review, valid for 10 minutes',
    roles: ['reviewer', 'administrator'],
    parameters: v.object({ auditNumber, document: documentNumber }),
    query: v.strictObject({ revision: revisionNumber }),
    answer: DocumentLink,
    status: 200,
  },
  readChanges: {
    method: 'GET',
    path: '/v1/reviews/{auditNumber}/changes',
    function: 'review-api',
    summary: 'Read what changed between two revisions, question by question, with the points as reviewed',
    roles: ['reviewer', 'administrator'],
    parameters: path,
    query: v.strictObject({ from: revisionNumber, to: revisionNumber }),
    answer: v.object({
      from: v.number(),
      to: v.number(),
      questions: v.array(
        v.object({
          question: v.string(),
          changed: v.array(v.picklist(['answer', 'notes', 'evidence', 'points'])),
          before: QuestionEntry,
          after: QuestionEntry,
        }),
      ),
    }),
    status: 200,
  },
  answerNotes: {
    method: 'POST',
    path: '/v1/audits/{auditNumber}/answers',
    function: 'assessor-api',
    summary:
      'Answer notes: how each actionable note was resolved, and that each informational note was read. For a binder, an administrator can do it too',
    roles: ['assessor', 'administrator'],
    parameters: path,
    body: v.strictObject({
      answers: v.pipe(
        listOf(v.strictObject({ note: v.pipe(v.number(), v.integer(), v.minValue(1)), text: writing }), 200),
        v.minLength(1),
      ),
    }),
    ifMatch: true,
    answer: AuditEntry,
    status: 200,
  },
  withdrawAudit: {
    method: 'POST',
    path: '/v1/audits/{auditNumber}/withdraw',
    function: 'assessor-api',
    summary: 'Withdraw an audit before its first review begins',
    roles: ['assessor'],
    parameters: path,
    body: v.strictObject({ reason: writing }),
    ifMatch: true,
    answer: AuditEntry,
    status: 200,
  },
  takeReview: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/take',
    function: 'review-api',
    summary: 'Take an audit that has no reviewer',
    roles: ['reviewer'],
    parameters: path,
    ifMatch: true,
    answer: AuditEntry,
    status: 200,
  },
  releaseReview: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/release',
    function: 'review-api',
    summary: 'Release an audit, with a reason. It goes to another reviewer',
    roles: ['reviewer', 'administrator'],
    parameters: path,
    body: v.strictObject({ reason: writing }),
    ifMatch: true,
    answer: AuditEntry,
    status: 200,
  },
  reassignReview: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/reassign',
    function: 'review-api',
    summary: 'Assign an audit to a named reviewer, whoever has it now',
    roles: ['administrator'],
    parameters: path,
    body: v.strictObject({ reviewerId: id }),
    ifMatch: true,
    answer: AuditEntry,
    status: 200,
  },
  openReview: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/open',
    function: 'review-api',
    summary: 'Open the review of the revision that the reviewer saw. The revision can then no longer be replaced',
    roles: ['reviewer', 'administrator'],
    parameters: path,
    body: v.strictObject({ revision: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
    ifMatch: true,
    answer: AuditEntry,
    status: 200,
  },
  addNote: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/notes',
    function: 'review-api',
    summary: 'Add a note on a question, or on the whole audit',
    roles: ['reviewer', 'administrator'],
    parameters: path,
    body: NoteBody,
    ifMatch: true,
    answer: AuditEntry,
    status: 201,
  },
  changeNote: {
    method: 'PUT',
    path: '/v1/reviews/{auditNumber}/notes/{note}',
    function: 'review-api',
    summary: 'Change a note that the assessor has not been sent: its kind, its question and its text',
    roles: ['reviewer', 'administrator'],
    parameters: v.object({ auditNumber, note: noteNumber }),
    body: NoteBody,
    ifMatch: true,
    answer: AuditEntry,
    status: 200,
  },
  deleteNote: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/notes/{note}/delete',
    function: 'review-api',
    summary: 'Delete a note that the assessor has not been sent. Its number is not used again',
    roles: ['reviewer', 'administrator'],
    parameters: v.object({ auditNumber, note: noteNumber }),
    ifMatch: true,
    answer: AuditEntry,
    status: 200,
  },
  changePoints: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/points',
    function: 'review-api',
    summary: 'Change the points of a question, with a reason. The answer has the reviewed score',
    roles: ['reviewer', 'administrator'],
    parameters: path,
    body: v.strictObject({ question: text(), awarded: v.number(), reason: writing }),
    ifMatch: true,
    answer: v.object({ ...AuditEntry.entries, score: ScoreEntry }),
    status: 200,
  },
  correctMonths: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/months',
    function: 'review-api',
    summary:
      'Correct the months of records that the package states, with a reason. The term of the certificate depends on them',
    roles: ['reviewer', 'administrator'],
    parameters: path,
    body: v.strictObject({ recordsMonths: v.number(), reason: writing }),
    ifMatch: true,
    answer: AuditEntry,
    status: 200,
  },
  requestRevision: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/revision',
    function: 'review-api',
    summary: 'Request a revision: sends the assessor all open notes in one letter',
    roles: ['reviewer', 'administrator'],
    parameters: path,
    ifMatch: true,
    answer: v.object({ ...AuditEntry.entries, revisionDueOn: v.string() }),
    status: 200,
  },
  extendRevision: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/extend',
    function: 'review-api',
    summary: 'Give the assessor a later due date for the revision',
    roles: ['administrator'],
    parameters: path,
    body: v.strictObject({ dueOn: date, reason: writing }),
    ifMatch: true,
    answer: v.object({ ...AuditEntry.entries, revisionDueOn: v.string() }),
    status: 200,
  },
  rejectAudit: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/reject',
    function: 'review-api',
    summary:
      'Reject an audit that is not fit for review. This says nothing about its score. Notes that were not sent go out with it',
    roles: ['reviewer', 'administrator'],
    parameters: path,
    body: v.strictObject({ reason: writing }),
    ifMatch: true,
    answer: AuditEntry,
    status: 200,
  },
  withdrawReview: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/withdraw',
    function: 'review-api',
    summary: 'Withdraw an audit, also after its review has begun. Notes that were not sent go out with it',
    roles: ['administrator'],
    parameters: path,
    body: v.strictObject({ reason: writing }),
    ifMatch: true,
    answer: AuditEntry,
    status: 200,
  },
  reopenAudit: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/reopen',
    function: 'review-api',
    summary:
      'Reopen a closed audit within 30 days: it is undecided again, its certificate stands until the new decision',
    roles: ['administrator'],
    parameters: path,
    body: v.strictObject({ reason: writing }),
    ifMatch: true,
    answer: AuditEntry,
    status: 200,
  },
  acceptAudit: {
    method: 'POST',
    path: '/v1/reviews/{auditNumber}/accept',
    function: 'review-api',
    summary:
      'Accept the revision that the reviewer saw: opens the review and closes it with the outcome of its score. Informational notes that were not sent go out with it',
    roles: ['reviewer', 'administrator'],
    parameters: path,
    body: v.strictObject({ revision: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
    ifMatch: true,
    answer: AuditEntry,
    status: 200,
  },
  ...uploadEndpoints,
  ...draftEndpoints,
  ...programEndpoints,
  ...importEndpoints,
  ...administrationEndpoints,
} as const satisfies Record<string, Endpoint>;

/** What recurs in the endpoints, by the names that their description gives it. */
export const schemas = {
  AuditEntry,
  ListedAudit,
  NamedEmployer,
  PointsEntry,
  ScoreEntry,
  HistoryEntry,
  NoteEntry,
  NoteBody,
  AnswerEntry,
  QuestionEntry,
  ReviewedQuestionEntry,
  DocumentLink,
  LastRefusal,
  ChangedPointsEntry,
  CorrectedMonthsEntry,
  ReviewerEntry,
  UploadLink,
  Sentence,
  UploadInParts,
  Draft,
  DraftAnswer,
  DraftDeclaration,
  ...programSchemas,
  ...administrationSchemas,
};

export type EndpointName = keyof typeof endpoints;
/** The endpoints that a function answers. */
export type EndpointNameOf<F extends ApiFunction> = {
  [N in EndpointName]: (typeof endpoints)[N]['function'] extends F ? N : never;
}[EndpointName];
/** What an endpoint answers. */
export type AnswerOf<N extends EndpointName> = v.InferOutput<(typeof endpoints)[N]['answer']>;

/** The routes of a function, in the order of the endpoints. */
export function routesOf(name: ApiFunction): readonly Route[] {
  return Object.values<Endpoint>(endpoints)
    .filter((endpoint) => endpoint.function === name)
    .map(routeOf);
}

/** An endpoint's route. */
export function routeOf({ method, path }: Endpoint): Route {
  return `${method} ${path}`;
}

/** Where the description of the API is served, to everybody, by the function openapi. */
export const openApiPath = '/v1/openapi.json';
