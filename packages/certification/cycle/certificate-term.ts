import { addYears } from '../calendar.ts';
import type { RuleSet } from '../rules/rule-set.ts';

/**
 * The years for which a certificate is given on this many months of records [P], or undefined where there are too few for any.
 */
export function certificateTerm(recordsMonths: number, ruleSet: RuleSet): number | undefined {
  if (recordsMonths >= ruleSet.fullRecordsMonths.value) return ruleSet.certificateYears.value;
  if (recordsMonths >= ruleSet.minRecordsMonths.value) return ruleSet.shortCertificateYears.value;
  return undefined;
}

/**
 * The last day of a certificate, 'YYYY-MM-DD': its years counted from the audit end date [N]; 29 February gives 28 February.
 * @throws Error when the records are too few for a certificate: such an audit is refused before
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
