import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { type HttpTarget, httpTarget, type ProbeResult } from '../../../domain/index.js';
import { HttpProbe } from './http.probe.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const NEVER = new AbortController().signal;

function createProbe(url: string, rules: Partial<HttpTarget> = {}): HttpProbe {
  return new HttpProbe({ ...httpTarget(), ...rules, url }, clock);
}

describe('the http probe', () => {
  const servers = new LoopbackServers();
  const serve = (listener: RequestListener): Promise<string> => servers.listen(createServer(listener));
  const probe = (url: string, rules?: Partial<HttpTarget>): Promise<ProbeResult> =>
    createProbe(url, rules).probe(NEVER);

  it('finds nothing wrong where the answer is 2xx, and tells how long it took and what of it', async () => {
    const endpoint = await serve((_, response) => setTimeout(() => response.writeHead(204).end(), 30));
    const { responseTime, phases = {}, ...rest } = await probe(`http://${endpoint}/`);
    expect(rest).toEqual({});
    expect(responseTime).toBeGreaterThanOrEqual(29);
    expect(responseTime).toBeLessThan(2_000);
    expect(Object.keys(phases)).toEqual(['connect', 'firstByte']);
    expect(phases.firstByte).toBeGreaterThanOrEqual(29);
    expect((phases.connect ?? NaN) + (phases.firstByte ?? NaN)).toBeLessThanOrEqual(responseTime);
  });

  it('measures how long the name took, where there is one', async () => {
    const endpoint = await serve((_, response) => response.end());
    const { phases, error } = await probe(`http://${endpoint.replace('127.0.0.1', 'localhost')}/`);
    expect(error).toBeUndefined();
    expect(Object.keys(phases ?? {})).toEqual(['dns', 'connect', 'firstByte']);
  });

  it('tells the first byte from the end of a body that drips', async () => {
    const endpoint = await serve((_, response) => {
      response.write('a');
      setTimeout(() => response.end('b'), 100);
    });
    const { responseTime, phases } = await probe(`http://${endpoint}/`);
    expect(responseTime - (phases?.firstByte ?? NaN)).toBeGreaterThanOrEqual(80);
  });

  it('asks for the path and query of the URL, by GET, with its credentials', async () => {
    let asked: Partial<IncomingMessage> = {};
    const endpoint = await serve((request, response) => {
      asked = request;
      response.end();
    });
    await probe(`http://jane:p%40ss@${endpoint}//health?full=1#top`);
    expect(asked).toMatchObject({
      method: 'GET',
      url: '//health?full=1',
      headers: {
        host: endpoint,
        connection: 'close',
        authorization: `Basic ${Buffer.from('jane:p@ss').toString('base64')}`,
      },
    });
  });

  it('sends the method, the headers and the body that it is told to', async () => {
    let asked: unknown;
    const endpoint = await serve((request, response) => {
      void text(request).then((body) => {
        const { method, headers } = request;
        asked = {
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
      await probe(`http://jane:secret@${endpoint}/`, { method: 'POST', headers, body: 'grüße' }),
    ).not.toHaveProperty('error');
    expect(asked).toEqual({
      method: 'POST',
      body: 'grüße',
      length: '7',
      type: 'text/plain',
      authorization: 'Bearer abc',
      host: 'penguin.example',
    });
  });

  it('sends a body with GET too, so that its end is known', async () => {
    let body: unknown;
    const endpoint = await serve((request, response) => void text(request).then((sent) => response.end((body = sent))));
    await probe(`http://${endpoint}/`, { body: '{"query":1}' });
    expect(body).toBe('{"query":1}');
  });

  it('needs no body of an answer that has none', async () => {
    const endpoint = await serve((_, response) => response.writeHead(200, { 'content-length': 1_000 }).end());
    expect(await probe(`http://${endpoint}/`, { method: 'HEAD' })).not.toHaveProperty('error');
  });

  it('reaches an IPv6 address', async () => {
    let host: unknown;
    const endpoint = await servers.listen(
      createServer((request, response) => response.end((host = request.headers.host))),
      { host: '::1' },
    );
    expect(await probe(`http://${endpoint}/`)).not.toHaveProperty('error');
    expect(host).toBe(endpoint);
  });

  it.each([404, 500, 503])('takes %i for a failure', async (status) => {
    const endpoint = await serve((_, response) => response.writeHead(status).end('sorry'));
    expect(await probe(`http://${endpoint}/`)).toMatchObject({ error: `answered ${status}` });
  });

  it('takes the statuses that it is told to, and no others', async () => {
    let status = 401;
    const endpoint = await serve((_, response) => response.writeHead(status).end());
    const acceptedStatuses = [
      { from: 200, to: 204 },
      { from: 401, to: 401 },
    ];
    expect(await probe(`http://${endpoint}/`, { acceptedStatuses })).not.toHaveProperty('error');
    status = 205;
    expect(await probe(`http://${endpoint}/`, { acceptedStatuses })).toMatchObject({ error: 'answered 205' });
  });

  it('takes an answer for a failure that takes longer than it may', async () => {
    const endpoint = await serve((_, response) => setTimeout(() => response.end(), 60));
    const { error } = await probe(`http://${endpoint}/`, { responseTimeBelowMs: 50 });
    expect(error).toMatch(/^answered in \d+ ms, which is not below 50 ms$/);
    expect(await probe(`http://${endpoint}/`, { responseTimeBelowMs: 20_000 })).not.toHaveProperty('error');
  });

  it('does not read a body without end', async () => {
    const endpoint = await serve((_, response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    });
    expect(await probe(`http://${endpoint}/`)).not.toHaveProperty('error');
    expect(await probe(`http://${endpoint}/`, { bodyContains: 'x' })).toMatchObject({
      error: 'the first 1 MiB of the body does not hold the text that it should',
    });
  });

  it('closes its connection: nothing is left open at the target', async () => {
    const endpoint = await serve((_, response) => response.end('ok'));
    await probe(`http://${endpoint}/`);
    await servers.open(0);
  });

  it.each<[string, Partial<HttpTarget> & { url?: string }, string]>([
    ['a method that is none', { method: 'GET /' }, 'A probe cannot send the method GET /; write one as GET or POST'],
    [
      'a header that cannot be sent',
      { headers: { 'x-key': 'sec\nret' } },
      'The header "x-key" cannot be sent: its name or its value holds characters that HTTP does not allow there',
    ],
    [
      'a header that is its own',
      { headers: { 'Content-Length': '3' } },
      'The header Content-Length is set by the probe itself; leave it out',
    ],
    [
      'a JSON path that is none',
      { jsonPath: { path: 'status', equals: 1 } },
      'JSON path status is not valid: it must begin with $',
    ],
    [
      'a URL of another kind',
      { url: 'ftp://jane:secret@host/' },
      'The URL to probe must begin with http:// or https:// and name a host',
    ],
    [
      'credentials that are not encoded',
      { url: 'http://jane:100%@host/' },
      'The credentials in the URL to probe hold a % that is not followed by two hexadecimal digits; write it as %25',
    ],
  ])('refuses %s when it is made, and says how it should be', (_, { url = 'http://127.0.0.1/', ...rules }, message) => {
    expect(() => createProbe(url, rules)).toThrow(new Error(message));
  });
});
