import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { AwsError, type EngineRequest } from '../engine.ts';
import { header } from './call.ts';
import { requestBytes } from './receive.ts';
import { incompleteBody, invalidArgument, refusal } from './refusal.ts';

/** Everything before the file, by AWS's limit. */
const MAX_FIELD_BYTES = 20 * 1024;

/** A browser's form up to the point at which its file begins. */
export type PostForm = {
  /** By lower-case name. */
  readonly fields: ReadonlyMap<string, string>;
  readonly filename: string;
  /** The bytes of the file; has to be read to its end before `finished` comes. */
  readonly file: Readable;
  /** What is wrong with the rest of the form; undefined when it came whole. Never rejects. */
  readonly finished: Promise<AwsError | undefined>;
  /** Stops reading. The connection stays open for the answer. */
  stop(): void;
};

/** Reads a form up to its file, which is its last field that counts; throws as S3 refuses. */
export async function readForm(request: EngineRequest): Promise<PostForm> {
  const fields = new Map<string, string>();
  const parser = formParser(request);
  let bytes = 0;
  let refused: AwsError | undefined;
  const refuse = (error: AwsError) => {
    refused ??= error;
    parser.destroy(error);
  };

  const opened = Promise.withResolvers<Pick<PostForm, 'file' | 'filename'>>();
  parser.on('field', (name, value, nameTruncated, valueTruncated) => {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (nameTruncated || valueTruncated || bytes > MAX_FIELD_BYTES) return refuse(fieldsTooLarge());
    const known = name.toLowerCase();
    if (fields.has(known)) return refuse(invalidArgument('Form fields must not be repeated.', name, value));
    fields.set(known, value);
  });
  let opening: Readable | undefined;
  parser.on('file', (_, file, filename) => {
    // Destroying the parser may destroy the file with an error that nobody is there to hear.
    file.on('error', () => {});
    opening = file;
    // What follows the file is overlooked, as S3 does.
    parser.removeAllListeners('field');
    opened.resolve({ file, filename: filename ?? '' });
  });
  const finished = pipeline(wholeBody(request), parser).then(
    () => undefined,
    (error: unknown) => {
      const reason = refused ?? (error instanceof AwsError ? error : malformedForm());
      opening?.destroy(reason);
      return reason;
    },
  );
  void finished.then((error) => opened.reject(error ?? oneFile()));
  return { fields, ...(await opened.promise), finished, stop: () => void parser.destroy() };
}

function formParser(request: EngineRequest): BusboyInstance {
  const contentType = header(request, 'content-type') ?? '';
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    throw refusal('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, {
      Condition: 'Bucket POST must be of the enclosure-type multipart/form-data',
    });
  }
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      // By its name alone: S3 takes a file without a filename, and other fields with one.
      isPartAFile: (name) => name?.toLowerCase() === 'file',
      limits: { fieldSize: MAX_FIELD_BYTES + 1, files: 1 },
    });
  } catch {
    throw malformedForm();
  }
}

async function* wholeBody(request: EngineRequest): AsyncGenerator<Buffer> {
  const announced = header(request, 'content-length');
  let size = 0;
  for await (const chunk of requestBytes(request)) {
    size += chunk.length;
    yield chunk;
  }
  if (announced !== undefined && size < Number(announced)) throw incompleteBody();
}

const oneFile = () => invalidArgument('POST requires exactly one file upload per request.', 'file', 0);

const malformedForm = () =>
  refusal('MalformedPOSTRequest', 'The body of your POST request is not well-formed multipart/form-data.', 400);

const fieldsTooLarge = () =>
  refusal(
    'MaxPostPreDataLengthExceededError',
    'Your POST request fields preceding the upload file were too large.',
    400,
    {
      MaxPostPreDataLength: MAX_FIELD_BYTES,
    },
  );
