import { createServer } from 'node:http';
import { systemClock as clock } from '../../../../common/clock.js';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { type HttpTarget, httpTarget, type ProbeResult } from '../../../domain/index.js';
import { HttpProbe } from './http.probe.js';

type Received = [path: string | undefined, cookie: string | undefined];

describe('cookies of a probe', () => {
  const servers = new LoopbackServers();
  /** Redirects from the paths given, each with cookies; answers the others. */
  const serve = (
    redirects: Readonly<Record<string, readonly [to: string, ...cookies: string[]]>>,
    received: Received[] = [],
  ): Promise<string> =>
    servers.listen(
      createServer(({ url, headers: { cookie } }, response) => {
        received.push([url, cookie]);
        const [location, ...cookies] = redirects[url ?? ''] ?? [];
        if (location === undefined) response.end();
        else response.writeHead(302, { location, 'set-cookie': cookies }).end();
      }),
    );
  const create = (url: string, rules: Partial<HttpTarget> = {}): HttpProbe =>
    new HttpProbe({ ...httpTarget(), maxRedirects: 5, ...rules, url }, clock);
  const probe = (url: string, rules?: Partial<HttpTarget>): Promise<ProbeResult> =>
    create(url, rules).probe(new AbortController().signal);
  const cookiesAt = async (path: string, setCookie: string, host = '127.0.0.1'): Promise<string | undefined> => {
    const received: Received[] = [];
    const hostPort = await serve({ '/shop/set': [path, setCookie] }, received);
    await probe(`http://${hostPort.replace('127.0.0.1', host)}/shop/set`);
    return received.at(-1)?.[1];
  };

  it('that its redirects set are sent, so that a page may redirect to itself', async () => {
    const received: Received[] = [];
    const hostPort = await servers.listen(
      createServer(({ url, headers: { cookie } }, response) => {
        received.push([url, cookie]);
        if (cookie?.includes('session=1')) response.end('welcome');
        else response.writeHead(302, { location: '/', 'set-cookie': ['session=1; HttpOnly; Path=/', 'lang=de'] }).end();
      }),
    );
    expect(await probe(`http://${hostPort}/`, { bodyContains: 'welcome' })).not.toHaveProperty('error');
    expect(received).toEqual([
      ['/', undefined],
      ['/', 'session=1; lang=de'],
    ]);
  });

  it('do not prevent the detection of a loop', async () => {
    const received: Received[] = [];
    const hostPort = await serve({ '/': ['/', 'a=1'] }, received);
    expect(await probe(`http://${hostPort}/`)).toMatchObject({ error: `redirect loop at ${hostPort}` });
    expect(received).toHaveLength(2);
  });

  it('are forgotten at its end', async () => {
    const received: Received[] = [];
    const hostPort = await serve({ '/': ['/home', 'a=1'] }, received);
    const probing = create(`http://${hostPort}/`);
    for (let times = 0; times < 2; times++) await probing.probe(new AbortController().signal);
    expect(received).toEqual([
      ['/', undefined],
      ['/home', 'a=1'],
      ['/', undefined],
      ['/home', 'a=1'],
    ]);
  });

  it.each([
    ['of another path', '/shop/set', 'a=1; Path=/admin', undefined],
    ['of a path above', '/shop/cart', 'a=1; Path=/shop', 'a=1'],
    ['of the default path', '/shop/cart', 'a=1', 'a=1'],
    ['of the default path, elsewhere', '/home', 'a=1', undefined],
    ['that is Secure', '/shop/cart', 'a=1; Secure', undefined],
    ['that has expired', '/shop/cart', 'a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT', undefined],
    ['whose Max-Age is over', '/shop/cart', 'a=1; Max-Age=0; Expires=Fri, 01 Jan 2100 00:00:00 GMT', undefined],
    ['that still lasts', '/shop/cart', 'a=1; Max-Age=60', 'a=1'],
    ['of another domain', '/shop/cart', 'a=1; Domain=penguin.example', undefined],
    ['that is no cookie', '/shop/cart', ';', undefined],
  ])('%s are sent by the rules of RFC 6265', async (_, path, setCookie, cookie) => {
    expect(await cookiesAt(path === '/shop/set' ? '/shop/other' : path, setCookie)).toBe(cookie);
  });

  it('are sent to their host only', async () => {
    const away: Received[] = [];
    const elsewhere = await serve({}, away);
    const port = elsewhere.split(':')[1];
    const hostPort = await serve({ '/': [`http://localhost:${port}/`, 'a=1; Path=/'] });
    expect(await probe(`http://${hostPort}/`)).not.toHaveProperty('error');
    expect(away).toEqual([['/', undefined]]);
  });

  it('replace those of the configured header that have the same name', async () => {
    const received: Received[] = [];
    const hostPort = await serve({ '/': ['/home', 'session=new'] }, received);
    await probe(`http://${hostPort}/`, { headers: { Cookie: 'session=old; lang=de' } });
    expect(received).toEqual([
      ['/', 'session=old; lang=de'],
      ['/home', 'lang=de; session=new'],
    ]);
  });

  it('of the configured header stay within its origin, those of the redirects do not', async () => {
    const away: Received[] = [];
    const elsewhere = await serve({ '/': ['/next', 'b=2'] }, away);
    const hostPort = await serve({ '/': [`http://${elsewhere}/`, 'a=1'] });
    await probe(`http://${hostPort}/`, { headers: { Cookie: 'session=secret' } });
    // RFC 6265, 8.5: cookies are shared between the ports of a host.
    expect(away).toEqual([
      ['/', 'a=1'],
      ['/next', 'a=1; b=2'],
    ]);
  });
});
