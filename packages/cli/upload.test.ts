import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { freshFolder } from './running.fixture.ts';
import { uploadFile } from './upload.ts';

/** A storage that answers as it is told. */
async function storage(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/packages`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

const policyExpired = 'Invalid according to Policy: Policy expired.';

describe('uploadFile', () => {
  it('sends one form whose length is known: the fields first, then the file, byte for byte', async () => {
    await using folder = await freshFolder();
    const content = randomBytes(700 * 1024);
    await writeFile(folder.file('audit.zip'), content);
    const received = Promise.withResolvers<{ length: number; type: string; body: Buffer }>();
    await using there = await storage(async (request, response) => {
      const body = await buffer(request);
      const { 'content-length': length, 'content-type': type = '' } = request.headers;
      received.resolve({ length: Number(length), type, body });
      response.writeHead(204).end();
    });
    const told: number[] = [];
    const fields = { key: 'packages/412345678/1.zip', 'Content-Type': 'application/zip', policy: 'abc' };
    await uploadFile(folder.file('audit.zip'), content.length, { url: there.url, fields }, (sent) => told.push(sent));

    const { length, type, body } = await received.promise;
    expect(body.length).toBe(length);
    const form = await new Response(body, { headers: { 'content-type': type } }).formData();
    expect([...form.keys()]).toEqual([...Object.keys(fields), 'file']);
    for (const [name, value] of Object.entries(fields)) expect(form.get(name)).toBe(value);
    const file = form.get('file') as File;
    expect(file.type).toBe('application/zip');
    expect(Buffer.from(await file.arrayBuffer()).equals(content)).toBe(true);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(content.length);
  });

  it('tells why the storage refused, and sends no more, when it answers before it has read everything', async () => {
    await using folder = await freshFolder();
    const content = Buffer.alloc(64 * 1024 * 1024);
    await writeFile(folder.file('audit.zip'), content);
    await using there = await storage((_, response) => {
      response.writeHead(403, { 'content-type': 'application/xml' });
      response.end(`<Error><Code>AccessDenied</Code><Message>${policyExpired}</Message></Error>`);
    });
    let most = 0;
    const upload = uploadFile(folder.file('audit.zip'), content.length, { url: there.url, fields: {} }, (sent) => {
      most = sent;
    });
    await expect(upload).rejects.toThrow(
      `the storage refused the upload: AccessDenied, ${policyExpired} Submit again: each link is valid for 15 minutes.`,
    );
    expect(most).toBeLessThan(content.length);
  });

  it.each([
    [403, 'AccessDenied', 'Access Denied', 'Tell the certifying partner.'],
    [400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', 'Tell the certifying partner.'],
    [503, 'SlowDown', 'Please reduce your request rate.', 'Try again in a few minutes.'],
  ])('has another remedy than a new link for %d %s', async (status, code, message, remedy) => {
    await using folder = await freshFolder();
    await writeFile(folder.file('audit.zip'), 'content');
    await using there = await storage((request, response) => {
      request.resume().once('end', () => {
        response.writeHead(status).end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
      });
    });
    const upload = uploadFile(folder.file('audit.zip'), 7, { url: there.url, fields: {} }, () => {});
    await expect(upload).rejects.toThrow(
      `the storage refused the upload: ${code}, ${message.replace(/\.$/, '')}. ${remedy}`,
    );
    await expect(upload).rejects.not.toThrow(/submit again/i);
  });

  it.each(['while the file is sent', 'while the answer is awaited'])('breaks off %s', async (moment) => {
    await using folder = await freshFolder();
    const content = Buffer.alloc(moment === 'while the file is sent' ? 64 * 1024 * 1024 : 1024);
    await writeFile(folder.file('audit.zip'), content);
    const stopping = new AbortController();
    const broken = Promise.withResolvers<void>();
    await using there = await storage((request) => {
      request.once('close', broken.resolve).on('error', () => {});
      request.resume().once(moment === 'while the file is sent' ? 'data' : 'end', () => stopping.abort());
    });
    const link = { url: there.url, fields: {} };
    const upload = uploadFile(folder.file('audit.zip'), content.length, link, () => {}, stopping.signal);
    await expect(upload).rejects.toMatchObject({ name: 'AbortError' });
    await broken.promise;
  });

  it('says so when the connection breaks', async () => {
    await using folder = await freshFolder();
    await writeFile(folder.file('audit.zip'), 'content');
    await using there = await storage((request) => void request.socket.destroy());
    await expect(uploadFile(folder.file('audit.zip'), 7, { url: there.url, fields: {} }, () => {})).rejects.toThrow(
      /^the connection to the storage broke \(.+\): submit again\.$/,
    );
  });

  it('ends when the file became shorter', async () => {
    await using folder = await freshFolder();
    await writeFile(folder.file('audit.zip'), 'short');
    await using there = await storage(() => {});
    await expect(uploadFile(folder.file('audit.zip'), 1000, { url: there.url, fields: {} }, () => {})).rejects.toThrow(
      'became shorter',
    );
  });
});
