import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { systemClock as clock } from '../../../../common/clock.js';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { selfSigned, type ServerCertificate } from '../../../../../test/support/test-certificates.js';
import { type HttpTarget, httpTarget, type ProbeResult } from '../../../domain/index.js';
import { HttpProbe } from './http.probe.js';

const NEVER = new AbortController().signal;
const UNVERIFIED = { verify: false, certificate: {} };

describe('the http probe by HTTP/2', () => {
  const servers = new LoopbackServers();
  let certificate: ServerCertificate;

  beforeAll(async () => {
    certificate = await selfSigned();
  });

  /** A server that speaks nothing but HTTP/2. */
  const serve = async (
    answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, body: string) => void,
  ): Promise<string> => {
    const server: Http2SecureServer = createSecureServer({ ...certificate, maxSendHeaderBlockLength: 1_048_576 });
    server.on('session', (session) => session.on('error', () => undefined));
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      stream.on('error', () => undefined);
      let body = '';
      stream.on('data', (chunk) => (body += String(chunk)));
      stream.on('end', () => answer(stream, headers, body));
    });
    return servers.listen(server);
  };
  const probe = (hostPort: string, rules: Partial<HttpTarget> = {}, signal = NEVER): Promise<ProbeResult> =>
    new HttpProbe(
      { ...httpTarget(), http2: true, tls: UNVERIFIED, ...rules, url: `https://jane:secret@${hostPort}/a?b=1` },
      clock,
    ).probe(signal);

  it('sends the request, checks the response, and reports the certificate and all phases', async () => {
    let received: [IncomingHttpHeaders, string] | undefined;
    const hostPort = await serve((stream, headers, body) => {
      received = [headers, body];
      setTimeout(() => {
        stream.respond({ ':status': 201, 'content-encoding': 'gzip', 'content-type': 'application/json' });
        stream.end(gzipSync('{"status":"ok"}'));
      }, 40);
    });
    const result = await probe(hostPort, {
      method: 'POST',
      headers: { 'X-Key': 'key' },
      body: 'grüße',
      jsonPath: { path: '$.status', equals: 'ok' },
    });
    expect(result).not.toHaveProperty('error');
    expect(received).toEqual([
      expect.objectContaining({
        ':method': 'POST',
        ':path': '/a?b=1',
        ':authority': hostPort,
        authorization: `Basic ${Buffer.from('jane:secret').toString('base64')}`,
        'content-length': '7',
        'x-key': 'key',
      }),
      'grüße',
    ]);
    expect(result.certificateEndsAt).toBe(certificate.endsAt);
    expect(Object.keys(result.phases ?? {})).toEqual(['connect', 'tls', 'firstByte']);
    expect(result.phases?.firstByte).toBeGreaterThanOrEqual(38);
    await servers.open(0);
  });

  it('requests the configured Host as authority', async () => {
    let authority: unknown;
    const hostPort = await serve((stream, headers) => {
      authority = headers[':authority'];
      stream.respond({ ':status': 200 }, { endStream: true });
    });
    expect(await probe(hostPort, { headers: { Host: 'penguin.example' } })).not.toHaveProperty('error');
    expect(authority).toBe('penguin.example');
  });

  it('fails on the status, and on the body', async () => {
    const hostPort = await serve((stream) => {
      stream.respond({ ':status': 503 });
      stream.end('sorry');
    });
    expect(await probe(hostPort)).toMatchObject({ error: 'answered 503' });
    const any = { acceptedStatuses: [{ from: 100, to: 599 }] };
    expect(await probe(hostPort, { ...any, bodyContains: 'sorry' })).not.toHaveProperty('error');
    expect(await probe(hostPort, { ...any, bodyContains: 'fine' })).toMatchObject({
      error: 'the body does not contain the expected text',
    });
  });

  it('follows redirects with cookies, also to a server without TLS', async () => {
    const paths: unknown[] = [];
    const hostPort = await serve((stream, headers) => {
      paths.push([headers[':path'], headers.cookie]);
      const isLast = headers[':path'] === '/größe'.replace('ö', '%C3%B6').replace('ß', '%C3%9F');
      if (isLast) stream.respond({ ':status': 200 }, { endStream: true });
      else {
        const location = Buffer.from('/größe').toString('latin1');
        stream.respond({ ':status': 302, location, 'set-cookie': ['a=1; Path=/'] }, { endStream: true });
      }
    });
    expect(await probe(hostPort, { maxRedirects: 2 })).not.toHaveProperty('error');
    expect(paths).toEqual([
      ['/a?b=1', undefined],
      ['/gr%C3%B6%C3%9Fe', 'a=1'],
    ]);
  });

  it('accepts 100 KiB of headers', async () => {
    const hostPort = await serve((stream) => {
      const headers = Object.fromEntries(
        Array.from({ length: 200 }, (_, index) => [`x-${index}`, String(index).padStart(500, 'x')]),
      );
      stream.respond({ ':status': 200, ...headers }, { endStream: true });
    });
    expect(await probe(hostPort)).not.toHaveProperty('error');
  });

  it('does not read an endless body', async () => {
    const hostPort = await serve((stream) => {
      stream.respond({ ':status': 200 });
      const pour = (): void => {
        while (!stream.destroyed && stream.write(Buffer.alloc(65_536)));
        if (!stream.destroyed) stream.once('drain', pour);
      };
      pour();
    });
    expect(await probe(hostPort)).not.toHaveProperty('error');
    expect(await probe(hostPort, { bodyContains: 'x' })).toMatchObject({
      error: 'the first 1 MiB of the body does not contain the expected text',
    });
    await servers.open(0);
  });

  it('reports a server that does not support it, and names http2 where only HTTP/2 is supported', async () => {
    const http1 = await servers.listen(createHttpsServer(certificate, (_, response) => response.end()));
    expect(await probe(http1)).toMatchObject({ error: `${http1} does not support HTTP/2` });
    const withoutAlpn = await servers.listen(createTlsServer(certificate));
    expect(await probe(withoutAlpn)).toMatchObject({ error: `${withoutAlpn} does not support HTTP/2` });
    const http2 = await servers.listen(createTlsServer({ ...certificate, ALPNProtocols: ['h2'] }));
    expect(await probe(http2, { http2: false })).toMatchObject({
      error: `${http2} does not support HTTP/1.1; with http2: true it is probed by HTTP/2`,
    });
  });

  it('reports a stream that is reset, before and within the response', async () => {
    const before = await serve((stream) => stream.close(7));
    expect(await probe(before)).toMatchObject({ error: 'the HTTP/2 stream was closed by an error (refused stream)' });
    const within = await serve((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('half');
      setTimeout(() => stream.destroy(new Error('it broke')), 20);
    });
    expect(await probe(within)).toMatchObject({ error: 'the HTTP/2 stream was closed by an error (internal error)' });
  });

  it('reports a connection that is closed before and within the response', async () => {
    const closeConnections = (): void => servers.connections.forEach((socket) => socket.destroy());
    const before = await serve(() => closeConnections());
    expect(await probe(before)).toMatchObject({ error: `connection closed by ${before} before a response` });
    const within = await serve((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('half');
      setTimeout(closeConnections, 20);
    });
    expect(await probe(within)).toMatchObject({ error: `connection closed by ${within} within the response body` });
  });

  it('reports a server that chooses HTTP/2 and does not speak it', async () => {
    const hostPort = await servers.listen(
      createTlsServer({ ...certificate, ALPNProtocols: ['h2'] }, (socket) =>
        socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      ),
    );
    expect((await probe(hostPort)).error).toMatch(/^the HTTP\/2 connection failed: |^connection closed by /);
  });

  it('aborts, closes its socket and reports a target that does not respond', async () => {
    const hostPort = await serve(() => undefined);
    const result = await servers.abortConnected((signal) => probe(hostPort, {}, signal));
    expect(result).toMatchObject({ error: `${hostPort} accepted the connection but did not respond` });
  });
});
