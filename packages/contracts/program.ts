import * as v from 'valibot';
import type { Endpoint } from './endpoint.ts';
import { fieldSentences } from './field-sentences.ts';
import {
  Address,
  AssessorBody,
  Contact,
  EmployerBody,
  EmployerInput,
  email,
  httpsLink,
  name,
  PersonId,
  phone,
  Subject,
} from './people.ts';
import {
  AuditEntry,
  auditNumber,
  day,
  HistoryEntry,
  id,
  kind,
  listOf,
  NamedEmployer,
  ProtocolQuestion,
  pageQuery,
  personalId,
  UploadLink,
  writing,
} from './schemas.ts';
import { Sentence } from './sentence.ts';
import { text } from './text.ts';

/** An employer as administrators see it. */
const EmployerRecord = v.object({ employerId: v.string(), version: v.number(), ...EmployerBody.entries });

/** What is recorded of who calls as a contact of their company. */
const OwnContact = v.object({
  employerId: v.string(),
  legalName: v.string(),
  name: v.string(),
  email: v.string(),
  phone: v.optional(v.string()),
});

const EmployerEntry = v.object({
  employerId: v.string(),
  legalName: v.string(),
  tradeName: v.optional(v.string()),
  employees: v.number(),
  goodStanding: v.boolean(),
  version: v.number(),
});

/** A course that was completed; in a session, when it was one of these. */
const Completion = v.object({
  courseId: v.string(),
  completedOn: v.string(),
  sessionId: v.optional(v.string()),
});

const completed = { courseId: id, completedOn: day };
const CompletionData = v.strictObject(completed);

/** The status as of today: until when it holds or held, and the course that this is counted from. */
const StatusEntry = v.object({
  holds: v.boolean(),
  reason: v.optional(v.picklist(['never trained', 'ended'])),
  through: v.optional(v.string()),
  restsOn: v.optional(Completion),
});

const AssessorEntry = v.object({
  assessorId: v.string(),
  name: v.string(),
  email: v.string(),
  actsFor: v.array(NamedEmployer),
  status: StatusEntry,
  version: v.number(),
});

/** An assessor as administrators see them, and as they see themselves. */
const AssessorRecord = v.object({
  ...AssessorEntry.entries,
  completions: v.array(Completion),
  /** Since when mail to their address has come back. */
  undeliverableSince: v.optional(v.string()),
});

/** A session that one can enrol in; its date and its time are those of Alberta. */
const OfferedSession = v.object({
  sessionId: v.string(),
  date: v.string(),
  time: v.string(),
  placesLeft: v.number(),
});

const CourseEntry = v.object({
  courseId: v.string(),
  title: v.string(),
  form: v.picklist(['classroom', 'online']),
  use: v.picklist(['initial', 'refresher']),
  sessions: v.array(OfferedSession),
});

/** A session, as administrators list it. */
const SessionEntry = v.object({
  ...OfferedSession.entries,
  courseId: v.string(),
  title: v.string(),
  instructor: v.string(),
  places: v.number(),
  place: v.optional(v.string()),
  /** For administrators, and for who has a place. */
  link: v.optional(v.string()),
  /** When it was cancelled, and why. */
  cancelled: v.optional(v.object({ at: v.string(), reason: v.string() })),
  version: v.number(),
});

const SessionDetail = v.object({
  ...SessionEntry.entries,
  /** All of them for administrators who read the session, one's own for an assessor; in the answer to a step, whom it concerns. */
  enrolments: v.array(
    v.object({
      assessorId: v.string(),
      name: v.string(),
      enrolledAt: v.string(),
      state: v.picklist(['enrolled', 'cancelled', 'attended', 'absent']),
    }),
  ),
});

/** What an administrator plans of a session; its date and its time are those of Alberta. */
const sessionPlan = {
  date: day,
  time: v.pipe(v.string(), v.regex(/^([01]\d|2[0-3]):[0-5]\d$/, fieldSentences['not-a-time'])),
  instructor: name,
  places: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(500)),
  place: v.optional(name),
  link: v.optional(httpsLink),
};
/** Whether a plan says where the session is held: every session has a place, a link to join it, or both. */
const saysWhere = ({ place, link }: { readonly place?: string | undefined; readonly link?: string | undefined }) =>
  place !== undefined || link !== undefined;
const examplePlan = {
  date: '2027-03-09',
  time: '09:00',
  instructor: 'Ines Moreau',
  places: 12,
  link: 'https://meet.example.com/hazards',
};

const obligationKind = v.picklist(['maintenance', 're-certification']);

const ProposalEntry = v.object({
  kind,
  dueOn: v.optional(v.string()),
  graceThrough: v.optional(v.string()),
  reason: Sentence,
});

/** What an employer holds on a day, and what is due. */
const StandingView = v.object({
  employerId: v.string(),
  legalName: v.string(),
  on: v.string(),
  certificates: v.array(
    v.object({
      certificateNumber: v.string(),
      auditNumber: v.string(),
      endedOn: v.string(),
      issuedOn: v.string(),
      expiresOn: v.string(),
      standing: v.picklist(['valid', 'expired', 'cancelled', 'revoked', 'superseded']),
      /** The newer certificate that took its place. */
      supersededBy: v.optional(v.string()),
      /** The first day on which it was cancelled, and the due date of what nothing met. */
      cancelled: v.optional(v.object({ on: v.string(), dueOn: v.string() })),
      revokedAt: v.optional(v.string()),
      obligations: v.array(
        v.object({
          kind: obligationKind,
          dueOn: v.string(),
          windowFrom: v.optional(v.string()),
          graceThrough: v.optional(v.string()),
          state: v.picklist(['open', 'pending', 'met', 'overdue', 'forgiven', 'cancelled']),
          /** The audit that met it, or keeps it pending. */
          by: v.optional(v.string()),
          late: v.optional(v.literal(true)),
        }),
      ),
    }),
  ),
  proposal: v.optional(ProposalEntry),
});

const BinderEntry = v.object({
  postmarkedOn: v.string(),
  receivedOn: v.string(),
  endedOn: v.string(),
  late: v.optional(v.literal(true)),
});

const RiskEntry = v.object({
  risk: v.picklist([
    'nothing registered',
    'mail to the contact failed',
    'mail to an assessor failed',
    "assessor's status ends",
    'no assessor',
    'too many employees',
    'not in good standing',
    'binder not entered',
  ]),
  kind: v.optional(obligationKind),
  dueOn: v.optional(v.string()),
  /** Of a binder that is not entered: its audit, and the day of its receipt. */
  auditNumber: v.optional(auditNumber),
  receivedOn: v.optional(v.string()),
});

/** Why something computed is as it is: the rules with their sources, and the facts that went in. */
const Explanation = v.object({
  what: Sentence,
  value: Sentence,
  because: Sentence,
  /** The code of a rule is its name in the rule set. */
  rules: v.array(
    v.object({ ...Sentence.entries, source: v.picklist(['N', 'P', 'A']), ruleSet: v.string(), from: v.string() }),
  ),
  facts: v.array(Sentence),
});
const Explanations = v.object({ explanations: v.array(Explanation) });

const ofEmployer = v.object({ employerId: personalId });
const ofAssessor = v.object({ assessorId: personalId });
const ofSession = v.object({ sessionId: personalId });
const asOf = v.strictObject({ on: v.optional(day) });

/** Who calls: the groups of their token, and the persons and the company for whom their sign-in stands, as they are now. */
const Me = v.object({
  issuer: v.string(),
  /** What an administrator links a sign-in by. */
  sub: v.string(),
  roles: v.array(v.picklist(['assessor', 'reviewer', 'administrator', 'employer'])),
  assessor: v.optional(v.object({ assessorId: v.string(), name: v.string(), actsFor: v.array(NamedEmployer) })),
  reviewer: v.optional(
    v.object({ reviewerId: v.string(), name: v.string(), present: v.boolean(), leftAt: v.optional(v.string()) }),
  ),
  administrator: v.optional(v.object({ administratorId: v.string(), name: v.string() })),
  /** The company whose contact they are. */
  company: v.optional(NamedEmployer),
  /** The business date: the day in Alberta. */
  today: v.string(),
});

/** Whom a sign-in can stand for. */
const linked = {
  assessorId: v.optional(personalId),
  employerId: v.optional(personalId),
  /** The address of that employer's contact whose sign-in it is; may be left out where there is one contact. */
  contactEmail: v.optional(email),
  reviewerId: v.optional(id),
  administratorId: v.optional(id),
};

/** A number of the program: its value, its source and the sentence that says it. */
const RuleEntry = v.object({
  value: v.union([v.number(), v.string(), v.array(v.number())]),
  source: v.picklist(['N', 'P', 'A']),
  text: v.string(),
});

/** The operations by which the program is run: people, courses, binders, and what is due. */
export const programEndpoints = {
  readMe: {
    method: 'GET',
    path: '/v1/me',
    function: 'program-api',
    summary:
      'Read for whom your sign-in stands, in which roles you may act, and which day it is. Whoever is signed in may ask, also while an administrator has not linked them yet',
    roles: ['assessor', 'reviewer', 'administrator', 'employer'],
    anybody: true,
    answer: Me,
    status: 200,
  },
  readProtocol: {
    method: 'GET',
    path: '/v1/protocols/{protocol}',
    function: 'program-api',
    summary: 'Read a protocol: its elements and questions with their points and scoring rules. It never changes',
    roles: ['assessor', 'reviewer', 'administrator', 'employer'],
    parameters: v.object({ protocol: personalId }),
    answer: v.object({
      protocol: v.string(),
      title: v.string(),
      elements: v.array(v.object({ element: v.string(), title: v.string(), questions: v.array(ProtocolQuestion) })),
    }),
    status: 200,
    immutable: true,
  },
  readRuleSet: {
    method: 'GET',
    path: '/v1/rule-sets/{ruleSet}',
    function: 'program-api',
    summary: 'Read a rule set: every number by which the audits are judged that were registered under it',
    roles: ['assessor', 'reviewer', 'administrator', 'employer'],
    parameters: v.object({ ruleSet: personalId }),
    answer: v.object({ ruleSet: v.string(), from: v.string(), rules: v.record(v.string(), RuleEntry) }),
    status: 200,
  },
  addEmployer: {
    method: 'POST',
    path: '/v1/employers',
    function: 'program-api',
    summary: 'Add an employer under a new id',
    roles: ['administrator'],
    body: v.strictObject({ employerId: PersonId, ...EmployerInput.entries }),
    answer: EmployerRecord,
    status: 201,
  },
  listEmployers: {
    method: 'GET',
    path: '/v1/employers',
    function: 'program-api',
    summary: 'List the employers by legal name',
    roles: ['administrator'],
    query: pageQuery,
    answer: v.object({ employers: v.array(EmployerEntry), cursor: v.optional(v.string()) }),
    status: 200,
  },
  readEmployer: {
    method: 'GET',
    path: '/v1/employers/{employerId}',
    function: 'program-api',
    summary: 'Read one employer: who acts for it, and its history',
    roles: ['administrator'],
    parameters: ofEmployer,
    answer: v.object({
      ...EmployerRecord.entries,
      assessors: v.array(v.object({ assessorId: v.string(), assessorName: v.string() })),
      /** The other employers that have its WCB account. */
      sharesWcbAccountWith: v.array(v.object({ employerId: v.string(), legalName: v.string() })),
      /** The contacts to whom mail has come back, and since when. */
      undeliverable: v.array(v.object({ contact: v.picklist(['first', 'second']), since: v.string() })),
      history: v.array(HistoryEntry),
    }),
    status: 200,
  },
  changeEmployer: {
    method: 'PUT',
    path: '/v1/employers/{employerId}',
    function: 'program-api',
    summary: 'Replace the whole record of an employer',
    roles: ['administrator'],
    parameters: ofEmployer,
    body: EmployerInput,
    ifMatch: true,
    answer: EmployerRecord,
    status: 200,
  },
  addAssessor: {
    method: 'POST',
    path: '/v1/assessors',
    function: 'program-api',
    summary: 'Add an assessor under a new id, with the courses that they have completed before',
    roles: ['administrator'],
    body: v.strictObject({
      assessorId: PersonId,
      ...AssessorBody.entries,
      completions: v.optional(listOf(CompletionData, 100), []),
    }),
    answer: AssessorRecord,
    status: 201,
  },
  listAssessors: {
    method: 'GET',
    path: '/v1/assessors',
    function: 'program-api',
    summary: 'List the assessors by name, with their status as of today',
    roles: ['administrator'],
    query: pageQuery,
    answer: v.object({ assessors: v.array(AssessorEntry), cursor: v.optional(v.string()) }),
    status: 200,
  },
  readAssessor: {
    method: 'GET',
    path: '/v1/assessors/{assessorId}',
    function: 'program-api',
    summary: 'Read one assessor with their courses, their status as of today and their history',
    roles: ['administrator'],
    parameters: ofAssessor,
    answer: v.object({ ...AssessorRecord.entries, history: v.array(HistoryEntry) }),
    status: 200,
  },
  changeAssessor: {
    method: 'PUT',
    path: '/v1/assessors/{assessorId}',
    function: 'program-api',
    summary: 'Replace the name and the address of an assessor, and the employers that they act for',
    roles: ['administrator'],
    parameters: ofAssessor,
    body: AssessorBody,
    ifMatch: true,
    answer: AssessorRecord,
    status: 200,
  },
  readOwnStatus: {
    method: 'GET',
    path: '/v1/assessor',
    function: 'program-api',
    summary: "Read the caller's own record as an assessor, with the courses that give or renew the status",
    roles: ['assessor'],
    answer: v.object({ ...AssessorRecord.entries, courses: v.array(CourseEntry) }),
    status: 200,
  },
  recordCompletion: {
    method: 'POST',
    path: '/v1/assessors/{assessorId}/completions',
    function: 'program-api',
    summary: 'Record that an assessor has completed a course. Recording it again changes nothing',
    roles: ['administrator'],
    parameters: ofAssessor,
    body: CompletionData,
    answer: AssessorRecord,
    status: 201,
  },
  withdrawCompletion: {
    method: 'POST',
    path: '/v1/assessors/{assessorId}/completions/withdraw',
    function: 'program-api',
    summary: 'Remove a completed course that was recorded by mistake. Removing it again changes nothing',
    roles: ['administrator'],
    parameters: ofAssessor,
    body: CompletionData,
    answer: AssessorRecord,
    status: 200,
  },
  listCourses: {
    method: 'GET',
    path: '/v1/courses',
    function: 'program-api',
    summary: 'List the courses with their next sessions and the places left',
    roles: ['assessor', 'administrator'],
    answer: v.object({ courses: v.array(CourseEntry) }),
    status: 200,
  },
  scheduleSession: {
    method: 'POST',
    path: '/v1/sessions',
    function: 'program-api',
    summary: 'Schedule a session of a classroom course, at a date and time in Alberta',
    roles: ['administrator'],
    body: v.pipe(
      v.strictObject({ courseId: id, ...sessionPlan }),
      v.check((plan) => saysWhere(plan), fieldSentences['no-place']),
      v.examples([{ courseId: 'hazard-management', ...examplePlan }]),
    ),
    answer: SessionDetail,
    status: 201,
  },
  listSessions: {
    method: 'GET',
    path: '/v1/sessions',
    function: 'program-api',
    summary: 'List the sessions by date, past and cancelled ones among them: between two days, of one course or of all',
    roles: ['administrator'],
    query: v.strictObject({
      from: v.optional(day),
      to: v.optional(day),
      course: v.optional(id),
      cursor: v.optional(text()),
    }),
    answer: v.object({ sessions: v.array(SessionEntry), cursor: v.optional(v.string()) }),
    status: 200,
  },
  readSession: {
    method: 'GET',
    path: '/v1/sessions/{sessionId}',
    function: 'program-api',
    summary: 'Read one session. Administrators see who is enrolled; an assessor sees whether they are',
    roles: ['assessor', 'administrator'],
    parameters: ofSession,
    answer: SessionDetail,
    status: 200,
  },
  changeSession: {
    method: 'PUT',
    path: '/v1/sessions/{sessionId}',
    function: 'program-api',
    summary:
      'Move a session that has not begun, or replace its instructor, places, place or link. Who is enrolled gets a letter',
    roles: ['administrator'],
    parameters: ofSession,
    body: v.pipe(
      v.strictObject(sessionPlan),
      v.check((plan) => saysWhere(plan), fieldSentences['no-place']),
      v.examples([examplePlan]),
    ),
    ifMatch: true,
    answer: SessionDetail,
    status: 200,
  },
  cancelSession: {
    method: 'POST',
    path: '/v1/sessions/{sessionId}/cancel',
    function: 'program-api',
    summary: 'Cancel a session that has not begun, with a reason. Who is enrolled gets a letter',
    roles: ['administrator'],
    parameters: ofSession,
    body: v.strictObject({ reason: writing }),
    ifMatch: true,
    answer: SessionDetail,
    status: 200,
  },
  enrolAssessor: {
    method: 'POST',
    path: '/v1/sessions/{sessionId}/enrolments',
    function: 'program-api',
    summary: 'Enrol an assessor in a session',
    roles: ['administrator'],
    parameters: ofSession,
    body: v.strictObject({ assessorId: personalId }),
    answer: SessionDetail,
    status: 201,
  },
  cancelAssessorsEnrolment: {
    method: 'POST',
    path: '/v1/sessions/{sessionId}/enrolments/cancel',
    function: 'program-api',
    summary: "Cancel an assessor's enrolment in a session",
    roles: ['administrator'],
    parameters: ofSession,
    body: v.strictObject({ assessorId: personalId }),
    answer: SessionDetail,
    status: 200,
  },
  enrol: {
    method: 'POST',
    path: '/v1/sessions/{sessionId}/enrolment',
    function: 'program-api',
    summary: 'Enrol in a session',
    roles: ['assessor'],
    parameters: ofSession,
    answer: SessionDetail,
    status: 201,
  },
  cancelEnrolment: {
    method: 'POST',
    path: '/v1/sessions/{sessionId}/enrolment/cancel',
    function: 'program-api',
    summary: 'Cancel an enrolment in a session',
    roles: ['assessor'],
    parameters: ofSession,
    answer: SessionDetail,
    status: 200,
  },
  markAttendance: {
    method: 'PUT',
    path: '/v1/sessions/{sessionId}/attendance',
    function: 'program-api',
    summary: 'Mark an enrolled assessor as attended, which completes the course, or as absent. Also corrects a mark',
    roles: ['administrator'],
    parameters: ofSession,
    body: v.strictObject({ assessorId: personalId, attended: v.boolean() }),
    answer: SessionDetail,
    status: 200,
  },
  recordBinder: {
    method: 'POST',
    path: '/v1/binders',
    function: 'program-api',
    summary: 'Record an audit that was sent by mail. It is registered as of the postmark',
    roles: ['administrator'],
    body: v.strictObject({
      employerId: personalId,
      assessorId: personalId,
      kind,
      postmarkedOn: day,
      receivedOn: day,
      endedOn: day,
    }),
    answer: v.object({ ...AuditEntry.entries, binder: BinderEntry }),
    status: 201,
  },
  issueBinderLink: {
    method: 'POST',
    path: '/v1/binders/{auditNumber}/links',
    function: 'program-api',
    summary: 'Get a link for one upload of the package that was entered from a binder, valid for 15 minutes',
    roles: ['administrator'],
    parameters: v.object({ auditNumber }),
    answer: UploadLink,
    status: 201,
  },
  readStanding: {
    method: 'GET',
    path: '/v1/employers/{employerId}/standing',
    function: 'program-api',
    summary: 'Read the certificates of an employer and what is due: today, as known on a past day, or on a future day',
    roles: ['assessor', 'administrator', 'employer'],
    parameters: ofEmployer,
    query: asOf,
    answer: StandingView,
    status: 200,
  },
  readOwnStanding: {
    method: 'GET',
    path: '/v1/employer/standing',
    function: 'program-api',
    summary: "Read the certificates of the caller's company, and what is due",
    roles: ['employer'],
    query: asOf,
    answer: StandingView,
    status: 200,
  },
  readOwnContact: {
    method: 'GET',
    path: '/v1/employer/contact',
    function: 'program-api',
    summary: 'Read what is recorded of the caller as a contact of their company',
    roles: ['employer'],
    answer: OwnContact,
    status: 200,
  },
  // Without If-Match: nobody but the caller and administrators changes the number, and it is sent whole.
  changeOwnPhone: {
    method: 'PUT',
    path: '/v1/employer/contact',
    function: 'program-api',
    summary: "Correct the caller's own telephone number as a contact of their company. Without one, it is removed",
    roles: ['employer'],
    body: v.strictObject({ phone: v.optional(phone) }),
    answer: OwnContact,
    status: 200,
  },
  readWhy: {
    method: 'GET',
    path: '/v1/employers/{employerId}/why',
    function: 'program-api',
    summary: 'Explain the certificates of an employer, and what is due, on a day',
    roles: ['assessor', 'administrator', 'employer'],
    parameters: ofEmployer,
    query: asOf,
    answer: Explanations,
    status: 200,
  },
  readAuditWhy: {
    method: 'GET',
    path: '/v1/audits/{auditNumber}/why',
    function: 'program-api',
    summary: 'Explain the rules by which an audit is judged, and its outcome',
    roles: ['assessor', 'reviewer', 'administrator', 'employer'],
    parameters: v.object({ auditNumber }),
    answer: Explanations,
    status: 200,
  },
  readAssessorWhy: {
    method: 'GET',
    path: '/v1/assessors/{assessorId}/why',
    function: 'program-api',
    summary: 'Explain the status of an assessor today. An assessor can read their own',
    roles: ['administrator', 'assessor'],
    parameters: ofAssessor,
    answer: Explanations,
    status: 200,
  },
  checkEligibility: {
    method: 'GET',
    path: '/v1/employers/{employerId}/registration',
    function: 'program-api',
    summary:
      'Check whether an audit can be registered now: every reason against it with its remedy, and which audit is needed next',
    roles: ['assessor'],
    parameters: ofEmployer,
    query: v.strictObject({ kind }),
    answer: v.object({
      possible: v.boolean(),
      reasons: v.array(Sentence),
      proposal: v.optional(ProposalEntry),
    }),
    status: 200,
  },
  listRisks: {
    method: 'GET',
    path: '/v1/risks',
    function: 'program-api',
    summary: 'List the employers for which something is at risk, by due date',
    roles: ['administrator'],
    query: pageQuery,
    answer: v.object({
      employers: v.array(v.object({ employerId: v.string(), legalName: v.string(), risks: v.array(RiskEntry) })),
      cursor: v.optional(v.string()),
    }),
    status: 200,
  },
  linkSignIn: {
    method: 'PUT',
    path: '/v1/sign-ins',
    function: 'program-api',
    summary:
      'Record all the persons that a sign-in stands for. Name the sign-in by its address in the user pool, or by issuer (when left out, that of the stage) and sub',
    roles: ['administrator'],
    body: v.pipe(
      v.strictObject({ issuer: v.optional(id), sub: v.optional(Subject), email: v.optional(email), ...linked }),
      v.check(
        ({ sub, email: address }) => (sub === undefined) !== (address === undefined),
        fieldSentences['sign-in-not-named'],
      ),
      v.check(
        ({ issuer, email: address }) => issuer === undefined || address === undefined,
        fieldSentences['issuer-with-email'],
      ),
      v.examples([{ sub: '3c1d8f0e-6a52-4f7b-9d3e-2b8a7c5e1f90' }, { email: 'dale@example.com' }]),
    ),
    answer: v.object({ issuer: v.string(), sub: v.string(), ...linked }),
    status: 200,
  },
} as const satisfies Record<string, Endpoint>;

/** What recurs in these endpoints, by the names that their description gives it. */
export const programSchemas = {
  ProtocolQuestion,
  Contact,
  OwnContact,
  Address,
  EmployerRecord,
  Completion,
  CompletionData,
  StatusEntry,
  AssessorRecord,
  CourseEntry,
  OfferedSession,
  SessionEntry,
  SessionDetail,
  ProposalEntry,
  StandingView,
  Explanation,
  Explanations,
};
