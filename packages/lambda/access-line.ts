import { environment } from './environment.ts';

/** One request to a function behind the API, as the function logs it. */
type Access = {
  /** API Gateway's own id of the request, which the API's access log has too. */
  readonly requestId: string;
  readonly route: string;
  readonly status: number;
  /** Who calls: the token's issuer and `sub`; for a route without a token, the address. */
  readonly caller: readonly string[];
};

/**
 * Writes one log line for a call, so that a flood of calls can be traced. It never contains the path. The caller is a keyed hash,
 * the same in every function of the stage. The key (CALLER_KEY) is in no log.
 */
export function writeAccessLine({ caller, ...access }: Access): void {
  // At first use: loading it takes several times as long as the rest of the smallest function's start.
  const { createHmac } = process.getBuiltinModule('node:crypto');
  const hash = createHmac('sha256', environment('CALLER_KEY')).update(JSON.stringify(caller)).digest('base64url');
  // Not through the logger, because the function openapi does not load it.
  console.log(JSON.stringify({ level: 'INFO', message: 'call answered', ...access, caller: hash.slice(0, 22) }));
}
