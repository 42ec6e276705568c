/** The draft of an audit's answers: what its assessor has written so far, before it goes into a package. */

import { type Refusal, refuse } from '../refusal.ts';
import type { Audit } from './audit.ts';

/** [A] A draft that was not saved for so many days is deleted: nobody works on it any more. */
export const maxDraftDays = 365;

const over: ReadonlySet<Audit['state']> = new Set(['closed', 'rejected', 'withdrawn']);

/** Whether an audit keeps a draft: until it is closed, rejected or withdrawn, and again when it was reopened. */
export function keepsDraft({ state }: Pick<Audit, 'state'>): boolean {
  return !over.has(state);
}

/** Whether a draft is there no more at an instant (ISO, UTC), because nobody saved it for so long. */
export function draftHasExpired(savedAt: string, at: string): boolean {
  return Date.parse(at) >= Date.parse(savedAt) + maxDraftDays * 24 * 60 * 60 * 1000;
}

/** The refusal of a draft of an audit that keeps none. */
export function refuseDraft({ auditNumber, state }: Audit): Refusal {
  return refuse('draft-over', { auditNumber, state });
}
