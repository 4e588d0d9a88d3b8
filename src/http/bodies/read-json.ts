import { type IncomingMessage } from 'node:http';
import { type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { type BodyShare } from './body-budget.js';
import {
  closedConnection,
  jsonExcess,
  memberTwice,
  notDecodable,
  notJson,
  tooManyBodies,
  tooManyBytes,
  tooMuchInflation,
  unsupportedCharset,
  unsupportedEncoding,
  unsupportedMediaType,
} from './body-errors.js';
import { type BodyLimits } from './body-limits.js';
import { JsonScan } from './json-scan.js';
import { countMembers, repeatedMember } from './repeated-member.js';

/** Accepted media types of request bodies; the second one is defined by RFC 7396. */
const MEDIA_TYPES = ['application/json', 'application/merge-patch+json'];
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};
/** JSON that people and programs write compresses to a hundredth at best. */
const MAX_RATIO = 100;
/** Inflated bytes to which the ratio does not apply: a short text may repeat one character. */
const ANY_RATIO_BYTES = 65_536;

/** Reads a body whose headers were checked. */
export type BodyReader = (limits: BodyLimits, share: BodyShare) => Promise<unknown>;

export function hasBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Checks what the headers say about a body, and returns the function that reads it. That stops at the first limit that
 * is exceeded, before the body is decompressed or parsed any further.
 *
 * @throws UnsupportedMediaTypeException, BodyTooLargeError; the reader also ValidationError, RateLimitedError
 */
export function bodyReaderOf(request: IncomingMessage): BodyReader {
  const type = request.headers['content-type'] ?? '';
  if (!MEDIA_TYPES.includes(type.split(';', 1)[0]?.trim().toLowerCase() ?? '')) throw unsupportedMediaType(MEDIA_TYPES);
  const [, charset = 'utf-8'] = CHARSET.exec(type) ?? [];
  if (charset.toLowerCase() !== 'utf-8') throw unsupportedCharset();
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding]?.() : undefined;
  if (!decoder && encoding !== 'identity') throw unsupportedEncoding(Object.keys(DECODERS));
  return async (limits, share) => {
    const given = Number(request.headers['content-length'] ?? 0);
    if (!decoder && given > limits.bytes) throw tooManyBytes(limits, given);
    const reception = new Reception(request, { decoder, encoding, limits, share });
    return parse(await reception.bytes(), reception.members);
  };
}

/** @param members of all objects in the text: parsing keeps one of those with the same name */
function parse(bytes: Buffer, members: number): unknown {
  // A body of no bytes, as chunked encoding can send, is no body.
  if (bytes.length === 0) return undefined;
  const { text, value } = parsed(bytes);
  const repeated = countMembers(value) < members ? repeatedMember(text) : undefined;
  if (repeated) throw memberTwice(repeated);
  return value;
}

function parsed(bytes: Buffer): { readonly text: string; readonly value: unknown } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch {
    throw notJson();
  }
}

interface ReceptionOptions {
  readonly decoder: Transform | undefined;
  /** Name of the decoder, for messages. */
  readonly encoding: string;
  readonly limits: BodyLimits;
  readonly share: BodyShare;
}

/** One body on its way. */
class Reception {
  #chunks: Buffer[] = [];
  readonly #scan: JsonScan;
  #received = 0;
  #inflated = 0;

  constructor(
    private readonly request: IncomingMessage,
    private readonly options: ReceptionOptions,
  ) {
    this.#scan = new JsonScan(options.limits.values);
  }

  /** Of all objects in the bytes. */
  get members(): number {
    return this.#scan.members;
  }

  bytes(): Promise<Buffer> {
    const { request } = this;
    const { decoder, encoding } = this.options;
    const source = decoder ? request.pipe(decoder) : request;
    return new Promise<Buffer>((resolve, reject) => {
      const count = (chunk: Buffer): void => void (this.#received += chunk.length);
      const onChunk = (chunk: Buffer): void => {
        const error = this.#add(chunk);
        if (error) stop(() => reject(error));
      };
      const stop = (settle: () => void): void => {
        request.off('data', count).off('close', onClose);
        source.off('data', onChunk);
        if (decoder) {
          request.unpipe(decoder);
          decoder.destroy();
        }
        settle();
        // A client that sends slowly keeps the request alive, but not what was received.
        this.#chunks = [];
        request.resume();
      };
      const onClose = (): void => {
        // A complete request closes as well, before its last bytes are decompressed.
        if (!request.complete) stop(() => reject(closedConnection()));
      };
      request.on('data', count).on('close', onClose);
      // A failed connection closes the request too.
      request.on('error', () => undefined);
      decoder?.on('error', () => stop(() => reject(notDecodable(encoding))));
      source.on('data', onChunk).on('end', () => stop(() => resolve(Buffer.concat(this.#chunks))));
    });
  }

  /** @returns the error of the first limit that the body exceeds with this chunk */
  #add(chunk: Buffer): Error | undefined {
    const { decoder, limits, share } = this.options;
    this.#chunks.push(chunk);
    this.#inflated += chunk.length;
    if (this.#inflated > limits.bytes) return tooManyBytes(limits);
    if (decoder && this.#inflated > ANY_RATIO_BYTES && this.#inflated > MAX_RATIO * this.#received)
      return tooMuchInflation(MAX_RATIO);
    const excess = this.#scan.next(chunk);
    if (excess) return jsonExcess(excess, limits);
    return share.grow(this.#inflated, this.#scan.values) ? undefined : tooManyBodies();
  }
}
