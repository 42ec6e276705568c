import { environment } from './environment.ts';

/** One request of a function behind the API, as its log tells it. */
type Access = {
  /** API Gateway's own id of the request, which the API's access log has too. */
  readonly requestId: string;
  readonly route: string;
  readonly status: number;
  /** Who calls: the token's issuer and `sub`, of an open route the address. */
  readonly caller: readonly string[];
};

/**
 * Writes the line by which a flood of calls can be traced: never the path, and of the caller a keyed hash only, the same for
 * the same caller in every function of the stage. The key (CALLER_KEY) is in no log.
 */
export function writeAccessLine({ caller, ...access }: Access): void {
  // At first use: loading it takes several times as long as the rest of the smallest function's start.
  const { createHmac } = process.getBuiltinModule('node:crypto');
  const hash = createHmac('sha256', environment('CALLER_KEY')).update(JSON.stringify(caller)).digest('base64url');
  // Not by the logger: the function of the API's description does without it.
  console.log(JSON.stringify({ level: 'INFO', message: 'call answered', ...access, caller: hash.slice(0, 22) }));
}
