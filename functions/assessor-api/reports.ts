import { certificateNumberOf } from '@secor/certification';
import { type EndpointHandler, HttpProblem } from '@secor/lambda';
import { readCycle, reportKey } from '@secor/store';
import { readableAudit } from '../shared/access.ts';
import { downloadLink } from '../shared/download-link.ts';
import { say } from '../shared/sentences.ts';
import { linkExpiry, linkSeconds } from '../shared/upload-link.ts';
import type { Dependencies } from './dependencies.ts';

/** Signs links to the report of the last decision, and to the certificate that it gave. */
export function readReportCall({ store, records }: Dependencies): EndpointHandler<'readReport'> {
  return async ({ caller, parameters: { auditNumber }, at }) => {
    const { audit } = await readableAudit(store, caller, auditNumber);
    if (audit.state !== 'closed' || audit.reportedDecision !== audit.decisions)
      throw new HttpProblem(404, say('no-report', { auditNumber, state: audit.state }));
    const cycle = await readCycle(store, audit.employerId);
    const certificateNumber = certificateNumberOf(auditNumber, audit.decisions);
    const certified = cycle.certificates.some((certificate) => certificate.certificateNumber === certificateNumber);
    const sign = async (paper: 'report' | 'certificate') => ({
      url: await downloadLink(
        records,
        {
          key: reportKey(auditNumber, audit.decisions, paper),
          name: `${auditNumber}-${paper}.pdf`,
          type: 'application/pdf',
        },
        'saved',
        linkSeconds,
      ),
      expiresAt: linkExpiry(at),
    });
    return { report: await sign('report'), ...(certified ? { certificate: await sign('certificate') } : {}) };
  };
}
