import type { Account } from '../account/account.ts';
import { createAcmEngine } from '../acm/acm-engine.ts';
import { createCloudFormationEngine } from '../cloudformation/cloudformation-engine.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { createLambdaEngine } from '../lambda/lambda-engine.ts';
import { withMailAccount } from '../ses/account-engine.ts';
import type { SesEngine } from '../ses/ses-engine.ts';
import { createSsmEngine } from '../ssm/ssm-engine.ts';
import { createStsEngine } from '../sts/sts-engine.ts';

/** Puts what tells of an account behind a gateway, SES with what its second version tells among it. */
export function registerAccount(
  gateway: Gateway,
  account: Account,
  ses: SesEngine,
  place: { readonly region: string; readonly accountId: string },
): void {
  for (const engine of [
    createStsEngine(place),
    createSsmEngine(account, place),
    createLambdaEngine(account),
    createAcmEngine(account),
    createCloudFormationEngine(account, place),
    withMailAccount(ses, place),
  ])
    gateway.register(engine);
}
