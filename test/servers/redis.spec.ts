import { REDIS_PASSWORD, startRedis } from './redis-server.js';
import { describeDatabaseProbe } from './probed-database.js';

describeDatabaseProbe('Redis', {
  start: startRedis,
  user: 'default',
  password: REDIS_PASSWORD,
  scheme: 'redis',
  path: '/0',
  missingDatabase: { path: '/99', name: '99' },
  query: 'SET greeting "good morning"',
  slowQuery: 'DEBUG SLEEP 0.5',
  endlessQuery: 'BLPOP no-such-list 60',
  wrongQuery: { text: 'LPUSH', message: /wrong number of arguments/ },
  tls: { port: ({ tlsPort }) => tlsPort, scheme: 'rediss', verified: '/0' },
});
