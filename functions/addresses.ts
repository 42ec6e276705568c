import { type Audit, contactAddresses } from '@secor/certification';
import { readAssessor, readEmployer, type Store } from '@secor/store';

/** The addresses, as they are now, of an audit's assessor and of its employer's contacts: whoever of staff has one of them does not review it. */
export async function addressesOf(
  store: Store,
  { assessorId, employerId }: Pick<Audit, 'assessorId' | 'employerId'>,
): Promise<readonly string[]> {
  const [assessor, employer] = await Promise.all([readAssessor(store, assessorId), readEmployer(store, employerId)]);
  return [
    ...(assessor === undefined ? [] : [assessor.email]),
    ...(employer === undefined ? [] : contactAddresses(employer)),
  ];
}
