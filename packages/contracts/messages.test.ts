import { minEnrolmentNoticeMinutes } from '@secor/certification';
import { expect, test } from 'vitest';
import { delaySecondsOf } from './messages.ts';

test('what is told of an enrolment waits until nothing can undo it without a notice, as long as SQS lets it; nothing else waits', () => {
  for (const type of ['assessor enrolled', 'enrolment cancelled']) {
    expect(delaySecondsOf(type)).toBeGreaterThan(minEnrolmentNoticeMinutes * 60);
    expect(delaySecondsOf(type)).toBeLessThanOrEqual(900);
  }
  for (const type of ['package accepted', 'audit withdrawn', 'report made', 'session scheduled'])
    expect(delaySecondsOf(type)).toBe(0);
});
