/** Entry of the worker thread that {@link import('./index.js').start} starts. */
import { format } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { LOAD_REST_MESSAGE, type ServerMessage, type ServerOptions, STOP_MESSAGE } from './options.js';
import { runServer } from './server.js';
import { isDamage } from './storage/store-file.js';

const port = parentPort;
if (port === null) throw new Error('server.worker must run in a worker thread');
const send = (message: ServerMessage): void => port.postMessage(message);

function reportProblem(error: unknown): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  send({ kind: 'problem', message, stack });
}

// Node and libraries would print them as text, in the log of the process.
process.removeAllListeners('warning');
process.on('warning', reportProblem);
for (const method of ['log', 'info', 'debug', 'warn', 'error', 'trace'] as const)
  console[method] = (...args: unknown[]) => reportProblem(new Error(format(...args)));

let stop = (): void => undefined;

try {
  const server = await runServer(workerData as ServerOptions, { reportProblem, shutdown: () => stop() });
  stop = () =>
    void server
      .stop()
      .catch(reportProblem)
      .then(() => port.close());
  port.on('message', (message) => {
    if (message === STOP_MESSAGE) stop();
    if (message === LOAD_REST_MESSAGE)
      server.loadRest().then(
        () => send({ kind: 'rest-loaded', failure: undefined }),
        (failure: Error) => send({ kind: 'rest-loaded', failure }),
      );
  });
  const { port: tcpPort, connectionString, repairs } = server;
  send({ kind: 'listening', port: tcpPort, connectionString, repairs });
} catch (error) {
  send({ kind: 'failed', isDamage: isDamage(error), message: error instanceof Error ? error.message : String(error) });
  port.close();
}
