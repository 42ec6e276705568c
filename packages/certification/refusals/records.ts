/** The sentences of what is refused about the records of people and companies, and about sign-ins. */
export const recordRefusals = {
  'id-taken': ({ kind, id }: { kind: 'assessor' | 'employer' | 'reviewer'; id: string }) =>
    `There is ${kind === 'reviewer' ? 'a' : 'an'} ${kind} ${id} already${kind === 'reviewer' ? ', or there was one' : ''}. Choose another id, or change that one.`,
  'unknown-assessor': ({ assessorId }: { assessorId: string }) =>
    `There is no assessor ${assessorId}. Check the id, or add them first.`,
  'unknown-employer': ({ employerIds }: { employerIds: string }) =>
    `There is no employer ${employerIds}. Check each id, or add the employer first; then send all of it again.`,
  'wcb-account-taken': (values: { wcbAccount: string; employerId: string; legalName: string; more: number }) => {
    const { wcbAccount, employerId, legalName, more } = values;
    const others = more === 0 ? '' : more === 1 ? ' and 1 more employer' : ` and ${more} more employers`;
    return `WCB account ${wcbAccount} belongs to ${legalName} (${employerId})${others}. Correct the number; or, if they share the account, say so with sharesWcbAccount.`;
  },
  'wcb-account-full': ({ wcbAccount, most }: { wcbAccount: string; most: number }) =>
    `WCB account ${wcbAccount} belongs to ${most} employers, and no more can share it. Correct the number.`,
  'contact-not-named': ({ employerId }: { employerId: string }) =>
    `Employer ${employerId} has two contacts. Name the address of the one whose sign-in this is as contactEmail.`,
  'not-a-contact': ({ employerId }: { employerId: string }) =>
    `Employer ${employerId} has no contact with this address. Record it as a contact's first, or name the address of one of its contacts as contactEmail.`,
  'no-user-pool': () =>
    'People sign in at an issuer of their own here, which tells no addresses. Name the sign-in by issuer and sub.',
  'unknown-user': () =>
    'Nobody signs in with this address, or it is not verified. Make the user in the user pool first, with email_verified=true, and put them into their groups; or correct the address.',
  'own-administration': () =>
    'This would take your own administration from you. Name your administratorId as well, or ask another administrator.',
  /** `persons` are each a role and an id: 'assessor a-1, employer e-1'. */
  'unknown-person': ({ persons }: { persons: string }) =>
    `There is no ${persons.replaceAll(', ', ', no ')}. Check the ids, or add them first; then link the sign-in.`,
};
