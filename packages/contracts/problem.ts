import * as v from 'valibot';

/** One thing that is wrong, with the place where it stands. */
export const ProblemEntry = v.object({ place: v.string(), message: v.string() });
export type ProblemEntry = v.InferOutput<typeof ProblemEntry>;

/** An error for people and programs, as RFC 9457 has it; `problems` lists all that is wrong at once. */
export const ProblemDetails = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  problems: v.optional(v.array(ProblemEntry)),
});
export type ProblemDetails = v.InferOutput<typeof ProblemDetails>;

/** Every type of problem that the API answers with: its status and what it means. The types never change. */
export const problemTypes = {
  'urn:secor:invalid-request': { status: 400, title: 'The request is not valid' },
  'urn:secor:not-signed-in': { status: 401, title: 'Not signed in' },
  'urn:secor:not-allowed': { status: 403, title: 'Not allowed' },
  'urn:secor:not-found': { status: 404, title: 'Not found' },
  'urn:secor:not-possible': { status: 409, title: 'Not possible as things stand' },
  'urn:secor:already-assigned': { status: 409, title: 'The audit has this reviewer, or another, already' },
  'urn:secor:audit-open': { status: 409, title: 'The employer has an open audit already' },
  'urn:secor:audit-takes-no-packages': { status: 409, title: 'The audit takes no packages in its state' },
  'urn:secor:closed-too-long': { status: 409, title: 'The audit was closed too long ago to be reopened' },
  'urn:secor:conflict-of-interest': { status: 409, title: 'The reviewer has a conflict of interest' },
  'urn:secor:documents-not-laid-out': { status: 409, title: 'The documents are not laid out yet' },
  'urn:secor:months-out-of-range': { status: 409, title: 'The months of records are out of range' },
  'urn:secor:no-certificate': { status: 409, title: 'There is no certificate to maintain' },
  'urn:secor:no-open-note': { status: 409, title: 'There is no such open note' },
  'urn:secor:no-revision-awaited': { status: 409, title: 'No revision is awaited' },
  'urn:secor:never-trained': { status: 409, title: 'The assessor has no initial training on record' },
  'urn:secor:no-maintenance-due': { status: 409, title: 'No maintenance audit is due' },
  'urn:secor:not-applicable': { status: 409, title: 'The question was answered as not applicable' },
  'urn:secor:not-assigned': { status: 409, title: 'The audit has no reviewer' },
  'urn:secor:not-closed': { status: 409, title: 'The audit is not closed' },
  'urn:secor:not-in-good-standing': { status: 409, title: 'The employer is not in good standing' },
  'urn:secor:not-in-review': { status: 409, title: 'The audit is not in review' },
  'urn:secor:not-later': { status: 409, title: 'The new date is not later' },
  'urn:secor:not-pending-review': { status: 409, title: 'The audit is not pending review' },
  'urn:secor:not-under-review': { status: 409, title: 'The audit is not under review' },
  'urn:secor:notes-unanswered': { status: 409, title: 'Notes are not answered yet' },
  'urn:secor:nothing-to-revise': { status: 409, title: 'There is nothing to revise' },
  'urn:secor:over': { status: 409, title: 'The audit is over' },
  'urn:secor:points-out-of-range': { status: 409, title: "The points are not within the question's" },
  'urn:secor:registration-refused': { status: 409, title: 'The audit can not be registered, for several reasons' },
  'urn:secor:review-began': { status: 409, title: 'The review has begun' },
  'urn:secor:review-full': { status: 409, title: 'The review can hold no more' },
  'urn:secor:reviewer-absent': { status: 409, title: 'The reviewer is absent' },
  'urn:secor:revision-overdue': { status: 409, title: 'The revision is overdue' },
  'urn:secor:status-ended': { status: 409, title: "The assessor's status has ended" },
  'urn:secor:too-many-employees': { status: 409, title: 'The employer has too many employees' },
  'urn:secor:too-many-links': { status: 409, title: 'Too many upload links' },
  'urn:secor:unknown-employer': { status: 409, title: 'There is no such employer' },
  'urn:secor:unknown-question': { status: 409, title: 'The protocol has no such question' },
  'urn:secor:changed-meanwhile': { status: 412, title: 'Somebody was faster' },
  'urn:secor:newer-revision': { status: 412, title: 'There is a newer revision' },
  'urn:secor:body-too-large': { status: 413, title: 'The body is larger than 1 MB' },
  'urn:secor:not-json': { status: 415, title: 'The body is not sent as JSON' },
  'urn:secor:idempotency-key-reused': { status: 422, title: 'The idempotency key was used for another request' },
  'urn:secor:version-missing': { status: 428, title: 'The version is missing' },
  'urn:secor:failed': { status: 500, title: 'The service failed' },
  'urn:secor:busy': { status: 503, title: 'The service is busy' },
} as const satisfies Readonly<Record<`urn:secor:${string}`, { readonly status: number; readonly title: string }>>;

export type ProblemType = keyof typeof problemTypes;
