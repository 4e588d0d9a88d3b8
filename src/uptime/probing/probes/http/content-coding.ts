import { type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { ProbeFailure } from '../connection/connection-errors.js';

/** As many codings as curl removes. */
const MAX_CODINGS = 5;

type CreateDecoder = (bytes: Buffer) => Transform;

/** Accepts an input that ends early, as browsers do. */
const GZIP_OPTIONS: zlib.ZlibOptions = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
const gunzip: CreateDecoder = () => zlib.createGunzip(GZIP_OPTIONS);

const DECODERS: ReadonlyMap<string, CreateDecoder> = new Map([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  // `deflate` is the zlib format; servers that send raw deflate are accepted by browsers.
  [
    'deflate',
    ([first = 0]) => ((first & 0x0f) === 8 ? zlib.createInflate(GZIP_OPTIONS) : zlib.createInflateRaw(GZIP_OPTIONS)),
  ],
  ['br', () => zlib.createBrotliDecompress({ finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH })],
  ...zstdDecoder(),
]);
/** Compressions that cannot be undone here. What is no compression at all, such as `utf-8`, browsers ignore. */
const UNSUPPORTED: readonly string[] = ['compress', 'x-compress', 'zstd', 'dcb', 'dcz'];

/** Bytes of a body, and whether they are all of it. */
export interface BodyBytes {
  readonly bytes: Buffer;
  readonly isComplete: boolean;
}

/**
 * Removes the content codings of a body (RFC 9110, 8.4), whether they were requested or not.
 *
 * @param contentEncoding the header
 * @param maxBytes limit of the decoded bytes of each coding, against bombs
 * @throws ProbeFailure for a coding that is not supported, and for bytes that do not follow it
 */
export async function decodeContent(
  body: BodyBytes,
  contentEncoding: string | undefined,
  maxBytes: number,
): Promise<BodyBytes> {
  const codings = (contentEncoding ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => DECODERS.has(coding) || UNSUPPORTED.includes(coding));
  if (codings.length > MAX_CODINGS)
    throw new ProbeFailure(`the body cannot be checked: it has more than ${MAX_CODINGS} content codings`);
  let decoded = body;
  for (const coding of codings.reverse()) decoded = await decodeOnce(decoded, coding, maxBytes);
  return decoded;
}

function decodeOnce({ bytes, isComplete }: BodyBytes, coding: string, maxBytes: number): Promise<BodyBytes> {
  const create = DECODERS.get(coding);
  if (!create) throw new ProbeFailure(`the body cannot be checked: its content coding ${coding} is not supported`);
  if (bytes.length === 0) return Promise.resolve({ bytes, isComplete });
  const decoder = create(bytes);
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const end = (isWhole: boolean): void => {
      resolve({ bytes: Buffer.concat(chunks).subarray(0, maxBytes), isComplete: isWhole });
      decoder.destroy();
    };
    decoder.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes) end(false);
    });
    decoder.on('end', () => end(isComplete));
    // What precedes the read limit may end within a unit of the coding.
    decoder.on('error', () =>
      isComplete ? reject(new ProbeFailure(`the body cannot be checked: it is not valid ${coding}`)) : end(false),
    );
    decoder.end(bytes);
  });
}

/** Since Node 22.15. */
function zstdDecoder(): [string, CreateDecoder][] {
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress');
  return isFactory(create) ? [['zstd', create]] : [];
}

function isFactory(value: unknown): value is () => Transform {
  return typeof value === 'function';
}
