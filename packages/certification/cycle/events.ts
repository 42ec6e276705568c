import type { Envelope } from '../history.ts';
import type { LetterRejected, MailFailure } from '../letters.ts';
import type { AuditKind } from '../protocol/protocol.ts';
import type { Certificate, CycleAudit, Risk } from './cycle.ts';
import type { CycleReminder } from './cycle-reminders.ts';

/** With which employers it shares its WCB account from then on, as an administrator said. */
type SharedAccount = { readonly sharesWcbAccountWith?: readonly string[] };

/** What can happen to an employer and its cycle. */
export type CycleHappening =
  | LetterRejected
  | {
      readonly type: 'employer added';
      readonly data: { readonly employees: number; readonly goodStanding: boolean } & SharedAccount;
    }
  | {
      readonly type: 'employer changed';
      readonly data: {
        readonly changed: readonly EmployerField[];
        /** The contacts whose address changed. */
        readonly readdressed?: readonly ('first' | 'second')[];
        /** The number of employees before and after, if it changed. */
        readonly employees?: { readonly before: number; readonly after: number };
        readonly goodStanding?: boolean;
      } & SharedAccount;
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
      readonly data: {
        readonly auditNumber: string;
        readonly arrivedOn: string;
        readonly endedOn: string;
        /** Its binder arrived; the package is still to be entered. */
        readonly binder?: true;
      };
    }
  /** The package has to be sent again; of a binder, which stays arrived, entered again. */
  | { readonly type: 'audit returned'; readonly data: { readonly auditNumber: string; readonly binder?: true } }
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
      readonly data: {
        readonly certificateNumber: string;
        readonly auditNumber: string;
        /** By which decision on the audit; 0 when it ended without one. */
        readonly decision: number;
      };
    }
  /** The certificate is current again: the one that had superseded it was revoked, or its own revocation was undone. */
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

/** The fields of an employer that can change. */
export type EmployerField =
  | 'legal name'
  | 'trade name'
  | 'WCB account'
  | 'number of employees'
  | 'industry code'
  | 'address'
  | 'contact'
  | 'second contact'
  | 'contact phone'
  | 'second contact phone'
  | 'good standing';
export type CycleEvent = Envelope<'employer'> & CycleHappening;
