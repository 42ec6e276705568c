import type { PolicyDocument, PolicyStatement } from '../gateway/policy.ts';
import type { AppClient } from '../identity/user-pool.ts';
import type { FeedbackType } from '../ses/feedback.ts';

/** A function as its template describes it. */
export type FunctionConfiguration = {
  readonly name: string;
  readonly arn: string;
  /** Directory of the unpacked bundle. */
  readonly codeDirectory: string;
  /** "index.handler": the file without extension, and the export. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  /** The most instances at a time. */
  readonly concurrency: number;
};

export type CorsConfiguration = {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAge?: number;
};

/** Requests per second over time, and how many may come at once. */
export type Throttle = { readonly rate: number; readonly burst: number };

/** A JWT authorizer of an HTTP API. */
export type AuthorizerConfiguration = {
  /** The issuer whose tokens are taken; its keys are found by its discovery document. */
  readonly issuer: string;
  readonly audience: readonly string[];
  /** The header that carries the token, in lower case. */
  readonly header: string;
};

/** A role with all its policies. */
export type PlannedRole = {
  readonly arn: string;
  readonly name: string;
  readonly trust: PolicyDocument;
  readonly policies: PolicyDocument[];
};

export type PlannedFunction = FunctionConfiguration & { readonly roleArn: string };

export type PlannedQueue = { readonly name: string; readonly url: string; readonly visibilitySeconds: number };

export type PlannedQueueSource = {
  /** Whether it is switched on; one that is not keeps its place. */
  readonly enabled: boolean;
  readonly functionName: string;
  readonly queueArn: string;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly concurrency: number;
  readonly partialFailures: boolean;
  readonly patterns: readonly string[];
  readonly where: string;
};

export type PlannedStreamSource = {
  /** Whether it is switched on; one that is not keeps its place. */
  readonly enabled: boolean;
  readonly functionName: string;
  readonly streamArn: string;
  readonly batchSize: number;
  readonly bisect: boolean;
  readonly partialFailures: boolean;
  readonly patterns: readonly string[];
  readonly where: string;
};

/** A notification of created objects to a queue. */
export type PlannedNotification = {
  readonly bucket: string;
  readonly queueArn: string;
  readonly configurationId: string;
  /** "s3:ObjectCreated:*" or one kind of it. */
  readonly event: string;
  readonly prefix: string;
  readonly suffix: string;
  /** The tags that CloudFormation gives a bucket, which S3 tells in its events. */
  readonly tags: Readonly<Record<string, string>>;
};

/** A topic that is told what becomes of the letters of a configuration set. */
export type PlannedFeedback = {
  readonly name: string;
  readonly configurationSet: string;
  readonly topicArn: string;
  readonly types: readonly FeedbackType[];
  readonly where: string;
};

export type PlannedSchedule = {
  readonly name: string;
  readonly arn: string;
  readonly expression: string;
  readonly timeZone: string;
  readonly enabled: boolean;
  readonly queueArn: string;
  readonly roleArn: string;
  readonly input: string;
  /** How often a failed send is tried again. */
  readonly retries: number;
  /** Where goes what could not be sent. */
  readonly deadLetterArn?: string;
  readonly where: string;
};

export type PlannedRoute = {
  readonly apiId: string;
  readonly key: string;
  readonly integrationId: string;
  readonly authorizerId?: string;
  readonly scopes: readonly string[];
  readonly where: string;
};

export type PlannedApi = { readonly apiId: string; readonly cors?: CorsConfiguration };

export type PlannedIntegration = { readonly apiId: string; readonly functionArn: string; readonly timeoutMs: number };

export type PlannedStage = {
  readonly apiId: string;
  readonly throttle?: Throttle;
  readonly routeThrottles: Readonly<Record<string, Throttle>>;
};

export type PlannedUserPool = {
  readonly clientIds: string[];
  /** Those of the clients through which people sign in by a browser. */
  readonly appClients: AppClient[];
  readonly groups: string[];
  /** By what of SES the pool sends its invitations; absent where Cognito sends them by itself. */
  readonly sender?: { readonly from: string; readonly configurationSet?: string };
};

/** A resource as it came out. */
export type ProvisionedResource = {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** "secor-dev-data/Table/Resource", when the template tells it. */
  readonly path?: string;
  /** What `Ref` gives. */
  readonly reference: string;
  readonly attributes: Readonly<Record<string, string>>;
};

/** All that the templates ask for, by what runs it. */
export type Plan = {
  readonly roles: Map<string, PlannedRole>;
  readonly functions: Map<string, PlannedFunction>;
  readonly queueSources: PlannedQueueSource[];
  readonly streamSources: PlannedStreamSource[];
  readonly notifications: PlannedNotification[];
  /** By the id of the event destination. */
  readonly feedback: Map<string, PlannedFeedback>;
  readonly schedules: PlannedSchedule[];
  readonly apis: Map<string, PlannedApi>;
  readonly routes: PlannedRoute[];
  readonly integrations: Map<string, PlannedIntegration>;
  readonly authorizers: Map<string, AuthorizerConfiguration>;
  readonly stages: PlannedStage[];
  /** By function ARN, the statements of its resource policy. */
  readonly permissions: Map<string, PolicyStatement[]>;
  /** By queue ARN. */
  readonly queues: Map<string, PlannedQueue>;
  /** By stream ARN, the table. */
  readonly streams: Map<string, string>;
  readonly userPools: Map<string, PlannedUserPool>;
};

/** A plan of nothing yet. */
export function emptyPlan(): Plan {
  return {
    roles: new Map(),
    functions: new Map(),
    queueSources: [],
    streamSources: [],
    notifications: [],
    feedback: new Map(),
    schedules: [],
    apis: new Map(),
    routes: [],
    integrations: new Map(),
    authorizers: new Map(),
    stages: [],
    permissions: new Map(),
    queues: new Map(),
    streams: new Map(),
    userPools: new Map(),
  };
}
