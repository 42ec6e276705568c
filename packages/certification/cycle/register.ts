import { addDays, businessDate } from '../calendar.ts';
import type { Certificate, Cycle } from './cycle.ts';
import { type JudgedCertificate, judgeCertificate, type Standing, standingOf } from './obligation.ts';

/**
 * A certificate in the register: with the day on which it is cancelled, or will be if nothing else happens in its cycle. By this
 * its standing is known for every day until the next event of the cycle, also if no sweep runs.
 */
export type RegisteredCertificate = Pick<
  Certificate,
  'certificateNumber' | 'auditNumber' | 'endedOn' | 'issuedOn' | 'expiresOn' | 'supersededBy'
> & {
  readonly employerId: string;
  readonly revokedOn?: string;
  readonly cancelled?: NonNullable<JudgedCertificate['cancelled']>;
};

/** The certificates of a cycle as the register has them, in the order in which they were issued. */
export function registeredCertificates(
  cycle: Pick<Cycle, 'employerId' | 'audits' | 'certificates'>,
): RegisteredCertificate[] {
  return cycle.certificates.map((certificate) => {
    const { certificateNumber, auditNumber, endedOn, issuedOn, expiresOn, supersededBy, revoked } = certificate;
    // Whatever cancels it does so by its expiry date.
    const { cancelled } = judgeCertificate(cycle, certificate, expiresOn);
    return {
      certificateNumber,
      auditNumber,
      employerId: cycle.employerId,
      endedOn,
      issuedOn,
      expiresOn,
      ...(supersededBy === undefined ? {} : { supersededBy }),
      ...(revoked === undefined ? {} : { revokedOn: businessDate(revoked.at) }),
      ...(cancelled === undefined ? {} : { cancelled }),
    };
  });
}

/** The standing of a registered certificate on a business date that is not before the last event of its cycle. */
export function registeredStanding(certificate: RegisteredCertificate, on: string): Standing {
  const { supersededBy, revokedOn, cancelled, expiresOn } = certificate;
  const isCancelled = cancelled !== undefined && cancelled.on <= on;
  return standingOf({ isRevoked: revokedOn !== undefined, supersededBy, expiresOn }, isCancelled, on);
}

/**
 * How a certificate ends, or has ended, and the first day on which it is so: until then it is valid. A superseded one is placed
 * by its expiry date.
 */
export function endOfRegistered(certificate: RegisteredCertificate): {
  readonly as: Exclude<Standing, 'valid'>;
  readonly on: string;
} {
  const { supersededBy, revokedOn, cancelled, expiresOn } = certificate;
  if (revokedOn !== undefined) return { as: 'revoked', on: revokedOn };
  if (supersededBy !== undefined) return { as: 'superseded', on: expiresOn };
  if (cancelled !== undefined) return { as: 'cancelled', on: cancelled.on };
  return { as: 'expired', on: addDays(expiresOn, 1) };
}
