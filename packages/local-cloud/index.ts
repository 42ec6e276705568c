export type { BusinessClock } from './clock.ts';
export type { AdvancedDay } from './cloud/advance.ts';
export { readAssembly } from './cloud/assembly.ts';
export type { Invocation } from './cloud/function-runtime.ts';
export type { ProvisionedResource } from './cloud/plan.ts';
export {
  type CloudEvents,
  type CloudFunction,
  type LocalCloud,
  type LocalCloudOptions,
  startLocalCloud,
} from './cloud/start.ts';
export { processStart, type RunningCloud, runningCloud } from './cloud/state.ts';
export type { Denial, UnusedGrant } from './gateway/access.ts';
export type { Fault } from './gateway/faults.ts';
export type { MeteredCall, MeteredTotal } from './gateway/meter.ts';
export type { Letter } from './ses/letter-box.ts';
