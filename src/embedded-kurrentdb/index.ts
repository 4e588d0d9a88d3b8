/**
 * A KurrentDB inside the process: `start` opens a store, serves it on loopback from a worker thread, and returns the
 * connection string for the official client.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DirectoryLock } from '../common/directory-lock.js';
import { EmbeddedKurrentDBError, StoreDamagedError } from './errors.js';
import {
  LOAD_REST_MESSAGE,
  type ServerMessage,
  type ServerOptions,
  type StartOptions,
  STOP_MESSAGE,
} from './options.js';
import { StoreCheck } from './store-check.js';

export { EmbeddedKurrentDBError, StoreDamagedError } from './errors.js';
export type { StartOptions, StorageOptions } from './options.js';
export { salvageStore, verify } from './maintenance.js';
export { holderOf } from '../common/directory-lock.js';

/** A running server. */
export interface EmbeddedKurrentDB {
  /** For `KurrentDBClient.connectionString`. Holds the password: not for logs. */
  readonly connectionString: string;
  readonly port: number;
  /** What was found damaged at the start and recreated: for the log. */
  readonly repairs: readonly string[];
  /**
   * Loads what is not needed to listen: services that are otherwise loaded by their first call.
   *
   * @throws Error if a file cannot be read; it may be tried again
   */
  loadRest(): Promise<void>;
  /** Commits accepted writes, closes the connections and the store. Idempotent. */
  stop(): Promise<void>;
}

/** One of them is in the directory of a store with private users: see `keysDir` of the options. */
const SERVICE_FILES = ['service-id', 'admin-password'];

/** Lock file of version 0.1.0. */
const LOCK_OF_EARLIER_VERSIONS = 'server.lock';

/** The worker is terminated if it does not stop by itself within this time. */
const STOP_TIMEOUT_MS = 8000;

/**
 * Starts a server; resolves when it accepts connections.
 * @throws EmbeddedKurrentDBError if the directory is in use, the store is damaged or of another format, or the port is
 * taken
 */
export async function start(options: StartOptions): Promise<EmbeddedKurrentDB> {
  const { serverOptions, release, leave, wasLeft } = prepare(options);
  const check = await StoreCheck.begin(serverOptions.directory, wasLeft).catch((error: unknown) => {
    leave();
    throw error;
  });
  const worker = new Worker(new URL('./server.worker.js', import.meta.url), {
    workerData: serverOptions,
    name: 'embedded-kurrentdb',
  });
  const exited = new Promise<void>((done) => worker.once('exit', () => done()));
  let damage: StoreDamagedError | undefined;
  void exited.then(() => (damage === undefined ? release() : leave())); // a store that is left is visited before the next start
  const listening = await firstMessage(worker, serverOptions.directory).catch(async (error: unknown) => {
    await exited; // then the directory is unlocked
    throw error;
  });

  let stopping: Promise<void> | undefined;
  const reportFailure = (error: Error): void => {
    if (stopping === undefined) options.onFailure?.(error);
    check?.stop();
  };
  const onProblem = options.onProblem ?? ((error: Error) => process.emitWarning(error));
  worker.on('message', (message: ServerMessage) => {
    if (message.kind === 'problem') onProblem(toError(message));
  });
  let failure: unknown;
  worker.on('error', (error) => (failure = error));
  void exited.then(() =>
    reportFailure(
      damage ?? new EmbeddedKurrentDBError('the embedded KurrentDB ended unexpectedly', { cause: failure }),
    ),
  );
  check?.finish().catch((error: unknown) => {
    if (!(error instanceof StoreDamagedError))
      return onProblem(error instanceof Error ? error : new Error(String(error)));
    damage = error;
    void stop(worker, exited).catch(onProblem);
  });
  return {
    connectionString: listening.connectionString,
    port: listening.port,
    repairs: listening.repairs,
    loadRest: () => loadRest(worker),
    stop: () => {
      check?.stop();
      return (stopping ??= stop(worker, exited));
    },
  };
}

function prepare(options: StartOptions): {
  serverOptions: ServerOptions;
  release: () => void;
  leave: () => void;
  wasLeft: boolean;
} {
  if ((options.tlsCertFile === undefined) !== (options.tlsKeyFile === undefined))
    throw new EmbeddedKurrentDBError('tlsCertFile and tlsKeyFile must be set together');
  const { port = 0, insecure = false, tlsCertFile, tlsKeyFile, tlsCaFile, users = 'private' } = options;
  const durable = options.memory !== true;
  const directory =
    options.memory === true ? mkdtempSync(join(tmpdir(), 'embedded-kurrentdb-')) : resolve(options.dataDir);
  if (users === 'development' && SERVICE_FILES.some((file) => existsSync(join(directory, file))))
    throw new EmbeddedKurrentDBError(
      `${directory} is the store of a service, which must have no user with a known password: stop here, or copy it without ` +
        `${SERVICE_FILES.join(' and ')} to another directory`,
    );
  const held = durable ? lock(directory) : undefined;
  const { enableAtomPubOverHttp = false, keysDir = directory } = options;
  return {
    serverOptions: {
      directory,
      durable,
      port,
      insecure,
      tlsCertFile,
      tlsKeyFile,
      tlsCaFile,
      users,
      keysDir,
      enableAtomPubOverHttp,
    },
    release: () => (held === undefined ? rmSync(directory, { recursive: true, force: true }) : held.release()),
    leave: () => held?.leave(),
    wasLeft: held?.wasLeft ?? false,
  };
}

function toError({ message, stack }: Extract<ServerMessage, { kind: 'problem' }>): Error {
  const error = new EmbeddedKurrentDBError(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

function lock(directory: string): { readonly wasLeft: boolean; release(): void; leave(): void } {
  try {
    const held = DirectoryLock.acquire(directory);
    const earlier = join(directory, LOCK_OF_EARLIER_VERSIONS);
    const wasLeft = held.wasLeft || existsSync(earlier);
    rmSync(earlier, { force: true });
    return { wasLeft, release: () => held.release(), leave: () => held.leave() };
  } catch (error) {
    throw new EmbeddedKurrentDBError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function firstMessage(worker: Worker, directory: string): Promise<Extract<ServerMessage, { kind: 'listening' }>> {
  return new Promise((done, reject) => {
    const fail = (error: unknown): void =>
      reject(new EmbeddedKurrentDBError('the embedded KurrentDB did not start', { cause: error }));
    worker.once('error', fail);
    worker.once('exit', fail);
    worker.on('message', function first(message: ServerMessage) {
      if (message.kind !== 'listening' && message.kind !== 'failed') return;
      worker.off('message', first);
      worker.off('error', fail);
      worker.off('exit', fail);
      if (message.kind === 'listening') done(message);
      else if (message.kind === 'failed' && message.isDamage) reject(new StoreDamagedError(directory, message.message));
      else if (message.kind === 'failed') reject(new EmbeddedKurrentDBError(message.message));
    });
  });
}

function loadRest(worker: Worker): Promise<void> {
  return new Promise((done, reject) => {
    const settle = (message: ServerMessage): void => {
      if (message.kind !== 'rest-loaded') return;
      worker.off('message', settle);
      if (message.failure === undefined) done();
      else reject(message.failure);
    };
    worker.on('message', settle);
    worker.postMessage(LOAD_REST_MESSAGE);
  });
}

async function stop(worker: Worker, exited: Promise<void>): Promise<void> {
  worker.postMessage(STOP_MESSAGE);
  const timer = setTimeout(() => void worker.terminate(), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
