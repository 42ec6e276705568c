import { type ApiClient, ApiError, apiClient, type Role } from '@secor/contracts';
import { Failure, type Io, UsageError, unlessStopped } from './command.ts';
import { mintToken, requireCloud } from './running-cloud.ts';

/**
 * The options that say where an API is and who calls it; shared by the commands that call one.
 * @param as whose token is taken at the local cloud unless somebody else is named
 */
export function apiOptions(as: string) {
  return {
    api: { type: 'string', value: 'URL', text: "The API's address (else SECOR_API, else the local cloud's)" },
    token: { type: 'string', value: 'TOKEN', text: 'The access token of your sign-in (else SECOR_TOKEN)' },
    as: { type: 'string', value: 'EMAIL', text: 'Whose token to use with the local cloud', fallback: as },
  } as const;
}

/** The option of commands for reviewers and administrators: as which of them the local cloud signs somebody in. */
export const staffOptions = {
  role: {
    type: 'string',
    choices: ['reviewer', 'administrator'],
    text: 'Your role, with the local cloud',
    fallback: 'reviewer',
  },
} as const;

/** The option to print as JSON, for tools. */
export function jsonOption(what: string) {
  return { json: { type: 'boolean', text: `Print ${what}, or error, as JSON` } } as const;
}

/**
 * The API that a person named, or that of the running local cloud, until they ask to stop.
 * @param role what the token of the local cloud is taken for
 * @throws UsageError when it is not clear where to; Failure when the API takes the token no more
 */
export async function signedIn(
  { api, token, as }: { readonly api: string | undefined; readonly token: string | undefined; readonly as: string },
  role: Role,
  io: Io,
): Promise<ApiClient> {
  const given = { api: api ?? (io.env.SECOR_API || undefined), token: token ?? (io.env.SECOR_TOKEN || undefined) };
  if (given.api !== undefined && !(URL.canParse(given.api) && /^https?:/i.test(given.api))) {
    throw new UsageError(`"${given.api}" is not an address of an API: write it as https://api.partner.example.org.`);
  }
  if (given.api !== undefined && given.token !== undefined) return stoppableClient(given.api, given.token, io);
  if (given.api !== undefined) throw new UsageError('--token is missing: give it, or set SECOR_TOKEN.');
  const cloud = await requireCloud(io).catch(() => {
    throw new UsageError(
      'no API is named. Give --api and --token (or set SECOR_API and SECOR_TOKEN), or start a local cloud with npm start.',
    );
  });
  return stoppableClient(cloud.apiUrl, given.token ?? (await mintToken(cloud, as, [role])), io);
}

/** The API, until the person asks to stop; what it says of the token is told with the remedy. */
function stoppableClient(api: string, token: string, io: Io): ApiClient {
  const call = apiClient(api, token);
  return (name, input) =>
    unlessStopped(io, call(name, input, { signal: io.stop })).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      throw new Failure(
        'the token has expired or is not for this API (401). Get a new one; for the local cloud, with secor token.',
      );
    });
}
