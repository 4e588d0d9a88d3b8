import { join } from 'node:path';
import { ServerProcess } from './server-process.js';

export const REDIS_PASSWORD = 'Redis-s3cret/+';

/** Creates and starts the server. */
export async function startRedis(): Promise<ServerProcess> {
  const server = await ServerProcess.create({
    file: 'redis-server',
    debianPackage: 'redis-server',
    user: 'redis',
    argumentsFor: (directory, port, tlsPort) => [
      ...[
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--dir',
        directory,
        '--save',
        '',
        '--requirepass',
        REDIS_PASSWORD,
        '--enable-debug-command',
        'yes',
      ],
      ...[
        '--tls-port',
        String(tlsPort),
        '--tls-cert-file',
        join(directory, 'tls.crt'),
        '--tls-key-file',
        join(directory, 'tls.key'),
        '--tls-ca-cert-file',
        join(directory, 'tls.crt'),
        '--tls-auth-clients',
        'no',
      ],
    ],
  });
  server.writeCertificate();
  await server.start();
  return server;
}
