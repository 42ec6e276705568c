import { Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Stage } from './stage.ts';

/**
 * A log group `<name>/<id of the stack>`. A stack that is created again has another id. So the logs of the earlier stack do not
 * collide with it, and stay for as long as the stage keeps logs.
 * @param days for which logs are kept; by default, as long as the stage keeps logs
 */
export function createLogGroup(
  scope: Construct,
  id: string,
  stage: Stage,
  name: string,
  days: number = stage.retention.logDays,
): LogGroup {
  // arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>
  const stackId = Fn.select(2, Fn.split('/', Stack.of(scope).stackId));
  return new LogGroup(scope, id, {
    logGroupName: `${name}/${stackId}`,
    retention: days,
    removalPolicy: stage.protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
}
