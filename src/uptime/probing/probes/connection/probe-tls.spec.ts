import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTlsServer } from 'node:tls';
import { WebSocketServer } from 'ws';
import { systemClock as clock } from '../../../../common/clock.js';
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

  /** Serves HTTP and WebSocket over TLS; the tcp probe uses neither. */
  const serve = (certificate: ServerCertificate, host?: string): Promise<string> => {
    const server = createHttpsServer(certificate, (_request, response) => response.end('ok'));
    new WebSocketServer({ server });
    return servers.listen(server, { host });
  };
  const probe = (hostPort: string, tls = DEFAULT_TLS_RULES, signal = NEVER): Promise<ProbeResult> => {
    const [, host = '', port] = /^(.*):(\d+)$/.exec(hostPort) ?? [];
    return create(host, Number(port), tls).probe(signal);
  };
  /** Probes a server whose certificate is signed by an unknown authority, without verification. */
  const probeUnverified = async (options: CertificateOptions, rules: TlsRules['certificate']): Promise<ProbeResult> =>
    probe(await serve(await authority.issue(options)), { verify: false, certificate: rules });

  it('accepts any certificate without verification, and reports its expiry and handshake time', async () => {
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

  it('rejects a self-signed certificate without sending anything', async () => {
    const certificate = await selfSigned();
    const hostPort = await serve(certificate);
    expect(await probe(hostPort)).toMatchObject({
      error: `the certificate of ${hostPort} is self-signed`,
      certificateEndsAt: certificate.endsAt,
    });
    await servers.open(0);
  });

  it('rejects a certificate of an unknown authority', async () => {
    const hostPort = await serve(await authority.issue());
    expect(await probe(hostPort)).toMatchObject({
      error: `the certificate of ${hostPort} is signed by an unknown authority`,
    });
  });

  it('warns or fails if the certificate expires within the configured days', async () => {
    expect(await probeUnverified({ endsInDays: 30.5 }, { degradedBelowDays: 30, downBelowDays: 7 })).not.toHaveProperty(
      'warning',
    );
    const soon = await probeUnverified({ endsInDays: 20.5 }, { degradedBelowDays: 30, downBelowDays: 7 });
    expect(soon).not.toHaveProperty('error');
    expect(soon.warning).toMatch(/^the certificate of 127\.0\.0\.1:\d+ expires in 20 days$/);
    const sooner = await probeUnverified({ endsInDays: 1.5 }, { degradedBelowDays: 30, downBelowDays: 7 });
    expect(sooner).not.toHaveProperty('warning');
    expect(sooner.error).toMatch(/^the certificate of 127\.0\.0\.1:\d+ expires in 1 day$/);
    expect((await probeUnverified({ endsInDays: 0.5 }, { downBelowDays: 1 })).error).toMatch(
      /expires in less than a day$/,
    );
    expect((await probeUnverified({ endsInDays: -1 }, { degradedBelowDays: 7 })).warning).toMatch(/has expired$/);
    expect(await probeUnverified({ endsInDays: -1 }, {})).not.toHaveProperty('error');
  });

  it('reports a server without TLS', async () => {
    const hostPort = await servers.listenTcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await probe(hostPort)).toMatchObject({ error: `${hostPort} does not speak TLS` });
  });

  it('reports an interrupted handshake', async () => {
    for (const then of ['end', 'reset'] as const) {
      const hostPort = await servers.answering(Buffer.from([0x16, 3, 3, 0, 100, 2, 0, 0]), then);
      expect(await probe(hostPort)).toMatchObject({
        error: `connection closed by ${hostPort} within the TLS handshake`,
      });
    }
  });

  it('reports the TLS alert of the server', async () => {
    const hostPort = await servers.answering(Buffer.from([0x15, 3, 3, 0, 2, 2, 112]));
    expect(await probe(hostPort)).toMatchObject({ error: `TLS with ${hostPort} failed: unrecognized name` });
  });

  it('aborts a handshake that hangs, closes its socket and reports it', async () => {
    const hostPort = await servers.listenTcp((socket) => socket.resume());
    const result = await servers.abortConnected((signal) => probe(hostPort, UNVERIFIED, signal));
    expect(result).toMatchObject({ error: `${hostPort} did not finish the TLS handshake` });
  });

  it('closes its connection', async () => {
    await probe(await serve(await selfSigned()), UNVERIFIED);
    await servers.open(0);
  });

  it('connects to an IPv6 address', async () => {
    expect(await probe(await serve(await selfSigned(), '::1'), UNVERIFIED)).not.toHaveProperty('error');
  });

  it('sends the server name (SNI)', async () => {
    const server = createTlsServer(await selfSigned());
    const connected = once(server, 'secureConnection') as Promise<[{ servername: string | false }]>;
    const hostPort = await servers.listen(server);
    const stop = new AbortController();
    const probing = probe(hostPort.replace('127.0.0.1', 'localhost'), UNVERIFIED, stop.signal);
    expect((await connected)[0].servername).toBe('localhost');
    stop.abort();
    await probing;
  });
});
