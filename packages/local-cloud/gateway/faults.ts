import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { AwsError, type EngineRequest } from '../engine.ts';
import type { MeteredResponse } from './meter.ts';
import { refuse } from './refusals.ts';

/** Something that goes wrong on purpose. What is left out matches every call. */
export type Fault = {
  readonly service?: string;
  /** As the API names it: "PutObject". */
  readonly operation?: string;
  /** The function's name, as the meter tells it. */
  readonly principal?: string;
  /** A part of an ARN that the call needs a grant for, or of its path. */
  readonly resource?: string;
  /**
   * - `error`: the service's internal error, or `error` when given
   * - `throttle`: the service's throttling error
   * - `delay`: waits `milliseconds`
   * - `transaction-conflict`: DynamoDB's conflict, for transactions and single writes only
   * - `unprocessed-keys`: a BatchGetItem reads the first of its keys only and gives the others back; one key alone is throttled
   * - `stale-index`: a Query on an index lacks what was written within `milliseconds` and since the injection
   */
  readonly kind: 'error' | 'throttle' | 'delay' | 'transaction-conflict' | 'unprocessed-keys' | 'stale-index';
  /** Before the effect (taken when absent), or after it: what was asked for happens, and the answer is lost. */
  readonly when?: 'before' | 'after';
  /** How many calls it strikes; without limit when absent. */
  readonly times?: number;
  readonly milliseconds?: number;
  readonly error?: AwsError;
};

export interface Faults {
  /** Lets calls go wrong from now on; answers how to end it. Throws for a fault that could strike nothing. */
  inject(fault: Fault): () => void;
  /** Ends all faults. */
  clear(): void;
}

/** A call that is under way. */
export type FaultableCall = {
  readonly service: string;
  readonly operation: string;
  readonly principal: string;
  readonly resources: readonly string[];
  readonly request: EngineRequest;
};

type Item = Readonly<Record<string, unknown>>;

/** An item that was written, by its key or, after a Put, whole. */
type Write = { readonly at: number; readonly tableName: string; readonly item: Item };

const KINDS = new Set<Fault['kind']>([
  'error',
  'throttle',
  'delay',
  'transaction-conflict',
  'unprocessed-keys',
  'stale-index',
]);
const SINGLE_WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);
const TRANSACTIONS = new Set(['TransactWriteItems', 'TransactGetItems']);

/**
 * Faults, and what the gateway does with them: `before` runs ahead of a call's effect and gives the request that is carried out;
 * `after` runs behind it; both throw AwsError for a call that goes wrong.
 *
 * @param now the machine's clock, epoch milliseconds
 */
export function createFaults(now: () => number): Faults & {
  before(call: FaultableCall): Promise<EngineRequest>;
  after(call: FaultableCall, response: MeteredResponse): Promise<MeteredResponse>;
} {
  const active = new Map<Fault, { left: number }>();
  let writes: Write[] = [];

  const staleFaults = () => [...active.keys()].filter(({ kind }) => kind === 'stale-index');

  /** The faults that strike this call now; each strike is counted. */
  const striking = (call: FaultableCall, moment: 'before' | 'after'): readonly Fault[] =>
    [...active].flatMap(([fault, state]) => {
      if (momentOf(fault) !== moment || !matches(fault, call)) return [];
      state.left -= 1;
      if (state.left <= 0) active.delete(fault);
      return [fault];
    });

  const strike = async (call: FaultableCall, moment: 'before' | 'after') => {
    const faults = striking(call, moment);
    for (const fault of faults) {
      if (fault.kind === 'delay') await delay(fault.milliseconds ?? 0);
    }
    for (const fault of faults) {
      const error = errorOf(fault, call);
      if (error !== undefined) throw error;
    }
    return faults;
  };

  const remember = (call: FaultableCall) => {
    const longest = Math.max(0, ...staleFaults().map(({ milliseconds = 0 }) => milliseconds));
    if (longest === 0 || call.service !== 'dynamodb') return;
    const at = now();
    writes = writes.filter((write) => write.at > at - longest);
    writes.push(...writesOf(call).map(({ tableName, item }) => ({ at, tableName, item })));
  };

  return {
    inject(fault) {
      if (!KINDS.has(fault.kind)) {
        throw new Error(`There is no fault of the kind ${fault.kind}; there are ${[...KINDS].join(', ')}.`);
      }
      if (fault.kind === 'delay' || fault.kind === 'stale-index') {
        if (!(fault.milliseconds !== undefined && fault.milliseconds > 0)) {
          throw new Error(`A fault of the kind ${fault.kind} needs milliseconds above 0.`);
        }
      }
      const own = { ...fault };
      active.set(own, { left: fault.times ?? Number.POSITIVE_INFINITY });
      return () => {
        active.delete(own);
      };
    },

    clear() {
      active.clear();
      writes = [];
    },

    async before(call) {
      const faults = await strike(call, 'before');
      return faults.some(({ kind }) => kind === 'unprocessed-keys') ? withFirstKey(call) : call.request;
    },

    async after(call, response) {
      remember(call);
      const faults = await strike(call, 'after');
      const given = givenBack.get(call.request);
      const whole = given === undefined ? response : withUnprocessed(response, given);
      return faults
        .filter(({ kind }) => kind === 'stale-index')
        .reduce((answer, { milliseconds = 0 }) => {
          const recent = writes.filter((write) => write.at > now() - milliseconds);
          return withoutRecent(answer, recent, String(bodyOf(call.request).TableName));
        }, whole);
    },
  };
}

function momentOf({ kind, when = 'before' }: Fault): 'before' | 'after' {
  if (kind === 'stale-index') return 'after';
  return kind === 'transaction-conflict' || kind === 'unprocessed-keys' ? 'before' : when;
}

function matches(fault: Fault, call: FaultableCall): boolean {
  const { resource } = fault;
  return (
    (fault.service === undefined || fault.service === call.service) &&
    (fault.operation === undefined || fault.operation === call.operation) &&
    (fault.principal === undefined || fault.principal === call.principal) &&
    (resource === undefined || [...call.resources, call.request.path].some((text) => text.includes(resource))) &&
    concerns(fault, call)
  );
}

/** Whether the kind of fault exists for this call at all. */
function concerns({ kind }: Fault, { service, operation, request }: FaultableCall): boolean {
  if (kind === 'transaction-conflict') {
    return service === 'dynamodb' && (TRANSACTIONS.has(operation) || SINGLE_WRITES.has(operation));
  }
  if (kind === 'unprocessed-keys') return service === 'dynamodb' && operation === 'BatchGetItem';
  if (kind === 'stale-index') {
    return service === 'dynamodb' && operation === 'Query' && bodyOf(request).IndexName !== undefined;
  }
  return true;
}

function errorOf(fault: Fault, call: FaultableCall): AwsError | undefined {
  switch (fault.kind) {
    case 'error':
      return fault.error ?? refuse(call.service, 'failed', 'We encountered an internal error. Please try again.');
    case 'throttle':
      return fault.error ?? refuse(call.service, 'throttled', 'Rate exceeded. Please reduce your request rate.');
    case 'transaction-conflict':
      return fault.error ?? conflict(call);
    default:
      return undefined;
  }
}

type AskedKeys = Readonly<Record<string, Item & { readonly Keys: readonly Item[] }>>;

/** What a batch gives back of its keys, by the request as it came. */
const givenBack = new WeakMap<EngineRequest, AskedKeys>();

/** The request with its first key only; what it then gives back is remembered. Throws for one key alone, as DynamoDB does. */
function withFirstKey({ service, request }: FaultableCall): EngineRequest {
  const body = bodyOf(request);
  const asked = Object.entries((body.RequestItems ?? {}) as AskedKeys);
  const [[table, part] = ['', { Keys: [] }], ...others] = asked;
  const { Keys: [first, ...rest] = [] } = part;
  if (rest.length + others.length === 0)
    throw refuse(service, 'throttled', 'Rate exceeded. Please reduce your request rate.');
  givenBack.set(
    request,
    Object.fromEntries([...(rest.length === 0 ? [] : [[table, { ...part, Keys: rest }]]), ...others]),
  );
  const RequestItems = { [table]: { ...part, Keys: [first] } };
  return { ...request, body: Buffer.from(JSON.stringify({ ...body, RequestItems })) };
}

function withUnprocessed(response: MeteredResponse, UnprocessedKeys: AskedKeys): MeteredResponse {
  return { ...response, body: JSON.stringify({ ...JSON.parse(String(response.body)), UnprocessedKeys }) };
}

function conflict({ operation, request }: FaultableCall): AwsError {
  if (!TRANSACTIONS.has(operation)) {
    return new AwsError('TransactionConflictException', 'Transaction is ongoing for the item');
  }
  const items = bodyOf(request).TransactItems;
  // The first item conflicts: code that looks at one reason only must look at all of them.
  const reasons = (Array.isArray(items) ? items : []).map((_, index) =>
    index === 0 ? { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' } : { Code: 'None' },
  );
  return new AwsError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(', ')}]`,
    400,
    { CancellationReasons: reasons },
  );
}

function writesOf({ operation, request }: FaultableCall): readonly Omit<Write, 'at'>[] {
  const body = bodyOf(request);
  if (SINGLE_WRITES.has(operation)) return writeOf(body);
  if (operation === 'TransactWriteItems' && Array.isArray(body.TransactItems)) {
    return (body.TransactItems as readonly Item[]).flatMap(({ Put, Update, Delete }) =>
      writeOf((Put ?? Update ?? Delete ?? {}) as Item),
    );
  }
  if (operation !== 'BatchWriteItem') return [];
  return Object.entries((body.RequestItems ?? {}) as Item).flatMap(([TableName, requests]) =>
    (requests as readonly Item[]).flatMap(({ PutRequest, DeleteRequest }) =>
      writeOf({ TableName, ...((PutRequest ?? DeleteRequest) as Item) }),
    ),
  );
}

function writeOf({ TableName, Key, Item }: Item): readonly Omit<Write, 'at'>[] {
  const item = Key ?? Item;
  return item === undefined ? [] : [{ tableName: String(TableName), item: item as Item }];
}

function withoutRecent(response: MeteredResponse, recent: readonly Write[], tableName: string): MeteredResponse {
  const answer = JSON.parse(String(response.body)) as { Items?: readonly Item[]; Count?: number };
  const { Items: items } = answer;
  if (items === undefined) return response;
  const isRecent = (item: Item) => recent.some((write) => write.tableName === tableName && sameItem(write.item, item));
  const left = items.filter((item) => !isRecent(item));
  return { ...response, body: JSON.stringify({ ...answer, Items: left, Count: left.length }) };
}

/** An index always shows the table's key, so two that share their key agree in all that both of them show. */
function sameItem(written: Item, shown: Item): boolean {
  const shared = Object.keys(written).filter((name) => shown[name] !== undefined);
  return shared.length > 0 && shared.every((name) => isDeepStrictEqual(written[name], shown[name]));
}

const bodies = new WeakMap<EngineRequest, Item>();

/** The input of a JSON service's call. */
function bodyOf(request: EngineRequest): Item {
  const known = bodies.get(request);
  if (known !== undefined) return known;
  const body = Buffer.isBuffer(request.body) && request.body.length > 0 ? JSON.parse(String(request.body)) : {};
  bodies.set(request, body as Item);
  return body as Item;
}
