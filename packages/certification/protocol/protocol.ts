/**
 * Protocol: the questions that an audit answers, in versions that never change. This folder imports nothing.
 */

/** The kind of audit: for a certificate, or to keep one valid. */
export type AuditKind = 'certification' | 'maintenance';

/** How a question is verified: by documentation, interview or observation [P]. */
export type Method = 'D' | 'I' | 'O';

/** One question of a protocol. Points are whole. A question is answered with `positive` of `sampled` indicators. */
export type Question = {
  /** Element and number, such as "3.2". */
  readonly id: string;
  readonly text: string;
  readonly points: number;
  readonly methods: readonly Method[];
  /** Whether the assessor may answer "not applicable". */
  readonly notApplicable: boolean;
} & ({ readonly rule: 'all-or-nothing'; readonly threshold: 70 | 100 } | { readonly rule: 'range' });

/** One element of a protocol, in the order of its questions. */
export type Element = { readonly id: string; readonly title: string; readonly questions: readonly Question[] };

/** A versioned list of elements and questions; never edited once used. */
export type Protocol = { readonly id: string; readonly title: string; readonly elements: readonly Element[] };
