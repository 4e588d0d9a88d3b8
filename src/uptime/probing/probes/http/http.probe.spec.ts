import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { systemClock as clock } from '../../../../common/clock.js';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { type HttpTarget, httpTarget, type ProbeResult } from '../../../domain/index.js';
import { HttpProbe } from './http.probe.js';

const NEVER = new AbortController().signal;

function createProbe(url: string, rules: Partial<HttpTarget> = {}): HttpProbe {
  return new HttpProbe({ ...httpTarget(), ...rules, url }, clock);
}

describe('the http probe', () => {
  const servers = new LoopbackServers();
  const serve = (listener: RequestListener): Promise<string> => servers.listen(createServer(listener));
  const probe = (url: string, rules?: Partial<HttpTarget>): Promise<ProbeResult> =>
    createProbe(url, rules).probe(NEVER);

  it('succeeds on a 2xx response, and measures the response time and its phases', async () => {
    const hostPort = await serve((_, response) => setTimeout(() => response.writeHead(204).end(), 30));
    const { responseTime, phases = {}, ...rest } = await probe(`http://${hostPort}/`);
    expect(rest).toEqual({});
    expect(responseTime).toBeGreaterThanOrEqual(29);
    expect(responseTime).toBeLessThan(2_000);
    expect(Object.keys(phases)).toEqual(['connect', 'firstByte']);
    expect(phases.firstByte).toBeGreaterThanOrEqual(29);
    expect((phases.connect ?? NaN) + (phases.firstByte ?? NaN)).toBeLessThanOrEqual(responseTime);
  });

  it('measures the DNS lookup of a name', async () => {
    const hostPort = await serve((_, response) => response.end());
    const { phases, error } = await probe(`http://${hostPort.replace('127.0.0.1', 'localhost')}/`);
    expect(error).toBeUndefined();
    expect(Object.keys(phases ?? {})).toEqual(['dns', 'connect', 'firstByte']);
  });

  it('measures the first byte separately from the end of a slow body', async () => {
    const hostPort = await serve((_, response) => {
      response.write('a');
      setTimeout(() => response.end('b'), 100);
    });
    const { responseTime, phases } = await probe(`http://${hostPort}/`);
    expect(responseTime - (phases?.firstByte ?? NaN)).toBeGreaterThanOrEqual(80);
  });

  it('requests the path and query of the URL by GET, with its credentials', async () => {
    let received: Partial<IncomingMessage> = {};
    const hostPort = await serve((request, response) => {
      received = request;
      response.end();
    });
    await probe(`http://jane:p%40ss@${hostPort}//health?full=1#top`);
    expect(received).toMatchObject({
      method: 'GET',
      url: '//health?full=1',
      headers: {
        host: hostPort,
        connection: 'close',
        authorization: `Basic ${Buffer.from('jane:p@ss').toString('base64')}`,
      },
    });
  });

  it('sends the configured method, headers and body', async () => {
    let received: unknown;
    const hostPort = await serve((request, response) => {
      void text(request).then((body) => {
        const { method, headers } = request;
        received = {
          method,
          body,
          length: headers['content-length'],
          type: headers['content-type'],
          authorization: headers.authorization,
          host: headers.host,
        };
        response.end();
      });
    });
    const headers = { 'Content-Type': 'text/plain', Authorization: 'Bearer abc', Host: 'penguin.example' };
    expect(
      await probe(`http://jane:secret@${hostPort}/`, { method: 'POST', headers, body: 'grüße' }),
    ).not.toHaveProperty('error');
    expect(received).toEqual({
      method: 'POST',
      body: 'grüße',
      length: '7',
      type: 'text/plain',
      authorization: 'Bearer abc',
      host: 'penguin.example',
    });
  });

  it('sends a body with GET too, with its length', async () => {
    let body: unknown;
    const hostPort = await serve((request, response) => void text(request).then((sent) => response.end((body = sent))));
    await probe(`http://${hostPort}/`, { body: '{"query":1}' });
    expect(body).toBe('{"query":1}');
  });

  it('accepts a HEAD response without a body', async () => {
    const hostPort = await serve((_, response) => response.writeHead(200, { 'content-length': 1_000 }).end());
    expect(await probe(`http://${hostPort}/`, { method: 'HEAD' })).not.toHaveProperty('error');
  });

  it('connects to an IPv6 address', async () => {
    let host: unknown;
    const hostPort = await servers.listen(
      createServer((request, response) => response.end((host = request.headers.host))),
      { host: '::1' },
    );
    expect(await probe(`http://${hostPort}/`)).not.toHaveProperty('error');
    expect(host).toBe(hostPort);
  });

  it.each([404, 500, 503])('fails on status %i', async (status) => {
    const hostPort = await serve((_, response) => response.writeHead(status).end('sorry'));
    expect(await probe(`http://${hostPort}/`)).toMatchObject({ error: `answered ${status}` });
  });

  it('accepts the configured statuses only', async () => {
    let status = 401;
    const hostPort = await serve((_, response) => response.writeHead(status).end());
    const acceptedStatuses = [
      { from: 200, to: 204 },
      { from: 401, to: 401 },
    ];
    expect(await probe(`http://${hostPort}/`, { acceptedStatuses })).not.toHaveProperty('error');
    status = 205;
    expect(await probe(`http://${hostPort}/`, { acceptedStatuses })).toMatchObject({ error: 'answered 205' });
  });

  it('fails on a response slower than responseTimeBelowMs', async () => {
    const hostPort = await serve((_, response) => setTimeout(() => response.end(), 60));
    const { error } = await probe(`http://${hostPort}/`, { responseTimeBelowMs: 50 });
    expect(error).toMatch(/^answered in \d+ ms, not below 50 ms$/);
    expect(await probe(`http://${hostPort}/`, { responseTimeBelowMs: 20_000 })).not.toHaveProperty('error');
  });

  it('does not read an endless body', async () => {
    const hostPort = await serve((_, response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    });
    expect(await probe(`http://${hostPort}/`)).not.toHaveProperty('error');
    expect(await probe(`http://${hostPort}/`, { bodyContains: 'x' })).toMatchObject({
      error: 'the first 1 MiB of the body does not contain the expected text',
    });
  });

  it('closes its connection', async () => {
    const hostPort = await serve((_, response) => response.end('ok'));
    await probe(`http://${hostPort}/`);
    await servers.open(0);
  });

  it.each<[string, Partial<HttpTarget> & { url?: string }, string]>([
    ['an invalid method', { method: 'GET /' }, '"GET /" is not a supported method; use one such as GET or POST'],
    [
      'a header that cannot be sent',
      { headers: { 'x-key': 'sec\nret' } },
      'The header "x-key" cannot be sent: its name or value contains characters that HTTP does not allow',
    ],
    [
      'a header set by the probe',
      { headers: { 'Content-Length': '3' } },
      'The header Content-Length is set by the probe; remove it',
    ],
    [
      'an invalid JSON path',
      { jsonPath: { path: 'status', equals: 1 } },
      'JSON path status is not valid: it must begin with $',
    ],
    [
      'a URL of another scheme',
      { url: 'ftp://jane:secret@host/' },
      'The URL to probe must begin with http:// or https:// and name a host',
    ],
    [
      'credentials that are not encoded',
      { url: 'http://jane:100%@host/' },
      'The credentials in the URL to probe contain a % that is not followed by two hexadecimal digits; write it as %25',
    ],
  ])('rejects %s on creation', (_, { url = 'http://127.0.0.1/', ...rules }, message) => {
    expect(() => createProbe(url, rules)).toThrow(new Error(message));
  });
});
