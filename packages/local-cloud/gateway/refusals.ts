import { AwsError, type Principal } from '../engine.ts';

type Refusal = readonly [code: string, status: number];

/** How a service names what the gateway refuses in its place. */
type Dialect = {
  readonly wrongSignature: Refusal;
  readonly unknownKey: Refusal;
  readonly skewed: Refusal;
  readonly malformed: Refusal;
  readonly unsigned: Refusal;
  readonly denied: Refusal;
  readonly throttled: Refusal;
  readonly failed: Refusal;
  readonly unsupported: Refusal;
};

const QUERY: Dialect = {
  wrongSignature: ['SignatureDoesNotMatch', 403],
  unknownKey: ['InvalidClientTokenId', 403],
  skewed: ['SignatureDoesNotMatch', 403],
  malformed: ['IncompleteSignature', 400],
  unsigned: ['MissingAuthenticationToken', 403],
  denied: ['AccessDenied', 403],
  throttled: ['Throttling', 400],
  failed: ['InternalFailure', 500],
  unsupported: ['InvalidAction', 400],
};

const DIALECTS: Readonly<Record<string, Dialect>> = {
  s3: {
    wrongSignature: ['SignatureDoesNotMatch', 403],
    unknownKey: ['InvalidAccessKeyId', 403],
    skewed: ['RequestTimeTooSkewed', 403],
    malformed: ['AuthorizationHeaderMalformed', 400],
    unsigned: ['AccessDenied', 403],
    denied: ['AccessDenied', 403],
    throttled: ['SlowDown', 503],
    failed: ['InternalError', 500],
    unsupported: ['NotImplemented', 501],
  },
  'cognito-idp': {
    wrongSignature: ['InvalidSignatureException', 400],
    unknownKey: ['UnrecognizedClientException', 400],
    skewed: ['InvalidSignatureException', 400],
    malformed: ['IncompleteSignatureException', 400],
    unsigned: ['MissingAuthenticationTokenException', 400],
    denied: ['AccessDeniedException', 400],
    throttled: ['TooManyRequestsException', 400],
    failed: ['InternalErrorException', 500],
    unsupported: ['UnknownOperationException', 400],
  },
  dynamodb: {
    wrongSignature: ['InvalidSignatureException', 400],
    unknownKey: ['UnrecognizedClientException', 400],
    skewed: ['InvalidSignatureException', 400],
    malformed: ['IncompleteSignatureException', 400],
    unsigned: ['MissingAuthenticationTokenException', 400],
    denied: ['AccessDeniedException', 400],
    throttled: ['ThrottlingException', 400],
    failed: ['InternalServerError', 500],
    unsupported: ['UnknownOperationException', 400],
  },
  sqs: {
    ...QUERY,
    denied: ['AccessDeniedException', 403],
    throttled: ['RequestThrottled', 403],
    unsupported: ['UnsupportedOperation', 400],
  },
};

/** A refusal of the gateway, with the code and the status that the service has for it. */
export function refuse(service: string, refusal: keyof Dialect, message: string): AwsError {
  const [code, status] = (DIALECTS[service] ?? QUERY)[refusal];
  return new AwsError(code, message, status);
}

/** How the meter and the messages name a caller: the function, the service, operator or anonymous. */
export function nameOf(principal: Principal): string {
  switch (principal.kind) {
    case 'role':
      return principal.name;
    case 'service':
      return principal.service;
    default:
      return principal.kind;
  }
}
