import type { Envelope } from '../history.ts';
import type { LetterRejected } from '../letters.ts';

/** What can change of a session that is scheduled. */
export type SessionField = 'date' | 'time' | 'instructor' | 'places' | 'place' | 'link';

/** The day and the time of day at which a session begins. */
export type SessionStart = { readonly date: string; readonly time: string };

/** What can happen to a session of a classroom course; its date and time are those of America/Edmonton. */
export type SessionHappening =
  | LetterRejected
  | {
      readonly type: 'session scheduled';
      readonly data: {
        readonly courseId: string;
        readonly date: string;
        readonly time: string;
        readonly places: number;
      };
    }
  /** Instructor, place and link are only with the session: the history says which of them changed. */
  | {
      readonly type: 'session changed';
      readonly data: {
        readonly changed: readonly SessionField[];
        readonly from: SessionStart;
        readonly to: SessionStart;
      };
    }
  | { readonly type: 'session cancelled'; readonly data: { readonly reason: string } }
  | { readonly type: 'assessor enrolled'; readonly data: { readonly assessorId: string } }
  | { readonly type: 'enrolment cancelled'; readonly data: { readonly assessorId: string } }
  /** Marked for the first time, or corrected: the last one counts. */
  | {
      readonly type: 'attendance marked';
      readonly data: {
        readonly assessorId: string;
        readonly attended: boolean;
        readonly courseId: string;
        readonly completedOn: string;
      };
    };
export type SessionEvent = Envelope<'session'> & SessionHappening;
