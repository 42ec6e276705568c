/** A resource that nothing is made for: what `Ref` and `Fn::GetAtt` give. */
export type InertResource = {
  /** Why it means nothing on one machine. */
  readonly reason: string;
  /** The property that names it, which `Ref` gives. */
  readonly nameProperty?: string;
  /** The ARN without "arn:aws:<service>:<region>:<account>:", from the name. */
  readonly arn?: { readonly service: string; readonly path: (name: string) => string };
  /** Attributes beside Arn. */
  readonly attributes?: readonly string[];
};

/** The resource types that mean nothing on one machine. Any other type is made, or refused by name. */
export const inertResources: Readonly<Record<string, InertResource>> = {
  'AWS::ApiGatewayV2::ApiMapping': {
    reason: 'puts the API under a domain; on this machine it is reached by its port',
    attributes: ['ApiMappingId'],
  },
  'AWS::ApiGatewayV2::DomainName': {
    reason: 'no name server leads to this machine: the API is reached by its port',
    nameProperty: 'DomainName',
    attributes: ['RegionalDomainName', 'RegionalHostedZoneId'],
  },
  'AWS::CloudWatch::Alarm': {
    reason: 'nobody is woken by this machine; what fails is printed',
    nameProperty: 'AlarmName',
    arn: { service: 'cloudwatch', path: (name) => `alarm:${name}` },
  },
  'AWS::Cognito::ManagedLoginBranding': { reason: 'the looks of sign-in pages that are not shown here' },
  'AWS::Cognito::UserPoolDomain': {
    reason: 'the sign-in pages are the identity provider’s own',
    nameProperty: 'Domain',
  },
  'AWS::KMS::Key': {
    reason: 'nothing is encrypted on this machine; key policies are asserted in template tests',
    arn: { service: 'kms', path: (name) => `key/${name}` },
    attributes: ['KeyId'],
  },
  'AWS::Logs::LogGroup': {
    reason: 'logs go to files of the state directory',
    nameProperty: 'LogGroupName',
    arn: { service: 'logs', path: (name) => `log-group:${name}:*` },
  },
};
