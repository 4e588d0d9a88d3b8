import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { type AuthenticationProvider } from '../security/authentication-provider.js';
import { type Principal } from '../log/principal.js';
import { type ErrorReporter, GrpcCall } from './call.js';
import { handlerFailed } from './errors.js';
import { GrpcError, StatusCode, statusHeaders } from './status.js';

/** Serves the calls of one rpc: sets the callbacks of the call, or starts something that does. */
export type RpcHandler = (call: GrpcCall) => void;

/** A service as it is plugged into the server: full service name, and its methods' handlers. */
export interface GrpcService {
  readonly name: string;
  readonly methods: Readonly<Record<string, RpcHandler>>;
}

/** A message of a generated class. */
interface Message {
  serializeBinary(): Uint8Array;
}

interface MessageType<T> {
  deserializeBinary(bytes: Uint8Array): T;
}

/** The handler of an rpc with one request and one response. */
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

/** The handler of an rpc with one request; it ends the call itself. */
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

/** Decodes a message of a client. google-protobuf throws plain errors for bytes that are none. */
export function decode<T>(type: MessageType<T>, message: Uint8Array): T {
  try {
    return type.deserializeBinary(message);
  } catch (error) {
    throw handlerFailed(error);
  }
}

/** A service that is there, or is loaded when it is first called. */
type ServiceEntry = { readonly service: GrpcService } | { readonly load: () => Promise<GrpcService> };

/** Finds the handler of each HTTP/2 stream, and who is calling. */
export class Dispatcher {
  readonly #services = new Map<string, ServiceEntry>();
  readonly #calls = new Set<GrpcCall>();

  constructor(
    private readonly authentication: AuthenticationProvider,
    private readonly reportUnexpected: ErrorReporter,
  ) {}

  register(service: GrpcService): void {
    this.#services.set(service.name, { service });
  }

  /** The service is made once, however many calls wait for it. */
  registerLater(name: string, load: () => Promise<GrpcService>): void {
    let loading: Promise<GrpcService> | undefined;
    this.#services.set(name, { load: () => (loading ??= load()) });
  }

  handle(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', () => undefined); // a client that goes away is no failure of ours; 'close' tells the call
    const [, serviceName = '', methodName = '', ...rest] = (headers[':path'] ?? '').split('/');
    const entry = rest.length === 0 ? this.#services.get(serviceName) : undefined;
    if (entry === undefined || headers[':method'] !== 'POST') {
      stream.respond({ ':status': 404 }, { endStream: true });
      resetUnreadRequest(stream);
      return;
    }
    const principal = this.authentication.authenticate(headers.authorization);
    // Nothing of the request is read, and so nothing of it is lost, until its call has been made.
    if (!(principal instanceof Promise) && 'service' in entry)
      this.#start(stream, headers, entry.service, methodName, principal);
    else void this.#startAsync(stream, headers, serviceName, entry, methodName, principal);
  }

  /** Ends the calls that are open, most of which would never end by themselves. Their clients come back when there is a server again. */
  endCalls(): void {
    for (const call of this.#calls) call.fail(new GrpcError(StatusCode.UNAVAILABLE, 'The server is shutting down.'));
  }

  async #startAsync(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    serviceName: string,
    entry: ServiceEntry,
    methodName: string,
    principal: Principal | undefined | Promise<Principal | undefined>,
  ): Promise<void> {
    try {
      const verified = await principal;
      const service = verified === undefined || 'service' in entry ? undefined : await entry.load();
      if (service !== undefined) this.#services.set(serviceName, { service });
      this.#start(stream, headers, 'service' in entry ? entry.service : service, methodName, verified);
    } catch (error) {
      this.reportUnexpected(error);
      rejectCall(stream, StatusCode.INTERNAL, 'The call could not be started.');
    }
  }

  #start(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    service: GrpcService | undefined,
    methodName: string,
    principal: Principal | undefined,
  ): void {
    if (stream.destroyed) return;
    if (principal === undefined) {
      rejectCall(stream, StatusCode.UNAUTHENTICATED, 'Unauthenticated');
      return;
    }
    const call = new GrpcCall(stream, headers, principal, this.reportUnexpected);
    this.#calls.add(call);
    stream.once('close', () => this.#calls.delete(call));
    const handler =
      service !== undefined && Object.hasOwn(service.methods, methodName) ? service.methods[methodName] : undefined;
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

/** What is left of a request that was answered already is not wanted. */
function resetUnreadRequest(stream: ServerHttp2Stream): void {
  stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
}
