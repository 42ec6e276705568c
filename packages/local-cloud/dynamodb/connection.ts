import http from 'node:http';
import https from 'node:https';

/** What a database answered. */
export type Answer = { readonly ok: boolean; readonly status: number; readonly text: string };

/** A way to a database that keeps its connections; half the time of `fetch`, which counts where a day is thousands of calls. */
export type Connection = {
  /** Posts a text. Rejects with the network's error when nothing answers. */
  post(headers: Readonly<Record<string, string>>, body: string): Promise<Answer>;
  /** Closes all connections; calls under way fail. */
  close(): void;
};

/** Opens the way to an endpoint: an HTTP or HTTPS URL. Nothing is connected before the first `post`. */
export function connectTo(endpoint: string): Connection {
  const { Agent, request } = new URL(endpoint).protocol === 'https:' ? https : http;
  // An idle connection is given up long before a server would do that, perhaps just when it is used.
  const agent = new Agent({ keepAlive: true, timeout: 4000 });
  return {
    post: (headers, body) =>
      new Promise((resolve, reject) => {
        const call = request(endpoint, {
          method: 'POST',
          agent,
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        });
        call.once('error', reject);
        call.once('response', (response) => {
          const status = response.statusCode ?? 0;
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          response.once('end', () => resolve({ ok: status >= 200 && status < 300, status, text }));
          response.once('error', reject);
        });
        // Text goes out in one piece with the headers.
        call.end(body);
      }),
    close: () => agent.destroy(),
  };
}
