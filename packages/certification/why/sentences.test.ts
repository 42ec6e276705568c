import { describe, it } from 'vitest';
import { codesOf, expectSaidByValues, type Samples } from '../sentence.fixture.ts';
import { reasonSentences, subjectSentences, valueSentences } from './sentences.ts';

const certificate = { certificateNumber: '412345678-1' };
const audit = { auditNumber: '412345678' };
const dueOn = '2026-06-30';
const points = { percent: 80, available: 700, required: 560, awarded: 559 };
const arrival = { arrivedOn: '2026-06-07', lastOn: '2026-06-06', days: 21 };

const subjects: Samples<typeof subjectSentences> = {
  'expiry-date': [certificate],
  standing: [certificate],
  're-certification-due-date': [certificate],
  'maintenance-due-date': [{ ...certificate, year: 2026 }],
  're-certification': [{ ...certificate, dueOn }],
  maintenance: [{ ...certificate, dueOn }],
  state: [],
  'due-date-met': [],
  'rule-set': [],
  protocol: [],
  'overall-minimum': [],
  'minimum-of-each-element': [],
  'minimum-of-element': [{ element: '2', title: 'Hazards' }],
  outcome: [],
  'provisional-outcome': [],
  term: [],
  'data-gathering': [],
  arrival: [],
  'revision-due-date': [],
  status: [{ on: dueOn }],
  'last-day-of-status': [],
  reminder: [{ kind: 'expiry' }],
  'reminder-of-package': [],
  'reminder-of-revision': [],
};
const values: Samples<typeof valueSentences> = {
  date: [{ date: dueOn }],
  name: [{ name: 'valid' }],
  'met-late': [],
  none: [],
  percent: [{ percent: 80 }],
  points: [{ required: 560, available: 700 }],
  'not-judged': [],
  years: [{ years: 3 }],
  'in-order': [],
  warning: [],
};
const reasons: Samples<typeof reasonSentences> = {
  'years-from-audit-end': [{ years: 3, endedOn: dueOn }],
  'short-term-from-audit-end': [{ years: 2, endedOn: dueOn, months: 12 }],
  valid: [{ expiresOn: dueOn }],
  expired: [{ expiresOn: dueOn }],
  cancelled: [{ dueOn, on: '2026-07-31' }],
  revoked: [{ ...audit, on: dueOn }],
  superseded: [{ supersededBy: '412345679-1' }],
  'on-expiry': [{ expiresOn: dueOn }],
  'end-of-window': [{ window: 'month', expiresOn: '2028-06-30', year: 2026 }],
  'met-late': [{ ...audit, endedOn: dueOn, graceThrough: '2026-07-30' }],
  met: [{ ...audit, endedOn: dueOn }],
  pending: [{ ...audit, arrivedOn: dueOn }],
  open: [{ dueOn }],
  'overdue-expired': [{ dueOn, expiresOn: '2026-07-15' }],
  'overdue-maintenance': [{ dueOn, cancelledOn: '2026-07-31' }],
  'overdue-certification': [{ dueOn }],
  'due-before-issue': [{ issuedOn: dueOn }],
  replaced: [{ supersededBy: '412345679-1' }],
  'certificate-revoked': [],
  'all-cancelled': [{ dueOn, on: '2026-07-31' }],
  registered: [],
  'pending-review': [],
  'in-review': [],
  'awaiting-revision': [],
  closed: [],
  rejected: [],
  withdrawn: [],
  'revision-missed': [{ dueOn }],
  'meets-none': [],
  'meets-late': [],
  'meets-in-time': [],
  'rules-of-registration': [{ on: dueOn }],
  'rules-of-postmark': [{ on: dueOn }],
  'protocol-of-rules': [{ on: dueOn }],
  'percent-needed': [{ percent: 80 }],
  'enough-points': [points],
  'points-short': [{ ...points, short: 3 }],
  'nothing-applicable': [],
  'minimums-reached': [],
  'minimums-missed': [{ missed: 'overall 3, 2 12', titles: 'overall; Hazards' }],
  'too-few-months': [{ months: 2, least: 3 }],
  'months-of-records': [{ months: 6, full: 12 }],
  gathered: [{ days: 16, most: 15 }],
  'package-arrived': [arrival],
  'binder-received': [arrival],
  'days-for-revision': [{ days: 15 }],
  'never-trained': [],
  'status-holds': [{ through: dueOn }],
  'status-ended': [{ through: dueOn }],
  'latest-course': [{ course: 'Hazard Management', completedOn: dueOn }],
  'last-day-passed': [{ kind: 'refresher', dueOn }],
  'window-begins': [{ kind: 'maintenance', dueOn }],
  'before-window': [{ milestone: '60 days before' }],
  'before-due-date': [{ milestone: '30 days before', dueOn }],
  'after-registration': [{ milestone: '14 days after', registeredOn: dueOn }],
  'before-revision': [{ milestone: '7 days before', dueOn }],
  'before-revision-told': [{ milestone: '7 days before', dueOn }],
};

describe('an explanation says nothing that its values do not', () => {
  it.each(codesOf(subjectSentences))('what: %s', (code) => expectSaidByValues(subjectSentences, subjects, code));
  it.each(codesOf(valueSentences))('value: %s', (code) => expectSaidByValues(valueSentences, values, code));
  it.each(codesOf(reasonSentences))('because: %s', (code) => expectSaidByValues(reasonSentences, reasons, code));
});
