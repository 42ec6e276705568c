import { EventEmitter } from 'node:events';
import { messageOf } from '../message-of.ts';
import type { CloudEvents, LocalCloud } from './local-cloud.ts';

/** Tells listeners what happens. */
export type Events = {
  readonly on: LocalCloud['on'];
  emit<Name extends keyof CloudEvents>(name: Name, ...event: CloudEvents[Name]): void;
};

/** Makes the place where listeners subscribe. One that fails is told to `warn`, and changes nothing of what happens. */
export function createEvents(warn: (line: string) => void): Events {
  const emitter = new EventEmitter();
  return {
    on(name, listener) {
      const heard = listener as (...event: unknown[]) => void;
      emitter.on(name, heard);
      return () => void emitter.off(name, heard);
    },
    emit(name, ...event) {
      try {
        emitter.emit(name, ...event);
      } catch (error) {
        warn(`A listener to "${name}" failed: ${messageOf(error)}`);
      }
    },
  };
}
