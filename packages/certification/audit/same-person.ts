import type { Administrator, Reviewer } from './reviewer.ts';

/** What one record says of one person: a person's own record, or a sign-in that stands for them. */
export type Trace = {
  readonly reviewerId?: string;
  readonly administratorId?: string;
  readonly assessorId?: string;
  /** The employer whose contact they are. It has two: this does not make two persons one. */
  readonly employerId?: string;
  /** Employers whose audits they must not review. */
  readonly conflicts?: readonly string[];
  readonly addresses: readonly string[];
};

/** What a reviewer's record says of them. */
export function traceOfReviewer({
  reviewerId,
  conflicts,
  email,
}: Pick<Reviewer, 'reviewerId' | 'conflicts' | 'email'>): Trace {
  return { reviewerId, conflicts, addresses: [email] };
}

/** What an administrator's record says of them. */
export function traceOfAdministrator({ administratorId, email }: Administrator): Trace {
  return { administratorId, addresses: [email] };
}

/** What an assessor's record says of them. */
export function traceOfAssessor({ assessorId, email }: { readonly assessorId: string; readonly email: string }): Trace {
  return { assessorId, addresses: [email] };
}

/** The ids and addresses that belong to one person only; addresses without regard to case. */
function marksOf({ reviewerId, administratorId, assessorId, addresses }: Trace): string[] {
  return [
    ...Object.entries({ reviewerId, administratorId, assessorId }).flatMap(([kind, id]) =>
      id === undefined ? [] : [`${kind} ${id}`],
    ),
    ...addresses.map((address) => `address ${address.toLowerCase()}`),
  ];
}

/**
 * All traces of the person behind a trace: those of `known` that share an id or an address with it, or with another of these [A].
 * So a person is also recognised by a second sign-in or address.
 */
export function tracesOfPerson(trace: Trace, known: readonly Trace[]): readonly Trace[] {
  const person = new Set([trace]);
  const marks = new Set(marksOf(trace));
  for (let before = 0; before < person.size; ) {
    before = person.size;
    for (const each of known) {
      const own = marksOf(each);
      if (person.has(each) || !own.some((mark) => marks.has(mark))) continue;
      person.add(each);
      for (const mark of own) marks.add(mark);
    }
  }
  return [...person];
}
