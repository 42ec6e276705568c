import { incompleteBody, invalidRequest, refusal } from './refusal.ts';

const MAX_LINE_LENGTH = 16 * 1024;
/** The least bytes of every chunk but the last, by AWS's limit. */
const MIN_CHUNK_BYTES = 8192;

/**
 * Takes the framing of `Content-Encoding: aws-chunked` off: gives the payload as it comes and, once it has ended,
 * puts the trailing headers (lower-case names) into `trailers`.
 *
 * Throws InvalidChunkSizeError when a chunk follows one that is too small, IncompleteBody when the body ends before its
 * last chunk and trailer.
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  let expects: 'size' | 'payload' | 'end of chunk' | 'trailer' | 'nothing' = 'size';
  let remaining = 0;
  let line = '';
  let chunks = 0;
  let lastSize = MIN_CHUNK_BYTES;
  for await (const bytes of source) {
    let at = 0;
    while (at < bytes.length) {
      if (expects === 'payload') {
        const piece = bytes.subarray(at, at + remaining);
        at += piece.length;
        remaining -= piece.length;
        if (remaining === 0) expects = 'end of chunk';
        yield piece;
        continue;
      }
      const newline = bytes.indexOf(0x0a, at);
      line += bytes.toString('latin1', at, newline < 0 ? bytes.length : newline + 1);
      if (line.length > MAX_LINE_LENGTH) throw malformedChunk();
      if (newline < 0) break;
      at = newline + 1;
      if (!line.endsWith('\r\n')) throw malformedChunk();
      const text = line.slice(0, -2);
      line = '';
      switch (expects) {
        case 'size':
          remaining = chunkSize(text);
          chunks += 1;
          if (remaining > 0 && lastSize < MIN_CHUNK_BYTES) throw chunkTooSmall(chunks, lastSize);
          lastSize = remaining;
          expects = remaining === 0 ? 'trailer' : 'payload';
          break;
        case 'end of chunk':
          if (text !== '') throw malformedChunk();
          expects = 'size';
          break;
        case 'trailer':
          if (text === '') expects = 'nothing';
          else readTrailer(text, trailers);
          break;
        default:
          throw malformedChunk();
      }
    }
  }
  if (expects !== 'nothing') throw incompleteBody();
}

function chunkSize(text: string): number {
  const size = /^([0-9a-f]{1,12})(?:;.*)?$/i.exec(text)?.[1];
  if (size === undefined) throw malformedChunk();
  return Number.parseInt(size, 16);
}

function readTrailer(text: string, trailers: Map<string, string>): void {
  const colon = text.indexOf(':');
  if (colon < 1) throw malformedTrailer();
  trailers.set(text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim());
}

/** As S3 tells it: `Chunk` is the one at which it noticed, behind the one that is too small. */
const chunkTooSmall = (chunk: number, size: number) =>
  refusal(
    'InvalidChunkSizeError',
    `Only the last chunk is allowed to have a size less than ${MIN_CHUNK_BYTES} bytes`,
    403,
    { Chunk: chunk, BadChunkSize: size },
  );

const malformedChunk = () => invalidRequest('The aws-chunked body is not well-formed.');

export const malformedTrailer = () =>
  refusal(
    'MalformedTrailerError',
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
    400,
  );
