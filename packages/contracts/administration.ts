import * as v from 'valibot';
import type { Endpoint } from './endpoint.ts';
import { fieldSentences } from './field-sentences.ts';
import { ImportCounts, importEntry } from './imports.ts';
import { auditNumber, auditState, ListedAudit, pageQuery, personalId } from './schemas.ts';
import { text } from './text.ts';

/** The standings of a certificate, in the order in which the register lists them. */
const standing = v.picklist(['valid', 'expired', 'cancelled', 'revoked', 'superseded']);

/** What the register is searched by: at least one letter or digit. */
const beginning = v.pipe(
  text(),
  v.trim(),
  v.maxLength(200),
  v.check((sent) => /[\p{L}\p{N}]/u.test(sent), fieldSentences['no-letter-or-digit']),
);

const selection = { standing: v.optional(standing), search: v.optional(beginning), cursor: v.optional(text()) };

/** A certificate in the register, with the company that holds it. */
const RegisterEntry = v.object({
  certificateNumber: v.string(),
  auditNumber,
  employerId: v.string(),
  legalName: v.string(),
  tradeName: v.optional(v.string()),
  wcbAccount: v.string(),
  standing,
  endedOn: v.string(),
  issuedOn: v.string(),
  expiresOn: v.string(),
  supersededBy: v.optional(v.string()),
  revokedOn: v.optional(v.string()),
  /** The day on which it was cancelled, or will be if nothing is done about it, and the due date of what nothing met. */
  cancelled: v.optional(v.object({ on: v.string(), dueOn: v.string() })),
});

const SignInEntry = v.object({
  issuer: v.string(),
  sub: v.string(),
  assessorId: v.optional(v.string()),
  assessorName: v.optional(v.string()),
  employerId: v.optional(v.string()),
  legalName: v.optional(v.string()),
  contactEmail: v.optional(v.string()),
  reviewerId: v.optional(v.string()),
  reviewerName: v.optional(v.string()),
  administratorId: v.optional(v.string()),
  administratorName: v.optional(v.string()),
});

/** A letter with what became of it. Instants are ISO, UTC. */
const LetterEntry = v.object({
  /** What it is about: an audit, an employer, an assessor or a session. */
  about: v.picklist(['audit', 'employer', 'assessor', 'session']),
  id: v.string(),
  /** The number of the event that caused it. */
  event: v.number(),
  letter: v.string(),
  /** Whom it is to: an assessor, a member of staff, or a contact by the id of the employer and .1 or .2. */
  personId: v.string(),
  name: v.optional(v.string()),
  /** Of the company whose contact it is to, or that it is about. */
  legalName: v.optional(v.string()),
  state: v.picklist([
    'waiting',
    'sent',
    'delivered',
    'bounced',
    'complained',
    'rejected',
    'withheld',
    'told with another',
  ]),
  sentAt: v.optional(v.string()),
  deliveredAt: v.optional(v.string()),
  bounced: v.optional(v.object({ at: v.string(), kind: v.picklist(['permanent', 'transient', 'undetermined']) })),
  complainedAt: v.optional(v.string()),
  rejected: v.optional(v.object({ at: v.string(), reason: v.string() })),
  withheld: v.optional(v.object({ at: v.string(), reason: v.string() })),
});

const cursor = v.optional(v.string());

/** The lists by which administrators look after the program. */
export const administrationEndpoints = {
  listCertificates: {
    method: 'GET',
    path: '/v1/certificates',
    function: 'program-api',
    summary:
      'List the register of certificates as of today: of one standing or all; by the beginning of a name, of an id, of a certificate number or of a WCB account',
    roles: ['administrator'],
    query: v.strictObject(selection),
    answer: v.object({ on: v.string(), certificates: v.array(RegisterEntry), cursor }),
    status: 200,
  },
  exportCertificates: {
    method: 'GET',
    path: '/v1/certificates/export',
    function: 'program-api',
    summary:
      'Read the same selection of the register as CSV, some thousand certificates at a time. Put the parts after one another: the first has the header',
    roles: ['administrator'],
    query: v.strictObject(selection),
    answer: v.object({ on: v.string(), csv: v.string(), cursor }),
    status: 200,
  },
  listAllAudits: {
    method: 'GET',
    path: '/v1/administrator/audits',
    function: 'program-api',
    summary:
      'List the audits of everybody, newest first: all, those in a state, those of an employer, or one by its number',
    roles: ['administrator'],
    query: v.strictObject({
      state: v.optional(auditState),
      employerId: v.optional(personalId),
      auditNumber: v.optional(auditNumber),
      cursor: v.optional(text()),
    }),
    answer: v.object({ audits: v.array(ListedAudit), cursor }),
    status: 200,
  },
  listBinders: {
    method: 'GET',
    path: '/v1/binders',
    function: 'program-api',
    summary:
      'List the binders: all or those whose package was entered, newest receipt first; or those that wait to be entered, oldest first',
    roles: ['administrator'],
    query: v.strictObject({ entered: v.optional(v.picklist(['yes', 'no'])), cursor: v.optional(text()) }),
    answer: v.object({
      binders: v.array(
        v.object({
          ...ListedAudit.entries,
          binder: v.object({
            postmarkedOn: v.string(),
            receivedOn: v.string(),
            endedOn: v.string(),
            late: v.optional(v.literal(true)),
          }),
        }),
      ),
      cursor,
    }),
    status: 200,
  },
  listImports: {
    method: 'GET',
    path: '/v1/imports',
    function: 'import-api',
    summary: 'List the imports with their counts, newest first',
    roles: ['administrator'],
    query: pageQuery,
    answer: v.object({
      imports: v.array(v.object({ ...importEntry, startedBy: v.string(), startedByName: v.string() })),
      cursor,
    }),
    status: 200,
  },
  listLetters: {
    method: 'GET',
    path: '/v1/letters',
    function: 'program-api',
    summary:
      'List letters with what became of them: about one audit, employer, assessor or session, the latest event first; or all whose mail failed, the latest failure first',
    roles: ['administrator'],
    query: v.pipe(
      v.strictObject({
        auditNumber: v.optional(auditNumber),
        employerId: v.optional(personalId),
        assessorId: v.optional(personalId),
        sessionId: v.optional(personalId),
        cursor: v.optional(text()),
      }),
      v.check(({ cursor: _, ...about }) => Object.keys(about).length <= 1, fieldSentences['several-subjects']),
    ),
    answer: v.object({ letters: v.array(LetterEntry), cursor }),
    status: 200,
  },
  listSignIns: {
    method: 'GET',
    path: '/v1/sign-ins',
    function: 'program-api',
    summary: 'List the sign-ins and for whom each stands: all, or those of an assessor or of an employer',
    roles: ['administrator'],
    query: v.pipe(
      v.strictObject({
        assessorId: v.optional(personalId),
        employerId: v.optional(personalId),
        cursor: v.optional(text()),
      }),
      v.check(
        ({ assessorId, employerId }) => assessorId === undefined || employerId === undefined,
        fieldSentences['two-persons'],
      ),
    ),
    answer: v.object({ signIns: v.array(SignInEntry), cursor }),
    status: 200,
  },
} as const satisfies Record<string, Endpoint>;

/** What recurs in these endpoints, by the names that their description gives it. */
export const administrationSchemas = { RegisterEntry, LetterEntry, SignInEntry, ImportCounts };
