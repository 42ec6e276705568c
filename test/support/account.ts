import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { readyAccount } from '../../packages/local-cloud/account/account.ts';
import { openBusinessClock } from '../../packages/local-cloud/clock.ts';
import { createGateway } from '../../packages/local-cloud/gateway/gateway.ts';
import { createSesEngine } from '../../packages/local-cloud/ses/ses-engine.ts';
import { registerAccount } from '../../packages/local-cloud/start/register-account.ts';

/** An AWS account with nothing in it, behind the local cloud's gateway; the SDK's environment leads there until `close`. */
export async function openTestAccount(accountId: string, region = 'ca-central-1') {
  const folder = await mkdtemp(join(tmpdir(), 'secor-account-'));
  const place = { region, accountId };
  const gateway = createGateway(place);
  const clock = openBusinessClock(join(folder, 'clock.json'));
  const account = readyAccount();
  const ses = createSesEngine({ directory: join(folder, 'mail'), clock, ...place });
  registerAccount(gateway, account, ses, place);
  const url = await gateway.listen(0);
  const { accessKeyId, secretAccessKey } = gateway.credentialsFor({ kind: 'operator' });
  vi.stubEnv('AWS_ENDPOINT_URL', url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  return {
    account,
    ses,
    faults: gateway.faults,
    async close() {
      vi.unstubAllEnvs();
      await gateway.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
