import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, sleep, until, untilPasses } from '../support/eventually.js';
import { FileDescriptors } from '../support/file-descriptors.js';
import { ImpatientClient } from '../support/impatient-client.js';
import { JwksIssuer } from '../support/jwks-issuer.js';
import { LiveFeed } from '../support/live-feed.js';
import { LoopbackServers } from '../support/loopback-servers.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { changesOf, Target } from '../support/uptime-target.js';

const STREAM = '/api/users/alice/streams/profile';
/** Time after which everything works again. */
const AGAIN_MS = 5_000;
const SHORTAGE_MS = 8_000;

describe('a process without file descriptors', () => {
  const client = new ImpatientClient(() => service.url);
  let issuer: JwksIssuer;
  const target = new Target();
  const servers = new LoopbackServers();
  let dataDir: string;
  let service: ServiceProcess;
  let descriptors: FileDescriptors;

  beforeEach(async () => {
    dataDir = makeDataDir();
    issuer = new JwksIssuer();
    await issuer.start();
    await issuer.addKey('first');
    await target.start();
    // A redirect that sets a cookie, drivers of every kind, and a name.
    const redirecting = await servers.answering(
      `HTTP/1.1 302 Found\r\nLocation: ${target.url}\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n`,
    );
    const file = join(dataDir, 'services.yaml');
    writeFileSync(
      file,
      `services:
  - { name: shop, kind: http, url: '${target.url}' }
  - { name: login, kind: http, url: 'http://${redirecting}/', maxRedirects: 3 }
  - { name: port, kind: tcp, host: localhost, port: ${new URL(target.url).port} }
  - { name: postgres, kind: database, url: 'postgres://user:password@${target.endpoint}/db' }
  - { name: mysql, kind: database, url: 'mysql://user:password@${target.endpoint}/db' }
  - { name: redis, kind: database, url: 'redis://${target.endpoint}' }
  - { name: mongodb, kind: database, url: 'mongodb://${target.endpoint}/db' }
`,
    );
    service = await ServiceProcess.start({
      DATA_DIR: join(dataDir, 'data'),
      AUTH_JWKS_URL: issuer.url,
      AUTH_ISSUER: issuer.issuer,
      AUTH_AUDIENCE: issuer.audience,
      UPTIME_SERVICES_FILE: file,
      UPTIME_INTERVAL_MS: '500',
      UPTIME_TIMEOUT_MS: '400',
      UPTIME_FAILURE_THRESHOLD: '2',
      UPTIME_SUCCESS_THRESHOLD: '1',
      UPTIME_SAMPLE_WINDOW_MS: '1000',
      UPTIME_LEASE_MS: '3000',
      KURRENTDB_TIMEOUT_MS: '2000',
    });
    descriptors = new FileDescriptors(service.pid);
  });
  afterEach(async () => {
    client.close();
    await ServiceProcess.killAll();
    await issuer.stop();
    await target.kill();
    removeDataDir(dataDir);
  });

  /** Requests of every kind; their status, or that they got no connection. */
  const outcomes = async (token: string, n: number): Promise<readonly (readonly [string, number | string])[]> => {
    const streams = '/api/users/alice/streams';
    const writes = ['bikes', 'boats'].map((category) => ({ type: 'offers', category, data: { title: `${n}` } }));
    const requests: readonly (readonly [method: string, path: string, token: string, body?: unknown])[] = [
      ['GET', '/livez', token],
      ['GET', '/readyz', token],
      ['GET', '/health', token],
      ['GET', '/api/docs/swagger-ui.css', token],
      ['PUT', `${streams}/profile`, token, { data: { displayName: `name ${n}` } }],
      ['GET', `${streams}/profile`, token],
      ['GET', `${streams}/profile/default/history`, token],
      ['POST', `${streams}/batch`, token, { writes }],
      ['PATCH', `${streams}/profile/default/metadata`, token, { description: `number ${n}` }],
      ['GET', '/api/uptime/summary?hours=1', token],
      // A token that is not in the cache: its key may have to be fetched.
      ['GET', '/api/users/carol/streams', await issuer.token({ sub: 'carol', jti: String(n) })],
    ];
    return Promise.all(
      requests.map(async (request) => [`${request[0]} ${request[1]}`, await client.send(...request)] as const),
    );
  };
  /** 404: the stream was not written yet. */
  const isPassing = (outcome: number | string): boolean =>
    typeof outcome === 'string' || outcome < 300 || outcome === 404 || outcome === 503;
  const works = async (token: string, n: number): Promise<void> => {
    const results = await outcomes(token, n);
    expect(results.filter(([, outcome]) => typeof outcome !== 'number' || outcome >= 300)).toEqual([]);
  };
  /** Times of the last probes by service. */
  const lastProbes = async (): Promise<Readonly<Record<string, number>>> => {
    const { services } = (await service.get('/api/uptime/status')).body as {
      services: { serviceName: string; lastProbe: { timestamp: string } | null }[];
    };
    return Object.fromEntries(
      services.map(({ serviceName, lastProbe }) => [serviceName, Date.parse(lastProbe?.timestamp ?? '')]),
    );
  };

  it.each([
    ['before anything was used', () => Promise.resolve()],
    ['before the first write', (token: string) => client.send('GET', '/api/users/alice/streams', token)],
    ['after everything was used', (token: string) => untilPasses(() => works(token, 0))],
  ])(
    'answers 503 and works again within 5 s, when they are used up %s',
    async (_, use) => {
      await ready(service);
      const token = await issuer.token();
      await use(token);
      // Connections for every kind of request, as those of a load balancer.
      await Promise.all(Array.from({ length: 11 }, () => client.send('GET', '/livez')));
      descriptors.useUp();
      const unexpected: unknown[] = [];
      const end = performance.now() + SHORTAGE_MS;
      for (let n = 1; performance.now() < end; n++) {
        const results = await outcomes(token, n);
        unexpected.push(...results.filter(([, outcome]) => !isPassing(outcome)));
        await sleep(100);
      }
      descriptors.free();
      const freedAt = Date.now();
      expect(unexpected).toEqual([]);

      await untilPasses(() => works(token, 1_000), AGAIN_MS);
      const feed = await LiveFeed.open(service.url, `${STREAM}/default/feed?from=0`, {
        authorization: `Bearer ${token}`,
      });
      await until(() => feed.events.length > 0, 'a feed sends events', { withinMs: AGAIN_MS });
      await eventually(lastProbes, (times) => Object.values(times).every((time) => time > freedAt), AGAIN_MS);
      // The targets were up all the time.
      for (const name of ['shop', 'login', 'port'])
        expect({ name, statuses: (await changesOf(service, name)).map(({ data }) => data.status) }).toEqual({
          name,
          statuses: ['up'],
        });
      expect(service.output.filter((line) => line.includes('a bug in the probe'))).toEqual([]);
      expect((await service.get('/readyz')).body).toMatchObject({ status: 'ok' });
    },
    60_000,
  );
});
