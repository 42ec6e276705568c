/** What the runtime tells an instance to do: one invocation. */
export type InvokeMessage = {
  readonly requestId: string;
  readonly functionArn: string;
  /** The event, as JSON. */
  readonly event: string;
  /** Milliseconds that the handler has. */
  readonly timeoutMs: number;
};

/** An error as Lambda's Node.js runtime reports it. */
export type ReportedError = {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
};

/** What an instance tells the runtime: it is ready, it can't be, or the end of an invocation. */
export type InstanceMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'broken'; readonly error: ReportedError }
  | {
      readonly kind: 'end';
      readonly requestId: string;
      /** What the handler gave, as JSON; absent when it failed. */
      readonly result?: string;
      readonly error?: ReportedError;
      /** The most memory that the process held during this invocation, in bytes. */
      readonly peakBytes: number;
    };
