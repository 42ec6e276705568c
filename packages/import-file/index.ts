export {
  type GivenAssessor,
  type GivenEmployer,
  type KeptField,
  type Line,
  type Lines,
  readAssessors,
  readEmployers,
  readText,
} from './lines.ts';
export { type LineOutcome, readResult, writeRefusal, writeResult } from './result.ts';
export { type Reason, reasonOf, reasonOfRefusal } from './sentences.ts';
