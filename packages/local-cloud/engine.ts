import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** Who makes a call: a function under its role, an AWS service on behalf of a resource, or the operator of this machine. */
export type Principal =
  | { readonly kind: 'role'; readonly roleArn: string; readonly name: string }
  | { readonly kind: 'service'; readonly service: string; readonly sourceArn: string; readonly sourceAccount: string }
  | { readonly kind: 'operator' }
  | { readonly kind: 'anonymous' };

/** One call to an AWS service, after the gateway has told who makes it. */
export type EngineRequest = {
  readonly method: string;
  /** Percent-encoded, as sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The bytes as sent. Only S3 gets a stream; every other service gets the whole body. */
  readonly body: Readable | Buffer;
  readonly principal: Principal;
};

/** What an engine answers. A stream is piped to the caller. */
export type EngineResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
};

/** An action on a resource that a call needs, with the condition keys that the service sets. */
export type Authorization = {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
};

/** One AWS service, on this machine. */
export interface Engine {
  /** As in the credential scope of a signature: s3, sqs, dynamodb, ses, sns. */
  readonly service: string;
  /** The operations that it supports; the gateway refuses any other by its name. Each stands in the table of README.md. */
  readonly operations: readonly string[];
  /** The operation as the API names it ("PutObject"), for the meter, the faults and the messages. */
  operation(request: EngineRequest): string;
  /** What the call needs to be allowed; the gateway asks before it lets the call through. May read state (a versionId makes GetObjectVersion). */
  authorizations(request: EngineRequest): readonly Authorization[] | Promise<readonly Authorization[]>;
  /** Carries the call out; throws AwsError for what AWS would refuse. */
  handle(request: EngineRequest): Promise<EngineResponse>;
  /** An error in the form in which this service sends errors. */
  renderError(error: AwsError, requestId: string): EngineResponse;
  close(): Promise<void>;
}

/** A refusal as AWS would send it. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the error's body, such as CancellationReasons. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.details = details;
  }
}
