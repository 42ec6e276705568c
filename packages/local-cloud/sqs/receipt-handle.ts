import { AwsError } from '../engine.ts';

/** One receive of one message of one queue. */
export type Receipt = { readonly seq: number; readonly receiveCount: number };

/** The text that stands for a receive. */
export function renderReceiptHandle(queueName: string, { seq, receiveCount }: Receipt): string {
  return Buffer.from(`${queueName}:${seq}:${receiveCount}`).toString('base64');
}

/** The receive for which a text stands. Throws AwsError when it is none of this queue. */
export function parseReceiptHandle(queueName: string, handle: string): Receipt {
  const parts = /^([^:]+):(\d+):(\d+)$/.exec(Buffer.from(handle, 'base64').toString());
  if (!parts || parts[1] !== queueName) {
    throw new AwsError(
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${handle}" is not a valid receipt handle.`,
      404,
    );
  }
  return { seq: Number(parts[2]), receiveCount: Number(parts[3]) };
}
