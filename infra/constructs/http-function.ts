import type { Endpoint, Route } from '@secor/contracts';
import { Stack } from 'aws-cdk-lib';
import { type HttpApi, HttpMethod, HttpNoneAuthorizer, type HttpRoute } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import { BundledFunction, type BundledFunctionProps } from './bundled-function.ts';

export type HttpFunctionProps = BundledFunctionProps & {
  readonly api: HttpApi;
  readonly routes: readonly Route[];
  /** Whether everybody may call them, without a token. */
  readonly open?: true;
};

/** A function that answers routes of the HTTP API, under the API's own authorizer unless they are open. */
export class HttpFunction extends Construct {
  /** Its routes by their keys. */
  readonly routes: ReadonlyMap<string, HttpRoute>;

  constructor(scope: Construct, id: string, props: HttpFunctionProps) {
    super(scope, id);
    const handler = new BundledFunction(this, 'Handler', {
      ...props,
      // The key with which callers are hashed for the log: it has a random part, and is in no log.
      environment: { ...props.environment, CALLER_KEY: Stack.of(this).stackId },
    });
    // One permission for the API, not one for each route: all of these routes belong to this function.
    const integration = new HttpLambdaIntegration(props.name, handler.function, { scopePermissionToRoute: false });
    this.routes = new Map(
      props.routes.flatMap((key) => {
        const [method, path = ''] = key.split(' ');
        const added = props.api.addRoutes({
          path,
          methods: [HttpMethod[method as Endpoint['method']]],
          integration,
          ...(props.open === undefined ? {} : { authorizer: new HttpNoneAuthorizer() }),
        });
        return added.map((route) => [key, route] as const);
      }),
    );
  }
}
