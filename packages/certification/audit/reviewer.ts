/** Partner staff who does the quality-assurance review. */
export type Reviewer = {
  readonly reviewerId: string;
  readonly name: string;
  readonly email: string;
  readonly present: boolean;
  /** Employers whose audits this person must not review. */
  readonly conflicts: readonly string[];
  /** When they left, ISO, UTC: they get no more audits, and their history stays. */
  readonly leftAt?: string;
  /** Reviews that are assigned and not decided. */
  readonly openReviews: number;
  readonly version: number;
};

/** Partner staff who assigns reviews and runs the program. */
export type Administrator = { readonly administratorId: string; readonly name: string; readonly email: string };
