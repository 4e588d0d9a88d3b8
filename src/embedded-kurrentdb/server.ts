import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AdvancingTime } from '../common/advancing-time.js';
import { Connections } from './connections.js';
import { writeFirstEvents } from './first-events.js';
import { Dispatcher } from './grpc/dispatcher.js';
import { Listener } from './grpc/listener.js';
import { type ServerContext } from './server-context.js';
import { appendOverHttp } from './http/atom-pub.js';
import { httpEndpoints } from './http/endpoints.js';
import { type ServerOptions } from './options.js';
import { PersistentSubscriptions } from './persistent-subscriptions/runtime/persistent-subscriptions.js';
import {
  type AuthenticationProvider,
  InternalAuthenticationProvider,
  allowAll,
} from './security/authentication-provider.js';
import { ensureServerIdentity, type ServerIdentity } from './security/certificates.js';
import { ensureDevelopmentUsers, ensurePrivateAdmin, type PrivateAdmin } from './security/credentials.js';
import { HashQueue } from './security/hash-queue.js';
import { type Credentials } from './security/passwords.js';
import { DefaultAcl } from './security/default-acl.js';
import { AuthorizationProvider } from './security/authorization-provider.js';
import { Users } from './security/users.js';
import { RequestMemory } from './request-memory.js';
import { registerServices } from './services.js';
import { CommitQueue } from './storage/commit-queue.js';
import { parseEventId } from './storage/event-id.js';
import { LogReader } from './storage/log-reader.js';
import { LogStore } from './storage/log-store.js';
import { LogTail } from './storage/log-tail.js';
import { LogWriter } from './storage/log-writer.js';

interface ServerHandle {
  readonly port: number;
  readonly connectionString: string;
  /** What was found damaged and recreated. */
  readonly repairs: readonly string[];
  /** Loads the services that are not loaded yet. @throws what a load throws, which may be tried again */
  loadRest(): Promise<void>;
  /** Commits accepted writes, closes the connections and the store. */
  stop(): Promise<void>;
}

/** Callbacks to the host of the server. */
interface ServerHost {
  /** Reports an internal error; the server continues. */
  reportProblem(this: void, error: unknown): void;
  /** An operator requested a shutdown. */
  shutdown(this: void): void;
}

/** Opens the store and serves it: the composition root of the server. */
export async function runServer(options: ServerOptions, host: ServerHost): Promise<ServerHandle> {
  const store = LogStore.open({ directory: options.directory, durable: options.durable });
  try {
    return await serve(options, store, host);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function serve(options: ServerOptions, store: LogStore, host: ServerHost): Promise<ServerHandle> {
  const clock = { now: Date.now, monotonic: () => performance.now() };
  const time = new AdvancingTime(clock, store.lastCreatedMs()); // creation times ascend with the positions, also over restarts
  const nowMs = (): number => time.now();
  const commits = new CommitQueue(store);
  const reader = new LogReader(store, nowMs);
  const context: ServerContext = {
    store,
    commits,
    reader,
    tail: new LogTail(commits),
    writer: new LogWriter(store, { nowMs, newEventId }),
    authorization: new AuthorizationProvider(store.streams, new DefaultAcl(store.streams, reader)),
    nowMs,
    newEventId,
  };
  await writeFirstEvents(context);
  const users = new Users(store.tables, commits);
  const identity = options.insecure ? undefined : await identityFor(options);
  const admin = options.insecure ? undefined : await ensureUsers(options, users, nowMs());
  const hashes = new HashQueue(clock.monotonic);
  const authentication: AuthenticationProvider = options.insecure
    ? allowAll
    : new InternalAuthenticationProvider(users, hashes);
  const connections = new Connections(options.insecure);
  const memory = new RequestMemory();
  const dispatcher = new Dispatcher(authentication, connections, memory, host.reportProblem);
  const node = {
    instanceId: randomUUID(),
    secure: !options.insecure,
    port: () => listener.port,
    endPosition: () => store.endPosition,
    nowMs,
  };
  const subscriptions = PersistentSubscriptions.open(context, host.reportProblem);
  registerServices(dispatcher, {
    context,
    users,
    hashes,
    subscriptions,
    node,
    operations: { ...host, restartPersistentSubscriptions: () => subscriptions.restart() },
  });

  const listener: Listener = await Listener.open({
    port: options.port,
    tls: identity,
    connections,
    dispatcher,
    handleHttp: httpEndpoints(node, {
      authentication,
      connections,
      users,
      append: options.enableAtomPubOverHttp
        ? (request, url, principal) => appendOverHttp({ ...context, memory }, request, url, principal)
        : undefined,
      reportProblem: host.reportProblem,
    }),
  }).catch((error: unknown) => {
    subscriptions.stop();
    throw error;
  });
  return {
    port: listener.port,
    connectionString: connectionString(listener.port, admin, identity?.caPath),
    repairs: [identity?.repair, admin?.repair].filter((repair) => repair !== undefined),
    loadRest: () => dispatcher.loadRest(),
    stop: async () => {
      subscriptions.stop();
      listener.stopAccepting();
      commits.flush();
      await setImmediate(); // sends the responses of committed writes before the calls are ended
      dispatcher.endCalls();
      await listener.close();
      commits.flush();
      await store.close();
    },
  };
}

async function identityFor({
  keysDir,
  tlsCertFile,
  tlsKeyFile,
  tlsCaFile,
}: ServerOptions): Promise<Omit<ServerIdentity, 'caPath'> & { readonly caPath: string | undefined }> {
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return ensureServerIdentity(join(keysDir, 'tls'));
  for (const file of [tlsCertFile, tlsKeyFile])
    if (!existsSync(file)) throw new Error(`the TLS file ${file} does not exist`);
  return {
    certificate: readFileSync(tlsCertFile),
    key: readFileSync(tlsKeyFile),
    caPath: tlsCaFile,
    repair: undefined,
  };
}

async function ensureUsers(
  { users: kind, keysDir }: ServerOptions,
  users: Users,
  nowMs: number,
): Promise<PrivateAdmin> {
  if (kind === 'private') return ensurePrivateAdmin(users, keysDir, nowMs);
  return { ...(await ensureDevelopmentUsers(users, nowMs)), repair: undefined };
}

/** The connection string for the official client. */
function connectionString(port: number, admin: Credentials | undefined, caPath: string | undefined): string {
  if (admin === undefined) return `kurrentdb://localhost:${port}?tls=false`;
  const ca = caPath === undefined ? '' : `&tlsCAFile=${encodeURIComponent(caPath)}`;
  return `kurrentdb://${encodeURIComponent(admin.loginName)}:${encodeURIComponent(admin.password)}@localhost:${port}?tls=true${ca}`;
}

function newEventId(): Uint8Array {
  const id = parseEventId(Buffer.from(randomUUID()));
  if (id === undefined) throw new Error('randomUUID returned an invalid UUID');
  return id;
}
