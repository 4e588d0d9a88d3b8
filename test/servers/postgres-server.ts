import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ServerProcess } from './server-process.js';

export const POSTGRES_PASSWORD = 'Pg-s3cret/+';
/** Debian's directory of the programs, by version. */
const VERSIONS = '/usr/lib/postgresql';

function program(name: string): string {
  const [newest = 'none'] = (existsSync(VERSIONS) ? readdirSync(VERSIONS) : []).sort(
    (one, other) => Number(other) - Number(one),
  );
  return join(VERSIONS, newest, 'bin', name);
}

/** Creates and starts the server. */
export async function startPostgres(): Promise<ServerProcess> {
  const server = await ServerProcess.create({
    file: program('postgres'),
    debianPackage: 'postgresql',
    user: 'postgres',
    argumentsFor: (directory, port) => [
      ...['-D', join(directory, 'data'), '-p', String(port), '-k', directory],
      ...Object.entries({
        listen_addresses: '127.0.0.1',
        fsync: 'off',
        ssl: 'on',
        ssl_cert_file: join(directory, 'tls.crt'),
        ssl_key_file: join(directory, 'tls.key'),
      }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
  });
  const password = server.write('password', POSTGRES_PASSWORD);
  server.run(program('initdb'), [
    '-D',
    join(server.directory, 'data'),
    '--username=jane',
    `--pwfile=${password}`,
    '--auth=scram-sha-256',
    '--no-sync',
    '--locale=C',
    '--encoding=UTF8',
  ]);
  server.writeCertificate();
  await server.start();
  return server;
}
