/** The server's thread: what {@link import('./index.js').start} starts. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ServerMessage, type ServerOptions, STOP_MESSAGE } from './options.js';
import { runServer } from './server.js';

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');
const tell = (message: ServerMessage): void => port.postMessage(message);

function reportProblem(error: unknown): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  tell({ kind: 'problem', message, stack });
}

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
  });
  tell({ kind: 'listening', port: server.port, connectionString: server.connectionString });
} catch (error) {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  tell({ kind: 'failed', name, message });
  port.close();
}
