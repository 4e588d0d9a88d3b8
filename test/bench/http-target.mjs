// A server that responds immediately, as the target of benchmarks.
import { createServer } from 'node:http';

const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1', () =>
  console.log(`Listening on http://127.0.0.1:${server.address().port}`),
);
process.on('SIGTERM', () => process.exit());
