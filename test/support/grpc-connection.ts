import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { type KurrentDBServer } from './kurrentdb-server.js';

/** A call whose request is still open, as gRPC clients of attackers leave it. */
export interface OpenCall {
  readonly stream: ClientHttp2Stream;
  /** Its `grpc-status`, or how it ended without one. */
  readonly status: Promise<string>;
}

export const basic = (credentials: string): Readonly<Record<string, string>> => ({
  authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
});

/** The beginning of a gRPC message: its prefix, and less bytes than that says. */
export function partOfMessage(length: number, sent: number): Buffer {
  const part = Buffer.alloc(5 + sent, 1);
  part[0] = 0;
  part.writeUInt32BE(length, 1);
  return part;
}

export const EMPTY_MESSAGE = Buffer.alloc(5);

/** Unsent requests count too. */
const MAX_SESSION_MEGABYTES = 4_000;

/** An HTTP/2 connection without any consideration for the server, unlike that of the official client. */
export class GrpcConnection {
  private constructor(readonly session: ClientHttp2Session) {}

  static async to(server: KurrentDBServer): Promise<GrpcConnection> {
    const session = connect(`https://127.0.0.1:${server.port}`, {
      rejectUnauthorized: false,
      maxSessionMemory: MAX_SESSION_MEGABYTES,
    });
    session.on('error', () => undefined);
    await once(session, 'remoteSettings');
    return new GrpcConnection(session);
  }

  call(path: string, headers: Readonly<Record<string, string>> = {}): OpenCall {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': `/event_store.client.${path}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    const status = new Promise<string>((resolve) => {
      const read = (received: Readonly<Record<string, unknown>>): void => {
        if (typeof received['grpc-status'] === 'string') resolve(received['grpc-status']);
      };
      stream.on('response', read);
      stream.on('trailers', read);
      stream.on('error', () => undefined);
      stream.on('close', () => resolve(`closed with ${stream.rstCode}`));
    });
    stream.resume();
    return { stream, status };
  }

  /** Sends a whole call; the status of its answer. */
  async answer(path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const { stream, status } = this.call(path, headers);
    stream.end(EMPTY_MESSAGE);
    return status;
  }

  get isClosed(): boolean {
    return this.session.closed || this.session.destroyed;
  }

  close(): void {
    this.session.destroy();
  }
}
