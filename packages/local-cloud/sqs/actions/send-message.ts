import { AwsError, type Principal } from '../../engine.ts';
import { type Input, optionalWhole, requireText } from '../input.ts';
import {
  type MessageAttributes,
  md5OfAttributes,
  md5OfText,
  parseMessageAttributes,
  parseSystemAttributes,
  requireAllowedCharacters,
  sizeOfAttributes,
} from '../message-attributes.ts';
import type { Queue } from '../queue.ts';
import { type Action, rightsOn } from './action.ts';

/** Stores a message in a queue, as often as it is to be delivered. */
export const sendMessage: Action = {
  authorizations: (input, queues) => rightsOn(queues.arnOfUrl(requireText(input, 'QueueUrl')), 'SendMessage'),

  run(input, queues, { principal }) {
    const queue = queues.byUrl(requireText(input, 'QueueUrl'));
    const message = parseMessage(queue, input);
    const now = queues.clock.now();
    const visibleAt = now + message.delaySeconds * 1000;
    const id = queues.store.insert(
      {
        queue: queue.number,
        body: message.body,
        attributes: JSON.stringify(message.attributes),
        system: JSON.stringify(message.system),
        sender: senderId(principal),
        sentAt: now,
        visibleAt,
      },
      queue.copies,
    );
    queue.arrivals += queue.copies;
    queues.watchMessage(queue, { sentAt: now, visibleAt });
    if (visibleAt > now) queues.announceChange(queue);
    else queues.announceVisible(queue);
    const md5OfMessageAttributes = md5OfAttributes(message.attributes);
    const md5OfSystemAttributes = md5OfAttributes(message.system);
    return {
      MessageId: id,
      MD5OfMessageBody: md5OfText(message.body),
      ...(md5OfMessageAttributes ? { MD5OfMessageAttributes: md5OfMessageAttributes } : {}),
      ...(md5OfSystemAttributes ? { MD5OfMessageSystemAttributes: md5OfSystemAttributes } : {}),
    };
  },
};

type ParsedMessage = {
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly system: MessageAttributes;
  readonly delaySeconds: number;
};

function parseMessage(queue: Queue, input: Input): ParsedMessage {
  const unsupported = ['MessageGroupId', 'MessageDeduplicationId'].find((name) => input[name] !== undefined);
  if (unsupported !== undefined)
    throw new AwsError('InvalidParameterValue', `The local cloud does not support ${unsupported}: leave it out.`);
  const body = requireText(input, 'MessageBody');
  requireAllowedCharacters(body);
  const attributes = parseMessageAttributes(input.MessageAttributes);
  const system = parseSystemAttributes(input.MessageSystemAttributes);
  const maxBytes = queue.attributes.maximumMessageSize;
  if (Buffer.byteLength(body) + sizeOfAttributes(attributes) > maxBytes) {
    throw new AwsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${maxBytes} bytes.`,
    );
  }
  const delaySeconds = optionalWhole(input, 'DelaySeconds', 0, 900) ?? queue.attributes.delaySeconds;
  return { body, attributes, system, delaySeconds };
}

function senderId(principal: Principal): string {
  switch (principal.kind) {
    case 'role':
      return principal.roleArn;
    case 'service':
      return principal.service;
    default:
      return principal.kind;
  }
}
