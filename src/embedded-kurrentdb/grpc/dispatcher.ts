import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { setImmediate } from 'node:timers/promises';
import { type AuthenticationProvider } from '../security/authentication-provider.js';
import { type Principal } from '../log/principal.js';
import { type ErrorReporter, GrpcCall } from './call.js';
import { type Connections } from '../connections.js';
import { type RequestMemory } from '../request-memory.js';
import { accessDenied, handlerFailed } from './errors.js';
import { GrpcError, StatusCode, statusHeaders } from './status.js';

/** Handles the calls of one method: sets the callbacks of the call. */
export type RpcHandler = (call: GrpcCall) => void;

/** Calls that wait for their credentials to be verified, of all connections: their bodies are held meanwhile. */
const MAX_UNVERIFIED_CALLS = 1_000;

/** Services whose methods have no arguments and tell nothing of users: anonymous callers may call them. */
const OPEN_SERVICES: readonly string[] = [
  'event_store.client.server_features.ServerFeatures',
  'event_store.client.gossip.Gossip',
];

/** Methods that deny access by their own messages: for each batch, and with the name of the stream. */
const DENYING_METHODS: readonly string[] = [
  'event_store.client.streams.Streams/BatchAppend',
  'kurrentdb.protocol.v2.streams.StreamsService/AppendSession',
];

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
    // Decoded when it is complete: the objects of a message may take many times its bytes.
    let request: Buffer | undefined;
    call.onMessage = (message) => {
      call.retain(message.length - (request?.length ?? 0));
      request = message;
    };
    call.onHalfClose = () => {
      if (request === undefined) throw new GrpcError(StatusCode.INTERNAL, 'Incomplete message.');
      const received = decode(type, request);
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

interface CallStart {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly source: ServiceSource;
  /** Whether its handler gets the (small) messages of anonymous callers; all other calls of theirs are denied. */
  readonly isOpen: boolean;
  readonly methodName: string;
}

/** Authenticates each HTTP/2 stream and routes it to the handler of its method. */
export class Dispatcher {
  readonly #services = new Map<string, ServiceSource>();
  /** Those that are not loaded yet. */
  readonly #unloaded = new Map<string, ServiceSource>();
  readonly #calls = new Set<GrpcCall>();
  #unverifiedCalls = 0;

  constructor(
    private readonly authentication: AuthenticationProvider,
    private readonly connections: Connections,
    private readonly memory: RequestMemory,
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
      dropRequest(stream);
      return;
    }
    const { session } = stream;
    if (session === undefined) return;
    const principal = this.authentication.authenticate(headers.authorization, this.connections.peerOf(session));
    const isOpen = OPEN_SERVICES.includes(serviceName) || DENYING_METHODS.includes(`${serviceName}/${methodName}`);
    const start = { stream, headers, source, isOpen, methodName };
    // The request is not read, so nothing of it is lost, before its call exists.
    if (!(principal instanceof Promise)) this.#start(start, principal);
    else if (this.#unverifiedCalls < MAX_UNVERIFIED_CALLS) void this.#startAsync(start, principal);
    else rejectCall(stream, new GrpcError(StatusCode.UNAVAILABLE, 'Too many calls wait for their credentials.'));
  }

  /** Ends the open calls, most of which would never end by themselves. Their clients reconnect later. */
  endCalls(): void {
    for (const call of this.#calls) call.fail(new GrpcError(StatusCode.UNAVAILABLE, 'The server is shutting down.'));
  }

  async #startAsync(start: CallStart, principal: Promise<Principal | undefined>): Promise<void> {
    this.#unverifiedCalls++;
    try {
      this.#start(start, await principal.finally(() => this.#unverifiedCalls--));
    } catch (error) {
      if (error instanceof GrpcError) rejectCall(start.stream, error);
      else this.#couldNotStart(start.stream, error);
    }
  }

  #couldNotStart(stream: ServerHttp2Stream, error: unknown): void {
    this.reportUnexpected(error);
    rejectCall(stream, new GrpcError(StatusCode.INTERNAL, 'The call could not be started.'));
  }

  #start({ stream, headers, source, isOpen, methodName }: CallStart, principal: Principal | undefined): void {
    const { session } = stream;
    if (stream.destroyed || session === undefined) return;
    if (principal === undefined) {
      rejectCall(stream, new GrpcError(StatusCode.UNAUTHENTICATED, 'Unauthenticated'));
      return;
    }
    if (principal.loginName !== undefined) {
      this.connections.recognize(session);
    } else if (!isOpen) {
      rejectCall(stream, accessDenied());
      return;
    }
    let service: GrpcService;
    try {
      service = source();
    } catch (error) {
      this.#couldNotStart(stream, error);
      return;
    }
    const memory = this.memory.shareOf(this.connections.peerOf(session));
    const call = new GrpcCall(stream, headers, principal, memory, this.reportUnexpected);
    this.#calls.add(call);
    stream.once('close', () => this.#calls.delete(call));
    const handler = Object.hasOwn(service.methods, methodName) ? service.methods[methodName] : undefined;
    if (handler === undefined) call.fail(new GrpcError(StatusCode.UNIMPLEMENTED, 'Service is unimplemented.'));
    else call.guard(() => handler(call));
  }
}

function rejectCall(stream: ServerHttp2Stream, { code, message, trailers }: GrpcError): void {
  if (stream.destroyed) return;
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', ...statusHeaders(code, message, trailers) },
    { endStream: true },
  );
  dropRequest(stream);
}

/** Resets the stream once the response is sent. What arrives of the request before is discarded, not held. */
function dropRequest(stream: ServerHttp2Stream): void {
  stream.resume();
  stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
}
