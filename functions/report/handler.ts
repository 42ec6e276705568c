import { fileURLToPath } from 'node:url';
import {
  type Audit,
  awaitsReport,
  businessDate,
  type Certificate,
  certificateNumberOf,
  metBy,
  recordReport,
  reviewedRevision,
  revokedBy,
  rulesOf,
  sentWithDecision,
  standingAfter,
  standingChanges,
  standingMonths,
} from '@secor/certification';
import { AuditMessage } from '@secor/contracts';
import { CannotSucceed, type Delivery, environment, queueConsumer } from '@secor/lambda';
import { type Fonts, renderCertificate, renderReport } from '@secor/reports';
import {
  commit,
  openS3,
  openStore,
  putPdf,
  type Records,
  readAssessor,
  readAudit,
  readContent,
  readCycle,
  readEmployer,
  readEvent,
  readReview,
  readRevision,
  reportKey,
  retryingConflicts,
  type Store,
} from '@secor/store';

type Dependencies = {
  readonly store: Store;
  readonly records: Records;
  readonly partnerName: string;
  readonly fonts: Fonts;
};

/**
 * Makes the report of a decision, and its certificate if there is one, as PDF. Then records that they can be downloaded, which
 * causes the letter. Does nothing if a later decision replaced this one, or if the report exists.
 */
export function report({ store, records, partnerName, fonts }: Dependencies) {
  return async ({ message, sentAt }: Delivery<AuditMessage>): Promise<void> => {
    const event = await readEvent(store, message.subject, message.number);
    if (event?.type !== 'audit closed')
      throw new CannotSucceed(`${message.subject} was not closed by event ${message.number}`);
    const { auditNumber } = message;
    const { decision, revision: decided, result, shortfalls, awarded, available, notes } = event.data;
    const closed = await readAudit(store, auditNumber);
    if (closed === undefined || !awaitsReport(closed, decision)) return;

    const [revision, review, employer, assessor, cycle] = await Promise.all([
      readRevision(store, auditNumber, decided),
      readReview(store, auditNumber),
      readEmployer(store, closed.employerId),
      readAssessor(store, closed.assessorId),
      readCycle(store, closed.employerId),
    ]);
    if (revision === undefined || employer === undefined || assessor === undefined)
      throw new CannotSucceed(`audit ${auditNumber} lacks its revision, employer or assessor`);
    const certificate = cycle.certificates.find(
      (issued) => issued.certificateNumber === certificateNumberOf(auditNumber, decision),
    );
    const revoked = revokedBy(cycle, auditNumber, decision);
    const met = result === 'passed' ? metBy(cycle, auditNumber, businessDate(event.at)) : undefined;
    const { answers, declaration } = await readContent(records, revision.content);
    const reviewed = reviewedRevision(closed, revision, review);
    const correctedMonths = standingMonths(revision, review);

    const papers = await Promise.all([
      renderReport(
        {
          audit: closed,
          revision: reviewed,
          changedPoints: standingChanges(revision, review),
          correctedMonths,
          declaration,
          notes: sentWithDecision(review, decision),
          employer,
          assessorName: assessor.name,
          answers,
          partner: { name: partnerName },
          ...rulesOf(closed),
          madeOn: businessDate(event.at),
          ...(certificate === undefined ? {} : { certificate }),
        },
        fonts,
      ),
      certificate && renderCertificate({ certificate, employer, partnerName }, fonts),
    ]);
    await putPapers(records, auditNumber, decision, papers);

    await retryingConflicts(async () => {
      const audit = await readAudit(store, auditNumber);
      if (audit === undefined || !awaitsReport(audit, decision)) return;
      await commit(store, {
        at: sentAt,
        audit: recordReport(
          audit,
          {
            ...{ result, shortfalls, revoked, met, score: { awarded, available }, notes },
            recordsMonths: reviewed.recordsMonths,
            ...(correctedMonths === undefined
              ? {}
              : { correctedMonths: { before: correctedMonths.before, reason: correctedMonths.reason } }),
            standing: standingAfter(cycle, businessDate(sentAt)),
            ...certificateFacts(certificate),
          },
          sentAt,
        ),
      });
    });
  };
}

async function putPapers(
  records: Records,
  auditNumber: Audit['auditNumber'],
  decision: number,
  [reportPdf, certificatePdf]: readonly [Uint8Array, Uint8Array | undefined],
): Promise<void> {
  await putPdf(records, reportKey(auditNumber, decision, 'report'), reportPdf);
  if (certificatePdf !== undefined)
    await putPdf(records, reportKey(auditNumber, decision, 'certificate'), certificatePdf);
}

function certificateFacts(certificate: Certificate | undefined) {
  if (certificate === undefined) return {};
  const { certificateNumber, expiresOn } = certificate;
  return { certificate: { certificateNumber, expiresOn } };
}

/** The fonts lie beside the bundle: pdfkit can't find its own once it is bundled. */
const font = (file: string) => fileURLToPath(new URL(`./fonts/${file}`, import.meta.url));

export const handler = queueConsumer(AuditMessage, () =>
  report({
    store: openStore(environment('TABLE_NAME')),
    records: { s3: openS3(), bucket: environment('RECORDS_BUCKET') },
    partnerName: environment('PARTNER_NAME'),
    fonts: { regular: font('DejaVuSans.ttf'), bold: font('DejaVuSans-Bold.ttf') },
  }),
);
