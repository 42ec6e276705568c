import type { TableDefinition } from '../dynamodb/dynamodb-engine.ts';
import type { PolicyDocument } from '../gateway/policy.ts';
import type { Json } from '../json.ts';
import type { CorsRule } from '../s3/index.ts';
import type { Plan } from './plan.ts';
import type { Reader } from './reader.ts';

/** The engines, as far as provisioning needs them. */
export type ProvisioningTargets = {
  readonly region: string;
  readonly accountId: string;
  /** "http://127.0.0.1:PORT" of the HTTP API. */
  readonly apiUrl: string;
  /** The issuer that stands for the template's user pool. */
  readonly issuer: string;
  /** The directory of the bundle that is uploaded under this object key. */
  asset(objectKey: string): string | undefined;
  /** Makes a table unless it is there; CloudFormation's properties are the API's own. */
  createTable(definition: TableDefinition): Promise<void>;
  /** The ARN of a table's stream. */
  streamArn(tableName: string): Promise<string>;
  createBucket(name: string, options: { readonly versioned: boolean; readonly cors: readonly CorsRule[] }): void;
  createQueue(name: string, attributes: Readonly<Record<string, Json>>): { readonly url: string; readonly arn: string };
  setResourcePolicy(arn: string, policy: PolicyDocument): void;
  /** Lets an address, or all addresses of a domain, send mail. */
  addMailIdentity(nameOrDomain: string): void;
  addConfigurationSet(name: string): void;
  createTopic(topicArn: string): void;
  /** Brings what is published to a topic to a queue, without SNS's envelope when raw. */
  subscribe(subscription: { readonly topicArn: string; readonly queueArn: string; readonly raw: boolean }): void;
};

/** A resource to make. */
export type ResourceRequest = {
  readonly stack: string;
  readonly logicalId: string;
  /** Its name on AWS, when no property gives one. */
  readonly generatedName: string;
  readonly properties: Reader;
  readonly plan: Plan;
  readonly targets: ProvisioningTargets;
};

export type Made = { readonly reference: string; readonly attributes?: Readonly<Record<string, string>> };

/** How resources of a type are made. */
export type ResourceKind = {
  /** The properties that are acted on. */
  readonly properties: readonly string[];
  /** The properties that mean nothing on one machine. */
  readonly ignored?: readonly string[];
  make(request: ResourceRequest): Made | Promise<Made>;
};
