export {
  decode,
  type GivenAssessor,
  type GivenEmployer,
  type KeptField,
  type Line,
  type Lines,
  readAssessors,
  readEmployers,
} from './lines.ts';
export { type LineOutcome, readResult, writeRefusal, writeResult } from './result.ts';
