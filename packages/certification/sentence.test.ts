import { describe, expect, it } from 'vitest';
import { queueReasons } from './audit/queue-position.ts';
import { nextSteps } from './audit/waiting-time.ts';
import { proposalReasons } from './cycle/eligibility.ts';
import { codesOf, expectSaidByValues, notInValues, type Samples } from './sentence.fixture.ts';
import { sayFrom } from './sentence.ts';

const steps: Samples<typeof nextSteps> = {
  'upload-package': [],
  'documents-checked': [],
  'review-opened': [],
  'decision-or-revision': [],
  'send-revision': [{ dueOn: '2026-05-31' }],
  'send-revision-undated': [],
  'download-report': [],
  'report-follows': [],
  'register-anew': [{ state: 'rejected' }],
};
const places: Samples<typeof queueReasons> = {
  'certificate-expires': [{ dueOn: '2026-05-31', days: 30 }],
  arrived: [{ arrivedOn: '2026-05-31' }],
};
const reasons: Samples<typeof proposalReasons> = {
  'no-certificate': [],
  'certificate-over': [{ certificateNumber: '412345678-1', standing: 'expired' }],
  're-certification-due': [{ certificateNumber: '412345678-1', expiresOn: '2026-05-31' }],
  'maintenance-due': [{ certificateNumber: '412345678-1', dueOn: '2026-05-31' }],
};

describe('a sentence says nothing that its values do not', () => {
  it.each(codesOf(nextSteps))('next step: %s', (code) => expectSaidByValues(nextSteps, steps, code));
  it.each(codesOf(queueReasons))('place in the queue: %s', (code) => expectSaidByValues(queueReasons, places, code));
  it.each(codesOf(proposalReasons))('audit that is needed next: %s', (code) =>
    expectSaidByValues(proposalReasons, reasons, code),
  );
});

it('a sentence carries its code, its values and its text', () => {
  const say = sayFrom({ late: ({ on }: { on: string }) => `It is late since ${on}.`, early: () => 'It is early.' });
  expect(say('late', { on: '2026-05-31' })).toEqual({
    code: 'late',
    values: { on: '2026-05-31' },
    text: 'It is late since 2026-05-31.',
  });
  expect(say('early')).toEqual({ code: 'early', values: {}, text: 'It is early.' });
});

it('a number or a date that is in no value is found', () => {
  expect(notInValues('31 May 2026, 5 days', { dueOn: '2026-05-31', days: 5 })).toEqual([]);
  expect(notInValues('31 May 2026, 6 days, 2 GiB', { dueOn: '2026-05-30', days: 5 })).toEqual(['31', '6', '2']);
});
