export { type ReportedAnswer, type ReportFacts, renderReport } from './audit-report.ts';
export { renderCertificate } from './certificate.ts';
export type { Fonts } from './sheet.ts';
