import { businessDate } from '@secor/certification';
import type { EndpointHandler } from '@secor/lambda';
import { readAdministrator, readAssessor, readNames, readReviewer, readSignIn } from '@secor/store';
import { companyBehind } from '../shared/callers.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * Reads for whom the sign-in of the caller stands, whatever their groups: a page tells by it what they can do here, or whom they
 * have to ask. Nobody is turned away: whoever is linked to nobody needs their `sub` to be linked.
 */
export function readMeCall({ store }: Dependencies): EndpointHandler<'readMe'> {
  return async ({ caller: { issuer, sub, roles }, at }) => {
    const signIn = await readSignIn(store, issuer, sub);
    const { assessorId, reviewerId, administratorId } = signIn ?? {};
    const [assessor, reviewer, administrator, company] = await Promise.all([
      assessorId === undefined ? undefined : readAssessor(store, assessorId),
      reviewerId === undefined ? undefined : readReviewer(store, reviewerId),
      administratorId === undefined ? undefined : readAdministrator(store, administratorId),
      companyBehind(store, signIn),
    ]);
    const { legalName } = await readNames(store, { employerIds: assessor?.actsFor ?? [] });
    return {
      issuer,
      sub,
      roles: [...roles],
      ...(assessor && {
        assessor: {
          assessorId: assessor.assessorId,
          name: assessor.name,
          actsFor: assessor.actsFor.map((employerId) => ({ employerId, legalName: legalName(employerId) })),
        },
      }),
      ...(reviewer && {
        reviewer: {
          reviewerId: reviewer.reviewerId,
          name: reviewer.name,
          present: reviewer.present,
          ...(reviewer.leftAt === undefined ? {} : { leftAt: reviewer.leftAt }),
        },
      }),
      ...(administrator && {
        administrator: { administratorId: administrator.administratorId, name: administrator.name },
      }),
      ...(company && { company: { employerId: company.employerId, legalName: company.legalName } }),
      today: businessDate(at),
    };
  };
}
