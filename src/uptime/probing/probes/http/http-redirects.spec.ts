import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { systemClock as clock } from '../../../../common/clock.js';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { type HttpTarget, httpTarget, type ProbeResult } from '../../../domain/index.js';
import { HttpProbe } from './http.probe.js';

const NEVER = new AbortController().signal;

interface ReceivedRequest {
  readonly method?: string;
  readonly url?: string;
  readonly headers: IncomingHttpHeaders;
}

describe('redirects', () => {
  const servers = new LoopbackServers();
  /** Serves redirects by path, and 200 for other paths; appends requests to `received`. */
  const serve = (
    redirects: Readonly<Record<string, readonly [number, string]>>,
    received: ReceivedRequest[] = [],
  ): Promise<string> => {
    const listener: RequestListener = (request, response) => {
      const { method, url, headers } = request;
      received.push({ method, url, headers });
      const [status, location] = redirects[url ?? ''] ?? [200, ''];
      response.writeHead(status, location === '' ? {} : { location }).end();
    };
    return servers.listen(createServer(listener));
  };
  const probe = (url: string, rules: Partial<HttpTarget> = {}): Promise<ProbeResult> =>
    new HttpProbe({ ...httpTarget(), maxRedirects: 3, ...rules, url }, clock).probe(NEVER);

  it('are not followed and reported as a failure with maxRedirects 0', async () => {
    const received: ReceivedRequest[] = [];
    const hostPort = await serve({ '/': [302, '/elsewhere'] }, received);
    expect(await probe(`http://${hostPort}/`, { maxRedirects: 0 })).toMatchObject({
      error: 'answered 302, a redirect that is not followed',
    });
    expect(received).toHaveLength(1);
    expect(
      await probe(`http://${hostPort}/`, { maxRedirects: 0, acceptedStatuses: [{ from: 302, to: 302 }] }),
    ).not.toHaveProperty('error');
  });

  it('are followed up to maxRedirects, each over its own connection, which is closed', async () => {
    const received: ReceivedRequest[] = [];
    const hostPort = await serve({ '/1': [301, '/2'], '/2': [307, '3?x=1'], '/3?x=1': [308, '/4'] }, received);
    expect(await probe(`http://${hostPort}/1`)).not.toHaveProperty('error');
    expect(received.map(({ url }) => url)).toEqual(['/1', '/2', '/3?x=1', '/4']);
    await servers.open(0);
  });

  it('fail the probe beyond maxRedirects', async () => {
    const hostPort = await serve({ '/1': [302, '/2'], '/2': [302, '/3'] });
    expect(await probe(`http://${hostPort}/1`, { maxRedirects: 1 })).toMatchObject({
      error: 'redirected more than once',
    });
    expect(await probe(`http://${hostPort}/1`, { maxRedirects: 2 })).not.toHaveProperty('error');
  });

  it('fail the probe in a loop, before maxRedirects is reached', async () => {
    const received: ReceivedRequest[] = [];
    const hostPort = await serve({ '/1': [302, '/2'], '/2': [302, '/1#again'] }, received);
    expect(await probe(`http://${hostPort}/1`, { maxRedirects: 10 })).toMatchObject({
      error: `redirect loop at ${hostPort}`,
    });
    expect(received).toHaveLength(2);
  });

  it.each<[string, readonly [number, string], string]>([
    ['without Location', [302, ''], 'answered 302, a redirect without a valid Location'],
    ['to an invalid URL', [302, 'http://[secret'], 'answered 302, a redirect without a valid Location'],
    ['to an unsupported scheme', [302, 'file:///etc/passwd'], 'redirected to the unsupported scheme file:'],
  ])('fail the probe %s', async (_, redirect, error) => {
    const hostPort = await serve({ '/': redirect });
    expect(await probe(`http://${hostPort}/`)).toMatchObject({ error });
  });

  it('report the address that failed, which may differ from the first', async () => {
    const gone = await serve({});
    servers.stopListening();
    const hostPort = await serve({ '/': [302, `http://${gone}/secret`] });
    expect(await probe(`http://${hostPort}/`)).toMatchObject({ error: `connection refused by ${gone}` });
  });

  it('keep credentials and headers within an origin', async () => {
    const received: ReceivedRequest[] = [];
    const hostPort = await serve({ '/1': [302, '/2'] }, received);
    await probe(`http://jane:secret@${hostPort}/1`, { headers: { 'x-api-key': 'key' } });
    expect(received[1]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('jane:secret').toString('base64')}`,
      'x-api-key': 'key',
    });
  });

  it('drop everything that may be secret for another origin, and after a redirect back', async () => {
    const [home, away]: [ReceivedRequest[], ReceivedRequest[]] = [[], []];
    const endpoints = { home: '', away: '' };
    endpoints.away = await servers.listen(
      createServer((request, response) => {
        away.push({ headers: request.headers });
        response.writeHead(302, { location: `http://jane:guessed@${endpoints.home}/back` }).end();
      }),
    );
    endpoints.home = await serve({ '/': [302, `http://${endpoints.away}/`] }, home);
    const headers = {
      Authorization: 'Bearer secret',
      Cookie: 'session=secret',
      'X-Api-Key': 'secret',
      Accept: 'text/html',
      Host: 'penguin.example',
    };
    expect(await probe(`http://jane:secret@${endpoints.home}/`, { headers })).not.toHaveProperty('error');
    expect(home[0]?.headers).toMatchObject({ authorization: 'Bearer secret', host: 'penguin.example' });
    const harmless = {
      accept: 'text/html',
      'accept-encoding': 'identity',
      'user-agent': 'penguin-pool-streams-probe',
      connection: 'close',
    };
    expect(away[0]?.headers).toEqual({ ...harmless, host: endpoints.away });
    expect(home[1]?.headers).toEqual({ ...harmless, host: endpoints.home });
  });

  it.each<[number, string, string]>([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [301, 'PUT', 'PUT'],
    [302, 'DELETE', 'DELETE'],
    [302, 'PATCH', 'PATCH'],
    [302, 'HEAD', 'HEAD'],
    [301, 'OPTIONS', 'OPTIONS'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'DELETE', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [307, 'POST', 'POST'],
    [308, 'PUT', 'PUT'],
  ])('with status %i turn %s into %s, and keep the body if the method is kept', async (status, method, then) => {
    const received: ReceivedRequest[] = [];
    const hostPort = await serve({ '/1': [status, '/2'] }, received);
    expect(
      await probe(`http://${hostPort}/1`, { method, ...(method === 'HEAD' ? {} : { body: 'abc' }) }),
    ).not.toHaveProperty('error');
    expect(received[1]?.method).toBe(then);
    expect(received[1]?.headers['content-length']).toBe(then === method && method !== 'HEAD' ? '3' : undefined);
  });

  it('drop the headers of a body that they drop', async () => {
    const received: ReceivedRequest[] = [];
    const hostPort = await serve({ '/1': [303, '/2'] }, received);
    const headers = { 'Content-Type': 'application/json', 'Content-Language': 'de', 'X-Key': 'key' };
    await probe(`http://${hostPort}/1`, { method: 'POST', body: '{}', headers });
    expect(received[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'x-key': 'key' });
    expect(received[1]?.headers).toMatchObject({ 'x-key': 'key' });
    expect(Object.keys(received[1]?.headers ?? {}).filter((name) => name.startsWith('content-'))).toEqual([]);
  });

  it.each([
    ['UTF-8', 'größe/ß?ü=€', '/gr%C3%B6%C3%9Fe/%C3%9F?%C3%BC=%E2%82%AC'],
    ['percent-encoded UTF-8', '/gr%C3%B6%C3%9Fe', '/gr%C3%B6%C3%9Fe'],
  ])('encode a Location in %s once', async (_, location, path) => {
    const received: (string | undefined)[] = [];
    const hostPort = await servers.listenTcp((socket) =>
      socket.once('data', (request) => {
        received.push(String(request).split(' ')[1]);
        const head = received.length === 1 ? `302 Found\r\nLocation: ${location}` : '200 OK';
        socket.end(`HTTP/1.1 ${head}\r\nContent-Length: 0\r\n\r\n`);
      }),
    );
    expect(await probe(`http://${hostPort}/`)).not.toHaveProperty('error');
    expect(received[1]).toBe(path);
  });

  it('go to a host whose name is in UTF-8', async () => {
    const received: ReceivedRequest[] = [];
    const hostPort = await serve({}, received);
    const port = hostPort.split(':')[1];
    const first = await servers.answering(`HTTP/1.1 302 Found\r\nLocation: http://ｌocalhost:${port}/\r\n\r\n`);
    expect(await probe(`http://${first}/`)).not.toHaveProperty('error');
    expect(received[0]?.headers.host).toBe(`localhost:${port}`);
  });

  it('do not send a body to another origin', async () => {
    const away: ReceivedRequest[] = [];
    const elsewhere = await serve({}, away);
    const hostPort = await serve({ '/': [307, `http://${elsewhere}/`] });
    expect(await probe(`http://${hostPort}/`, { method: 'POST', body: 'secret' })).toMatchObject({
      error: `redirected to ${elsewhere}: the request body is not sent to another origin`,
    });
    expect(away).toEqual([]);
  });
});
