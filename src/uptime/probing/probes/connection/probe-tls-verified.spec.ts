import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTlsServer } from 'node:tls';
import { WebSocketServer } from 'ws';
import { systemClock as clock } from '../../../../common/clock.js';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import {
  type CertificateOptions,
  type ServerCertificate,
  TestAuthority,
} from '../../../../../test/support/test-certificates.js';
import { DEFAULT_TLS_RULES, httpTarget, type HttpTarget, webSocketTarget } from '../../../domain/index.js';
import { HttpProbe } from '../http/http.probe.js';
import { TcpProbe } from '../tcp/tcp.probe.js';
import { WebSocketProbe } from '../websocket/websocket.probe.js';

const NEVER = new AbortController().signal;

describe('certificate verification', () => {
  const servers = new LoopbackServers();
  let authority: TestAuthority;

  beforeAll(async () => {
    authority = await TestAuthority.create();
    authority.trust();
  });

  const serve = (certificate: ServerCertificate): Promise<string> => {
    const server = createHttpsServer(certificate, (_, response) => response.end('ok'));
    new WebSocketServer({ server });
    return servers.listen(server);
  };
  const errorOf = async (url: string, rules: Partial<HttpTarget> = {}): Promise<string | undefined> =>
    (await new HttpProbe({ ...httpTarget(), ...rules, url }, clock).probe(NEVER)).error;
  const errorWith = async (options: CertificateOptions): Promise<string | undefined> =>
    (await errorOf(`https://${await serve(await authority.issue(options))}/`))?.replace(/:\d+/, '');

  it('accepts a certificate of a trusted authority in each kind of probe', async () => {
    const certificate = await authority.issue();
    const hostPort = await serve(certificate);
    const port = Number(hostPort.split(':')[1]);
    for (const host of ['localhost', '127.0.0.1']) {
      const probes = [
        new HttpProbe({ ...httpTarget(), url: `https://${host}:${port}/` }, clock),
        new WebSocketProbe({ ...webSocketTarget(), url: `wss://${host}:${port}/` }, clock),
        new TcpProbe({ kind: 'tcp', host, port, tls: DEFAULT_TLS_RULES }, clock),
      ];
      for (const probe of probes) {
        const { error, certificateEndsAt } = await probe.probe(NEVER);
        expect([error, certificateEndsAt]).toEqual([undefined, certificate.endsAt]);
      }
    }
  });

  it('is refused when it has expired, when it is not valid yet, and when it is issued for another name', async () => {
    expect(await errorWith({ endsInDays: -1 })).toBe('the certificate of 127.0.0.1 has expired');
    expect(await errorWith({ beginsInDays: 1 })).toBe('the certificate of 127.0.0.1 is not valid yet');
    expect(await errorWith({ names: [{ type: 'dns', value: 'penguin.example' }] })).toBe(
      'the certificate of 127.0.0.1 is issued for another name',
    );
  });

  it('requests and verifies the name in the header Host', async () => {
    const names = [{ type: 'dns', value: 'penguin.example' }] as const;
    const hostPort = await serve(await authority.issue({ names }));
    expect(await errorOf(`https://${hostPort}/`, { headers: { Host: 'penguin.example' } })).toBeUndefined();
    const webSocket = new WebSocketProbe(
      { ...webSocketTarget(), url: `wss://${hostPort}/`, headers: { Host: 'penguin.example:443' } },
      clock,
    );
    expect(await webSocket.probe(NEVER)).not.toHaveProperty('error');
  });

  it('reports the earliest expiry of a chain of redirects, with its warning', async () => {
    const [late, early] = [await authority.issue(), await authority.issue({ endsInDays: 5.5 })];
    const last = await serve(late);
    const first = await servers.listen(
      createHttpsServer(early, (_, response) => response.writeHead(302, { location: `https://${last}/` }).end()),
    );
    const target = {
      ...httpTarget(),
      url: `https://${first}/`,
      maxRedirects: 1,
      tls: { verify: true, certificate: { degradedBelowDays: 14 } },
    };
    const answer = await new HttpProbe(target, clock).probe(NEVER);
    expect(answer).not.toHaveProperty('error');
    expect(answer).toMatchObject({
      certificateEndsAt: early.endsAt,
      warning: `the certificate of ${first} expires in 5 days`,
    });
  });

  it('drops the warning of a failed probe', async () => {
    const hostPort = await servers.listen(
      createHttpsServer(await authority.issue({ endsInDays: 5 }), (_, response) => response.writeHead(503).end()),
    );
    const answer = await new HttpProbe(
      { ...httpTarget(), url: `https://${hostPort}/`, tls: { verify: true, certificate: { degradedBelowDays: 14 } } },
      clock,
    ).probe(NEVER);
    expect(answer).toMatchObject({ error: 'answered 503' });
    expect(answer).not.toHaveProperty('warning');
  });

  it('does not send credentials from http to https, which is another origin', async () => {
    let authorization: string | undefined = 'no request';
    const secure = await servers.listen(
      createHttpsServer(await authority.issue(), (request, response) => {
        authorization = request.headers.authorization;
        response.end();
      }),
    );
    const plain = await servers.listen(
      createHttpServer((_, response) => response.writeHead(301, { location: `https://${secure}/` }).end()),
    );
    expect(await errorOf(`http://jane:secret@${plain}/`, { maxRedirects: 1 })).toBeUndefined();
    expect(authorization).toBeUndefined();
  });

  it('reports a server that requires a client certificate', async () => {
    const hostPort = await servers.listen(
      createTlsServer({ ...(await authority.issue()), requestCert: true, rejectUnauthorized: true }),
    );
    expect(await errorOf(`https://${hostPort}/`)).toMatch(
      new RegExp(`^TLS with ${hostPort} failed: certificate required$|^connection closed by ${hostPort}`),
    );
  });
});
