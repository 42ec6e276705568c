import { createHash } from 'node:crypto';
import { openApiDocument } from '@secor/contracts/openapi';
import { environment } from '@secor/lambda/environment';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

const document = JSON.stringify(openApiDocument({ issuer: environment('TOKEN_ISSUER') }));
const etag = `"${createHash('sha256').update(document).digest('base64url')}"`;

/** Whether the caller names the document that they have, alone or in a list; a cache may have marked it as weak. */
function hasIt(ifNoneMatch: string | undefined): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

/** Serves the description of the API, to everybody; the same as long as the function is. */
export const handler = async ({ headers }: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
  const cached = { etag, 'cache-control': 'public, max-age=300' };
  if (hasIt(headers['if-none-match'])) return { statusCode: 304, headers: cached };
  return { statusCode: 200, headers: { ...cached, 'content-type': 'application/json' }, body: document };
};
