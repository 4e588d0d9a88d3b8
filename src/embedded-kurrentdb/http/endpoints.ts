import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Connections, peerOf } from '../connections.js';
import { type AuthenticationProvider } from '../security/authentication-provider.js';
import { type Principal } from '../log/principal.js';
import { type User, type Users } from '../security/users.js';
import { GrpcError, StatusCode } from '../grpc/status.js';
import { SERVER_VERSION } from '../grpc/server-features.js';
import { isWritePath } from './atom-pub.js';

const USERS_PATH = '/users/';
const STREAMS_PATH = '/streams/';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Properties of the server that the endpoints report. */
interface NodeInfo {
  readonly instanceId: string;
  readonly secure: boolean;
  port(): number;
  /** Position at the end of the log. */
  endPosition(): number;
  nowMs(): number;
}

interface Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Handles an append over AtomPub. */
type AppendHandler = (request: IncomingMessage, url: URL, principal: Principal) => Promise<Response>;

interface EndpointRequest {
  readonly url: URL;
  readonly principal: Principal;
}

type Endpoint = (request: EndpointRequest) => Response;

interface EndpointsOptions {
  readonly authentication: AuthenticationProvider;
  readonly connections: Connections;
  readonly users: Users;
  /** Undefined: appends are not accepted. */
  readonly append: AppendHandler | undefined;
  readonly reportProblem: (error: unknown) => void;
}

/** The HTTP endpoints for health checks and operators, and for appends. */
export function httpEndpoints(
  node: NodeInfo,
  { authentication, connections, users, append, reportProblem }: EndpointsOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const endpoints: Readonly<Record<string, Endpoint>> = {
    '/health/live': ({ url }) => live(url),
    '/ping': () => json({ text: 'Ping request successfully handled', label: 'Http' }),
    '/info': () => json(info(node)),
    '/gossip': () => json(gossip(node)),
    '/stats': authenticated(() => json(stats())),
  };
  const endpointFor = (path: string): Endpoint | undefined => {
    if (Object.hasOwn(endpoints, path)) return endpoints[path];
    if (path.startsWith(USERS_PATH))
      return authenticated(() => userResponse(users.get(decodeURIComponent(path.slice(USERS_PATH.length)))));
    return path.startsWith(STREAMS_PATH) ? authenticated(streamDescriptionResponse) : undefined;
  };
  const respond = async (request: IncomingMessage): Promise<Response> => {
    const { method, headers } = request;
    const url = new URL(request.url ?? '/', `${node.secure ? 'https' : 'http'}://${headers.host ?? 'localhost'}`);
    const write = method === 'POST' && isWritePath(url.pathname) ? append : undefined;
    const endpoint = endpointFor(url.pathname);
    if (endpoint === undefined) return { status: 404 };
    if (method !== 'GET' && method !== 'HEAD' && write === undefined) return { status: 405 };
    const principal = await authentication.authenticate(headers.authorization, peerOf(request.socket));
    if (principal === undefined) return { status: 401 };
    if (principal.loginName !== undefined) connections.recognizeSocket(request.socket);
    return write === undefined ? endpoint({ url, principal }) : write(request, url, principal);
  };
  return (request, response) => {
    void respond(request)
      .catch((error: unknown): Response => {
        // A malformed URL throws one of these two.
        if (error instanceof URIError || error instanceof TypeError) return { status: 400 };
        if (error instanceof GrpcError && error.code === StatusCode.UNAVAILABLE) return { status: 503 };
        reportProblem(error);
        return { status: 500 };
      })
      .then(({ status, headers, body }) => {
        response.writeHead(status, headers);
        response.end(body);
      });
  };
}

/** Rejects anonymous callers with 401. */
function authenticated(endpoint: Endpoint): Endpoint {
  return (request) => (request.principal.loginName === undefined ? { status: 401 } : endpoint(request));
}

function userResponse(user: User | undefined): Response {
  if (user === undefined) return { status: 404 };
  const { loginName, fullName, groups, disabled, updatedMs } = user;
  return json({
    success: true,
    error: 'Success',
    data: { loginName, fullName, groups, disabled, dateLastUpdated: new Date(updatedMs).toISOString() },
  });
}

/** Streams are read by gRPC; AtomPub supports appends only. Responds like KurrentDB does if no format is acceptable. */
function streamDescriptionResponse({ url }: EndpointRequest): Response {
  const title = `Description document for '${decodeURIComponent(url.pathname.slice(STREAMS_PATH.length))}'`;
  return {
    status: 406,
    headers: { 'content-type': 'application/vnd.kurrent.streamdesc+json; charset=utf-8' },
    body: JSON.stringify({ title, description: 'Read streams by gRPC.', _links: {} }),
  };
}

const json = (body: unknown): Response => ({
  status: 200,
  headers: { 'content-type': JSON_TYPE },
  body: JSON.stringify(body),
});

function live(url: URL): Response {
  const code = Number(url.searchParams.get('liveCode') ?? 204);
  return { status: Number.isInteger(code) && code >= 200 && code <= 599 ? code : 400 };
}

function info({ secure }: NodeInfo): unknown {
  return {
    dbVersion: SERVER_VERSION,
    esVersion: SERVER_VERSION,
    state: 'leader',
    features: { projections: true, userManagement: secure, atomPub: true },
    authentication: { type: secure ? 'internal' : 'insecure', properties: [] },
  };
}

const NO_EPOCH = '00000000-0000-0000-0000-000000000000';

function gossip(node: NodeInfo): unknown {
  const port = node.port();
  const end = node.endPosition();
  const member = {
    instanceId: node.instanceId,
    timeStamp: new Date(node.nowMs()).toISOString(),
    state: 'Leader',
    isAlive: true,
    internalTcpIp: '127.0.0.1',
    internalTcpPort: 0,
    internalSecureTcpPort: 0,
    externalTcpIp: '127.0.0.1',
    externalTcpPort: 0,
    externalSecureTcpPort: 0,
    internalHttpEndPointIp: '127.0.0.1',
    internalHttpEndPointPort: port,
    httpEndPointIp: '127.0.0.1',
    httpEndPointPort: port,
    lastCommitPosition: end,
    writerCheckpoint: end,
    chaserCheckpoint: end,
    epochPosition: 0,
    epochNumber: 0,
    epochId: NO_EPOCH,
    nodePriority: 0,
    isReadOnlyReplica: false,
    esVersion: SERVER_VERSION,
  };
  return { members: [member], serverIp: '127.0.0.1', serverPort: port };
}

function stats(): unknown {
  const memory = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    proc: {
      mem: memory.rss,
      cpu: (user + system) / 1e6,
      startTime: new Date(Date.now() - process.uptime() * 1000).toISOString(),
    },
    sys: { freeMem: 0 },
    es: { cache: {}, checksum: 0, checksumNonFlushed: 0, queue: {}, readIndex: {}, writer: {} },
  };
}
