import { openAccount, whyAnotherAccount } from './account.ts';
import { dataStackName } from './stack-props.ts';
import type { Stage } from './stage.ts';

/** Where a deployed stage stores its people, and where they sign in. */
export type PeopleOfStage = {
  readonly region: string;
  readonly table: string;
  /** As the tokens have it in `iss`. */
  readonly issuer: string;
  /** Absent where the stage names an issuer of its own. */
  readonly userPoolId?: string;
};

/**
 * Asks AWS, with the credentials of the environment, where a stage keeps its people.
 *
 * @throws Error with its remedy: no credentials, those of another account, a stage that is not deployed
 */
export async function peopleOfStage(stage: Stage): Promise<PeopleOfStage> {
  const { region } = stage;
  const account = openAccount(region);
  try {
    const obstacle = await whyAnotherAccount(stage, account);
    if (obstacle !== undefined) throw new Error(`${obstacle.says}: ${obstacle.remedy}.`);
    const name = dataStackName(stage);
    const { TableName: table, UserPoolId: userPoolId, UserPoolIssuer } = (await account.stack(name))?.outputs ?? {};
    const issuer = stage.identity?.issuer ?? UserPoolIssuer;
    if (table === undefined || issuer === undefined)
      throw new Error(
        `Stage '${stage.name}' is not deployed: there is no stack ${name} with its outputs. Deploy it first: npm run deploy -- --stage ${stage.name}`,
      );
    return { region, table, issuer, ...(userPoolId === undefined ? {} : { userPoolId }) };
  } finally {
    account.close();
  }
}
