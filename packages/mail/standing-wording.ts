import { addDays, dateInWords, type StandingAfter } from '@secor/certification';
import type { Item } from './layout.ts';

type Due = StandingAfter['due'][number];

/** The rows that name the certificate that an employer holds, with its standing, and the date that is next. */
export function standingRows(standing: StandingAfter | undefined): [label: string, value: string][] {
  if (standing === undefined) return [];
  const { certificateNumber, expiresOn, cancelledOn } = standing;
  const ended =
    standing.standing === 'valid'
      ? ['Certificate expires on', dateInWords(expiresOn)]
      : cancelledOn === undefined
        ? ['Certificate expired on', dateInWords(expiresOn)]
        : ['Certificate cancelled on', dateInWords(cancelledOn)];
  return [['Certificate number', certificateNumber], ended as [string, string], ...nextRows(standing)];
}

/** The next maintenance audit, or the re-certification where none is left. */
function nextRows({ standing, due }: StandingAfter): [label: string, value: string][] {
  const [next] = due;
  if (standing !== 'valid' || next === undefined) return [];
  const what =
    next.kind === 're-certification'
      ? 'Re-certification due by'
      : next.state === 'overdue'
        ? 'Maintenance was due by'
        : 'Next maintenance due by';
  return [[what, dateInWords(next.dueOn)]];
}

/** Each date that is not met yet: by when what is due, what the grace is, and what follows if it is missed. */
export function dueItems({ standing, due }: StandingAfter): Item[] {
  return standing === 'valid' ? due.map((each) => ({ label: labelOf(each), text: meaningOf(each) })) : [];
}

function labelOf({ kind, dueOn, state }: Due): string {
  const what = kind === 'maintenance' ? 'Maintenance audit' : 'Re-certification';
  return `${what}, ${state === 'overdue' ? 'was due by' : 'due by'} ${dateInWords(dueOn)}`;
}

function meaningOf({ kind, state, graceThrough, dueOn }: Due): string {
  const pending = state === 'pending' ? ' An audit that has arrived keeps this date open until it is decided.' : '';
  if (kind === 're-certification' || graceThrough === undefined)
    return `a certification audit that ends on or before ${dateInWords(dueOn)} renews the certificate. Otherwise the certificate expires on that day.${pending}`;
  const last = dateInWords(graceThrough);
  const cancelled = dateInWords(addDays(graceThrough, 1));
  return state === 'overdue'
    ? `it is overdue. Its package can still arrive through ${last}, Alberta time. Otherwise the certificate is cancelled on ${cancelled}.`
    : `the audit has to end by then. With the grace period, its package can arrive through ${last}, Alberta time. Otherwise the certificate is cancelled on ${cancelled}.${pending}`;
}

/** What a decision that gave no new certificate means for the one that the employer holds or held. */
export function presentCertificate(standing: StandingAfter | undefined): string {
  if (standing === undefined) return 'The employer holds no certificate.';
  const { certificateNumber, expiresOn, cancelledOn } = standing;
  if (standing.standing === 'valid')
    return `Certificate ${certificateNumber} stays valid through ${dateInWords(expiresOn)}, as long as what is due for it is done in time.`;
  if (cancelledOn !== undefined)
    return `Certificate ${certificateNumber} was cancelled on ${dateInWords(cancelledOn)}, because the maintenance audit that was due had not been passed. Only a certification audit gives a new certificate.`;
  return `Certificate ${certificateNumber} expired on ${dateInWords(expiresOn)}. Only a certification audit gives a new one.`;
}
