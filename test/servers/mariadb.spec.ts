import { join } from 'node:path';
import { describeDatabaseProbe } from './probed-database.js';
import { ServerProcess } from './server-process.js';

const PASSWORD = 'My-s3cret/+';

describeDatabaseProbe('MySQL, by MariaDB', {
  start: async () => {
    const server = await ServerProcess.create({
      file: '/usr/sbin/mariadbd',
      debianPackage: 'mariadb-server',
      user: 'mysql',
      argumentsFor: (directory, port) => [
        ...[
          '--no-defaults',
          `--datadir=${join(directory, 'data')}`,
          `--port=${port}`,
          '--bind-address=127.0.0.1',
          `--socket=${join(directory, 'mysql.sock')}`,
          `--pid-file=${join(directory, 'mysql.pid')}`,
        ],
        ...[
          '--skip-name-resolve',
          '--innodb-flush-log-at-trx-commit=0',
          `--init-file=${join(directory, 'init.sql')}`,
          `--ssl-cert=${join(directory, 'tls.crt')}`,
          `--ssl-key=${join(directory, 'tls.key')}`,
        ],
      ],
    });
    server.write(
      'init.sql',
      [
        "CREATE USER IF NOT EXISTS jane@'%' IDENTIFIED BY '" + PASSWORD + "';",
        'CREATE DATABASE IF NOT EXISTS stock;',
        "GRANT ALL ON *.* TO jane@'%';",
        '',
      ].join('\n'),
    );
    server.run('mariadb-install-db', [
      '--no-defaults',
      `--datadir=${join(server.directory, 'data')}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ]);
    server.writeCertificate();
    await server.start();
    return server;
  },
  user: 'jane',
  password: PASSWORD,
  scheme: 'mysql',
  path: '/stock',
  missingDatabase: { path: '/shop', name: 'shop' },
  query: 'SHOW TABLES',
  slowQuery: 'SELECT SLEEP(0.5)',
  endlessQuery: 'SELECT SLEEP(60)',
  wrongQuery: { text: 'SELECT nothing FROM nowhere', message: /Table 'stock.nowhere' doesn't exist/ },
  tls: { scheme: 'mysql', unverified: '/stock?ssl-mode=REQUIRED', verified: '/stock?ssl-mode=VERIFY_IDENTITY' },
});
