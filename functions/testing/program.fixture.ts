import { employerData } from '@secor/certification/testing';
import type { Role } from '@secor/contracts';
import { addAssessor, addEmployer } from '@secor/store';
import { at, caller, openDesk } from './desk.fixture.ts';

/** The parts of a call that most calls have none of. */
export const common = {
  at,
  ifMatch: 0,
  idempotency: () => undefined,
  parameters: undefined,
  query: undefined,
  body: undefined,
};

/** The desk's table with the employer e1 and its contact 'dale', and the assessor a1 ('robin'), trained lately, who acts for it. */
export async function openProgram() {
  const desk = await openDesk();
  const { store, sign } = desk;
  await addEmployer(store, { employerId: 'e1', ...employerData({ legalName: 'E1 Ltd.' }) }, at);
  const completions = [{ courseId: 'safety-program-development', completedOn: '2026-01-15' }];
  const robin = { assessorId: 'a1', name: 'Robin', email: 'a1@example.net', actsFor: ['e1'], completions };
  await addAssessor(store, robin, at);
  await sign('robin', { assessorId: 'a1' });
  await sign('dale', { employerId: 'e1', contactEmail: 'dale@example.com' });
  return desk;
}

/** Somebody who calls in one role. */
export const as = {
  administrator: caller('x1', 'administrator'),
  robin: caller('robin', 'assessor'),
  dale: caller('dale', 'employer'),
  nobody: (...roles: Role[]) => caller('nobody', ...roles),
};
