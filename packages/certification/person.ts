import type { SentMilestone } from './milestone.ts';

/** An employer: at most ten employees [P]; what identifies people stands only here and on the other persons' items. */
export type Employer = {
  readonly employerId: string;
  /** Raised by one by every change of what stands here. */
  readonly version: number;
  readonly legalName: string;
  readonly tradeName?: string;
  readonly wcbAccount: string;
  readonly employees: number;
  readonly industryCode: string;
  readonly address: Address;
  readonly contact: Contact;
  readonly secondContact?: Contact;
  /** Whether the partner, and the workers' compensation board, have nothing against its certification. */
  readonly goodStanding: boolean;
};

export type Contact = { readonly name: string; readonly email: string };

export type Address = {
  readonly street: string;
  readonly city: string;
  readonly province: string;
  readonly postalCode: string;
};

/** A course that an assessor has completed, by its id in the catalogue; the day is a business date. */
export type Completion = {
  readonly courseId: string;
  readonly completedOn: string;
  /** The classroom session that it was completed in. */
  readonly sessionId?: string;
};

/** A trained person who performs and submits audits for the employers that they act for: an aggregate with a version. */
export type Assessor = {
  readonly assessorId: string;
  readonly version: number;
  /** Events so far; the next is numbered `events + 1`. */
  readonly events: number;
  readonly name: string;
  readonly email: string;
  readonly actsFor: readonly string[];
  readonly completions: readonly Completion[];
  /** The latest milestone that was recorded of each of their terms. */
  readonly sent: readonly SentMilestone[];
  /** When mail to them came back for good, until their address is changed: ISO, UTC. */
  readonly undeliverableSince?: string;
  /** The day on which the sweep has to look at them; absent while no reminder is to come. */
  readonly wakesOn?: string;
};

/** Partner staff who does the quality-assurance review. */
export type Reviewer = {
  readonly reviewerId: string;
  readonly name: string;
  readonly email: string;
  readonly present: boolean;
  /** Employers whose audits this person must not review. */
  readonly conflicts: readonly string[];
  /** When they left, ISO, UTC: they are given nothing any more, and their history stays. */
  readonly leftAt?: string;
  /** Reviews that are assigned and not decided. */
  readonly openReviews: number;
  readonly version: number;
};

/** Partner staff who assigns reviews and runs the program. */
export type Administrator = { readonly administratorId: string; readonly name: string; readonly email: string };
