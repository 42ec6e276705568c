import { createServer, type RequestListener, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Something that listens on this machine only. */
export type Listener = {
  /** "http://127.0.0.1:PORT" */
  readonly url: string;
  close(): Promise<void>;
};

/**
 * Listens on a port of 127.0.0.1.
 *
 * @param port 0 for any free one
 * @param what what listens, for the error
 * @param options of Node's server
 * @throws Error naming the port when it is taken
 */
export async function listen(
  port: number,
  what: string,
  answer: RequestListener,
  options: ServerOptions = {},
): Promise<Listener> {
  const server = createServer(options, answer);
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

function portTaken(port: number, what: string): Error {
  return new Error(`Port ${port} for ${what} is taken. End what uses it, or choose another port.`);
}
