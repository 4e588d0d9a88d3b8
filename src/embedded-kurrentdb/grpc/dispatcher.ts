import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { setImmediate } from 'node:timers/promises';
import { type AuthenticationProvider } from '../security/authentication-provider.js';
import { type Principal } from '../log/principal.js';
import { type ErrorReporter, GrpcCall } from './call.js';
import { handlerFailed } from './errors.js';
import { GrpcError, StatusCode, statusHeaders } from './status.js';

/** Handles the calls of one method: sets the callbacks of the call. */
export type RpcHandler = (call: GrpcCall) => void;

export interface GrpcService {
  readonly name: string;
  readonly methods: Readonly<Record<string, RpcHandler>>;
}

/** A message of a generated class. */
export interface Message {
  serializeBinary(): Uint8Array;
}

export interface MessageType<T> {
  deserializeBinary(bytes: Uint8Array): T;
}

export function unary<Request>(
  type: MessageType<Request>,
  handle: (request: Request, call: GrpcCall) => Promise<Message> | Message,
): RpcHandler {
  return serverStreaming(type, async (request, call) => {
    const response = await handle(request, call);
    call.writeMessage(response.serializeBinary());
    call.end();
  });
}

/** A server-streaming handler; `handle` ends the call. */
export function serverStreaming<Request>(
  type: MessageType<Request>,
  handle: (request: Request, call: GrpcCall) => Promise<void>,
): RpcHandler {
  return (call) => {
    let request: Request | undefined;
    call.onMessage = (message) => {
      request = decode(type, message);
    };
    call.onHalfClose = () => {
      const received = request;
      if (received === undefined) throw new GrpcError(StatusCode.INTERNAL, 'Incomplete message.');
      call.guard(() => handle(received, call));
    };
  };
}

/** @throws GrpcError; google-protobuf throws plain errors for malformed bytes */
export function decode<T>(type: MessageType<T>, message: Uint8Array): T {
  try {
    return type.deserializeBinary(message);
  } catch (error) {
    throw handlerFailed(error);
  }
}

/** Returns a service, which it loads if necessary. */
type ServiceSource = () => GrpcService;

/** Authenticates each HTTP/2 stream and routes it to the handler of its method. */
export class Dispatcher {
  readonly #services = new Map<string, ServiceSource>();
  /** Those that are not loaded yet. */
  readonly #unloaded = new Map<string, ServiceSource>();
  readonly #calls = new Set<GrpcCall>();

  constructor(
    private readonly authentication: AuthenticationProvider,
    private readonly reportUnexpected: ErrorReporter,
  ) {}

  register(service: GrpcService): void {
    this.#services.set(service.name, () => service);
  }

  /** Registers a service that is loaded by {@link loadRest}, or by its first call if that comes before. */
  registerLater(name: string, load: () => GrpcService): void {
    const source = (): GrpcService => {
      const service = load();
      this.#unloaded.delete(name);
      this.#services.set(name, () => service);
      return service;
    };
    this.#unloaded.set(name, source);
    this.#services.set(name, source);
  }

  /** Loads what {@link registerLater} has registered. @throws what a load throws, which may be tried again */
  async loadRest(): Promise<void> {
    for (const load of this.#unloaded.values()) {
      await setImmediate(); // a load blocks the event loop: calls are served in between
      load();
    }
  }

  handle(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', () => undefined); // a disconnecting client is not an error; 'close' ends the call
    const [, serviceName = '', methodName = '', ...rest] = (headers[':path'] ?? '').split('/');
    const source = rest.length === 0 ? this.#services.get(serviceName) : undefined;
    if (source === undefined || headers[':method'] !== 'POST') {
      stream.respond({ ':status': 404 }, { endStream: true });
      resetUnreadRequest(stream);
      return;
    }
    const principal = this.authentication.authenticate(headers.authorization);
    // The request is not read, so nothing of it is lost, before its call exists.
    if (principal instanceof Promise) void this.#startAsync(stream, headers, source, methodName, principal);
    else this.#start(stream, headers, source, methodName, principal);
  }

  /** Ends the open calls, most of which would never end by themselves. Their clients reconnect later. */
  endCalls(): void {
    for (const call of this.#calls) call.fail(new GrpcError(StatusCode.UNAVAILABLE, 'The server is shutting down.'));
  }

  async #startAsync(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    source: ServiceSource,
    methodName: string,
    principal: Promise<Principal | undefined>,
  ): Promise<void> {
    try {
      this.#start(stream, headers, source, methodName, await principal);
    } catch (error) {
      this.#couldNotStart(stream, error);
    }
  }

  #couldNotStart(stream: ServerHttp2Stream, error: unknown): void {
    this.reportUnexpected(error);
    rejectCall(stream, StatusCode.INTERNAL, 'The call could not be started.');
  }

  #start(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    source: ServiceSource,
    methodName: string,
    principal: Principal | undefined,
  ): void {
    if (stream.destroyed) return;
    if (principal === undefined) {
      rejectCall(stream, StatusCode.UNAUTHENTICATED, 'Unauthenticated');
      return;
    }
    let service: GrpcService;
    try {
      service = source();
    } catch (error) {
      this.#couldNotStart(stream, error);
      return;
    }
    const call = new GrpcCall(stream, headers, principal, this.reportUnexpected);
    this.#calls.add(call);
    stream.once('close', () => this.#calls.delete(call));
    const handler = Object.hasOwn(service.methods, methodName) ? service.methods[methodName] : undefined;
    if (handler === undefined) call.fail(new GrpcError(StatusCode.UNIMPLEMENTED, 'Service is unimplemented.'));
    else call.guard(() => handler(call));
  }
}

function rejectCall(stream: ServerHttp2Stream, code: StatusCode, message: string): void {
  if (stream.destroyed) return;
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', ...statusHeaders(code, message) },
    { endStream: true },
  );
  resetUnreadRequest(stream);
}

/** Resets the stream once the response is sent, without reading the rest of the request. */
function resetUnreadRequest(stream: ServerHttp2Stream): void {
  stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
}
