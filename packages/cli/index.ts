export { currentAssembly } from './assembly.ts';
export { addSamplePeople, bootLocalCloud } from './boot.ts';
export type { Io } from './command.ts';
export { samplePeople } from './sample-people.ts';
export { main } from './secor.ts';
