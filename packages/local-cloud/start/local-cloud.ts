import type { Account } from '../account/account.ts';
import type { BusinessClock } from '../clock.ts';
import type { AdvancedDay } from '../control/advance.ts';
import type { Credentials, Denial, UnusedGrant } from '../gateway/access.ts';
import type { Faults } from '../gateway/faults.ts';
import type { Meter } from '../gateway/meter.ts';
import type { FunctionRuntime, Invocation } from '../lambda/function-runtime.ts';
import type { Letter } from '../ses/letter-box.ts';
import type { SesEngine } from '../ses/ses-engine.ts';
import type { SqsEngine } from '../sqs/sqs-engine.ts';
import type { ProvisionedResource } from '../template/plan.ts';
import type { Provisioned } from '../template/provision.ts';
import type { WallClocks } from '../time-zone.ts';

export type LocalCloudOptions = {
  /** The directory that `cdk synth` wrote. */
  readonly assembly: string;
  /** Where all state is kept. */
  readonly directory: string;
  /** Whether to start over with nothing. */
  readonly fresh?: boolean;
  /**
   * The stacks that are deployed, by name; all of the assembly unless told otherwise. What another stack had made is deleted, as
   * CloudFormation deletes it: its queues with their messages, the places of its mappings in streams, its roles with their keys,
   * what its schedules had sent for. Tables and buckets stay.
   */
  readonly stacks?: readonly string[];
  /** How many invocations the account may have at a time, all functions together; Lambda throttles more. Without limit unless told. */
  readonly accountConcurrency?: number;
  /** Fixed ports; by default those of the last run on the directory, and free ones at first. */
  readonly ports?: { readonly gateway?: number; readonly api?: number; readonly control?: number };
  /** What clocks show in zones that this machine's time zone data may be too old to know; all others go by those. */
  readonly wallClocks?: WallClocks;
  /** How many shards the stream of each table has: one, unless told otherwise. */
  readonly streamShards?: number;
  /** Whether functions have the share of a processor that comes with their memory, and are frozen between invocations. */
  readonly processorShare?: boolean;
  /** Hears of what people should see: denied calls, failures of connections. Standard error by default. */
  readonly warn?: (line: string) => void;
};

/** A function of the template, as tests and commands see it. */
export type CloudFunction = Pick<FunctionRuntime, 'logs' | 'logFile' | 'instances' | 'statistics'> & {
  invoke(event: unknown): Promise<Invocation>;
};

/** What happens, as it happens. */
export type CloudEvents = {
  /** An invocation was called for. */
  started: [{ readonly functionName: string; readonly at: number }];
  /** An invocation ended; `at` is the machine's clock in epoch milliseconds. */
  ended: [{ readonly functionName: string; readonly at: number; readonly cold: boolean } & Invocation];
  /** An invocation was refused: the account had as many as it may have at a time. */
  throttled: [{ readonly functionName: string }];
  denied: [Denial];
  letter: [Letter];
};

/** A running local cloud. */
export type LocalCloud = {
  readonly apiUrl: string;
  readonly gatewayUrl: string;
  readonly issuer: string;
  readonly inboxUrl: string;
  readonly controlUrl: string;
  readonly region: string;
  readonly accountId: string;
  /** The keys of the operator, who may do everything. */
  readonly operator: Credentials;
  /** By stack name and output key. */
  readonly outputs: Provisioned['outputs'];
  /** What AWS tells of the account, to those who only read: its stacks, certificates and quotas. */
  readonly account: Account;
  /** Milliseconds that starting took. */
  readonly readyMs: number;
  /**
   * The one resource with this logical id, physical name, or fragment of its construct path ("/Packages/").
   *
   * @param stackSuffix "data" for the stack that ends so
   * @throws Error that lists what it could be
   */
  resource(name: string, stackSuffix?: string): ProvisionedResource;
  /** By physical name. */
  readonly functions: Readonly<Record<string, CloudFunction>>;
  readonly clock: BusinessClock;
  /** Resolves when no message, record or invocation is open; rejects after `timeoutMs` (30 s), naming what is. */
  quiet(timeoutMs?: number): Promise<void>;
  /**
   * Moves the business clock to noon (America/Edmonton) of each day up to and including a date, 'YYYY-MM-DD', and waits each
   * time until nothing is left to do. Messages that come back after a pause are waited for by small steps of the clock,
   * within the day. `onDay` hears of each day.
   *
   * @throws Error for a date that is none, or before today's: the clock never goes back
   */
  advance(to: string, onDay?: (day: AdvancedDay) => void): Promise<void>;
  readonly faults: Faults;
  readonly meter: Meter;
  /** The operations that can be called, by the service that they are signed for. */
  operations(): Readonly<Record<string, readonly string[]>>;
  denials(): readonly Denial[];
  unusedGrants(): readonly UnusedGrant[];
  letters(): Promise<readonly Letter[]>;
  /** An access token of the user pool, for an hour unless told otherwise (seconds). */
  token(request: {
    readonly email: string;
    readonly groups: readonly string[];
    readonly expiresInSeconds?: number;
  }): Promise<string>;
  /** Calls the listener with each event; answers how to unsubscribe. */
  on<Name extends keyof CloudEvents>(name: Name, listener: (...event: CloudEvents[Name]) => void): () => void;
  /** Queues, for tests of order and repetition. */
  readonly sqs: Pick<SqsEngine, 'pending' | 'setOrder' | 'duplicate'>;
  /** The state of the account at SES, for tests of what it refuses and tells. */
  readonly ses: Pick<SesEngine, 'setAccount'>;
  /** Ends everything; no process is left. What was in hand is finished by the next start. */
  stop(): Promise<void>;
};
