import type { Envelope } from '../history.ts';
import type { LetterRejected, MailFailure } from '../letters.ts';
import type { SentMilestone } from '../reminders/milestone.ts';

/** What can happen to an assessor. */
export type AssessorHappening =
  | LetterRejected
  | { readonly type: 'assessor added'; readonly data: { readonly actsFor: readonly string[] } }
  | {
      readonly type: 'assessor changed';
      readonly data: {
        /** The names of the changed fields; the values are on the assessor only. */
        readonly changed: readonly ('name' | 'email' | 'employers')[];
        readonly actsFor: { readonly added: readonly string[]; readonly removed: readonly string[] };
      };
    }
  | {
      readonly type: 'course completed';
      readonly data: {
        readonly courseId: string;
        readonly completedOn: string;
        readonly sessionId?: string;
        /** The last day of the status after this course; absent while the initial training is missing. */
        readonly through?: string;
      };
    }
  /** An attendance was corrected, or a completion was recorded by mistake. */
  | {
      readonly type: 'completion withdrawn';
      readonly data: { readonly courseId: string; readonly completedOn: string; readonly sessionId?: string };
    }
  | { readonly type: 'reminder due'; readonly data: SentMilestone }
  | { readonly type: 'mail failed'; readonly data: { readonly reason: MailFailure } };
export type AssessorEvent = Envelope<'assessor'> & AssessorHappening;
