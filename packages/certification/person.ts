/** An employer: at most ten employees [P]; what identifies people stands only here and on the other persons' items. */
export type Employer = {
  readonly employerId: string;
  readonly legalName: string;
  readonly tradeName?: string;
  readonly wcbAccount: string;
  readonly employees: number;
  readonly contact: Contact;
};

export type Contact = { readonly name: string; readonly email: string };

/** A trained person who performs and submits audits for the employers that they act for. */
export type Assessor = {
  readonly assessorId: string;
  readonly name: string;
  readonly email: string;
  readonly actsFor: readonly string[];
};

/** Partner staff who does the quality-assurance review. */
export type Reviewer = {
  readonly reviewerId: string;
  readonly name: string;
  readonly email: string;
  readonly present: boolean;
  /** Employers whose audits this person must not review. */
  readonly conflicts: readonly string[];
  /** Reviews that are assigned and not decided. */
  readonly openReviews: number;
  readonly version: number;
};

/** Partner staff who assigns reviews and runs the program. */
export type Administrator = { readonly administratorId: string; readonly name: string; readonly email: string };
