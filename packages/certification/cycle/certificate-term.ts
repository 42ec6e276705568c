import { addYears } from '../calendar.ts';
import type { RuleSet } from '../rules/rule-set.ts';

/**
 * How many years a certificate lasts with this many months of records [P]; undefined when there are too few for a certificate.
 */
export function certificateTerm(recordsMonths: number, ruleSet: RuleSet): number | undefined {
  if (recordsMonths >= ruleSet.fullRecordsMonths.value) return ruleSet.certificateYears.value;
  if (recordsMonths >= ruleSet.minRecordsMonths.value) return ruleSet.shortCertificateYears.value;
  return undefined;
}

/**
 * The expiry date of a certificate: its last day, 'YYYY-MM-DD'. It is the end date of the audit plus the certificate's years [N];
 * 29 February gives 28 February.
 * @throws Error when there are too few months of records for a certificate; such a package was already refused
 */
export function expiryDate(endedOn: string, recordsMonths: number, ruleSet: RuleSet): string {
  const years = certificateTerm(recordsMonths, ruleSet);
  if (years === undefined) {
    throw new Error(
      `${recordsMonths} months of records give no certificate: at least ${ruleSet.minRecordsMonths.value} are needed.`,
    );
  }
  return addYears(endedOn, years);
}
