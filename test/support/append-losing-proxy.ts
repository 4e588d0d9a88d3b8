import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo } from 'node:net';

const BATCH_APPEND = /\/batchappend$/i;
const UNARY_APPEND = /\/(append|appendsession|appendrecords)$/i;

/** What happens to an append: its request is not passed on, or it is executed and its response is not. */
type Loss = 'request' | 'response';

/**
 * Proxy to an insecure KurrentDB that loses appends without an error, as a server does while their event ids are being
 * replicated.
 */
export class AppendLosingProxy {
  /** Of the next appends; undefined: none. */
  readonly #losses: (Loss | undefined)[] = [];
  #losesAll = false;
  readonly #sessions = new Set<ServerHttp2Session>();

  private constructor(
    private readonly server: Http2Server,
    private readonly upstream: ClientHttp2Session,
    readonly connectionString: string,
  ) {
    server.on('stream', (stream, headers) => this.#forward(stream, headers));
    server.on('session', (session) => this.#sessions.add(session));
  }

  /** @param connectionString of the server; without a user, the client sends its appends in one long call */
  static async start(connectionString: string): Promise<AppendLosingProxy> {
    const { username, host, search } = new URL(connectionString.replace('kurrentdb:', 'http:'));
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const user = username === '' ? '' : `${username}:changeit@`;
    return new AppendLosingProxy(
      server,
      connect(`http://${host.replace('localhost', '127.0.0.1')}`),
      `kurrentdb://${user}localhost:${port}${search}`,
    );
  }

  /** Of the next append, or of one after it. */
  loseNext(loss: Loss, { after = 0 }: { readonly after?: number } = {}): void {
    this.#losses.push(...Array.from({ length: after }, () => undefined), loss);
  }

  /** The requests of all appends, until further notice. */
  loseAll(losesAll: boolean): void {
    this.#losesAll = losesAll;
  }

  async stop(): Promise<void> {
    this.upstream.destroy();
    for (const session of this.#sessions) session.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #nextLoss(): Loss | undefined {
    return this.#losesAll ? 'request' : this.#losses.shift();
  }

  #forward(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const path = headers[':path'] ?? '';
    const isBatch = BATCH_APPEND.test(path);
    const loss = UNARY_APPEND.test(path) ? this.#nextLoss() : undefined;
    stream.on('error', () => undefined); // the client has closed the connection
    if (loss === 'request') return;
    const call = this.upstream.request(headers);
    let responsesToLose = loss === 'response' ? Infinity : 0;
    let trailers: IncomingHttpHeaders = {};
    call.on('error', () => stream.close());
    stream.on('close', () => call.close());
    stream.on('data', (chunk: Buffer) => {
      const lost = isBatch ? this.#nextLoss() : undefined;
      if (lost === 'response') responsesToLose++;
      if (lost !== 'request') call.write(chunk);
    });
    stream.on('end', () => call.end());
    call.on('response', (response, flags) => {
      const isEnd = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      if (!stream.destroyed) stream.respond(response, isEnd ? { endStream: true } : { waitForTrailers: true });
    });
    call.on('trailers', (received: IncomingHttpHeaders) => (trailers = received));
    call.on('data', (chunk: Buffer) => {
      if (responsesToLose-- <= 0) stream.write(chunk);
    });
    call.on('end', () => {
      if (loss === undefined) stream.end();
    });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  }
}
