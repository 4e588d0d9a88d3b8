import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { LoopbackServers } from '../../../test/uptime/loopback-servers.js';
import { WebSocketProbe } from './websocket.probe.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const NEVER = new AbortController().signal;

describe('the websocket probe', () => {
  const servers = new LoopbackServers();
  const serve = (onConnection: (socket: WebSocket) => void, options: { autoPong?: boolean } = {}): Promise<string> => {
    const server = createServer();
    new WebSocketServer({ server, ...options }).on('connection', (socket) => onConnection(socket));
    return servers.listen(server);
  };
  const probe = (url: string, signal = NEVER): Promise<{ error?: string; responseTime: number }> => new WebSocketProbe(url, clock).probe(signal);

  it('finds nothing wrong where a ping is answered, and closes the connection as the protocol asks', async () => {
    const closedWith: Promise<unknown[]>[] = [];
    const endpoint = await serve((socket) => void closedWith.push(once(socket, 'close')));
    const answer = await probe(`ws://${endpoint}/`);
    expect(answer).not.toHaveProperty('error');
    expect(answer.responseTime).toBeGreaterThan(0);
    expect((await closedWith[0])?.[0]).toBe(1_000);
  });

  it('is not disturbed by messages that come before the pong', async () => {
    const endpoint = await serve((socket) => socket.send('hello'));
    expect(await probe(`ws://${endpoint}/`)).not.toHaveProperty('error');
  });

  it('says what was answered instead of a WebSocket', async () => {
    const endpoint = await servers.listen(createServer((_, response) => response.writeHead(404).end()));
    expect(await probe(`ws://${endpoint}/`)).toMatchObject({ error: 'answered 404 instead of opening a WebSocket' });
  });

  it('names the address that refused the connection, and not the credentials', async () => {
    const endpoint = await servers.listen(createTcpServer());
    servers.stopListening();
    expect(await probe(`ws://jane:secret@${endpoint}/feed?token=secret`)).toMatchObject({ error: `connection refused by ${endpoint}` });
  });

  it('tells a connection that is closed before the ping is answered', async () => {
    const endpoint = await serve((socket) => socket.close(1_013), { autoPong: false });
    expect(await probe(`ws://${endpoint}/`)).toMatchObject({ error: 'closed the connection (1013) before it had answered the ping' });
  });

  it('tells a connection that is closed within the handshake', async () => {
    const endpoint = await servers.listen(createTcpServer((socket) => socket.once('data', () => socket.end())));
    expect(await probe(`ws://${endpoint}/`)).toMatchObject({ error: `connection closed by ${endpoint} before it had answered` });
  });

  it.each<[string, () => Promise<string>]>([
    ['does not answer the ping', () => serve(() => undefined, { autoPong: false })],
    ['accepts the connection and says nothing', () => servers.listen(createTcpServer((socket) => socket.resume()))],
  ])('is ended by the signal, its socket too, at a target that %s', async (_, start) => {
    const endpoint = await start();
    const stop = new AbortController();
    const probing = probe(`ws://${endpoint}/`, stop.signal);
    while (servers.connections.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await probing;
    while (servers.connections.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});
