import { createServer } from 'node:net';
import { sleep } from '../../../../test/support/eventually.js';
import { FullServer } from '../../../../test/support/full-server.js';
import { LoopbackServers } from '../../../../test/support/loopback-servers.js';
import { mongoDBResponder } from '../../../../test/support/mongodb-responder.js';
import { NameServer } from '../../../../test/support/name-server.js';
import { systemClock as clock } from '../../../common/clock.js';
import { NameResolver } from '../../../common/network/name-resolver.js';
import {
  databaseTarget,
  DEFAULT_TLS_RULES,
  httpTarget,
  type ProbeResult,
  webSocketTarget,
} from '../../domain/index.js';
import { createProbe } from './create-probe.js';

type ProbedTarget = Parameters<typeof createProbe>[0];

const DATABASES = ['postgres', 'mysql', 'redis', 'rediss', 'mongodb', 'kurrentdb'];
const KINDS: readonly [string, (host: string, port: number) => ProbedTarget][] = [
  ['http', (host, port) => httpTarget(`http://${host}:${port}/`)],
  ['https', (host, port) => httpTarget(`https://${host}:${port}/`)],
  ['websocket', (host, port) => ({ ...webSocketTarget(), url: `ws://${host}:${port}/` })],
  ['tcp', (host, port) => ({ kind: 'tcp', host, port })],
  ['tcp with TLS', (host, port) => ({ kind: 'tcp', host, port, tls: DEFAULT_TLS_RULES })],
  ...DATABASES.map((scheme): [string, (host: string, port: number) => ProbedTarget] => [
    scheme,
    (host, port) => databaseTarget(`${scheme}://${host}:${port}/${scheme === 'kurrentdb' ? '?tls=false' : ''}`),
  ]),
];

describe('a probe by name', () => {
  const servers = new LoopbackServers();
  let nameServer: NameServer;
  const probe = (target: ProbedTarget, signal = new AbortController().signal): Promise<ProbeResult> => {
    const unused = (): never => {
      throw new Error('not for a target with a URL');
    };
    const dependencies = {
      clock,
      names: new NameResolver(nameServer.files),
      random: (length: number) => 'a'.repeat(length),
      store: { testConnection: unused },
      ownEndpoint: unused,
      ownAuthorization: '',
    };
    return createProbe(target, 5_000, dependencies).probe(signal);
  };

  beforeEach(
    async () =>
      (nameServer = await NameServer.start({
        'db.example': { A: ['127.0.0.1'] },
        'dead.example': { silent: true },
      })),
  );
  afterEach(() => nameServer.stop());

  it.each(KINDS)('of kind %s asks the configured name server', async (_, targetOf) => {
    const connected = new Set<string | undefined>();
    const hostPort = await servers.listenTcp((socket) => {
      connected.add(socket.remoteAddress);
      socket.destroy();
    });
    const { error } = await probe(targetOf('db.example', Number(hostPort.split(':')[1])));
    expect(error ?? '').not.toMatch(/no address|DNS/);
    expect(connected.size).toBe(1);
    expect((await probe(targetOf('nowhere.example', 1))).error).toMatch(/^no address found for nowhere\.example:1$/);
  });

  it.each(KINDS)('of kind %s ends at its timeout if the name server does not answer', async (_, targetOf) => {
    nameServer.configure('options timeout:1 attempts:5');
    const stop = new AbortController();
    const probing = probe(targetOf('dead.example', 1), stop.signal);
    await sleep(300);
    stop.abort();
    expect(await probing).toMatchObject({ error: 'the DNS lookup of dead.example:1 did not finish' });
    const asked = nameServer.questions.length;
    await sleep(1_500);
    expect(nameServer.questions).toHaveLength(asked);
  });

  it.each(KINDS)('of kind %s tries the next address if the first one loses its SYN', async (kind, targetOf) => {
    const full = await FullServer.start();
    try {
      const create =
        kind === 'mongodb' ? mongoDBResponder(() => ({ ok: 1 })) : createServer((socket) => socket.destroy());
      let connections = 0;
      create.on('connection', () => connections++);
      await servers.listen(create, { host: '127.0.0.2', port: full.port });
      nameServer.set('two.example', { A: ['127.0.0.1', '127.0.0.2'] });
      const { error, responseTime } = await probe(targetOf('two.example', full.port));
      expect(connections).toBeGreaterThan(0);
      if (kind === 'mongodb') expect(error).toBeUndefined();
      expect(responseTime).toBeLessThan(kind === 'kurrentdb' ? 5_100 : 1_500);
    } finally {
      full.kill();
    }
  });

  it('of mongodb+srv asks the configured name server for the hosts', async () => {
    const hostPort = await servers.listen(mongoDBResponder(() => ({ ok: 1 })));
    nameServer.set('_mongodb._tcp.cluster.shop.example', {
      SRV: [{ name: 'a.shop.example', port: Number(hostPort.split(':')[1]) }],
    });
    nameServer.set('a.shop.example', { A: ['127.0.0.1'] });
    expect(await probe(databaseTarget('mongodb+srv://cluster.shop.example/?tls=false'))).not.toHaveProperty('error');
    nameServer.set('_mongodb._tcp.cluster.shop.example', { SRV: [{ name: 'a.other.example', port: 1 }] });
    expect(await probe(databaseTarget('mongodb+srv://cluster.shop.example/?tls=false'))).toMatchObject({
      error: 'the SRV record of cluster.shop.example names a.other.example, a host outside .shop.example',
    });
    expect(await probe(databaseTarget('mongodb+srv://nowhere.shop.example/'))).toMatchObject({
      error: 'no address found for nowhere.shop.example',
    });
  });
});
