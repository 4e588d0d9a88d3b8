import { POSTGRES_PASSWORD, startPostgres } from './postgres-server.js';
import { describeDatabaseProbe } from './probed-database.js';

describeDatabaseProbe('PostgreSQL', {
  start: startPostgres,
  user: 'jane',
  password: POSTGRES_PASSWORD,
  scheme: 'postgres',
  path: '/postgres',
  missingDatabase: { path: '/shop', name: 'shop' },
  query: 'SELECT count(*) FROM pg_class',
  slowQuery: 'SELECT pg_sleep(0.5)',
  endlessQuery: 'SELECT pg_sleep(60)',
  wrongQuery: { text: 'SELECT nothing FROM nowhere', message: /relation "nowhere" does not exist/ },
  tls: { scheme: 'postgresql', unverified: '/postgres?sslmode=require', verified: '/postgres?sslmode=verify-full' },
});
