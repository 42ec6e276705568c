export { stageNames } from './stages.ts';
export { synthesize } from './synth.ts';
