import type { Values } from '../sentence.ts';
import type { Outcome } from './outcome.ts';
import type { Score } from './scoring.ts';

/** A version of an object in the records bucket. */
export type StoredObject = { readonly key: string; readonly versionId: string };

/** One object that arrived through an upload link. */
export type Upload = {
  readonly link: number;
  /** S3's order of writes to one key: hexadecimal, compared as text, the shorter padded with zeros on the right. */
  readonly sequencer: string;
  readonly key: string;
  readonly versionId: string;
  readonly size: number;
  readonly arrivedAt: string;
};

/** An audit that was sent by mail, as an administrator recorded it; business dates. */
export type Binder = {
  readonly postmarkedOn: string;
  readonly receivedOn: string;
  readonly endedOn: string;
  /** Whether the certificate had expired when it arrived. */
  readonly late?: true;
};

/** What the audit itself keeps of a revision; its answers and points stand on the revision's own item. */
export type RevisionSummary = {
  readonly revision: number;
  readonly link: number;
  readonly sequencer: string;
  readonly arrivedAt: string;
  readonly awarded: number;
  readonly available: number;
  readonly result: 'passed' | 'failed';
  /** How many warnings its package has for the reviewer. */
  readonly warnings: number;
  /** How many revisions had been requested when it arrived: 0 before the first review. */
  readonly round: number;
  /** Whether its documents have been laid out for the reviewer; refused when one of them was damaged. */
  readonly layout: 'pending' | 'done' | 'refused';
};

/** Why a reviewer is warned of a package. */
export type WarningCode = 'data-gathering-too-long' | 'submitted-late' | 'binder-end-date-differs';

/** What the reviewer should know of a package and what does not refuse it: a sentence, with its place in the package. */
export type PackageWarning = {
  readonly place: string;
  readonly message: string;
  readonly code: WarningCode;
  readonly values: Values;
};

/** One accepted upload of a package: immutable. */
export type Revision = {
  readonly auditNumber: string;
  readonly revision: number;
  readonly upload: Upload;
  readonly startedOn: string;
  readonly endedOn: string;
  readonly recordsMonths: number;
  readonly score: Score;
  readonly outcome: Outcome;
  readonly warnings: readonly PackageWarning[];
  readonly documents: number;
  /** Answers, notes and the list of documents: one JSON object. */
  readonly content: StoredObject;
};
