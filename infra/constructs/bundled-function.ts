import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code, Function as LambdaFunction, RecursiveLoop, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Alarms } from '../alarms.ts';
import { useDataKey, writeLogs } from '../aws-only-grants.ts';
import type { Grant } from '../grants.ts';
import { createLogGroup } from '../log-group.ts';
import type { Stage } from '../stage.ts';

/** What all functions of a stage share. */
export type Surroundings = {
  readonly stage: Stage;
  /** The folder that holds a folder for each function's bundle. */
  readonly bundles: string;
  readonly dataKey: IKey;
  readonly alarms: Alarms;
};

export type BundledFunctionProps = Surroundings & {
  /** The folder below functions/; the physical name is `secor-<stage>-<name>`. */
  readonly name: string;
  /** All that the role may do, apart from what its trigger and AWS itself need. */
  readonly grants: readonly Grant[];
  readonly environment: Readonly<Record<string, string>>;
  readonly timeout: Duration;
  /**
   * Whether it may send messages to its own queue in order to continue. Otherwise Lambda takes this for a mistake, and stops it
   * after about sixteen times.
   */
  readonly allowRecursion?: true;
  /** In MiB; the share of a processor grows with it: 1769 is one. */
  readonly memory: number;
};

/**
 * The most MiB of each half of the heap's young generation. By default Node lets it grow to 64, and an instance of 256 MiB fills
 * with garbage: 200 MiB after 6,000 events of SES, of which 12 are in use. With this limit it is 126.
 */
const YOUNG_HALF = 16;

/** A function from its bundle, with a role and a log group of its own. */
export class BundledFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id);
    const { stage, name } = props;
    const functionName = `secor-${stage.name}-${name}`;
    const bundle = join(props.bundles, name);
    if (!existsSync(join(bundle, 'index.mjs'))) {
      throw new Error(
        `There is no bundle of the function '${name}' in ${bundle}: is functions/${name}/handler.ts there?`,
      );
    }
    this.logGroup = createLogGroup(this, 'Logs', stage, `/aws/lambda/${functionName}`);
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    for (const { actions, resources, conditions = {} } of props.grants) {
      this.role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources], conditions }));
    }
    const keyUse = useDataKey(props.dataKey, props.grants, stage.region);
    for (const statement of [writeLogs(this.logGroup), ...keyUse]) {
      this.role.addToPolicy(statement);
    }
    this.function = new LambdaFunction(this, 'Function', {
      functionName,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(bundle),
      handler: 'index.handler',
      role: this.role,
      logGroup: this.logGroup,
      timeout: props.timeout,
      memorySize: props.memory,
      ...(props.allowRecursion === undefined ? {} : { recursiveLoop: RecursiveLoop.ALLOW }),
      environment: {
        NODE_OPTIONS: `--enable-source-maps --max-semi-space-size=${YOUNG_HALF}`,
        POWERTOOLS_SERVICE_NAME: name,
        ...props.environment,
      },
    });
  }
}
