import dns from 'node:dns';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import { systemClock as clock } from '../../../../common/clock.js';
import { until } from '../../../../../test/support/eventually.js';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { selfSigned } from '../../../../../test/support/test-certificates.js';
import { type Probe } from '../../application/index.js';
import { httpTarget, webSocketTarget } from '../../../domain/index.js';
import { HttpProbe } from '../http/http.probe.js';
import { TcpProbe } from '../tcp/tcp.probe.js';
import { WebSocketProbe } from '../websocket/websocket.probe.js';

const tls = { verify: false, certificate: {} };

const KINDS: Readonly<Record<string, (host: string, port: number, headers: Record<string, string>) => Probe>> = {
  http: (host, port, headers) =>
    new HttpProbe({ ...httpTarget(), url: `https://${host}:${port}/`, headers, tls }, clock),
  websocket: (host, port, headers) =>
    new WebSocketProbe({ ...webSocketTarget(), url: `wss://${host}:${port}/`, headers, tls }, clock),
  tcp: (host, port) => new TcpProbe({ kind: 'tcp', host, port, tls }, clock),
};

describe.each(Object.entries(KINDS))('the server name of the %s probe', (kind, create) => {
  const servers = new LoopbackServers();
  const isHttp = kind !== 'tcp';

  beforeAll(() => {
    // Not every system knows `localhost.`.
    const { lookup } = dns;
    jest
      .spyOn(dns, 'lookup')
      .mockImplementation(((host: string, ...rest: [never, never]) =>
        lookup(host.replace(/\.$/, ''), ...rest)) as typeof lookup);
  });
  afterAll(() => jest.restoreAllMocks());

  /** Probes a host. @returns the names by SNI and by the header Host, without its port */
  const namesOf = async (host: string, headers: Record<string, string> = {}): Promise<(string | undefined)[]> => {
    const names: (string | undefined)[] = [];
    const server = createHttpsServer(await selfSigned(), (_, response) => response.end());
    server.on('secureConnection', (socket: TLSSocket) => names.push(String(Reflect.get(socket, 'servername'))));
    server.on('request', (request) => names.push(request.headers.host));
    new WebSocketServer({ server }).on('headers', (_, request) => names.push(request.headers.host));
    const port = Number((await servers.listen(server)).split(':')[1]);
    await create(host, port, headers).probe(AbortSignal.timeout(10_000));
    await until(() => names.length === (isHttp ? 2 : 1), 'the names have arrived');
    return names.map((name) => name?.replace(/:\d+$/, ''));
  };
  it('has no trailing dot, unlike the header Host', async () => {
    expect(await namesOf('localhost.')).toEqual(isHttp ? ['localhost', 'localhost.'] : ['localhost']);
  });

  it('is in ASCII', async () => {
    expect(await namesOf('ｌocalhost')).toEqual(isHttp ? ['localhost', 'localhost'] : ['localhost']);
  });

  if (isHttp)
    it('is that of the header Host', async () => {
      expect(await namesOf('localhost', { Host: 'shop.example.:8443' })).toEqual(['shop.example', 'shop.example.']);
    });
});

describe('the host of a tcp probe', () => {
  it('is looked up in ASCII', async () => {
    const { error = '' } = await new TcpProbe({ kind: 'tcp', host: 'größe.invalid', port: 1 }, clock).probe(
      AbortSignal.timeout(10_000),
    );
    expect(error).toMatch(/^no address found for xn--gre-6ka8i\.invalid:1/);
  });
});

describe.each<[string, (hostPort: string) => Probe]>([
  ['http', (hostPort) => new HttpProbe({ ...httpTarget(), url: `http://${hostPort}/` }, clock)],
  ['websocket', (hostPort) => new WebSocketProbe({ ...webSocketTarget(), url: `ws://${hostPort}/` }, clock)],
])('the response headers of the %s probe', (_, create) => {
  const servers = new LoopbackServers();
  const errorWith = async (headers: readonly string[]): Promise<string | undefined> => {
    const server = createHttpServer((_request, response) => response.writeHead(200, headers.flatMap(split)).end());
    new WebSocketServer({ server }).on('headers', (sent) => sent.push(...headers));
    return (await create(await servers.listen(server)).probe(AbortSignal.timeout(10_000))).error;
  };
  const split = (header: string): string[] => header.split(': ');

  it('may have 256 KiB', async () => {
    expect(await errorWith([`x-large: ${'x'.repeat(250_000)}`])).toBeUndefined();
    expect(
      await errorWith(Array.from({ length: 250 }, (__, index) => `x-${index}: ${'x'.repeat(950)}`)),
    ).toBeUndefined();
    expect(await errorWith([`x-large: ${'x'.repeat(270_000)}`])).toMatch(/^the response headers of .* are too large$/);
  });
});
