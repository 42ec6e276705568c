/** A stack as CloudFormation lists it. */
export type AccountStack = {
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** When it was made, and when it was last changed, epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt?: number;
};

/** A certificate of the certificate manager, as far as it is asked for. */
export type AccountCertificate = {
  readonly domain: string;
  readonly alternativeNames?: readonly string[];
  readonly status: 'ISSUED' | 'PENDING_VALIDATION' | 'EXPIRED' | 'REVOKED' | 'FAILED';
};

/** The AWS account, as far as what only reads asks for it, without SES, which keeps its own state. Tests set what they need. */
export type Account = {
  /** The version of the CDK's bootstrap stack; undefined where there is none. */
  bootstrapVersion: number | undefined;
  /** How many functions may run at the same time. */
  concurrentExecutions: number;
  /** By ARN. */
  readonly certificates: Map<string, AccountCertificate>;
  /** By name. */
  readonly stacks: Map<string, AccountStack>;
};

/** An account in which everything is ready, and nothing has been made. */
export function readyAccount(): Account {
  return {
    bootstrapVersion: 30,
    concurrentExecutions: 1000,
    certificates: new Map(),
    stacks: new Map(),
  };
}
