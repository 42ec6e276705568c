import type { Binder } from './audit.ts';
import type { Certificate, CycleAudit } from './cycle.ts';
import type { LimitName } from './limits.ts';
import type { SentMilestone } from './milestone.ts';
import type { Shortfall } from './outcome.ts';
import type { AuditKind } from './protocol.ts';
import type { CycleReminder } from './reminder.ts';
import type { ChangedPoints, CorrectedMonths, Note } from './review.ts';
import type { Risk } from './risk.ts';

/** Who caused an event; the system when no person did. */
export type Actor =
  | { readonly role: 'assessor' | 'reviewer' | 'administrator'; readonly personId: string }
  | { readonly role: 'system' };

/** A version of an object in the records bucket. */
export type StoredObject = { readonly key: string; readonly versionId: string };

/** SES has not sent on a letter that it had taken: which one, of which event of the subject, and to whom. */
export type LetterRejected = {
  readonly type: 'letter rejected';
  readonly data: { readonly letter: string; readonly event: number; readonly personId: string };
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
        readonly warnings: readonly string[];
      };
    }
  | {
      readonly type: 'package refused';
      readonly data: {
        readonly link: number;
        readonly problems: number;
        readonly problemList: StoredObject;
        /** So many uploads had been refused before it since the last one that was taken; absent when none was. */
        readonly before?: number;
        /** An administrator had entered it for a binder. */
        readonly binder?: true;
      };
    }
  /** It was not read, and neither is any other one that goes over this limit: told once for each time within which it counts. */
  | {
      readonly type: 'uploads over limit';
      readonly data: {
        readonly link: number;
        readonly limit: LimitName;
        readonly remedy: string;
        readonly binder?: true;
      };
    }
  | {
      readonly type: 'package late';
      readonly data: { readonly link: number; readonly remedy: string; readonly binder?: true };
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
        readonly binder?: true;
      };
    }
  /** `before` had it until then; absent when nobody did. */
  | { readonly type: 'reviewer assigned'; readonly data: { readonly reviewerId: string; readonly before?: string } }
  | { readonly type: 'review unassigned'; readonly data: { readonly revision: number } }
  | { readonly type: 'reviewer released'; readonly data: { readonly reviewerId: string; readonly reason: string } }
  | { readonly type: 'note added'; readonly data: Pick<Note, 'note' | 'kind' | 'question' | 'text'> }
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
        readonly notes: readonly Pick<Note, 'note' | 'kind' | 'question' | 'text'>[];
      };
    }
  | { readonly type: 'revision extended'; readonly data: { readonly dueOn: string; readonly reason: string } }
  | {
      readonly type: 'notes answered';
      readonly data: { readonly round: number; readonly answers: readonly { note: number; text: string }[] };
    }
  | { readonly type: 'audit rejected'; readonly data: { readonly reason: string } }
  | { readonly type: 'audit withdrawn'; readonly data: { readonly reason: string } }
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
      };
    }
  | {
      readonly type: 'report made';
      readonly data: {
        readonly decision: number;
        readonly kind: AuditKind;
        readonly result: 'passed' | 'failed';
        readonly shortfalls: readonly Shortfall[];
        readonly certificateNumber?: string;
        readonly expiresOn?: string;
        /** Of a passed maintenance audit: the due date that it met; absent when it met none. */
        readonly met?: { readonly dueOn: string; readonly late: boolean };
        /** The certificates that an earlier decision had given and this one took back. */
        readonly revoked?: readonly string[];
      };
    };

/** What can happen to an employer and its cycle. */
export type CycleHappening =
  | LetterRejected
  | { readonly type: 'employer added'; readonly data: { readonly employees: number; readonly goodStanding: boolean } }
  | {
      readonly type: 'employer changed';
      readonly data: {
        readonly changed: readonly EmployerField[];
        /** The contacts whose mail goes to another address now. */
        readonly readdressed?: readonly ('first' | 'second')[];
        /** Their number before and after, when that has changed. */
        readonly employees?: { readonly before: number; readonly after: number };
        readonly goodStanding?: boolean;
      };
    }
  /** Mail to a contact came back for good, or was complained about. */
  | {
      readonly type: 'mail failed';
      readonly data: { readonly contact: 'first' | 'second'; readonly reason: MailFailure };
    }
  | {
      readonly type: 'audit opened';
      readonly data: Pick<CycleAudit, 'auditNumber' | 'kind' | 'assessorId' | 'registeredOn'>;
    }
  | {
      readonly type: 'audit arrived';
      readonly data: { readonly auditNumber: string; readonly arrivedOn: string; readonly endedOn: string };
    }
  | { readonly type: 'audit returned'; readonly data: { readonly auditNumber: string } }
  | {
      readonly type: 'audit decided';
      readonly data: {
        readonly auditNumber: string;
        readonly kind: AuditKind;
        readonly decision: number;
        readonly result: 'passed' | 'failed';
        readonly endedOn: string;
      };
    }
  | { readonly type: 'audit left'; readonly data: { readonly auditNumber: string; readonly withdrawn?: true } }
  | { readonly type: 'audit taken up'; readonly data: { readonly auditNumber: string } }
  | { readonly type: 'certificate issued'; readonly data: Certificate }
  | {
      readonly type: 'certificate revoked';
      readonly data: { readonly certificateNumber: string; readonly auditNumber: string };
    }
  /** What had superseded it was revoked, or what had revoked it was undone: it stands again. */
  | { readonly type: 'certificate restored'; readonly data: { readonly certificateNumber: string } }
  | {
      readonly type: 'certificate superseded';
      readonly data: { readonly certificateNumber: string; readonly by: string };
    }
  | {
      readonly type: 'certificate cancelled';
      readonly data: {
        readonly certificateNumber: string;
        readonly on: string;
        /** The due date of the maintenance audit that was missed. */
        readonly dueOn: string;
        readonly ruleSet: string;
        readonly assessorId?: string;
      };
    }
  | {
      readonly type: 'cancellation undone';
      readonly data: {
        readonly certificateNumber: string;
        readonly cancelledOn: string;
        readonly expiresOn: string;
        readonly assessorId?: string;
      };
    }
  | { readonly type: 'reminder due'; readonly data: CycleReminder }
  | {
      readonly type: 'risks changed';
      readonly data: { readonly added: readonly Risk[]; readonly gone: readonly Risk[] };
    };

/** What of an employer can be changed. */
export type EmployerField =
  | 'legal name'
  | 'trade name'
  | 'WCB account'
  | 'number of employees'
  | 'industry code'
  | 'address'
  | 'contact'
  | 'second contact'
  | 'good standing';

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

/** What can happen to an assessor. */
export type AssessorHappening =
  | LetterRejected
  | { readonly type: 'assessor added'; readonly data: { readonly actsFor: readonly string[] } }
  | {
      readonly type: 'assessor changed';
      readonly data: {
        /** What changed of them; the values stand on the assessor only. */
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
        /** The last day on which the status holds with it; absent while the initial training is missing. */
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

/** Why no mail reaches somebody: it came back for good, or they said that they don't want it. */
export type MailFailure = 'bounced' | 'complained';

type Envelope = {
  /** 'audit#123456789', 'employer#…', 'assessor#…' or 'session#…'. */
  readonly subject: string;
  /** 1, 2, … per subject, without gaps. */
  readonly number: number;
  readonly at: string;
  readonly by: Actor;
};

export type AuditEvent = Envelope & AuditHappening;
export type CycleEvent = Envelope & CycleHappening;
export type SessionEvent = Envelope & SessionHappening;
export type AssessorEvent = Envelope & AssessorHappening;
/** An immutable entry of a subject's history, which people read. */
export type DomainEvent = AuditEvent | CycleEvent | SessionEvent | AssessorEvent;

/** A change that the rules do not allow, and what the person can do instead. */
export type Refusal = { readonly refused: string; readonly message: string };

/** Tells a refusal from what was asked for. */
export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}

/** Appends happenings to a subject's history: numbers them from `events + 1`. */
export function numberEvents<H extends AuditHappening | CycleHappening | SessionHappening | AssessorHappening>(
  subject: string,
  events: number,
  at: string,
  happenings: readonly { readonly by: Actor; readonly happening: H }[],
): (Envelope & H)[] {
  return happenings.map(({ by, happening }, index) => ({ subject, number: events + index + 1, at, by, ...happening }));
}
