import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { until } from '../../../test/support/eventually.js';
import { FullServer } from '../../../test/support/full-server.js';
import { LoopbackServers, unusedPort } from '../../../test/support/loopback-servers.js';
import { NameServer, type NameRecords } from '../../../test/support/name-server.js';
import { connectFirst } from './connect-first.js';
import { NameResolver } from './name-resolver.js';

describe('connecting to the first address that accepts', () => {
  const servers = new LoopbackServers();
  const full: FullServer[] = [];
  let nameServer: NameServer;
  const startFull = async (host: string, port?: number): Promise<FullServer> => {
    const server = await FullServer.start(host, port);
    full.push(server);
    return server;
  };
  const listen = async (host: string, port = 0): Promise<number> =>
    Number((await servers.listen(createServer(), { host, port })).split(':').at(-1));
  /** Connects to a name that has these records. @returns the socket's remote address and the time it took */
  const connect = async (
    records: NameRecords,
    port: number,
    signal = new AbortController().signal,
  ): Promise<{ address: string | undefined; ms: number; socket: Socket }> => {
    nameServer.set('db.example', records);
    const start = performance.now();
    const socket = await connectFirst(new NameResolver(nameServer.files), { host: 'db.example', port }, signal);
    const ms = performance.now() - start;
    const address = socket.remoteAddress;
    socket.destroy();
    return { address, ms, socket };
  };
  /** Connections of this machine to a port that wait for an answer to their SYN. */
  const connecting = (port: number): number => {
    const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')} 02 `;
    return readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .filter((line) => line.includes(remote)).length;
  };

  beforeEach(async () => (nameServer = await NameServer.start()));
  afterEach(() => {
    nameServer.stop();
    for (const server of full.splice(0)) server.kill();
  });

  it('tries the next address after 250 ms if the first one loses its SYN, and ends the other attempt', async () => {
    const { port } = await startFull('127.0.0.1');
    await listen('127.0.0.2', port);
    const before = connecting(port);
    const { address, ms } = await connect({ A: ['127.0.0.1', '127.0.0.2'] }, port);
    expect(address).toBe('127.0.0.2');
    expect(ms).toBeGreaterThan(240);
    expect(ms).toBeLessThan(1_000);
    await until(() => connecting(port) === before, 'no attempt is under way');
  });

  it('continues every attempt: one whose SYN was lost succeeds when the kernel repeats it', async () => {
    const slow = await startFull('127.0.0.1');
    await startFull('127.0.0.2', slow.port);
    setTimeout(() => slow.resume(), 600);
    const { address, ms } = await connect({ A: ['127.0.0.1', '127.0.0.2'] }, slow.port);
    expect(address).toBe('127.0.0.1');
    expect(ms).toBeGreaterThan(600);
    expect(ms).toBeLessThan(4_500);
  });

  it('tries the next address at once if one refuses', async () => {
    const port = await listen('127.0.0.2');
    const { address, ms } = await connect({ A: ['127.0.0.1', '127.0.0.2'] }, port);
    expect(address).toBe('127.0.0.2');
    expect(ms).toBeLessThan(200);
  });

  it('tries IPv6 first, and IPv4 if that fails', async () => {
    const port = await listen('::1');
    await listen('127.0.0.1', port);
    expect(await connect({ A: ['127.0.0.1'], AAAA: ['::1'] }, port)).toMatchObject({ address: '::1' });
    servers.stopListening();
    await listen('127.0.0.1', port);
    expect(await connect({ A: ['127.0.0.1'], AAAA: ['::1'] }, port)).toMatchObject({ address: '127.0.0.1' });
  });

  it('waits for the addresses of the other family if all known ones fail', async () => {
    const port = await listen('::1');
    nameServer.configure('options timeout:1 attempts:3');
    setTimeout(() => nameServer.set('db.example', { A: ['127.0.0.1'], AAAA: ['::1'] }), 300);
    const { address, ms } = await connect({ A: ['127.0.0.1'], AAAA: ['::1'], silent: ['AAAA'] }, port);
    expect(address).toBe('::1');
    expect(ms).toBeGreaterThan(900);
  });

  it('reports the refusal of a target rather than an address that this machine cannot use', async () => {
    const port = await unusedPort();
    await expect(connect({ A: ['127.0.0.1'], AAAA: ['2001:db8::1'] }, port)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it('reports a name without an address', async () => {
    nameServer.configure('search .');
    await expect(
      connectFirst(
        new NameResolver(nameServer.files),
        { host: 'nowhere.example', port: 1 },
        new AbortController().signal,
      ),
    ).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('ends all attempts when it is aborted', async () => {
    const { port } = await startFull('127.0.0.1');
    await startFull('127.0.0.2', port);
    const before = connecting(port);
    const stop = new AbortController();
    const rejected = expect(connect({ A: ['127.0.0.1', '127.0.0.2'] }, port, stop.signal)).rejects.toThrow('timed out');
    await until(() => connecting(port) === before + 2, 'two attempts are under way');
    stop.abort(new Error('timed out'));
    await rejected;
    await until(() => connecting(port) === before, 'no attempt is under way');
  });

  it('ignores errors of the socket', async () => {
    const hostPort = await servers.listenTcp((peer) => peer.once('data', () => peer.resetAndDestroy()));
    const socket = await connectFirst(
      new NameResolver(nameServer.files),
      { host: '127.0.0.1', port: Number(hostPort.split(':')[1]) },
      new AbortController().signal,
    );
    socket.resume().write('hello');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.errored).toMatchObject({ code: 'ECONNRESET' });
  });
});
