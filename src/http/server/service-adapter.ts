import { Logger } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { type Application } from 'express';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { awaitContinue } from '../bodies/expect-continue.js';
import { Connections } from './connections.js';
import { refuseMethods } from './refused-methods.js';

/** Time for all headers of a request. */
const HEADERS_TIMEOUT_MS = 15_000;
/** Time for a whole request with its body. */
const REQUEST_TIMEOUT_MS = 60_000;
/** How often these two are checked; by default, every 30 seconds. */
const TIMEOUT_CHECK_MS = 1_000;
/**
 * Keep-alive timeout of idle connections. It is longer than that of load balancers (usually 60 seconds), so that they
 * close the connection first: a request that arrives while the server closes it would fail with a connection reset.
 */
const KEEP_ALIVE_MS = 72_000;

const SERVER_OPTIONS = {
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
};

/** Of a request body that nothing reads, so that the connection can be used again; it ends at a longer one. */
const MAX_DISCARDED_BYTES = 16_777_216;

export interface ServiceAdapterOptions {
  /** How long requests may take after the port was closed, in milliseconds. */
  readonly shutdownTimeoutMs: number;
}

/** HTTP server of the service: its timeouts, unread bodies, and its end. */
export class ServiceAdapter extends ExpressAdapter {
  readonly #logger = new Logger(ServiceAdapter.name);
  readonly #options: ServiceAdapterOptions;
  #connections: Connections | undefined;

  constructor(options: ServiceAdapterOptions) {
    super();
    this.#options = options;
  }

  override initHttpServer(): void {
    const server: Server = createServer(SERVER_OPTIONS);
    // Node would drop headers beyond a thousand without a word; their size is limited in any case.
    server.maxHeadersCount = 0;
    const connections = new Connections(server);
    const handle = (request: IncomingMessage, response: ServerResponse): void =>
      connections.serve(request, response, () => this.#handle(request, response));
    server.on('request', handle);
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      awaitContinue(response);
      handle(request, response);
    });
    this.httpServer = server;
    this.#connections = connections;
  }

  /** Called once all routes are registered. */
  override setNotFoundHandler(...args: Parameters<ExpressAdapter['setNotFoundHandler']>): void {
    this.use(refuseMethods(this.getInstance<Application>()));
    super.setNotFoundHandler(...args);
  }

  /** First step of a shutdown. */
  override beforeClose(): void {
    super.beforeClose();
    this.#connections?.beginEnd();
  }

  /** Lets running requests finish. */
  override async close(): Promise<void> {
    const { shutdownTimeoutMs } = this.#options;
    if ((await this.#connections?.end(shutdownTimeoutMs)) === false)
      this.#logger.warn(`Requests still running after ${shutdownTimeoutMs} ms; their connections were closed`);
    await super.close();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    // Before Node's own listener, which would discard bodies of any size.
    response.prependOnceListener('finish', () => discardRest(request));
    if (Number(request.headers['content-length']) > MAX_DISCARDED_BYTES) response.shouldKeepAlive = false;
    this.getInstance<Application>()(request, response);
  }
}

/** Reads the rest of a body that nobody wants, so that the client can send it, read the response and continue. */
function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  let left = MAX_DISCARDED_BYTES;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  // A failed connection needs no handling any more.
  request.on('error', () => undefined);
}
