import { describe, expect, it } from 'vitest';
import { limitRefusal, limits } from './limits.ts';
import { refusals, refuse } from './refusal.ts';
import { codesOf, expectSaidByValues, notInValues, type Samples } from './sentence.fixture.ts';

const audit = { auditNumber: '412345678', state: 'in review' };
const session = { courseId: 'hazard-management', date: '2026-05-31', time: '09:00' };
const offer = {
  courses: 'hazard-management, understanding-our-canadian-model',
  sessions: 'hazard-management 2026-05-31 09:00, hazard-management 2026-06-03 13:30',
};
const ended = { endedOn: '2026-04-30', certificateNumber: '412345678-1', certifiedEndedOn: '2026-05-31' };

/** Values for each code; the compiler asks for those of a new one. */
const samples: Samples<typeof refusals> = {
  'revision-overdue': [{ auditNumber: '412345678', dueOn: '2026-05-31' }],
  'too-many-packages': [{ ...audit, most: 100 }],
  'link-before-revision': [audit],
  'package-in-review': [audit],
  'audit-takes-no-packages': [audit],
  'link-replaced': [audit],
  'parts-missing': [{ auditNumber: '412345678', link: 3, parts: 64, missing: '7, 9' }],
  'upload-complete': [{ auditNumber: '412345678', link: 3 }],
  'upload-aborted': [{ auditNumber: '412345678', link: 3 }],
  'upload-expired': [{ auditNumber: '412345678', link: 3, days: 7 }],
  'upload-gone': [{ auditNumber: '412345678', link: 3 }],
  'draft-over': [audit],
  'too-many-links': [{ auditNumber: '412345678', most: 100 }],
  'not-pending-review': [audit],
  'not-in-review': [{ ...audit, step: 'add-note' }],
  'newer-revision': [{ seen: 1, revision: 2 }],
  'documents-not-laid-out': [{ revision: 2 }],
  'nothing-to-review': [audit],
  'not-up-for-decision': [audit],
  'unknown-question': [{ question: '9.9' }],
  'note-on-unknown-question': [{ question: '9.9' }],
  'unknown-note': [{ auditNumber: '412345678', note: 3 }],
  'note-sent': [{ note: 3 }],
  'notes-unsent': [{ notes: '1, 2', more: 3 }],
  'certificate-would-have-expired': [
    { endedOn: '2025-04-30', recordsMonths: 8, years: 1, expiresOn: '2026-04-30', today: '2026-05-16' },
  ],
  'notes-changed-too-often': [{ auditNumber: '412345678' }],
  'not-applicable': [{ question: '2.1' }],
  'points-out-of-range': [{ question: '2.1', points: 11, most: 10 }],
  'months-out-of-range': [{ months: 2, least: 3, most: 1200 }],
  'review-full': [{ auditNumber: '412345678', notes: 150 }],
  'answers-too-long': [{ auditNumber: '412345678' }],
  'nothing-to-revise': [],
  'no-revision-awaited': [audit],
  'not-later': [{ dueOn: '2026-05-31', today: '2026-05-16' }],
  'no-answers-awaited': [audit],
  'no-open-note': [{ notes: '3, 4', more: 2, open: '1, 2', moreOpen: 5 }],
  'notes-unanswered': [{ notes: '1, 2', more: 3 }],
  over: [{ ...audit, step: 'reject' }],
  'review-began': [audit],
  'not-closed': [audit],
  'closed-too-long': [{ auditNumber: '412345678', days: 31, most: 30 }],
  'not-under-review': [audit],
  'not-in-queue-yet': [{ auditNumber: '412345678' }],
  'conflict-of-interest': [{ auditNumber: '412345678', employerId: 'acme' }],
  'reviewer-in-conflict': [{ reviewerId: 'robin', auditNumber: '412345678', employerId: 'acme' }],
  'not-assigned': [{ auditNumber: '412345678' }],
  'nothing-to-release': [{ auditNumber: '412345678' }],
  'already-assigned': [{ auditNumber: '412345678' }],
  'already-theirs': [{ auditNumber: '412345678', reviewerId: 'robin' }],
  'reviewer-left': [{ reviewerId: 'robin' }],
  'left-for-good': [{ reviewerId: 'robin' }],
  'reviewer-absent': [{ reviewerId: 'robin' }],
  'never-trained': [{ on: '2026-05-16', ...offer }],
  'status-ended': [{ through: '2026-05-15', on: '2026-05-16', ...offer }],
  'does-not-act': [{ employerId: 'acme' }],
  'not-in-good-standing': [{ legalName: 'Acme' }],
  'too-many-employees': [{ legalName: 'Acme', employees: 11, most: 10 }],
  'audit-open': [{ kind: 'maintenance', auditNumber: '412345678' }],
  'no-certificate': [],
  'no-maintenance-due': [],
  'certificate-over': [{ certificateNumber: '412345678-1', standing: 'expired' }],
  're-certification-next': [{ certificateNumber: '412345678-1', expiresOn: '2026-05-31' }],
  'ended-before-current': [ended],
  overtaken: [ended],
  'assessor-does-not-act': [{ assessorId: 'quinn', employerId: 'acme' }],
  'not-a-binder': [{ auditNumber: '412345678' }],
  'no-course': [{ courseId: 'knitting', courses: 'a-course, another-course' }],
  'no-course-to-schedule': [{ courseId: 'knitting', courses: 'a-course' }],
  'no-classroom-course': [{ courseId: 'understanding-our-canadian-model', courses: 'a-course' }],
  'no-date': [{ date: '2026-02-30' }],
  'day-ahead': [{ date: '2026-05-31', today: '2026-05-16' }],
  'day-passed': [{ date: '2026-05-15', today: '2026-05-16' }],
  'no-time': [{ time: '25:00' }],
  'places-out-of-range': [{ places: 501, most: 500 }],
  'no-place': [],
  'time-passed': [{ date: '2026-05-31', time: '09:00', today: '2026-05-31', now: '10:30' }],
  'places-taken': [{ taken: 3, ...session }],
  'session-cancelled': [session],
  'too-late-to-change-session': [session],
  'too-late-to-take-out': [session],
  'session-begun': [session],
  'too-late-to-cancel': [session],
  'already-enrolled': [session],
  'session-full': [{ ...session, places: 12 }],
  'not-enrolled': [session],
  'attendance-marked': [{ ...session, mark: 'attended' }],
  'session-ahead': [session],
  'marked-already': [{ ...session, mark: 'absent' }],
  'too-much-at-once': [{ employers: 40, courses: 50 }],
  'id-taken': [{ kind: 'reviewer', id: 'robin' }],
  'unknown-assessor': [{ assessorId: 'quinn' }],
  'unknown-employer': [{ employerIds: 'acme, umbrella' }],
  'wcb-account-taken': [{ wcbAccount: '4810276', employerId: 'acme', legalName: 'Acme Ltd.', more: 2 }],
  'wcb-account-full': [{ wcbAccount: '4810276', most: 10 }],
  'contact-not-named': [{ employerId: 'acme' }],
  'not-a-contact': [{ employerId: 'acme' }],
  'no-user-pool': [],
  'unknown-user': [],
  'own-administration': [],
  'unknown-person': [{ persons: 'assessor quinn, employer acme' }],
};

describe('a refusal says nothing that its values do not', () => {
  it.each(codesOf(refusals))('%s', (code) => expectSaidByValues(refusals, samples, code));

  it.each(Object.keys(limits) as (keyof typeof limits)[])('limit-reached: %s', (limit) => {
    const { message, values } = limitRefusal({ limit, subject: '412345678' }, '2026-05-31T18:00:00.000Z');
    expect(notInValues(message, values)).toEqual([]);
    expect(values).toMatchObject({ limit });
  });
});

it('a refusal carries its code, its sentence and its values', () => {
  expect(refuse('closed-too-long', { auditNumber: '412345678', days: 31, most: 30 })).toEqual({
    refused: 'closed-too-long',
    message: 'Audit 412345678 was closed 31 days ago. It could be reopened within 30 days only. Register a new audit.',
    values: { auditNumber: '412345678', days: 31, most: 30 },
  });
});

it('writes one note, one session and no session at all as one would say it', () => {
  expect(refuse('notes-unanswered', { notes: '7', more: 0 }).message).toContain('Answer note 7 first');
  expect(refuse('no-open-note', { notes: '7', more: 0, open: '', moreOpen: 0 }).message).toContain('Open notes: none.');
  const one = { courses: 'hazard-management', sessions: 'hazard-management 2026-05-31 09:00' };
  expect(refuse('never-trained', { on: '2026-05-16', ...one }).message).toContain(
    '(classroom; next session on 2026-05-31 at 09:00)',
  );
  expect(refuse('never-trained', { on: '2026-05-16', ...one, sessions: '' }).message).toContain('no session');
});
