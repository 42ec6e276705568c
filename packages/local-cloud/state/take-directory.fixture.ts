// One of several threads that take a state directory at the same moment: tells 'held' or why it was refused.
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../message-of.ts';
import { takeStateDirectory } from './state.ts';

const { directory, gate } = workerData as { readonly directory: string; readonly gate: Int32Array };
parentPort?.postMessage('ready');
Atomics.wait(gate, 0, 0);
try {
  takeStateDirectory(directory, false);
  parentPort?.postMessage('held');
} catch (error) {
  parentPort?.postMessage(messageOf(error));
}
