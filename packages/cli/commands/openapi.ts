import { asJson, command, UsageError } from '../command.ts';

/** `secor openapi`: the description of the API, for those who write clients. */
export const openapi = command({
  name: 'openapi',
  summary: 'Print the OpenAPI 3.1 document of the API',
  usage: 'secor openapi [--api URL] [--issuer URL]',
  example: 'secor openapi --api https://api.partner.example.org > openapi.json',
  options: {
    api: { type: 'string', value: 'URL', text: "The API's address, to be named as the server" },
    issuer: { type: 'string', value: 'URL', text: 'The issuer of the access tokens, where people sign in' },
  },
  async run({ options }, io) {
    const { openApiDocument } = await import('@secor/contracts/openapi');
    const document = openApiDocument({
      serverUrl: addressOf('api', options.api),
      issuer: addressOf('issuer', options.issuer),
    });
    io.out(asJson(document));
    return 0;
  },
});

function addressOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined || /^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text?.replace(/\/$/, '');
  throw new UsageError(`--${option} "${text}" is not an address: write it as https://api.partner.example.org.`);
}
