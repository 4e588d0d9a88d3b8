import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTlsServer } from 'node:tls';
import { WebSocketServer } from 'ws';
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

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const NEVER = new AbortController().signal;

describe('a certificate that is verified', () => {
  const servers = new LoopbackServers();
  let authority: TestAuthority;

  beforeAll(async () => {
    authority = await TestAuthority.create();
    authority.makeKnown();
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

  it('is taken from an authority that this machine knows, by each kind of probe', async () => {
    const certificate = await authority.issue();
    const endpoint = await serve(certificate);
    const port = Number(endpoint.split(':')[1]);
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

  it('is refused when it has expired, when it is not valid yet, and when it is for another name', async () => {
    expect(await errorWith({ endsInDays: -1 })).toBe('the certificate of 127.0.0.1 has expired');
    expect(await errorWith({ beginsInDays: 1 })).toBe('the certificate of 127.0.0.1 is not valid yet');
    expect(await errorWith({ names: [{ type: 'dns', value: 'penguin.example' }] })).toBe(
      'the certificate of 127.0.0.1 is for another name',
    );
  });

  it('may be for the name in the header Host, which then is asked for', async () => {
    const names = [{ type: 'dns', value: 'penguin.example' }] as const;
    const endpoint = await serve(await authority.issue({ names }));
    expect(await errorOf(`https://${endpoint}/`, { headers: { Host: 'penguin.example' } })).toBeUndefined();
    const webSocket = new WebSocketProbe(
      { ...webSocketTarget(), url: `wss://${endpoint}/`, headers: { Host: 'penguin.example:443' } },
      clock,
    );
    expect(await webSocket.probe(NEVER)).not.toHaveProperty('error');
  });

  it('that ends first is told of those that redirects showed, with its warning', async () => {
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
      warning: `the certificate of ${first} ends in 5 days`,
    });
  });

  it('does not keep its warning where the answer is a failure', async () => {
    const endpoint = await servers.listen(
      createHttpsServer(await authority.issue({ endsInDays: 5 }), (_, response) => response.writeHead(503).end()),
    );
    const answer = await new HttpProbe(
      { ...httpTarget(), url: `https://${endpoint}/`, tls: { verify: true, certificate: { degradedBelowDays: 14 } } },
      clock,
    ).probe(NEVER);
    expect(answer).toMatchObject({ error: 'answered 503' });
    expect(answer).not.toHaveProperty('warning');
  });

  it('does not let credentials follow from plain text to TLS, which is another origin', async () => {
    let authorization: string | undefined = 'not asked';
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

  it('tells a server that asks for a certificate in turn', async () => {
    const endpoint = await servers.listen(
      createTlsServer({ ...(await authority.issue()), requestCert: true, rejectUnauthorized: true }),
    );
    expect(await errorOf(`https://${endpoint}/`)).toMatch(
      new RegExp(`^TLS with ${endpoint} failed: certificate required$|^connection closed by ${endpoint}`),
    );
  });
});
