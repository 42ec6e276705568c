import { sayFrom } from '@secor/certification';

type OfAudit = { auditNumber: string };

/** What is changed by its version, as a sentence names it. */
const changeable = {
  assessor: 'Assessor',
  audit: 'Audit',
  draft: 'The draft of audit',
  employer: 'Employer',
  session: 'Session',
} as const;
export type Changeable = keyof typeof changeable;

/** What the API answers where something is not there, not the caller's, or not as they saw it. */
export const answerSentences = {
  'nobody-linked': () =>
    'Your sign-in is not linked to an administrator, an assessor or a company. Ask the certifying partner to link it.',
  'nobody-linked-to-audits': () =>
    'Your sign-in is not linked to an assessor, a company or staff of the partner. Ask the certifying partner to link it.',
  'no-assessor-linked': () => 'Your sign-in is not linked to an assessor. Ask the certifying partner to link it.',
  'no-company-linked': () => 'Your sign-in is not linked to a company. Ask the certifying partner to link it.',
  'contact-no-longer': () =>
    'You are no longer recorded as a contact of the company that your sign-in is linked to. If you are one, ask the certifying partner to record you and to link your sign-in anew.',
  'no-administrator-linked': () => 'Your sign-in is not linked to an administrator. Ask another one to link it.',
  'no-reviewer-linked': () => 'Your sign-in is not linked to a reviewer. Ask an administrator to link it.',
  'reviewer-gone': () => 'The reviewer of your sign-in has left. Ask an administrator to link it to who you are now.',
  'no-employer-for-you': ({ employerId }: { employerId: string }) =>
    `There is no employer ${employerId} for you to read. Check the id.`,
  'no-employer': ({ employerId }: { employerId: string }) =>
    `There is no employer ${employerId}. Look at the list of employers.`,
  'no-audit-for-you': ({ auditNumber }: OfAudit) => `There is no audit ${auditNumber} for you. Check the nine digits.`,
  'no-audit-to-review': ({ auditNumber }: OfAudit) =>
    `There is no audit ${auditNumber} for you to review. Look at the queue.`,
  'no-audit': ({ auditNumber }: OfAudit) => `There is no audit ${auditNumber}. Check the nine digits.`,
  'no-revision': ({ auditNumber, revision, revisions }: OfAudit & { revision: number; revisions: number }) =>
    `Audit ${auditNumber} has no revision ${revision}: it has ${revisions}.`,
  'no-document': ({
    auditNumber,
    revision,
    document,
    documents,
  }: OfAudit & Readonly<Record<'revision' | 'document' | 'documents', number>>) =>
    `Revision ${revision} of audit ${auditNumber} has no document ${document}: it has ${documents}.`,
  'no-revision-accepted': ({ auditNumber }: OfAudit) =>
    `Audit ${auditNumber} has no accepted revision yet. Upload a package first.`,
  'no-such-revision': ({ auditNumber, revision }: OfAudit & { revision: number }) =>
    `Audit ${auditNumber} has no revision ${revision}. Its history names those that were accepted.`,
  'no-upload-in-parts': ({ auditNumber, link }: OfAudit & { link: number }) =>
    `Audit ${auditNumber} has no upload in parts with the number ${link}. Begin one.`,
  'no-report': ({ auditNumber, state }: OfAudit & { state: string }) =>
    `Audit ${auditNumber} has no report: it is ${state}. A mail tells you when the report is there.`,
  'queue-of-another': () => 'The queue of another reviewer is shown to administrators. Ask for "me" or "nobody".',
  'not-your-presence': ({ reviewerId }: { reviewerId: string }) =>
    `You are not reviewer ${reviewerId}. Set your own presence, or ask an administrator.`,
  'no-reviewer': ({ reviewerId }: { reviewerId: string }) =>
    `There is no reviewer ${reviewerId}. Look at the list of reviewers.`,
  'no-assessor': ({ assessorId }: { assessorId: string }) =>
    `There is no assessor ${assessorId}. Look at the list of assessors.`,
  'not-you': ({ assessorId }: { assessorId: string }) =>
    `You are not assessor ${assessorId}. Ask for your own id, as /v1/assessor tells it.`,
  'no-session': ({ sessionId }: { sessionId: string }) =>
    `There is no session ${sessionId}. Look at the list of courses.`,
  'no-import': ({ importId }: { importId: string }) =>
    `There is no import ${importId}. Take the id that its start gave.`,
  'no-protocol': ({ protocol, protocols }: { protocol: string; protocols: string }) =>
    `There is no protocol ${protocol}. The protocols are ${protocols}.`,
  'no-rule-set': ({ ruleSet, ruleSets }: { ruleSet: string; ruleSets: string }) =>
    `There is no rule set ${ruleSet}. The rule sets are ${ruleSets}.`,
  'changed-meanwhile': ({ kind, id }: { kind: Changeable; id: string }) =>
    `${changeable[kind]} ${id} has changed since you read it. Read it again and decide again.`,
};

/** Says why the API does not do what it was asked for. */
export const say = sayFrom(answerSentences);

/** What can be wrong with a part of a request that its schema allows, after its place. */
export const inputSentences = {
  'me-is-no-reviewer': () => 'is "me", and you are no reviewer: name one, or ask for "nobody"',
  'contact-without-employer': () => 'goes with employerId: name the employer as well',
  'ended-after-postmark': ({ postmarkedOn }: { postmarkedOn: string }) =>
    `is after the postmark of ${postmarkedOn}: an audit ends before it is sent`,
  'postmark-before-rules': ({ from }: { from: string }) =>
    `is before ${from}, from when on there are rules to judge it by`,
  'postmark-after-receipt': ({ receivedOn }: { receivedOn: string }) =>
    `is after the receipt on ${receivedOn}: it is sent before it arrives`,
  'received-ahead': ({ today }: { today: string }) =>
    `is in the future, in Alberta it is ${today}: give the day on which it arrived`,
};

/** Says what is wrong with a part of a request. */
export const sayOfInput = sayFrom(inputSentences);
