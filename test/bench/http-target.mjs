// A server that answers every request at once, for benchmarks of whoever asks it.
import { createServer } from 'node:http';

const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1', () =>
  console.log(`Listening on http://127.0.0.1:${server.address().port}`),
);
process.on('SIGTERM', () => process.exit());
