import { type HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import { BundledFunction, type BundledFunctionProps } from './bundled-function.ts';

export type HttpFunctionProps = BundledFunctionProps & {
  readonly api: HttpApi;
  /** As API Gateway names them: `GET /v1/audits/{auditNumber}`. */
  readonly routes: readonly `${'GET' | 'POST'} /v1/${string}`[];
};

/** A function that answers routes of the HTTP API, under the API's own authorizer. */
export class HttpFunction extends Construct {
  constructor(scope: Construct, id: string, props: HttpFunctionProps) {
    super(scope, id);
    const handler = new BundledFunction(this, 'Handler', props);
    // One permission for the API, not one a route: the routes are all this function's own.
    const integration = new HttpLambdaIntegration(props.name, handler.function, { scopePermissionToRoute: false });
    for (const route of props.routes) {
      const [method, path = ''] = route.split(' ');
      props.api.addRoutes({ path, methods: [method === 'GET' ? HttpMethod.GET : HttpMethod.POST], integration });
    }
  }
}
