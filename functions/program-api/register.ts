import { businessDate } from '@secor/certification';
import type { AnswerOf } from '@secor/contracts';
import { writeSheet } from '@secor/import-file/sheet';
import { type Call, decodeCursor, type EndpointHandler, encodeCursor } from '@secor/lambda';
import { listCertificates, type RegisterRow, type Store, searchCertificates } from '@secor/store';
import { administratorOf } from '../shared/callers.ts';
import type { Dependencies } from './dependencies.ts';

type Entry = AnswerOf<'listCertificates'>['certificates'][number];

/** Where a page of the register ends: a standing, a day and a certificate's number. */
const registerPosition = /^(valid|expired|cancelled|revoked|superseded)#\d{4}-\d\d-\d\d#\d{9}-\d{1,6}$/;
/** Where a page of what was searched ends: a text without signs and the id of an employer. */
const searchPosition = /^[\p{L}\p{N} ]{1,600}#[A-Za-z0-9_-]{1,64}$/u;

/** Certificates, or employers that are found, on a page. */
const entriesOnPage = 50;
/** [A] Rows in a part of the CSV: with the longest names it stays below the 6 MB that a function may answer. */
const rowsInPart = 2_000;
/** [A] Employers whose certificates are read for a part of a search: their cycles are read whole. */
const foundInPart = 500;

function registerEntry({ holder, ...row }: RegisterRow): Entry {
  const { certificateNumber, auditNumber, employerId, standing, endedOn, issuedOn, expiresOn } = row;
  const { supersededBy, revokedOn, cancelled } = row;
  return {
    certificateNumber,
    auditNumber,
    employerId,
    legalName: holder.legalName,
    ...(holder.tradeName === undefined ? {} : { tradeName: holder.tradeName }),
    wcbAccount: holder.wcbAccount,
    standing,
    endedOn,
    issuedOn,
    expiresOn,
    ...(supersededBy === undefined ? {} : { supersededBy }),
    ...(revokedOn === undefined ? {} : { revokedOn }),
    ...(cancelled === undefined ? {} : { cancelled: { ...cancelled } }),
  };
}

/** A page of what is asked for, as of the day of the call. */
async function readPage(
  store: Store,
  { query: { standing, search, cursor }, at }: Pick<Call<'listCertificates'>, 'query' | 'at'>,
  most: { readonly rows: number; readonly found: number },
) {
  const today = businessDate(at);
  const { rows, next } =
    search === undefined
      ? await listCertificates(store, { standing, today, limit: most.rows }, decodeCursor(cursor, registerPosition))
      : await searchCertificates(
          store,
          search,
          { standing, today, limit: most.found },
          decodeCursor(cursor, searchPosition),
        );
  return { on: today, entries: rows.map(registerEntry), ...encodeCursor(next) };
}

/** Lists the register of certificates: their standing is that of today, also when no sweep has run. */
export function listCertificatesCall({ store }: Dependencies): EndpointHandler<'listCertificates'> {
  return async (call) => {
    await administratorOf(store, call.caller);
    const { entries, ...page } = await readPage(store, call, { rows: entriesOnPage, found: entriesOnPage });
    return { ...page, certificates: entries };
  };
}

const columns = [
  'certificateNumber',
  'auditNumber',
  'employerId',
  'legalName',
  'tradeName',
  'wcbAccount',
  'standing',
  'auditEndedOn',
  'issuedOn',
  'expiresOn',
  'cancelledOn',
  'revokedOn',
  'supersededBy',
] as const;

function cellsOf(entry: Entry): string[] {
  const { certificateNumber, auditNumber, employerId, legalName, tradeName = '', wcbAccount, standing } = entry;
  const { endedOn, issuedOn, expiresOn, cancelled, revokedOn = '', supersededBy = '' } = entry;
  const cancelledOn = standing === 'cancelled' ? (cancelled?.on ?? '') : '';
  return [
    ...[certificateNumber, auditNumber, employerId, legalName, tradeName, wcbAccount, standing],
    ...[endedOn, issuedOn, expiresOn, cancelledOn, revokedOn, supersededBy],
  ];
}

/** Reads the same as CSV for spreadsheets, in parts: no copy of the names is stored anywhere. */
export function exportCertificatesCall({ store }: Dependencies): EndpointHandler<'exportCertificates'> {
  return async (call) => {
    await administratorOf(store, call.caller);
    const { entries, ...page } = await readPage(store, call, { rows: rowsInPart, found: foundInPart });
    const part = call.query.cursor === undefined ? 'first' : 'further';
    return { ...page, csv: writeSheet(columns, entries.map(cellsOf), part) };
  };
}
