import {
  askedNext,
  businessDate,
  type Cycle,
  cycleAsKnownOn,
  cycleSubject,
  type Employer,
  type JudgedCertificate,
  judgeCertificate,
  type Proposal,
  registrationRefusals,
} from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import type { EndpointHandler } from '@secor/lambda';
import { readCycle, readHistory, type Store } from '@secor/store';
import { readableEmployer, readEmployerActedFor } from '../shared/access.ts';
import { assessorOf, companyOf } from '../shared/callers.ts';
import { courseOffers } from '../shared/course-offers.ts';
import type { Dependencies } from './dependencies.ts';

type Standing = AnswerOf<'readStanding'>;

/** The cycle as it was known at the end of a past day; as it is known now for today and what is to come. */
export async function readCycleAsKnownOn(store: Store, employerId: string, on: string, today: string): Promise<Cycle> {
  const cycle = await readCycle(store, employerId);
  if (on >= today) return cycle;
  const history = await readHistory(store, cycleSubject(employerId), cycle.events);
  return cycleAsKnownOn(employerId, history, on);
}

function certificateEntry(judged: JudgedCertificate): Standing['certificates'][number] {
  const { certificate, standing, cancelled, obligations } = judged;
  const { certificateNumber, auditNumber, endedOn, issuedOn, expiresOn, supersededBy, revoked } = certificate;
  return {
    certificateNumber,
    auditNumber,
    endedOn,
    issuedOn,
    expiresOn,
    standing,
    ...(supersededBy === undefined ? {} : { supersededBy }),
    ...(cancelled === undefined ? {} : { cancelled: { ...cancelled } }),
    ...(revoked === undefined ? {} : { revokedAt: revoked.at }),
    obligations: obligations.map(({ kind, dueOn, windowFrom, graceThrough, state, by, late }) => ({
      kind,
      dueOn,
      ...(windowFrom === undefined ? {} : { windowFrom }),
      ...(graceThrough === undefined ? {} : { graceThrough }),
      state,
      ...(by === undefined ? {} : { by }),
      ...(late === undefined ? {} : { late }),
    })),
  };
}

/** What is asked for next, as an entry of its own, where something is. */
function proposalEntry(proposal: Proposal | undefined): { readonly proposal?: NonNullable<Standing['proposal']> } {
  return proposal === undefined ? {} : { proposal: { ...proposal } };
}

async function standingView(store: Store, { employerId, legalName }: Employer, on: string | undefined, at: string) {
  const today = businessDate(at);
  const asked = on ?? today;
  const cycle = await readCycleAsKnownOn(store, employerId, asked, today);
  return {
    employerId,
    legalName,
    on: asked,
    certificates: cycle.certificates.map((each) => certificateEntry(judgeCertificate(cycle, each, asked))),
    ...proposalEntry(askedNext(cycle, asked)),
  };
}

/** Reads what an employer holds and what is due, for whoever may. */
export function readStandingCall({ store }: Dependencies): EndpointHandler<'readStanding'> {
  return async ({ caller, parameters: { employerId }, query: { on }, at }) =>
    standingView(store, await readableEmployer(store, caller, employerId), on, at);
}

/** Reads what the company of the contact who calls holds, and what is due. */
export function readOwnStandingCall({ store }: Dependencies): EndpointHandler<'readOwnStanding'> {
  return async ({ caller, query: { on }, at }) => {
    return standingView(store, await companyOf(store, caller), on, at);
  };
}

/** Checks beforehand whether an audit could be registered: every reason against it now, and what the cycle asks for. */
export function checkEligibilityCall({ store }: Dependencies): EndpointHandler<'checkEligibility'> {
  return async ({ caller, parameters: { employerId }, query: { kind }, at }) => {
    const assessor = await assessorOf(store, caller);
    // Of an employer for whom they do not act they are told nothing.
    const employer = await readEmployerActedFor(store, assessor, employerId);
    const [cycle, offers] = await Promise.all([readCycle(store, employerId), courseOffers(store, at)]);
    const on = businessDate(at);
    const reasons = registrationRefusals({ kind, assessor, cycle, employer, employerId, on, offers });
    return {
      possible: reasons.length === 0,
      reasons: reasons.map(({ refused, message, values }) => ({ code: refused, values, text: message })),
      ...proposalEntry(employer && askedNext(cycle, on)),
    };
  };
}
