import type { Alarm } from './alarm.ts';
import type { QueueAttributes } from './queue-attributes.ts';

/** The order in which a queue hands out its visible messages. */
export type DeliveryOrder = 'fifo' | 'lifo' | 'random';

/** A receive that waits for a message. */
export type LongPoll = {
  /** Tries again; answers whether it is over. */
  readonly attempt: () => boolean;
  readonly end: () => void;
};

/** A queue as it is open. */
export type Queue = {
  readonly number: number;
  readonly name: string;
  readonly createdAt: number;
  modifiedAt: number;
  attributes: QueueAttributes;
  order: DeliveryOrder;
  random: () => number;
  /** How often each message that is sent is delivered. */
  copies: number;
  /** How many messages have come into it since the start. */
  arrivals: number;
  readonly listeners: Set<() => void>;
  readonly polls: Set<LongPoll>;
  /** Rings when a message becomes visible. */
  readonly visible: Alarm;
  /** Rings when a message is kept no longer. */
  readonly expired: Alarm;
};
