import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { LoopbackServers } from '../../../test/uptime/loopback-servers.js';
import { HttpProbe } from './http.probe.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const NEVER = new AbortController().signal;

describe('the http probe', () => {
  const servers = new LoopbackServers();
  const serve = (listener: RequestListener): Promise<string> => servers.listen(createServer(listener));
  const answering = (bytes: string, thenEnd = true): Promise<string> => servers.listen(createTcpServer((socket) => socket.once('data', () => (thenEnd ? socket.end(bytes) : socket.write(bytes)))));
  const probe = (url: string): Promise<{ error?: string; responseTime: number }> => new HttpProbe(url, clock).probe(NEVER);

  it('finds nothing wrong where the answer is 2xx, and tells how long it took', async () => {
    const endpoint = await serve((_, response) => setTimeout(() => response.writeHead(204).end(), 30));
    const answer = await probe(`http://${endpoint}/`);
    expect(answer).not.toHaveProperty('error');
    expect(answer.responseTime).toBeGreaterThanOrEqual(29);
    expect(answer.responseTime).toBeLessThan(2_000);
  });

  it('asks for the path and query of the URL, by GET, with its credentials', async () => {
    let asked: unknown;
    const endpoint = await serve((request, response) => {
      asked = { method: request.method, url: request.url, authorization: request.headers.authorization };
      response.end();
    });
    await probe(`http://jane:p%40ss@${endpoint}/health?full=1`);
    expect(asked).toEqual({ method: 'GET', url: '/health?full=1', authorization: `Basic ${Buffer.from('jane:p@ss').toString('base64')}` });
  });

  it.each([404, 500, 503])('takes %i for a failure', async (status) => {
    const endpoint = await serve((_, response) => response.writeHead(status).end('sorry'));
    expect(await probe(`http://${endpoint}/`)).toMatchObject({ error: `answered ${status}` });
  });

  it('does not follow a redirect, and says so', async () => {
    let requests = 0;
    const endpoint = await serve((_, response) => {
      requests++;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await probe(`http://${endpoint}/`)).toMatchObject({ error: 'answered 302, a redirect, which is not followed' });
    expect(requests).toBe(1);
  });

  it('names the address that refused the connection, and not the credentials', async () => {
    const endpoint = await serve(() => undefined);
    servers.stopListening();
    const { error } = await probe(`http://jane:secret@${endpoint}/token?key=secret`);
    expect(error).toBe(`connection refused by ${endpoint}`);
  });

  it('says which name has no address', async () => {
    expect((await probe('http://nowhere.invalid/')).error).toMatch(/^no address found for nowhere.invalid:80/);
  });

  it('tells a connection that is closed without an answer', async () => {
    const endpoint = await answering('');
    expect(await probe(`http://${endpoint}/`)).toMatchObject({ error: `connection closed by ${endpoint} before it had answered` });
  });

  it('tells an answer that is cut off half-way from a whole one', async () => {
    const endpoint = await answering('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
    expect((await probe(`http://${endpoint}/`)).error).toMatch(/closed by|failed/);
  });

  it('tells what is not HTTP', async () => {
    const endpoint = await answering('SSH-2.0-OpenSSH_9.2\r\n', false);
    expect(await probe(`http://${endpoint}/`)).toMatchObject({ error: `${endpoint} answered something that is not HTTP` });
  });

  it('does not read a body without end', async () => {
    const endpoint = await serve((_, response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    });
    expect(await probe(`http://${endpoint}/`)).not.toHaveProperty('error');
  });

  it('closes its connection: nothing is left open at the target', async () => {
    const endpoint = await serve((_, response) => response.end('ok'));
    await probe(`http://${endpoint}/`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(servers.connections.size).toBe(0);
  });

  it('is ended by the signal, its socket too, at a target that hangs', async () => {
    const endpoint = await serve(() => undefined);
    const stop = new AbortController();
    const probing = new HttpProbe(`http://${endpoint}/`, clock).probe(stop.signal);
    while (servers.connections.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await probing;
    while (servers.connections.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});
