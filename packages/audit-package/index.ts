export type { EntryLocation } from './archive.ts';
export type { AuditFileContent, Expectation, ExplainedAnswer } from './audit-file.ts';
export { type ByteSource, bufferSource, fileSource } from './byte-source.ts';
export { checkPackage, type PackageCheck, type PointsShown } from './check.ts';
export { claimedAuditNumber } from './claimed-number.ts';
export { type DocumentType, mediaTypes } from './document-type.ts';
export { type Inspection, inspectPackage, type PackageContent, type PackageDocument } from './inspect.ts';
export type { Problem } from './problem.ts';
export { DamagedDocument, readDocument } from './read-document.ts';
