import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTlsServer } from 'node:tls';
import { WebSocketServer } from 'ws';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import {
  type CertificateOptions,
  selfSigned,
  type ServerCertificate,
  TestAuthority,
} from '../../../../../test/support/test-certificates.js';
import { type Probe } from '../../application/index.js';
import {
  DEFAULT_TLS_RULES,
  httpTarget,
  type TlsRules,
  webSocketTarget,
  type ProbeResult,
} from '../../../domain/index.js';
import { HttpProbe } from '../http/http.probe.js';
import { TcpProbe } from '../tcp/tcp.probe.js';
import { WebSocketProbe } from '../websocket/websocket.probe.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const NEVER = new AbortController().signal;
const UNVERIFIED: TlsRules = { verify: false, certificate: {} };

interface Kind {
  /** @param host and port of the target */
  readonly create: (host: string, port: number, tls: TlsRules) => Probe;
  readonly phases: readonly string[];
}

const KINDS: Readonly<Record<string, Kind>> = {
  http: {
    create: (host, port, tls) =>
      new HttpProbe({ ...httpTarget(), url: `https://jane:secret@${host}:${port}/secret?token=secret`, tls }, clock),
    phases: ['connect', 'tls', 'firstByte'],
  },
  websocket: {
    create: (host, port, tls) =>
      new WebSocketProbe(
        { ...webSocketTarget(), url: `wss://jane:secret@${host}:${port}/secret?token=secret`, tls },
        clock,
      ),
    phases: ['connect', 'tls', 'firstByte'],
  },
  tcp: {
    create: (host, port, tls) => new TcpProbe({ kind: 'tcp', host, port, tls }, clock),
    phases: ['connect', 'tls'],
  },
};

describe.each(Object.entries(KINDS))('TLS of the %s probe', (_, { create, phases }) => {
  const servers = new LoopbackServers();
  let authority: TestAuthority;

  beforeAll(async () => {
    authority = await TestAuthority.create();
  });

  /** Speaks HTTP and WebSocket over TLS, which the tcp probe does not ask for. */
  const serve = (certificate: ServerCertificate, host?: string): Promise<string> => {
    const server = createHttpsServer(certificate, (_request, response) => response.end('ok'));
    new WebSocketServer({ server });
    return servers.listen(server, { host });
  };
  const probe = (endpoint: string, tls = DEFAULT_TLS_RULES, signal = NEVER): Promise<ProbeResult> => {
    const [, host = '', port] = /^(.*):(\d+)$/.exec(endpoint) ?? [];
    return create(host, Number(port), tls).probe(signal);
  };
  /** Probes a server with such a certificate, from an authority that is not known here. */
  const probeUnverified = async (options: CertificateOptions, rules: TlsRules['certificate']): Promise<ProbeResult> =>
    probe(await serve(await authority.issue(options)), { verify: false, certificate: rules });

  it('takes any certificate where it is not to be verified, and tells when it ends and how long the handshake took', async () => {
    const certificate = await selfSigned();
    const answer = await probe(await serve(certificate), UNVERIFIED);
    expect(answer).not.toHaveProperty('error');
    expect(answer).not.toHaveProperty('warning');
    expect(answer.certificateEndsAt).toBe(certificate.endsAt);
    expect(Object.keys(answer.phases ?? {})).toEqual(phases);
    expect(answer.phases?.tls).toBeGreaterThan(0);
    const { connect = 0, tls = 0, firstByte = 0 } = answer.phases ?? {};
    expect(connect + tls + firstByte).toBeLessThanOrEqual(answer.responseTime);
  });

  it('tells a certificate that is signed by itself, and sends nothing to its server', async () => {
    const certificate = await selfSigned();
    const endpoint = await serve(certificate);
    expect(await probe(endpoint)).toMatchObject({
      error: `the certificate of ${endpoint} is signed by itself`,
      certificateEndsAt: certificate.endsAt,
    });
    await servers.open(0);
  });

  it('tells a certificate of an authority that is not known', async () => {
    const endpoint = await serve(await authority.issue());
    expect(await probe(endpoint)).toMatchObject({
      error: `the certificate of ${endpoint} comes from an authority that is not known`,
    });
  });

  it('is degraded, or down, where the certificate ends in fewer days than the rules say', async () => {
    expect(await probeUnverified({ endsInDays: 30.5 }, { degradedBelowDays: 30, downBelowDays: 7 })).not.toHaveProperty(
      'warning',
    );
    const soon = await probeUnverified({ endsInDays: 20.5 }, { degradedBelowDays: 30, downBelowDays: 7 });
    expect(soon).not.toHaveProperty('error');
    expect(soon.warning).toMatch(/^the certificate of 127\.0\.0\.1:\d+ ends in 20 days$/);
    const sooner = await probeUnverified({ endsInDays: 1.5 }, { degradedBelowDays: 30, downBelowDays: 7 });
    expect(sooner).not.toHaveProperty('warning');
    expect(sooner.error).toMatch(/^the certificate of 127\.0\.0\.1:\d+ ends in 1 day$/);
    expect((await probeUnverified({ endsInDays: 0.5 }, { downBelowDays: 1 })).error).toMatch(
      /ends in less than a day$/,
    );
    expect((await probeUnverified({ endsInDays: -1 }, { degradedBelowDays: 7 })).warning).toMatch(/has expired$/);
    expect(await probeUnverified({ endsInDays: -1 }, {})).not.toHaveProperty('error');
  });

  it('tells plain text from TLS', async () => {
    const endpoint = await servers.listenTcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await probe(endpoint)).toMatchObject({ error: `${endpoint} does not speak TLS` });
  });

  it('tells a handshake that is cut off', async () => {
    for (const then of ['end', 'reset'] as const) {
      const endpoint = await servers.answering(Buffer.from([0x16, 3, 3, 0, 100, 2, 0, 0]), then);
      expect(await probe(endpoint)).toMatchObject({
        error: `connection closed by ${endpoint} within the TLS handshake`,
      });
    }
  });

  it('tells why the server ended the handshake', async () => {
    const endpoint = await servers.answering(Buffer.from([0x15, 3, 3, 0, 2, 2, 112]));
    expect(await probe(endpoint)).toMatchObject({ error: `TLS with ${endpoint} failed: unrecognized name` });
  });

  it('is ended by the signal, its socket too, within a handshake that hangs, and says so', async () => {
    const endpoint = await servers.listenTcp((socket) => socket.resume());
    const stop = new AbortController();
    const probing = probe(endpoint, UNVERIFIED, stop.signal);
    await servers.open(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    expect(await probing).toMatchObject({ error: `${endpoint} does not finish the TLS handshake` });
    await servers.open(0);
  });

  it('closes its connection: nothing is left open at the target', async () => {
    await probe(await serve(await selfSigned()), UNVERIFIED);
    await servers.open(0);
  });

  it('reaches an IPv6 address', async () => {
    expect(await probe(await serve(await selfSigned(), '::1'), UNVERIFIED)).not.toHaveProperty('error');
  });

  it('asks for the server by its name', async () => {
    const server = createTlsServer(await selfSigned());
    const connected = once(server, 'secureConnection') as Promise<[{ servername: string | false }]>;
    const endpoint = await servers.listen(server);
    const stop = new AbortController();
    const probing = probe(endpoint.replace('127.0.0.1', 'localhost'), UNVERIFIED, stop.signal);
    expect((await connected)[0].servername).toBe('localhost');
    stop.abort();
    await probing;
  });
});
