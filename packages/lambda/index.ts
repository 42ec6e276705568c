export { atFirstUse } from './at-first-use.ts';
export type { Caller } from './caller.ts';
export { environment } from './environment.ts';
export {
  type Call,
  decodeCursor,
  type EndpointHandler,
  encodeCursor,
  type HandlersOf,
  httpApi,
  type ReadAnswer,
} from './http-api.ts';
export { entryAt, HttpProblem, invalidRequest, refusalProblem, refusalsProblem } from './http-problem.ts';
export { log } from './log.ts';
export {
  CannotSucceed,
  ClaimedElsewhere,
  type Delivery,
  MustWait,
  placesOf,
  queueConsumer,
} from './queue-consumer.ts';
