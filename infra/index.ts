export type { Deployment } from './deployment.ts';
export { stageNames } from './stages.ts';
export { synthesize } from './synth.ts';
