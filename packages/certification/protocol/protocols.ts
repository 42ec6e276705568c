import type { Protocol } from './protocol.ts';
import { secor2015 } from './secor-2015.ts';
import { secor2020 } from './secor-2020.ts';

const protocols: readonly Protocol[] = [secor2015, secor2020];

/** The protocols that exist, oldest first. */
export const protocolIds: readonly string[] = protocols.map((protocol) => protocol.id);

/** The protocol with this id, or undefined. */
export function protocolById(id: string): Protocol | undefined {
  return protocols.find((protocol) => protocol.id === id);
}
