import { createServer, type IncomingMessage, type RequestListener, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Something that listens on this machine only. */
export type Listener = {
  /** "http://127.0.0.1:PORT" */
  readonly url: string;
  close(): Promise<void>;
};

/**
 * Listens on a port of 127.0.0.1, for who calls it by that name or as localhost: a web page whose own host name was made
 * to lead here ("DNS rebinding") names that host, and gets 421.
 *
 * @param port 0 for any free one
 * @param what what listens, for the error
 * @param options of Node's server; `subdomains` also lets in what is called NAME.localhost, as S3 calls its buckets
 * @throws Error naming the port when it is taken
 */
export async function listen(
  port: number,
  what: string,
  answer: RequestListener,
  { subdomains = false, ...options }: ServerOptions & { readonly subdomains?: boolean } = {},
): Promise<Listener> {
  const server = createServer(options, (request, response) => {
    if (isMeant(request, subdomains)) {
      answer(request, response);
      return;
    }
    const { port: own } = server.address() as AddressInfo;
    response.writeHead(421, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    response.end(`The local cloud does not answer to this Host. Call 127.0.0.1:${own} or localhost:${own}.\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? portTaken(port, what) : error);
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Whether the caller names this address: without its port no browser and no client does. */
function isMeant({ headers, socket }: IncomingMessage, subdomains: boolean): boolean {
  const [name, port, ...more] = (headers.host ?? '').toLowerCase().split(':');
  if (name === undefined || port !== String(socket.localPort) || more.length > 0) return false;
  return name === '127.0.0.1' || name === 'localhost' || (subdomains && name.endsWith('.localhost'));
}

function portTaken(port: number, what: string): Error {
  return new Error(`Port ${port} for ${what} is taken. End what uses it, or choose another port.`);
}
