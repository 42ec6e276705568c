import { codesOf, expectSaidByValues, type Samples } from '@secor/certification/testing/sentences';
import { describe, it } from 'vitest';
import { answerSentences, inputSentences } from './sentences.ts';

const employer = { employerId: 'acme' };
const audit = { auditNumber: '412345678' };
const answers: Samples<typeof answerSentences> = {
  'nobody-linked': [],
  'nobody-linked-to-audits': [],
  'no-assessor-linked': [],
  'no-company-linked': [],
  'contact-no-longer': [],
  'no-administrator-linked': [],
  'no-reviewer-linked': [],
  'reviewer-gone': [],
  'no-employer-for-you': [employer],
  'no-employer': [employer],
  'no-audit-for-you': [audit],
  'no-audit-to-review': [audit],
  'no-audit': [audit],
  'no-revision': [{ ...audit, revision: 4, revisions: 3 }],
  'no-document': [{ auditNumber: '123456789', revision: 1, document: 3, documents: 2 }],
  'no-revision-accepted': [audit],
  'no-such-revision': [{ ...audit, revision: 4 }],
  'no-upload-in-parts': [{ ...audit, link: 3 }],
  'no-report': [{ ...audit, state: 'in review' }],
  'queue-of-another': [],
  'not-your-presence': [{ reviewerId: 'robin' }],
  'no-reviewer': [{ reviewerId: 'robin' }],
  'no-assessor': [{ assessorId: 'quinn' }],
  'not-you': [{ assessorId: 'quinn' }],
  'no-session': [{ sessionId: 's-9' }],
  'no-import': [{ importId: 'i-9' }],
  'no-protocol': [{ protocol: 'secor-1999', protocols: 'secor-2015, secor-2020' }],
  'no-rule-set': [{ ruleSet: 'rules-1999', ruleSets: 'rules-2015, rules-2020' }],
  'changed-meanwhile': [{ kind: 'audit', id: '412345678' }],
};
const inputs: Samples<typeof inputSentences> = {
  'me-is-no-reviewer': [],
  'contact-without-employer': [],
  'ended-after-postmark': [{ postmarkedOn: '2026-05-31' }],
  'postmark-before-rules': [{ from: '2015-01-01' }],
  'postmark-after-receipt': [{ receivedOn: '2026-05-31' }],
  'received-ahead': [{ today: '2026-05-31' }],
};

describe('a sentence of the API says nothing that its values do not', () => {
  it.each(codesOf(answerSentences))('of an answer: %s', (code) => expectSaidByValues(answerSentences, answers, code));
  it.each(codesOf(inputSentences))('of a request: %s', (code) => expectSaidByValues(inputSentences, inputs, code));
});
