import { decodeCursor, type EndpointHandler, encodeCursor } from '@secor/lambda';
import { listAtRisk, readNames } from '@secor/store';
import { administratorOf } from '../shared/callers.ts';
import type { Dependencies } from './dependencies.ts';

/** Where a page of risks ends: the first due date, where there is one, and the employer's id. */
const riskPosition = /^(\d{4}-\d\d-\d\d)?#.{1,200}$/;

/** Lists the employers for which something is at risk. */
export function listRisksCall({ store }: Dependencies): EndpointHandler<'listRisks'> {
  return async ({ caller, query }) => {
    await administratorOf(store, caller);
    const { cycles, next } = await listAtRisk(store, decodeCursor(query.cursor, riskPosition));
    const { legalName } = await readNames(store, { employerIds: cycles.map(({ employerId }) => employerId) });
    const employers = cycles.map(({ employerId, risks }) => ({
      employerId,
      legalName: legalName(employerId),
      risks: risks.map((risk) => ({ ...risk })),
    }));
    return { employers, ...encodeCursor(next) };
  };
}
