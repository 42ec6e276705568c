import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Failure, messageOf } from './command.ts';

/** A link for one upload, as the API gives it. */
export type UploadLink = { readonly url: string; readonly fields: Readonly<Record<string, string>> };

/** Told as the upload goes: bytes sent of all. */
export type Progress = (sent: number, total: number) => void;

const silenceMs = 60_000;

/**
 * Uploads a file by a presigned POST: one multipart form whose length is known beforehand, streamed from the disk.
 * @param size the file's size in bytes
 * @param stop breaks it off
 * @throws Failure with the storage's reason, or when nothing moves for a minute; AbortError when it was stopped
 */
export async function uploadFile(
  file: string,
  size: number,
  link: UploadLink,
  progress: Progress,
  stop?: AbortSignal,
): Promise<void> {
  const boundary = `secor-${randomUUID()}`;
  const head = Buffer.from(
    [
      ...Object.entries(link.fields).map(
        ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      ),
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="upload"\r\n`,
      `content-type: ${link.fields['Content-Type'] ?? 'application/octet-stream'}\r\n\r\n`,
    ].join(''),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* form() {
    yield head;
    let sent = 0;
    // The size was announced: what the file may gain meanwhile is left out.
    for await (const chunk of createReadStream(file, { start: 0, end: size - 1, highWaterMark: 256 * 1024 })) {
      yield chunk as Buffer;
      sent += (chunk as Buffer).length;
      progress(sent, size);
    }
    if (sent < size) throw new Failure(`${file} became shorter while it was uploaded: upload it again.`);
    yield tail;
  }

  const url = new URL(link.url);
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
    method: 'POST',
    signal: stop,
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': head.length + size + tail.length,
    },
  });
  request.setTimeout(silenceMs, () => {
    request.destroy(
      new Failure(`the upload made no progress for ${silenceMs / 1000} s: check the connection and submit again.`),
    );
  });
  // The storage may refuse before it has read everything: then its answer counts, and the rest is not sent.
  const refused = new AbortController();
  const answered = new Promise<{ status: number; body: string }>((resolve, reject) => {
    request.once('error', reject).once('response', (response) => {
      const status = response.statusCode ?? 0;
      text(response)
        .then((body) => resolve({ status, body }), reject)
        .finally(() => status >= 300 && refused.abort());
    });
  });
  const [sent, answer] = await Promise.allSettled([
    pipeline(Readable.from(form()), request, { signal: refused.signal }),
    answered,
  ]);
  if (answer.status === 'fulfilled' && answer.value.status >= 300) {
    throw new Failure(refusal(answer.value.status, answer.value.body));
  }
  if (answer.status === 'fulfilled' && sent.status === 'fulfilled') return;
  stop?.throwIfAborted();
  const reason: unknown =
    sent.status === 'rejected' ? sent.reason : answer.status === 'rejected' ? answer.reason : undefined;
  if (reason instanceof Failure) throw reason;
  throw new Failure(`the connection to the storage broke (${messageOf(reason)}): submit again.`);
}

/** Why the storage refused, as its XML says it, and what to do about it. */
function refusal(status: number, body: string): string {
  const code = /<Code>([^<]*)<\/Code>/.exec(body)?.[1] ?? `HTTP ${status}`;
  const message = /<Message>([^<]*)<\/Message>/.exec(body)?.[1] ?? '';
  const remedy = /expired/i.test(message)
    ? 'Submit again: each link is valid for 15 minutes.'
    : status >= 500
      ? 'Try again in a few minutes.'
      : 'Tell the certifying partner.';
  return `the storage refused the upload: ${code}${message === '' ? '' : `, ${message.replace(/\.$/, '')}`}. ${remedy}`;
}
