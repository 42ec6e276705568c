import { CfnOutput, type Stack } from 'aws-cdk-lib';
import { CfnDomainName } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Stage } from './stage.ts';

/** The API's own domain, if the stage names one. It is in the data stack: DNS points to it, whichever API answers there. */
export function createApiDomain(stack: Stack, { api }: Stage): void {
  if (api === undefined) return;
  const domain = new CfnDomainName(stack, 'ApiDomain', {
    domainName: api.domain,
    domainNameConfigurations: [
      { certificateArn: api.certificateArn, endpointType: 'REGIONAL', securityPolicy: 'TLS_1_2' },
    ],
  });
  new CfnOutput(stack, 'ApiDomainTarget', {
    description: `The target of the CNAME record for ${api.domain} in the DNS`,
    value: domain.attrRegionalDomainName,
  });
}
