import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { type HttpTarget, httpTarget, type ProbeResult } from '../../../domain/index.js';
import { HttpProbe } from './http.probe.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const NEVER = new AbortController().signal;

interface Asked {
  readonly method?: string;
  readonly url?: string;
  readonly headers: IncomingHttpHeaders;
}

describe('redirects', () => {
  const servers = new LoopbackServers();
  /** Serves redirects by path, and 200 where there is none; `asked` tells what was asked for. */
  const serve = (
    redirects: Readonly<Record<string, readonly [number, string]>>,
    asked: Asked[] = [],
  ): Promise<string> => {
    const listener: RequestListener = (request, response) => {
      const { method, url, headers } = request;
      asked.push({ method, url, headers });
      const [status, location] = redirects[url ?? ''] ?? [200, ''];
      response.writeHead(status, location === '' ? {} : { location }).end();
    };
    return servers.listen(createServer(listener));
  };
  const probe = (url: string, rules: Partial<HttpTarget> = {}): Promise<ProbeResult> =>
    new HttpProbe({ ...httpTarget(), maxRedirects: 3, ...rules, url }, clock).probe(NEVER);

  it('are not followed where none may be, and the answer says so', async () => {
    const asked: Asked[] = [];
    const endpoint = await serve({ '/': [302, '/elsewhere'] }, asked);
    expect(await probe(`http://${endpoint}/`, { maxRedirects: 0 })).toMatchObject({
      error: 'answered 302, a redirect, which is not followed',
    });
    expect(asked).toHaveLength(1);
    expect(
      await probe(`http://${endpoint}/`, { maxRedirects: 0, acceptedStatuses: [{ from: 302, to: 302 }] }),
    ).not.toHaveProperty('error');
  });

  it('are followed as often as they may be, each with a connection of its own that is closed', async () => {
    const asked: Asked[] = [];
    const endpoint = await serve({ '/1': [301, '/2'], '/2': [307, '3?x=1'], '/3?x=1': [308, '/4'] }, asked);
    expect(await probe(`http://${endpoint}/1`)).not.toHaveProperty('error');
    expect(asked.map(({ url }) => url)).toEqual(['/1', '/2', '/3?x=1', '/4']);
    await servers.open(0);
  });

  it('are a failure when there is one too many', async () => {
    const endpoint = await serve({ '/1': [302, '/2'], '/2': [302, '/3'] });
    expect(await probe(`http://${endpoint}/1`, { maxRedirects: 1 })).toMatchObject({
      error: 'redirected more than once',
    });
    expect(await probe(`http://${endpoint}/1`, { maxRedirects: 2 })).not.toHaveProperty('error');
  });

  it('are a failure when they lead in a loop, before there is one too many', async () => {
    const asked: Asked[] = [];
    const endpoint = await serve({ '/1': [302, '/2'], '/2': [302, '/1#again'] }, asked);
    expect(await probe(`http://${endpoint}/1`, { maxRedirects: 10 })).toMatchObject({
      error: `redirected in a loop by ${endpoint}`,
    });
    expect(asked).toHaveLength(2);
  });

  it.each<[string, readonly [number, string], string]>([
    ['nowhere', [302, ''], 'answered 302, a redirect that does not say where to'],
    ['to what is no URL', [302, 'http://[secret'], 'answered 302, a redirect that does not say where to'],
    [
      'to another protocol',
      [302, 'file:///etc/passwd'],
      'redirected to an address that begins with file:, which is not followed',
    ],
  ])('are a failure when they lead %s', async (_, redirect, error) => {
    const endpoint = await serve({ '/': redirect });
    expect(await probe(`http://${endpoint}/`)).toMatchObject({ error });
  });

  it('name the address that failed, which need not be the first', async () => {
    const gone = await serve({});
    servers.stopListening();
    const endpoint = await serve({ '/': [302, `http://${gone}/secret`] });
    expect(await probe(`http://${endpoint}/`)).toMatchObject({ error: `connection refused by ${gone}` });
  });

  it('carry credentials and headers on within an origin', async () => {
    const asked: Asked[] = [];
    const endpoint = await serve({ '/1': [302, '/2'] }, asked);
    await probe(`http://jane:secret@${endpoint}/1`, { headers: { 'x-api-key': 'key' } });
    expect(asked[1]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('jane:secret').toString('base64')}`,
      'x-api-key': 'key',
    });
  });

  it('carry nothing that may be secret to another origin, nor back again from there', async () => {
    const [home, away]: [Asked[], Asked[]] = [[], []];
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
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [307, 'POST', 'POST'],
    [308, 'PUT', 'PUT'],
  ])('by %i turn %s into %s, with the body where it stays', async (status, method, then) => {
    const asked: Asked[] = [];
    const endpoint = await serve({ '/1': [status, '/2'] }, asked);
    expect(
      await probe(`http://${endpoint}/1`, { method, ...(method === 'HEAD' ? {} : { body: 'abc' }) }),
    ).not.toHaveProperty('error');
    expect(asked[1]?.method).toBe(then);
    expect(asked[1]?.headers['content-length']).toBe(then === method && method !== 'HEAD' ? '3' : undefined);
  });

  it('do not carry a body to another origin', async () => {
    const away: Asked[] = [];
    const elsewhere = await serve({}, away);
    const endpoint = await serve({ '/': [307, `http://${elsewhere}/`] });
    expect(await probe(`http://${endpoint}/`, { method: 'POST', body: 'secret' })).toMatchObject({
      error: `redirected with its body to ${elsewhere}, another origin, which is not given it`,
    });
    expect(away).toEqual([]);
  });
});
