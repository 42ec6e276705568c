import type { Throttle } from '../plan.ts';
import type { Reader } from '../reader.ts';
import type { ResourceKind } from '../resource-kind.ts';
import { stableId } from '../stable-id.ts';

/** The resource types of ApiGatewayV2. */
export const apiGatewayKinds: Readonly<Record<string, ResourceKind>> = {
  'AWS::ApiGatewayV2::Api': {
    properties: ['ProtocolType', 'CorsConfiguration'],
    ignored: ['Name', 'Description', 'Tags'],
    make({ properties, plan, targets, generatedName }) {
      if (properties.text('ProtocolType') !== 'HTTP')
        throw new Error(`${properties.where}: the local cloud supports HTTP APIs only.`);
      if (plan.apis.size > 0) throw new Error(`${properties.where}: the local cloud serves one HTTP API.`);
      const apiId = stableId(generatedName, 10);
      const cors = properties.optionalObject('CorsConfiguration');
      const maxAge = cors?.optionalNumber('MaxAge');
      plan.apis.set(apiId, {
        apiId,
        ...(cors === undefined
          ? {}
          : {
              cors: {
                allowOrigins: cors.texts('AllowOrigins'),
                allowMethods: cors.texts('AllowMethods'),
                allowHeaders: cors.texts('AllowHeaders'),
                exposeHeaders: cors.texts('ExposeHeaders'),
                allowCredentials: cors.optionalFlag('AllowCredentials') ?? false,
                ...(maxAge === undefined ? {} : { maxAge }),
              },
            }),
      });
      return { reference: apiId, attributes: { ApiId: apiId, ApiEndpoint: targets.apiUrl } };
    },
  },

  'AWS::ApiGatewayV2::Route': {
    properties: ['ApiId', 'RouteKey', 'Target', 'AuthorizationType', 'AuthorizerId', 'AuthorizationScopes'],
    ignored: ['OperationName'],
    make({ properties, plan, generatedName }) {
      const kind = properties.optionalText('AuthorizationType') ?? 'NONE';
      if (kind !== 'JWT' && kind !== 'NONE')
        throw new Error(`${properties.where}: the local cloud supports the authorizations JWT and NONE, not ${kind}.`);
      plan.routes.push({
        apiId: properties.text('ApiId'),
        key: properties.text('RouteKey'),
        integrationId: properties.text('Target').replace(/^integrations\//, ''),
        ...(kind === 'JWT' ? { authorizerId: properties.text('AuthorizerId') } : {}),
        scopes: properties.texts('AuthorizationScopes'),
        where: properties.where,
      });
      return { reference: stableId(generatedName, 7) };
    },
  },

  'AWS::ApiGatewayV2::Integration': {
    properties: ['ApiId', 'IntegrationType', 'IntegrationUri', 'PayloadFormatVersion', 'TimeoutInMillis'],
    ignored: ['Description', 'IntegrationMethod'],
    make({ properties, plan, generatedName }) {
      const format = properties.text('PayloadFormatVersion');
      if (properties.text('IntegrationType') !== 'AWS_PROXY' || format !== '2.0') {
        throw new Error(
          `${properties.where}: the local cloud supports AWS_PROXY integrations of payload format 2.0 only.`,
        );
      }
      const integrationId = stableId(generatedName, 7);
      // A URI is the function's ARN, alone or within the ARN of Lambda's own API.
      const [functionArn = ''] =
        /arn:aws:lambda:[^:]+:\d+:function:[^/:]+/.exec(properties.text('IntegrationUri')) ?? [];
      plan.integrations.set(integrationId, {
        apiId: properties.text('ApiId'),
        functionArn,
        timeoutMs: Math.min(properties.optionalNumber('TimeoutInMillis') ?? 30_000, 30_000),
      });
      return { reference: integrationId };
    },
  },

  'AWS::ApiGatewayV2::Authorizer': {
    properties: ['ApiId', 'AuthorizerType', 'IdentitySource', 'JwtConfiguration'],
    ignored: ['Name'],
    make({ properties, plan, generatedName }) {
      const [source = '', ...others] = properties.texts('IdentitySource');
      const [, header] = /^\$request\.header\.([\w-]+)$/.exec(source) ?? [];
      if (properties.text('AuthorizerType') !== 'JWT' || header === undefined || others.length > 0) {
        throw new Error(`${properties.where}: the local cloud supports JWT authorizers on one header only.`);
      }
      const authorizerId = stableId(generatedName, 6);
      const configuration = properties.object('JwtConfiguration');
      plan.authorizers.set(authorizerId, {
        issuer: configuration.text('Issuer'),
        audience: configuration.texts('Audience'),
        header: header.toLowerCase(),
      });
      return { reference: authorizerId, attributes: { AuthorizerId: authorizerId } };
    },
  },

  'AWS::ApiGatewayV2::Stage': {
    properties: ['ApiId', 'StageName', 'AutoDeploy', 'DefaultRouteSettings', 'RouteSettings'],
    ignored: ['AccessLogSettings', 'Description', 'Tags'],
    make({ properties, plan }) {
      const name = properties.text('StageName');
      if (name !== '$default' || properties.optionalFlag('AutoDeploy') !== true) {
        throw new Error(`${properties.where}: the local cloud supports the stage $default with AutoDeploy only.`);
      }
      const throttle = throttleIn(properties.optionalObject('DefaultRouteSettings'));
      const ofRoutes = properties.optionalObject('RouteSettings');
      const routeThrottles = Object.fromEntries(
        Object.keys(ofRoutes?.value ?? {}).flatMap((key) => {
          const own = throttleIn(ofRoutes?.object(key));
          return own === undefined ? [] : [[key, own] as const];
        }),
      );
      plan.stages.push({
        apiId: properties.text('ApiId'),
        ...(throttle === undefined ? {} : { throttle }),
        routeThrottles,
      });
      return { reference: name };
    },
  },
};

/** How often routes may be called, by settings of a stage; undefined where these don't say. */
function throttleIn(settings: Reader | undefined): Throttle | undefined {
  settings?.only('ThrottlingRateLimit', 'ThrottlingBurstLimit', 'DetailedMetricsEnabled');
  const [rate, burst] = [
    settings?.optionalNumber('ThrottlingRateLimit'),
    settings?.optionalNumber('ThrottlingBurstLimit'),
  ];
  return rate === undefined || burst === undefined ? undefined : { rate, burst };
}
