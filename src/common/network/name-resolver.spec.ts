import { NameServer, REFUSED, SERVFAIL } from '../../../test/support/name-server.js';
import { sleep } from '../../../test/support/eventually.js';
import { NameResolver } from './name-resolver.js';

const never = (): AbortSignal => new AbortController().signal;

describe('the name resolver', () => {
  let server: NameServer;
  let names: NameResolver;
  const lookup = (host: string, signal = never()): Promise<readonly string[]> => names.lookupAll(host, signal);
  const elapsed = async (run: () => Promise<unknown>): Promise<number> => {
    const start = performance.now();
    await run();
    return performance.now() - start;
  };

  beforeEach(async () => {
    server = await NameServer.start({
      'db.example': { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] },
      'web.shop.svc': { A: ['192.0.2.3'] },
      'xn--bcher-kva.example': { A: ['192.0.2.4'] },
      'dead.example': { silent: true },
      'half.example': { A: ['192.0.2.5'], silent: ['AAAA'] },
      'broken.example': { rcode: SERVFAIL },
      'refused.example': { rcode: REFUSED },
      'empty.example': {},
      'big.example': { A: ['192.0.2.6'], truncated: true },
    });
    names = new NameResolver(server.files);
  });
  afterEach(() => server.stop());

  it('alternates the addresses of both families, IPv6 first', async () => {
    expect(await lookup('db.example')).toEqual(['2001:db8::1', '192.0.2.1', '192.0.2.2']);
  });

  it('asks no server for addresses and localhost', async () => {
    expect(await lookup('[::1]')).toEqual(['::1']);
    expect(await lookup('127.0.0.1')).toEqual(['127.0.0.1']);
    expect(await lookup('localhost')).toEqual(['::1', '127.0.0.1']);
    server.setHosts('127.0.0.1 localhost\n');
    expect(await lookup('Shop.localhost.')).toEqual(['127.0.0.1']);
    expect(server.questions).toEqual([]);
  });

  it('prefers the hosts file, and reads it again when it has changed', async () => {
    server.setHosts('192.0.2.9 db.example\n');
    expect(await lookup('DB.example')).toEqual(['192.0.2.9']);
    server.setHosts('192.0.2.10 db.example\n');
    expect(await lookup('db.example.')).toEqual(['192.0.2.10']);
    server.setHosts('');
    expect(await lookup('db.example')).toContain('192.0.2.1');
  });

  it('appends the domains of the search list, and reads the file again when it has changed', async () => {
    server.configure('search shop.svc svc\noptions ndots:5');
    expect(await lookup('web')).toEqual(['192.0.2.3']);
    expect(await lookup('web.shop')).toEqual(['192.0.2.3']);
    server.configure('search other');
    await expect(lookup('web')).rejects.toMatchObject({ code: 'ENOTFOUND', hostname: 'web' });
    server.configure('search shop.svc');
    await expect(lookup('web.')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('asks for an internationalized name in ASCII', async () => {
    expect(await lookup('bücher.example')).toEqual(['192.0.2.4']);
  });

  it('repeats a truncated answer by TCP', async () => {
    expect(await lookup('big.example')).toEqual(['192.0.2.6']);
  });

  it.each(['nowhere.example', 'empty.example', 'a b', ''])('reports that %j has no address', async (host) => {
    await expect(lookup(host)).rejects.toMatchObject({ code: 'ENOTFOUND', syscall: 'getaddrinfo' });
  });

  it.each(['broken.example', 'refused.example'])('reports that the servers do not know %s', async (host) => {
    await expect(lookup(host)).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  });

  it('asks again as often as configured, then reports that the servers do not answer', async () => {
    server.configure('options timeout:1 attempts:2');
    const waited = await elapsed(() =>
      expect(lookup('dead.example')).rejects.toMatchObject({ code: 'EAI_AGAIN', hostname: 'dead.example' }),
    );
    expect(waited).toBeGreaterThan(1_900);
    expect(waited).toBeLessThan(4_500);
    expect(server.questions.filter((question) => question === 'A dead.example')).toHaveLength(2);
  });

  it('reports that a server is not there, and asks the next one', async () => {
    const closed = await NameServer.start();
    closed.stop();
    server.configure('options timeout:1', ['[127.0.0.1]:1']);
    await expect(lookup('db.example')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
    server.configure('options timeout:1', ['[127.0.0.1]:1', server.address]);
    expect(await lookup('db.example')).toHaveLength(3);
  });

  it('waits once for a silent server, then asks it last', async () => {
    const silent = await NameServer.start({ 'db.example': { silent: true } });
    server.configure('options timeout:1', [silent.address, server.address]);
    expect(await elapsed(() => lookup('db.example'))).toBeGreaterThan(900);
    expect(await elapsed(() => lookup('db.example'))).toBeLessThan(500);
    silent.stop();
  });

  it('does not wait for the family that is not answered', async () => {
    const left = new AbortController();
    const { addresses, more } = await names.lookup('half.example', left.signal);
    expect(addresses).toEqual(['192.0.2.5']);
    left.abort();
    expect(await more).toEqual([]);
  });

  it('does not make other names wait for those without an answer', async () => {
    const dead = Array.from({ length: 50 }, () => new AbortController());
    for (const index of dead.keys()) server.set(`dead-${index}.example`, { silent: true });
    const settled = Promise.allSettled(dead.map(({ signal }, index) => lookup(`dead-${index}.example`, signal)));
    expect(await elapsed(() => lookup('db.example'))).toBeLessThan(500);
    expect(await elapsed(() => lookup('localhost'))).toBeLessThan(100);
    for (const controller of dead) controller.abort();
    expect((await settled).every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('shares a look-up that is under way, and caches nothing', async () => {
    server.set('slow.example', { A: ['192.0.2.7'], delayMs: 100 });
    const all = await Promise.all(Array.from({ length: 20 }, () => lookup('slow.example')));
    expect(all).toEqual(Array(20).fill(['192.0.2.7']));
    expect(server.questions).toHaveLength(2);
    server.set('slow.example', { A: ['192.0.2.8'] });
    expect(await lookup('slow.example')).toEqual(['192.0.2.8']);
  });

  it('ends a look-up when all who wait for it have left, and not before', async () => {
    server.configure('options timeout:1 attempts:5');
    const [first, second] = [new AbortController(), new AbortController()];
    const looking = [lookup('dead.example', first.signal), lookup('dead.example', second.signal)];
    const settled = Promise.allSettled(looking);
    await sleep(100);
    first.abort(new Error('left'));
    await expect(looking[0]).rejects.toThrow('left');
    await sleep(1_500);
    const asked = server.questions.length;
    expect(asked).toBeGreaterThan(2);
    second.abort(new Error('left'));
    await settled;
    await sleep(1_500);
    expect(server.questions).toHaveLength(asked);
    server.set('dead.example', { A: ['192.0.2.8'] });
    expect(await lookup('dead.example')).toEqual(['192.0.2.8']);
  });

  it('does not start when it is aborted already', async () => {
    await expect(lookup('db.example', AbortSignal.abort(new Error('ended')))).rejects.toThrow('ended');
    expect(server.questions).toEqual([]);
  });

  it('resolves SRV and TXT records', async () => {
    server.set('_mongodb._tcp.db.example', { SRV: [{ name: 'a.db.example', port: 27017 }] });
    server.set('db.example', { TXT: ['replicaSet=rs'] });
    expect(await names.resolveSrv('_mongodb._tcp.db.example', never())).toMatchObject([
      { name: 'a.db.example', port: 27017 },
    ]);
    expect(await names.resolveTxt('db.example', never())).toEqual([['replicaSet=rs']]);
    await expect(names.resolveSrv('nowhere.example', never())).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});
