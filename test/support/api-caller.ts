import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { tokenFor } from './tokens.js';

export interface RawRequest {
  readonly method: string;
  /** Sent unchanged, also `..` and percent-encodings. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** `text` parsed, if it is JSON. */
  readonly body: unknown;
}

/** Body of an error, with the details that tests check. */
export interface ErrorBody {
  readonly error: string;
  readonly message: string;
  readonly streamName?: string;
  readonly type: string;
  readonly details?: Readonly<Record<string, unknown>> & {
    readonly mistakes?: readonly { readonly path: string; readonly problem: string }[];
  };
  readonly requestId: string;
}

const DECODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  br: brotliDecompressSync,
  gzip: gunzipSync,
  deflate: inflateSync,
};
const agent = new Agent({ keepAlive: true });

/** Sends a request over a keep-alive connection, and reads the whole response. */
export function send(url: string, { method, path, headers = {}, body }: RawRequest): Promise<Reply> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        hostname,
        port,
        method,
        path,
        headers: { ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }), ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          try {
            resolve(replyOf(response, Buffer.concat(chunks)));
          } catch (error) {
            reject(new Error('The response cannot be parsed', { cause: error }));
          }
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** @throws Error for a body that does not match its headers */
function replyOf({ statusCode = 0, headers }: IncomingMessage, received: Buffer): Reply {
  const decode = received.length === 0 ? undefined : DECODERS[headers['content-encoding'] ?? ''];
  const text = (decode ? decode(received) : received).toString('utf8');
  const isJson = /json/.test(headers['content-type'] ?? '') && text !== '';
  return { status: statusCode, headers, text, body: isJson ? JSON.parse(text) : undefined };
}

/** JSON client of a service with fixed credentials. */
export class ApiCaller {
  /** @param url evaluated for each request, as a restarted service listens on another port */
  constructor(
    private readonly url: () => string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  /** @param user the id in the caller's token */
  static async of(url: () => string, user: string, ...roles: readonly string[]): Promise<ApiCaller> {
    return new ApiCaller(url, { authorization: `Bearer ${await tokenFor({ user, roles })}` });
  }

  /** @param body sent as JSON, if given */
  request(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    return send(this.url(), {
      method,
      path,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...this.headers, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Reply> {
    return this.request('GET', path, undefined, headers);
  }

  put(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply> {
    return this.request('PUT', path, body, headers);
  }

  patch(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply> {
    return this.request('PATCH', path, body, headers);
  }

  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply> {
    return this.request('POST', path, body, headers);
  }

  delete(path: string, headers?: Readonly<Record<string, string>>): Promise<Reply> {
    return this.request('DELETE', path, undefined, headers);
  }
}

/** A header as one string; empty if it is missing. */
export function header({ headers }: Reply, name: string): string {
  return String(headers[name.toLowerCase()] ?? '');
}

/** The body of an error response. */
export function errorOf({ body }: Reply): ErrorBody {
  return body as ErrorBody;
}
