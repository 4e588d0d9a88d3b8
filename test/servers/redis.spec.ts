import { join } from 'node:path';
import { describeDatabaseProbe } from './probed-database.js';
import { ServerProcess } from './server-process.js';

const PASSWORD = 'Redis-s3cret/+';

describeDatabaseProbe('Redis', {
  start: async () => {
    const server = await ServerProcess.create({
      file: 'redis-server',
      debianPackage: 'redis-server',
      user: 'redis',
      argumentsFor: (directory, port, tlsPort) => [
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--requirepass', PASSWORD, '--enable-debug-command', 'yes'],
        ...['--tls-port', String(tlsPort), '--tls-cert-file', join(directory, 'tls.crt'), '--tls-key-file', join(directory, 'tls.key'), '--tls-ca-cert-file', join(directory, 'tls.crt'), '--tls-auth-clients', 'no'],
      ],
    });
    server.writeCertificate();
    await server.start();
    return server;
  },
  user: 'default',
  password: PASSWORD,
  scheme: 'redis',
  path: '/0',
  missingDatabase: { path: '/99', name: '99' },
  query: 'SET greeting "good morning"',
  slowQuery: 'DEBUG SLEEP 0.5',
  endlessQuery: 'BLPOP no-such-list 60',
  wrongQuery: { text: 'LPUSH', says: /wrong number of arguments/ },
  tls: { port: ({ tlsPort }) => tlsPort, scheme: 'rediss', verified: '/0' },
});
