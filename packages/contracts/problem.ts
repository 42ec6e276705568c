import type { RefusalCode } from '@secor/certification';
import * as v from 'valibot';
import { Values } from './sentence.ts';

/** One thing that is wrong, with its place. */
export const ProblemEntry = v.object({
  place: v.string(),
  message: v.string(),
  code: v.string(),
  values: Values,
});
export type ProblemEntry = v.InferOutput<typeof ProblemEntry>;

const place = {
  place: v.string(),
  /** The question of the answer that is meant, as audit.json names it. */
  question: v.optional(v.string()),
};

/** Of a problem in many places, the message names so many of the others. */
export const maxNamedOthers = 10;

/**
 * One thing that is wrong with a package, or that its reviewer should know. The same thing in many places is one, and `others` has
 * the other places.
 */
export const PackageProblem = v.object({
  ...place,
  message: v.string(),
  code: v.string(),
  values: Values,
  others: v.optional(v.array(v.object(place))),
});
export type PackageProblem = v.InferOutput<typeof PackageProblem>;

/** An error for people and programs, as RFC 9457 has it; `problems` lists all that is wrong at once. */
export const ProblemDetails = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  /** Which sentence the detail is, and what it says. */
  code: v.string(),
  values: Values,
  problems: v.optional(v.array(ProblemEntry)),
});
export type ProblemDetails = v.InferOutput<typeof ProblemDetails>;

/** Every type of problem that the API answers with: its status and what it means. The types never change. */
export const problemTypes = {
  'urn:secor:invalid-request': { status: 400, title: 'The request is not valid' },
  'urn:secor:not-signed-in': { status: 401, title: 'Not signed in' },
  'urn:secor:not-allowed': { status: 403, title: 'Not allowed' },
  'urn:secor:does-not-act': { status: 403, title: 'You do not act for the employer' },
  'urn:secor:not-found': { status: 404, title: 'Not found' },
  'urn:secor:not-possible': { status: 409, title: 'Not possible in the present state' },
  'urn:secor:already-assigned': { status: 409, title: 'The audit already has a reviewer' },
  'urn:secor:already-enrolled': { status: 409, title: 'The assessor already has a place in the session' },
  'urn:secor:already-theirs': { status: 409, title: 'The reviewer already has the audit' },
  'urn:secor:answers-too-long': { status: 409, title: 'The answers are too long' },
  'urn:secor:assessor-does-not-act': { status: 409, title: 'The assessor does not act for the employer' },
  'urn:secor:attendance-marked': { status: 409, title: 'The attendance is already marked' },
  'urn:secor:audit-open': { status: 409, title: 'The employer already has an open audit' },
  'urn:secor:audit-takes-no-packages': { status: 409, title: 'The audit does not accept packages in its state' },
  'urn:secor:certificate-over': { status: 409, title: 'The certificate is not valid any more' },
  'urn:secor:certificate-would-have-expired': { status: 409, title: 'The certificate would have expired already' },
  'urn:secor:closed-too-long': { status: 409, title: 'The audit was closed too long ago to be reopened' },
  'urn:secor:conflict-of-interest': { status: 409, title: 'The reviewer has a conflict of interest' },
  'urn:secor:contact-not-named': { status: 409, title: 'The contact is not named' },
  'urn:secor:day-ahead': { status: 409, title: 'The date is in the future' },
  'urn:secor:day-passed': { status: 409, title: 'The date has passed' },
  'urn:secor:documents-not-laid-out': { status: 409, title: 'The documents are not ready yet' },
  'urn:secor:draft-over': { status: 409, title: 'The audit keeps no draft any more' },
  'urn:secor:id-taken': { status: 409, title: 'The id is taken' },
  'urn:secor:left-for-good': { status: 409, title: 'The reviewer has left, and cannot come back under the id' },
  'urn:secor:link-before-revision': { status: 409, title: 'The link is older than the revision that was requested' },
  'urn:secor:link-replaced': { status: 409, title: 'A newer package has replaced what the link was for' },
  'urn:secor:marked-already': { status: 409, title: 'The attendance already has this mark' },
  'urn:secor:ended-before-current': { status: 409, title: 'The audit ended before the audit of the certificate' },
  'urn:secor:months-out-of-range': { status: 409, title: 'The months of records are out of range' },
  'urn:secor:never-trained': { status: 409, title: 'The assessor has no initial training on record' },
  'urn:secor:no-certificate': { status: 409, title: 'There is no certificate to maintain' },
  'urn:secor:no-answers-awaited': { status: 409, title: 'No answers to notes are awaited' },
  'urn:secor:no-classroom-course': { status: 409, title: 'The course has no sessions' },
  'urn:secor:no-course': { status: 409, title: 'There is no such course' },
  'urn:secor:no-course-to-schedule': { status: 409, title: 'There is no such course with sessions' },
  'urn:secor:no-date': { status: 409, title: 'The date is not in the calendar' },
  'urn:secor:no-maintenance-due': { status: 409, title: 'No maintenance audit is due' },
  'urn:secor:no-open-note': { status: 409, title: 'There is no such open note' },
  'urn:secor:no-place': { status: 409, title: 'The session has neither a place nor a link' },
  'urn:secor:no-revision-awaited': { status: 409, title: 'No revision is awaited' },
  'urn:secor:no-user-pool': { status: 409, title: 'The stage has no user pool of its own' },
  'urn:secor:no-time': { status: 409, title: 'The time is not a time of day' },
  'urn:secor:not-a-contact': { status: 409, title: 'The sign-in belongs to no contact of the employer' },
  'urn:secor:not-a-binder': { status: 409, title: 'The audit was not sent as a binder' },
  'urn:secor:not-applicable': { status: 409, title: 'The question was answered as not applicable' },
  'urn:secor:not-assigned': { status: 409, title: 'The audit has no reviewer' },
  'urn:secor:not-closed': { status: 409, title: 'The audit is not closed' },
  'urn:secor:not-enrolled': { status: 409, title: 'The assessor has no place in the session' },
  'urn:secor:not-in-good-standing': { status: 409, title: 'The employer is not in good standing' },
  'urn:secor:not-in-queue-yet': { status: 409, title: 'The audit is not in the queue yet' },
  'urn:secor:not-in-review': { status: 409, title: 'The audit is not in review' },
  'urn:secor:not-later': { status: 409, title: 'The new date is not later' },
  'urn:secor:not-pending-review': { status: 409, title: 'The audit is not pending review' },
  'urn:secor:not-under-review': { status: 409, title: 'The audit is not under review' },
  'urn:secor:not-up-for-decision': { status: 409, title: 'The audit is not up for a decision' },
  'urn:secor:note-on-unknown-question': { status: 409, title: 'The note is on an unknown question' },
  'urn:secor:note-sent': { status: 409, title: 'The note was sent already' },
  'urn:secor:notes-changed-too-often': { status: 409, title: 'The notes were changed too often' },
  'urn:secor:notes-unanswered': { status: 409, title: 'Notes are not answered yet' },
  'urn:secor:notes-unsent': { status: 409, title: 'Actionable notes were not sent' },
  'urn:secor:nothing-to-release': { status: 409, title: 'The audit has no reviewer to release it' },
  'urn:secor:nothing-to-review': { status: 409, title: 'The audit has no package to review' },
  'urn:secor:nothing-to-revise': { status: 409, title: 'There is nothing to revise' },
  'urn:secor:over': { status: 409, title: 'The audit has ended' },
  'urn:secor:overtaken': { status: 409, title: 'A later audit was certified before' },
  'urn:secor:own-administration': { status: 409, title: 'The sign-in would lose its own administrator role' },
  'urn:secor:package-in-review': { status: 409, title: 'The package is being reviewed' },
  'urn:secor:parts-missing': { status: 409, title: 'Parts of the upload are missing' },
  'urn:secor:places-out-of-range': { status: 409, title: 'The number of places is out of range' },
  'urn:secor:places-taken': { status: 409, title: 'More places are taken' },
  'urn:secor:points-out-of-range': { status: 409, title: "The points are outside the question's range" },
  'urn:secor:re-certification-next': { status: 409, title: 'A certification audit is needed next' },
  'urn:secor:registration-refused': { status: 409, title: 'The audit cannot be registered, for several reasons' },
  'urn:secor:review-began': { status: 409, title: 'The review has begun' },
  'urn:secor:review-full': { status: 409, title: 'The review is full' },
  'urn:secor:reviewer-absent': { status: 409, title: 'The reviewer is absent' },
  'urn:secor:reviewer-in-conflict': { status: 409, title: 'The reviewer who is named has a conflict of interest' },
  'urn:secor:reviewer-left': { status: 409, title: 'The reviewer has left' },
  'urn:secor:revision-overdue': { status: 409, title: 'The revision is overdue' },
  'urn:secor:session-ahead': { status: 409, title: 'The session has not begun' },
  'urn:secor:session-begun': { status: 409, title: 'The session has begun' },
  'urn:secor:session-cancelled': { status: 409, title: 'The session is cancelled' },
  'urn:secor:session-full': { status: 409, title: 'The session is full' },
  'urn:secor:status-ended': { status: 409, title: "The assessor's status has ended" },
  'urn:secor:time-passed': { status: 409, title: 'The time has passed' },
  'urn:secor:too-late-to-cancel': { status: 409, title: 'It is too late to cancel the enrolment' },
  'urn:secor:too-late-to-change-session': { status: 409, title: 'It is too late to change the session' },
  'urn:secor:too-late-to-take-out': { status: 409, title: 'It is too late to cancel the enrolment of this assessor' },
  'urn:secor:too-much-at-once': { status: 409, title: 'Too much is changed at once' },
  'urn:secor:too-many-employees': { status: 409, title: 'The employer has too many employees' },
  'urn:secor:too-many-links': { status: 409, title: 'Too many upload links' },
  'urn:secor:too-many-packages': { status: 409, title: 'The audit has had too many packages' },
  'urn:secor:unknown-assessor': { status: 409, title: 'There is no such assessor' },
  'urn:secor:unknown-employer': { status: 409, title: 'There is no such employer' },
  'urn:secor:unknown-note': { status: 404, title: 'There is no such note' },
  'urn:secor:unknown-person': { status: 409, title: 'There is no such person' },
  'urn:secor:unknown-user': { status: 409, title: 'Nobody signs in with the address' },
  'urn:secor:unknown-question': { status: 409, title: 'The protocol has no such question' },
  'urn:secor:wcb-account-full': { status: 409, title: 'Too many employers share the WCB account' },
  'urn:secor:wcb-account-taken': { status: 409, title: 'The WCB account belongs to another employer' },
  'urn:secor:upload-aborted': { status: 409, title: 'The upload was aborted' },
  'urn:secor:upload-complete': { status: 409, title: 'The upload is complete' },
  'urn:secor:upload-expired': { status: 409, title: 'The upload was not completed in time' },
  'urn:secor:upload-gone': { status: 409, title: 'The upload is not there any more' },
  'urn:secor:changed-meanwhile': { status: 412, title: 'Somebody else changed it meanwhile' },
  'urn:secor:newer-revision': { status: 412, title: 'There is a newer revision' },
  'urn:secor:body-too-large': { status: 413, title: 'The body is too large' },
  'urn:secor:not-json': { status: 415, title: 'The body is not sent as JSON' },
  'urn:secor:idempotency-key-reused': { status: 422, title: 'The idempotency key was used for another request' },
  'urn:secor:version-missing': { status: 428, title: 'The version is missing' },
  'urn:secor:limit-reached': { status: 429, title: 'A limit on how often this can be done is reached' },
  'urn:secor:too-many-calls': { status: 429, title: 'Too many calls by one person' },
  'urn:secor:failed': { status: 500, title: 'The service failed' },
  'urn:secor:busy': { status: 503, title: 'The service is busy' },
} as const satisfies Readonly<
  Record<`urn:secor:${RefusalCode}` | `urn:secor:${string}`, { readonly status: number; readonly title: string }>
>;

export type ProblemType = keyof typeof problemTypes;
