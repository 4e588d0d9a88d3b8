import { type IncomingHttpHeaders, request as beginRequest } from 'node:http';
import { type Socket } from 'node:net';
import { ProbeFailure } from '../connection/connection-errors.js';
import { type ProbeSession } from '../connection/probe-session.js';
import { MAX_HEADER_BYTES } from '../connection/request-headers.js';

export interface HttpRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Sent as they are, without defaults. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The received part of the body; empty unless kept. */
  readonly body: Buffer;
  /** False if the body exceeds the read limit. */
  readonly isComplete: boolean;
}

export interface BodyLimits {
  readonly maxBytes: number;
  /** Whether to keep the bytes read. */
  readonly keepBody: boolean;
}

/** Collects a body up to its limits. */
export class BodyReader {
  readonly #chunks: Buffer[] = [];
  #size = 0;

  /** @param done called with the part that was read, at the end of the body or beyond its read limit */
  constructor(
    private readonly limits: BodyLimits,
    private readonly done: (content: Pick<HttpResponse, 'body' | 'isComplete'>) => void,
  ) {}

  push(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.limits.keepBody) this.#chunks.push(chunk);
    if (this.#size > this.limits.maxBytes) this.#end(false);
  }

  end(): void {
    this.#end(true);
  }

  #end(isComplete: boolean): void {
    this.done({ body: Buffer.concat(this.#chunks), isComplete });
  }
}

/**
 * Sends a request over an open connection and reads the response.
 *
 * node:http over a connected socket takes less than half the CPU time of undici's Client for a single request, and
 * gives access to the time of the first byte.
 *
 * @throws ProbeFailure or a connection error, also if the connection ends within the response
 */
export function send(
  session: ProbeSession,
  socket: Socket,
  { method, path, headers, body }: HttpRequest,
  limits: BodyLimits,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    session.awaitFirstByte(socket, 'headers');
    const request = beginRequest({
      createConnection: () => socket,
      method,
      path,
      headers,
      setHost: false,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    // Node would drop those beyond the 2000th.
    request.maxHeadersCount = 0;
    request.on('error', reject);
    request.on('upgrade', () => reject(new ProbeFailure('answered 101, a protocol switch that was not requested')));
    request.on('response', (response) => {
      session.stage = 'body';
      const { statusCode: status = 0, headers: responseHeaders } = response;
      const reader = new BodyReader(limits, (content) => resolve({ status, headers: responseHeaders, ...content }));
      response.on('error', reject);
      response.on('end', () => reader.end());
      response.on('data', (chunk: Buffer) => reader.push(chunk));
    });
    request.end(body);
  });
}
