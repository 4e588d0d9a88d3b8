import { X509Certificate } from 'node:crypto';
import { createServer as createHttpsServer } from 'node:https';
import { WebSocketServer } from 'ws';
import { systemClock as clock } from '../../../../common/clock.js';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { type ServerCertificate, TestAuthority } from '../../../../../test/support/test-certificates.js';
import { type Probe } from '../../application/index.js';
import { httpTarget, type TlsRules, webSocketTarget } from '../../../domain/index.js';
import { HttpProbe } from '../http/http.probe.js';
import { TcpProbe } from '../tcp/tcp.probe.js';
import { WebSocketProbe } from '../websocket/websocket.probe.js';
import { earliestOf, trustedChain } from './certificate-chain.js';

const KINDS: Readonly<Record<string, (port: number, tls: TlsRules) => Probe>> = {
  http: (port, tls) => new HttpProbe({ ...httpTarget(), url: `https://127.0.0.1:${port}/`, tls }, clock),
  websocket: (port, tls) => new WebSocketProbe({ ...webSocketTarget(), url: `wss://127.0.0.1:${port}/`, tls }, clock),
  tcp: (port, tls) => new TcpProbe({ kind: 'tcp', host: '127.0.0.1', port, tls }, clock),
};

describe('the certificate chain', () => {
  const servers = new LoopbackServers();
  let root: TestAuthority;

  beforeAll(async () => {
    root = await TestAuthority.create();
    root.trust();
  });

  const serve = async (certificate: ServerCertificate): Promise<number> => {
    const server = createHttpsServer(certificate, (_, response) => response.end());
    new WebSocketServer({ server });
    return Number((await servers.listen(server)).split(':')[1]);
  };
  const endOf = ({ pem }: TestAuthority): number => Date.parse(new X509Certificate(pem).validTo);

  describe.each(Object.entries(KINDS))('of the %s probe', (_, create) => {
    it.each([true, false])('ends with its earliest certificate, which is named (verify: %s)', async (verify) => {
      const soon = await root.issueAuthority('Penguin CA 1', { endsInDays: 2.5 });
      const below = await soon.issueAuthority('Penguin CA 2', { endsInDays: 100 });
      const port = await serve(await below.issue());
      const probing = create(port, { verify, certificate: { degradedBelowDays: 14, downBelowDays: 1 } });
      const result = await probing.probe(AbortSignal.timeout(10_000));
      expect(result).not.toHaveProperty('error');
      expect(result).toMatchObject({
        warning: `the certificate of the authority 'Penguin CA 1' in the chain of 127.0.0.1:${port} expires in 2 days`,
        certificateEndsAt: endOf(soon),
        certificateName: 'Penguin CA 1',
      });
      const strict = create(port, { verify, certificate: { downBelowDays: 7 } });
      expect(await strict.probe(AbortSignal.timeout(10_000))).toMatchObject({
        error: `the certificate of the authority 'Penguin CA 1' in the chain of 127.0.0.1:${port} expires in 2 days`,
      });
    });

    it('ends with the known root, if that is earlier', async () => {
      const port = await serve(await root.issue({ endsInDays: 500 }));
      const probing = create(port, { verify: true, certificate: {} });
      expect(await probing.probe(AbortSignal.timeout(10_000))).toMatchObject({
        certificateEndsAt: endOf(root),
        certificateName: 'Test authority',
      });
    });

    it('ends with the certificate of the service, if that is the earliest', async () => {
      const certificate = await (await root.issueAuthority('Penguin CA')).issue({ endsInDays: 3.5 });
      const port = await serve(certificate);
      const probing = create(port, { verify: true, certificate: { degradedBelowDays: 14 } });
      expect(await probing.probe(AbortSignal.timeout(10_000))).toMatchObject({
        warning: `the certificate of 127.0.0.1:${port} expires in 3 days`,
        certificateEndsAt: certificate.endsAt,
        certificateName: 'Tested service',
      });
    });

    it('that has expired is rejected by the name of its certificate', async () => {
      const port = await serve(await (await root.issueAuthority('Penguin CA', { endsInDays: -1 })).issue());
      const probing = create(port, { verify: true, certificate: {} });
      expect(await probing.probe(AbortSignal.timeout(10_000))).toMatchObject({
        error: `the certificate of the authority 'Penguin CA' in the chain of 127.0.0.1:${port} has expired`,
      });
    });
  });

  it('ends at a trusted root, although a certificate of it that another root has signed was sent', async () => {
    const [trusted, older] = [await TestAuthority.create(), await TestAuthority.create()];
    const between = await trusted.issueAuthority('Penguin CA', { endsInDays: 50 });
    const leaf = await between.issue({ endsInDays: 40 });
    const crossSigned = await trusted.crossSignedBy(older, { endsInDays: 3 });
    const chain = [...leaf.cert.split(/\n(?=-----BEGIN)/), crossSigned].map((pem) => new X509Certificate(pem));
    expect(chain).toHaveLength(3);
    const rootsOf =
      (...roots: TestAuthority[]) =>
      (subject: string) =>
        roots.map(({ pem }) => new X509Certificate(pem)).filter((one) => one.subject === subject);
    expect(earliestOf(chain)).toMatchObject({ name: 'Test authority', isLeaf: false });
    expect(earliestOf(trustedChain(chain, rootsOf(trusted)))).toMatchObject({ name: 'Tested service', isLeaf: true });
    // Another root of the same name has not signed it.
    const foreign = await TestAuthority.create();
    expect(earliestOf(trustedChain(chain, rootsOf(foreign)))).toMatchObject({ isLeaf: false });
  });
});
