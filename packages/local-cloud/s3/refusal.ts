import { AwsError } from '../engine.ts';

const responseHeaders = new WeakMap<AwsError, Readonly<Record<string, string>>>();

/** A refusal as S3 sends it; the details become further elements of the error's XML, the headers go with the answer. */
export function refusal(
  code: string,
  message: string,
  status: number,
  details: Readonly<Record<string, string | number>> = {},
  headers: Readonly<Record<string, string>> = {},
): AwsError {
  const error = new AwsError(code, message, status, details);
  addRefusalHeaders(error, headers);
  return error;
}

/** Headers that the answer to this refusal carries besides those it has. */
export function addRefusalHeaders(error: AwsError, headers: Readonly<Record<string, string>>): void {
  responseHeaders.set(error, { ...responseHeaders.get(error), ...headers });
}

/** The headers with which S3 sends a refusal. */
export function refusalHeaders(error: AwsError): Readonly<Record<string, string>> {
  return responseHeaders.get(error) ?? {};
}

export const accessDenied = (message = 'Access Denied') => refusal('AccessDenied', message, 403);

export const invalidArgument = (message: string, name: string, value: string | number) =>
  refusal('InvalidArgument', message, 400, { ArgumentName: name, ArgumentValue: value });

export const invalidRequest = (message: string) => refusal('InvalidRequest', message, 400);

export const malformedXml = () =>
  refusal(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
    400,
  );

export const notImplemented = (what: string) =>
  refusal('NotImplemented', `The S3 of this machine does not do this: ${what}.`, 501);

export const headerNotTaken = (name: string, reason: string) =>
  refusal('NotImplemented', 'A header you provided implies functionality that is not implemented', 501, {
    Header: name,
    additionalMessage: reason,
  });

export const noSuchKey = (key: string, headers: Readonly<Record<string, string>> = {}) =>
  refusal('NoSuchKey', 'The specified key does not exist.', 404, { Key: key }, headers);

export const noSuchUpload = (uploadId: string) =>
  refusal(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    404,
    { UploadId: uploadId },
  );

export const incompleteBody = () =>
  refusal('IncompleteBody', 'The request body terminated unexpectedly: fewer bytes came than were announced.', 400);

export const preconditionFailed = (condition: string) =>
  refusal('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, {
    Condition: condition,
  });

export const entityTooLarge = (proposed: number, maximum: number) =>
  refusal('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', 400, {
    ProposedSize: proposed,
    MaxSizeAllowed: maximum,
  });
