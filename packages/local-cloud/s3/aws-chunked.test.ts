import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAwsChunked } from './aws-chunked.ts';

async function decode(pieces: readonly Buffer[]) {
  const trailers = new Map<string, string>();
  const payload: Buffer[] = [];
  const source = (async function* () {
    yield* pieces;
  })();
  for await (const piece of decodeAwsChunked(source, trailers)) payload.push(piece);
  return { payload: Buffer.concat(payload), trailers };
}

function framed(chunks: readonly Uint8Array[], trailer: string): Buffer {
  const parts = chunks
    .filter((chunk) => chunk.length > 0)
    .flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]);
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailer}\r\n`)]);
}

const wholeChunk = fc.integer({ min: 0, max: 255 }).map((byte) => Buffer.alloc(8192, byte));

test('gives back the payload and the trailers, wherever the network cuts the bytes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(wholeChunk, { maxLength: 2 }),
      fc.uint8Array(),
      fc.integer({ min: 1, max: 9 }),
      async (whole, last, step) => {
        const chunks = [...whole, last];
        const bytes = framed(chunks, 'x-amz-checksum-crc32:AAAAAA==\r\n');
        const pieces = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) =>
          bytes.subarray(index * step, (index + 1) * step),
        );
        const { payload, trailers } = await decode(pieces);
        expect(payload).toEqual(Buffer.concat(chunks));
        expect(trailers).toEqual(new Map([['x-amz-checksum-crc32', 'AAAAAA==']]));
      },
    ),
    { numRuns: 30 },
  );
});

test('a body that ends before its trailer is incomplete, wherever it ends', async () => {
  const bytes = framed([Buffer.from('hello')], 'x-amz-checksum-crc32:AAAAAA==\r\n');
  for (let length = 0; length < bytes.length; length += 1) {
    await expect(decode([bytes.subarray(0, length)])).rejects.toMatchObject({ code: 'IncompleteBody' });
  }
});

test.each([
  [[8191, 1], { Chunk: 2, BadChunkSize: 8191 }],
  [[8192, 3, 8192], { Chunk: 3, BadChunkSize: 3 }],
])('refuses a chunk under 8,192 bytes that is not the last: %j', async (sizes, details) => {
  const bytes = framed(
    sizes.map((size) => Buffer.alloc(size)),
    '',
  );
  await expect(decode([bytes])).rejects.toMatchObject({ code: 'InvalidChunkSizeError', status: 403, details });
});

test.each(['x\r\n', '5\r\nhello!\r\n0\r\n\r\n', '5\nhello\r\n0\r\n\r\n', '0\r\n\r\nmore\r\n', '0\r\nno colon\r\n\r\n'])(
  'refuses what is not framed well: %j',
  async (text) => {
    await expect(decode([Buffer.from(text)])).rejects.toMatchObject({
      code: expect.stringMatching(/InvalidRequest|MalformedTrailerError/),
    });
  },
);
