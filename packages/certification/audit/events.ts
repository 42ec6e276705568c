import type { Envelope } from '../history.ts';
import type { LetterRejected } from '../letters.ts';
import type { LimitName } from '../limits.ts';
import type { AuditKind } from '../protocol/protocol.ts';
import type { AuditReminder } from './audit-reminders.ts';
import type { Shortfall } from './outcome.ts';
import type { ChangedPoints, CorrectedMonths, SentNote } from './review.ts';
import type { Binder, PackageWarning, StoredObject } from './revision.ts';

/** Corrections that carried over to a revision, or lapsed: `from` the revision that was reviewed before, each made in `madeIn`. */
type Corrections = {
  readonly revision: number;
  readonly from: number;
  readonly points: readonly { readonly question: string; readonly awarded: number; readonly madeIn: number }[];
  readonly months?: { readonly recordsMonths: number; readonly madeIn: number };
};

/** The certificate that an employer holds, or held last, after a decision, and what is not met yet to keep or renew it. */
export type StandingAfter = {
  readonly certificateNumber: string;
  readonly expiresOn: string;
  readonly standing: 'valid' | 'expired' | 'cancelled';
  /** The day of the cancellation. */
  readonly cancelledOn?: string;
  readonly due: readonly {
    readonly kind: 'maintenance' | 're-certification';
    readonly dueOn: string;
    readonly state: 'open' | 'pending' | 'overdue';
    /** Of a maintenance audit: the last day on which its package can arrive. */
    readonly graceThrough?: string;
  }[];
};

/** What can happen to an audit, with the facts that a reader or a letter needs; ids only, never names or addresses. */
export type AuditHappening =
  | LetterRejected
  | {
      readonly type: 'audit registered';
      readonly data: {
        readonly kind: AuditKind;
        readonly employerId: string;
        readonly assessorId: string;
        readonly protocol: string;
        readonly ruleSet: string;
      };
    }
  | { readonly type: 'binder recorded'; readonly data: Binder }
  /** A package that arrived by this day was read after the audit had been rejected for its absence. */
  | { readonly type: 'rejection undone'; readonly data: { readonly dueOn: string } }
  | { readonly type: 'upload link issued'; readonly data: { readonly link: number } }
  | {
      readonly type: 'package accepted';
      readonly data: {
        readonly link: number;
        readonly revision: number;
        /** Revisions that had been requested: 0 for a first submission, more for a resubmission. */
        readonly round: number;
        readonly awarded: number;
        readonly available: number;
        readonly result: 'passed' | 'failed';
        readonly shortfalls: readonly Shortfall[];
        readonly warnings: readonly PackageWarning[];
      };
    }
  /** Of the revision reviewed before, what the reviewer corrected and the assessor has not changed since. */
  | { readonly type: 'corrections carried over'; readonly data: Corrections }
  /** Of the revision reviewed before, what the reviewer corrected and the assessor has changed. */
  | { readonly type: 'corrections lapsed'; readonly data: Corrections }
  | {
      readonly type: 'package refused';
      readonly data: {
        readonly link: number;
        readonly problems: number;
        readonly problemList: StoredObject;
        /** How many uploads had been refused before it since the last accepted one; absent when none was. */
        readonly before?: number;
        /** The administrator who had entered it for a binder; absent when the assessor uploaded it. */
        readonly enteredBy?: string;
      };
    }
  /**
   * The upload was not read, and further ones beyond the limit are not either. This event happens once in each period of the
   * limit.
   */
  | {
      readonly type: 'uploads over limit';
      readonly data: {
        readonly link: number;
        readonly limit: LimitName;
        readonly remedy: string;
        readonly enteredBy?: string;
      };
    }
  | {
      readonly type: 'package late';
      readonly data: { readonly link: number; readonly remedy: string; readonly enteredBy?: string };
    }
  | { readonly type: 'package superseded'; readonly data: { readonly link: number; readonly by: number } }
  | { readonly type: 'documents laid out'; readonly data: { readonly revision: number; readonly documents: number } }
  | {
      readonly type: 'documents refused';
      readonly data: {
        readonly revision: number;
        readonly backTo: number;
        readonly problems: number;
        readonly problemList: StoredObject;
        readonly enteredBy?: string;
      };
    }
  /** `before` was the reviewer until then; absent when there was none. */
  | { readonly type: 'reviewer assigned'; readonly data: { readonly reviewerId: string; readonly before?: string } }
  | { readonly type: 'review unassigned'; readonly data: { readonly revision: number } }
  | { readonly type: 'reviewer released'; readonly data: { readonly reviewerId: string; readonly reason: string } }
  | { readonly type: 'note added'; readonly data: SentNote }
  | { readonly type: 'note changed'; readonly data: SentNote }
  | { readonly type: 'note deleted'; readonly data: Pick<SentNote, 'note'> }
  | {
      readonly type: 'points changed';
      readonly data: Pick<ChangedPoints, 'revision' | 'question' | 'awarded' | 'reason'> & { readonly before: number };
    }
  | {
      readonly type: 'months corrected';
      readonly data: Pick<CorrectedMonths, 'revision' | 'recordsMonths' | 'reason'> & { readonly before: number };
    }
  | {
      readonly type: 'revision requested';
      readonly data: {
        readonly round: number;
        readonly dueOn: string;
        readonly notes: readonly SentNote[];
      };
    }
  | { readonly type: 'revision extended'; readonly data: { readonly dueOn: string; readonly reason: string } }
  | {
      readonly type: 'notes answered';
      readonly data: { readonly round: number; readonly answers: readonly { note: number; text: string }[] };
    }
  | { readonly type: 'reminder due'; readonly data: AuditReminder }
  /** `notes`: those that go out with this, and those of an earlier decision; absent when there are none. */
  | {
      readonly type: 'audit rejected';
      readonly data: { readonly reason: string; readonly notes?: readonly SentNote[] };
    }
  | {
      readonly type: 'audit withdrawn';
      readonly data: { readonly reason: string; readonly notes?: readonly SentNote[] };
    }
  | { readonly type: 'audit reopened'; readonly data: { readonly decision: number; readonly reason: string } }
  | { readonly type: 'review opened'; readonly data: { readonly revision: number } }
  | {
      readonly type: 'audit closed';
      readonly data: {
        readonly decision: number;
        readonly revision: number;
        readonly kind: AuditKind;
        readonly result: 'passed' | 'failed';
        readonly awarded: number;
        readonly available: number;
        readonly shortfalls: readonly Shortfall[];
        /** The notes that go out with the decision, and those of an earlier one that it replaces; absent when there are none. */
        readonly notes?: readonly SentNote[];
      };
    }
  | {
      readonly type: 'report made';
      readonly data: {
        readonly decision: number;
        readonly kind: AuditKind;
        readonly result: 'passed' | 'failed';
        readonly shortfalls: readonly Shortfall[];
        readonly awarded: number;
        readonly available: number;
        /** As reviewed; with what the package says and the reason, where the reviewer corrected them. */
        readonly recordsMonths: number;
        readonly correctedMonths?: { readonly before: number; readonly reason: string };
        /** The notes that went out with the decision, or with an earlier one that it replaces; absent when there were none. */
        readonly notes?: readonly SentNote[];
        /** What the employer holds, and what is due, on the day of this event; absent when it never had a certificate. */
        readonly standing?: StandingAfter;
        readonly certificateNumber?: string;
        readonly expiresOn?: string;
        /** Of a passed maintenance audit: the due date that it met; absent when it met none. */
        readonly met?: { readonly dueOn: string; readonly late: boolean };
        /** The certificates that an earlier decision gave and this one revoked. */
        readonly revoked?: readonly string[];
      };
    };

export type AuditEvent = Envelope<'audit'> & AuditHappening;
