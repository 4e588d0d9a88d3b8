import { createServer } from 'node:http';
import { sleep } from '../../../../../test/support/eventually.js';
import { systemClock as clock } from '../../../../common/clock.js';
import { LoopbackServers, unusedPort } from '../../../../../test/support/loopback-servers.js';
import { type HttpTarget, httpTarget, type ProbeResult } from '../../../domain/index.js';
import { HttpProbe } from './http.probe.js';

describe('the http probe of a failing target', () => {
  const servers = new LoopbackServers();
  const probe = (
    url: string,
    signal = new AbortController().signal,
    rules: Partial<HttpTarget> = {},
  ): Promise<ProbeResult> => new HttpProbe({ ...httpTarget(), ...rules, url }, clock).probe(signal);

  it('reports the address that refused the connection, without credentials, path or query', async () => {
    const hostPort = `127.0.0.1:${await unusedPort()}`;
    const { error } = await probe(`http://jane:secret@${hostPort}/token?key=secret`);
    expect(error).toBe(`connection refused by ${hostPort}`);
  });

  it('reports an IPv6 address in brackets', async () => {
    const hostPort = `[::1]:${await unusedPort()}`;
    expect(await probe(`http://${hostPort}/`)).toMatchObject({ error: `connection refused by ${hostPort}` });
  });

  it('reports a name without an address', async () => {
    expect((await probe('http://nowhere.invalid/')).error).toMatch(/^no address found for nowhere.invalid:80/);
  });

  it('reports a name without a reachable address', async () => {
    const port = await unusedPort();
    expect(await probe(`http://localhost:${port}/`)).toMatchObject({
      error: `connection refused by localhost:${port}`,
    });
  });

  it.each<[string, string, string]>([
    ['before the response', '', 'before a response'],
    ['within the headers', 'HTTP/1.1 200 OK\r\ncontent-', 'within the response headers'],
    ['within a body of known length', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', 'within the response body'],
    [
      'within a body in chunks',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nhalf',
      'within the response body',
    ],
  ])('reports a connection that is closed or reset %s', async (_, bytes, reported) => {
    for (const then of ['end', 'reset'] as const) {
      const hostPort = await servers.answering(bytes, then);
      expect(await probe(`http://${hostPort}/`)).toMatchObject({
        error: `connection closed by ${hostPort} ${reported}`,
      });
    }
  });

  it('reports a connection that is reset immediately', async () => {
    const hostPort = await servers.listenTcp((socket) => socket.resetAndDestroy());
    expect(await probe(`http://${hostPort}/`)).toMatchObject({
      error: `connection closed by ${hostPort} before a response`,
    });
  });

  it.each<[string, string | Buffer, string]>([
    ['a greeting of another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'the response of HOST is not HTTP'],
    ['bytes', Buffer.from([0x15, 3, 3, 0, 2, 2, 40]), 'the response of HOST is not HTTP'],
    [
      'a chunk without a length',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      'the response of HOST is not HTTP',
    ],
    ['endless headers', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(300_000)}`, 'the response headers of HOST are too large'],
  ])('reports a response of %s', async (_, bytes, reported) => {
    const hostPort = await servers.answering(bytes, 'keep');
    expect(await probe(`http://${hostPort}/`)).toMatchObject({ error: reported.replace('HOST', hostPort) });
  });

  it('reports data that precedes the request', async () => {
    const hostPort = await servers.listenTcp((socket) => socket.write('220 mail.example ESMTP\r\n'));
    expect(await probe(`http://${hostPort}/`)).toMatchObject({
      error: `the response of ${hostPort} is not HTTP`,
    });
  });

  it('reports a protocol switch', async () => {
    const hostPort = await servers.answering(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
      'keep',
    );
    expect(await probe(`http://${hostPort}/`)).toMatchObject({
      error: 'answered 101, a protocol switch that was not requested',
    });
  });

  it.each<[string, string, string]>([
    ['does not respond', '', 'accepted the connection but did not respond'],
    ['stops within the headers', 'HTTP/1.1 200 OK\r\ncontent-', 'did not finish the response headers'],
    ['stops within the body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', 'did not finish the response body'],
  ])('aborts, closes its socket and reports a target that %s', async (_, bytes, reported) => {
    const hostPort = await servers.answering(bytes, 'keep');
    const result = await servers.abortConnected((signal) => probe(`http://${hostPort}/`, signal));
    expect(result).toMatchObject({ error: `${hostPort} ${reported}` });
  });

  it('aborts a response that trickles in', async () => {
    const hostPort = await servers.listenTcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
      const dripping = setInterval(() => socket.write('a'), 5);
      socket.once('close', () => clearInterval(dripping));
    });
    const result = await servers.abortConnected((signal) => probe(`http://${hostPort}/`, signal));
    expect(result).toMatchObject({ error: `${hostPort} did not finish the response body` });
  });

  it('opens no connection if it is aborted before it starts', async () => {
    let connections = 0;
    const hostPort = await servers.listenTcp(() => connections++);
    expect(await probe(`http://${hostPort}/`, AbortSignal.abort())).toHaveProperty('error');
    await sleep(30);
    expect(connections).toBe(0);
  });

  it('succeeds again when the target is back', async () => {
    const port = await unusedPort();
    const probing = new HttpProbe({ ...httpTarget(), url: `http://127.0.0.1:${port}/` }, clock);
    const { signal } = new AbortController();
    expect(await probing.probe(signal)).toMatchObject({ error: `connection refused by 127.0.0.1:${port}` });
    await servers.listen(
      createServer((_, response) => response.end('back')),
      { port },
    );
    expect(await probing.probe(signal)).not.toHaveProperty('error');
  });
});
