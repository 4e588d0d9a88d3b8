/** `npm run kurrentdb`: a standalone KurrentDB for development and tests. */
import '../common/private-umask.js';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { closeDirectory, UnusableDirectoryError } from '../common/private-directory.js';
import { type EmbeddedKurrentDB, EmbeddedKurrentDBError, start, type StartOptions } from './index.js';

const USAGE = `usage: npm run kurrentdb -- (--data DIR | --mem-db) [options]

  --data DIR        store the events in DIR
  --mem-db          store the events in memory only
  --port PORT       default 2113; 0 for any free port
  --insecure        without TLS and users
  --enable-atom-pub-over-http
                    accept appends by POST /streams/NAME
  --tls-cert FILE   certificate to use instead of a self-signed one
  --tls-key FILE    its key
  --tls-ca FILE     the CA that signed it, for the connection string

Users are admin and ops, both with the password changeit. The connection string is printed when the server is ready.`;

const DEFAULT_PORT = 2113;
const LOAD_RETRY_MS = 1_000;

class UsageError extends Error {
  override readonly name = 'UsageError';
}

function readArguments(): StartOptions | 'help' {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      'mem-db': { type: 'boolean', default: false },
      port: { type: 'string', default: String(DEFAULT_PORT) },
      insecure: { type: 'boolean', default: false },
      'enable-atom-pub-over-http': { type: 'boolean', default: false },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      'tls-ca': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`--port must be an integer from 0 to 65535, got ${values.port}`);
  if ((values.data === undefined) !== values['mem-db']) throw new UsageError('give either --data DIR or --mem-db');
  const storage = values.data === undefined ? { memory: true as const } : { dataDir: values.data };
  return {
    ...storage,
    port,
    insecure: values.insecure,
    users: 'development',
    tlsCertFile: values['tls-cert'],
    tlsKeyFile: values['tls-key'],
    tlsCaFile: values['tls-ca'],
    enableAtomPubOverHttp: values['enable-atom-pub-over-http'],
    onFailure: (error) => exitWith(error),
  };
}

function exitWith(error: unknown): never {
  const cause =
    error instanceof Error && error.cause instanceof Error ? `: ${error.cause.stack ?? error.cause.message}` : '';
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${cause}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}

/** Tries again after a second if it fails. */
function loadRest(server: EmbeddedKurrentDB): void {
  server.loadRest().catch((error: unknown) => {
    process.stderr.write(`not everything is loaded yet: ${String(error)}\n`);
    setTimeout(() => loadRest(server), LOAD_RETRY_MS).unref();
  });
}

try {
  const options = readArguments();
  if (options === 'help') {
    process.stdout.write(`${USAGE}\n`);
  } else {
    if (options.dataDir !== undefined) {
      const warning = closeDirectory(resolve(options.dataDir), '--data');
      if (warning !== undefined) process.stderr.write(`${warning}\n`);
    }
    const server = await start(options);
    const stop = (): void => void server.stop().then(() => process.exit(0), exitWith);
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
    for (const repair of server.repairs) process.stderr.write(`${repair}\n`);
    process.stdout.write(`${server.connectionString}\n`);
    loadRest(server);
  }
} catch (error) {
  const isUsage =
    error instanceof UsageError ||
    (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  if (isUsage) exitWith(new UsageError(`${error.message}\n\n${USAGE}`));
  const isExplained =
    (error instanceof EmbeddedKurrentDBError && error.cause === undefined) || error instanceof UnusableDirectoryError;
  exitWith(isExplained ? new Error(error.message) : error);
}
