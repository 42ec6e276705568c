import type { Activity } from '../activity.ts';
import type { BusinessClock } from '../clock.ts';
import type { Principal } from '../engine.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Deliver } from '../lambda/deliver.ts';
import type { Plan } from '../template/plan.ts';
import type { HttpApi, Route } from './http-api.ts';
import { createAuthorizer } from './jwt-authorizer.ts';

type Surroundings = {
  readonly region: string;
  readonly accountId: string;
  readonly issuer: string;
  readonly api: HttpApi;
  readonly gateway: Gateway;
  readonly clock: BusinessClock;
  readonly activity: Activity;
};

/**
 * Answers the requests of the HTTP API that the templates describe, if there is one.
 *
 * @throws Error naming the route, stage or setting that leads nowhere
 */
export function serveApi(
  plan: Plan,
  functions: { deliver(functionName: string): Deliver },
  around: Surroundings,
): void {
  const { region, accountId, api, clock, activity } = around;
  const [planned] = plan.apis.values();
  if (planned === undefined) return;
  const { apiId, cors } = planned;
  const stage = plan.stages.find((each) => each.apiId === apiId);
  if (stage === undefined) throw new Error(`The HTTP API ${apiId} has no stage $default, so nothing reaches it.`);
  const routes = routesOf(plan, around.issuer);
  const { throttle, routeThrottles } = stage;
  for (const key of Object.keys(routeThrottles))
    if (!routes.some((route) => route.key === key))
      throw new Error(`The stage of API ${apiId} has settings for ${key}, and the API has no such route.`);
  api.serve(
    {
      apiId,
      region,
      accountId,
      routes,
      ...(cors === undefined ? {} : { cors }),
      ...(throttle === undefined ? {} : { throttle }),
      routeThrottles,
    },
    {
      deliver: functions.deliver,
      mayInvoke: (functionArn, sourceArn) => mayInvoke(functionArn, sourceArn, around),
      now: () => clock.now(),
      begin: activity.begin,
    },
  );
}

function routesOf(plan: Plan, issuer: string): readonly Route[] {
  const authorizers = new Map(
    [...plan.authorizers].map(([id, configuration]) => {
      const poolId = /^https:\/\/cognito-idp\.[^/]+\/(.+)$/.exec(configuration.issuer)?.[1];
      const isOurs = poolId !== undefined && plan.userPools.has(poolId);
      return [id, createAuthorizer(isOurs ? { ...configuration, issuer } : configuration)];
    }),
  );
  return plan.routes.map(({ key, integrationId, authorizerId, scopes, where }): Route => {
    const integration = plan.integrations.get(integrationId);
    const target = [...plan.functions.values()].find(({ arn }) => arn === integration?.functionArn);
    if (integration === undefined || target === undefined) throw new Error(`${where}: the route leads to no function.`);
    const authorizer = authorizerId === undefined ? undefined : authorizers.get(authorizerId);
    if (authorizerId !== undefined && authorizer === undefined)
      throw new Error(`${where}: there is no authorizer ${authorizerId}.`);
    return {
      key,
      functionName: target.name,
      functionArn: target.arn,
      timeoutMs: integration.timeoutMs,
      scopes,
      ...(authorizer === undefined ? {} : { authorizer }),
    };
  });
}

function mayInvoke(functionArn: string, sourceArn: string, { gateway, accountId }: Surroundings): boolean {
  const principal: Principal = {
    kind: 'service',
    service: 'apigateway.amazonaws.com',
    sourceArn,
    sourceAccount: accountId,
  };
  try {
    const authorization = { action: 'lambda:InvokeFunction', resource: functionArn };
    gateway.demand(principal, authorization, { service: 'lambda', operation: 'Invoke' });
    return true;
  } catch {
    return false; // recorded and printed by the gateway
  }
}
