import { writeAccessLine } from '@secor/lambda/access-line';
import { environment } from '@secor/lambda/environment';
import { hasVersion } from '@secor/lambda/etag';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

const issuer = environment('TOKEN_ISSUER');

/** Returns the OpenAPI document of the API, to everybody. It changes only with a deployment. */
export const handler = async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
  const answer = await answerTo(event);
  const { requestId, http } = event.requestContext;
  writeAccessLine({ requestId, route: event.routeKey, status: answer.statusCode, caller: [http.sourceIp] });
  return answer;
};

async function answerTo({ headers }: APIGatewayProxyEventV2) {
  // At first use: reading its text would take as long as all the rest of the start.
  const { documentFor } = await import('./document.ts');
  const { document, etag } = documentFor(issuer);
  const cached = { etag, 'cache-control': 'public, max-age=300' };
  if (hasVersion(etag, headers['if-none-match'])) return { statusCode: 304, headers: cached };
  return { statusCode: 200, headers: { ...cached, 'content-type': 'application/json' }, body: document };
}
