import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { LoopbackServers, unusedPort } from '../../../../../test/support/loopback-servers.js';
import { webSocketTarget, type WebSocketTarget, type ProbeResult } from '../../../domain/index.js';
import { WebSocketProbe } from './websocket.probe.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const NEVER = new AbortController().signal;

describe('the websocket probe', () => {
  const servers = new LoopbackServers();
  const serve = (
    onConnection: (socket: WebSocket, request: IncomingMessage) => void,
    options: ServerOptions = {},
    port = 0,
  ): Promise<string> => {
    const server = createServer();
    new WebSocketServer({ server, ...options }).on('connection', onConnection);
    return servers.listen(server, { port });
  };
  const probe = (url: string, rules: Partial<WebSocketTarget> = {}, signal = NEVER): Promise<ProbeResult> =>
    new WebSocketProbe({ ...webSocketTarget(), ...rules, url }, clock).probe(signal);

  it('finds nothing wrong where a ping is answered, and closes the connection as the protocol asks', async () => {
    const closedWith: Promise<unknown[]>[] = [];
    const endpoint = await serve((socket) => void closedWith.push(once(socket, 'close')));
    const { responseTime, phases, ...rest } = await probe(`ws://${endpoint}/`);
    expect(rest).toEqual({});
    expect(responseTime).toBeGreaterThan(0);
    expect(Object.keys(phases ?? {})).toEqual(['connect', 'firstByte']);
    expect((await closedWith[0])?.[0]).toBe(1_000);
    await servers.open(0);
  });

  it('cuts the connection where the other side does not join in closing it', async () => {
    const endpoint = await serve((socket) => (socket.close = () => undefined));
    expect(await probe(`ws://${endpoint}/`)).not.toHaveProperty('error');
    await servers.open(0);
  });

  it('asks for the path and query, with credentials and headers, its own above those of the target', async () => {
    let asked: Partial<IncomingMessage> = {};
    const endpoint = await serve((_, request) => (asked = request));
    await probe(`ws://jane:p%40ss@${endpoint}//feed?all=1`, { headers: { 'X-Api-Key': 'key' } });
    expect(asked).toMatchObject({
      url: '//feed?all=1',
      headers: {
        host: endpoint,
        authorization: `Basic ${Buffer.from('jane:p@ss').toString('base64')}`,
        'x-api-key': 'key',
      },
    });
    const target = { ...webSocketTarget(), url: `ws://${endpoint}/`, headers: { Authorization: 'Bearer theirs' } };
    await new WebSocketProbe(target, clock, { authorization: 'Bearer own' }).probe(NEVER);
    expect(asked.headers?.authorization).toBe('Bearer own');
  });

  it('is not disturbed by messages that come before the pong', async () => {
    const endpoint = await serve((socket) => socket.send('hello'));
    expect(await probe(`ws://${endpoint}/`)).not.toHaveProperty('error');
  });

  it('agrees on a subprotocol, and tells a server that does not', async () => {
    const endpoint = await serve(() => undefined, { handleProtocols: (offered) => offered.has('v2') && 'v2' });
    expect(await probe(`ws://${endpoint}/`, { subprotocol: 'v2' })).not.toHaveProperty('error');
    expect(await probe(`ws://${endpoint}/`, { subprotocol: 'v1' })).toMatchObject({
      error: `${endpoint} does not take the subprotocol`,
    });
  });

  it('sends its message and takes the answer that holds the text', async () => {
    const endpoint = await serve((socket) =>
      socket.on('message', (data: Buffer) =>
        ['noise', `echo ${data.toString()}`].forEach((answer) => socket.send(answer)),
      ),
    );
    expect(await probe(`ws://${endpoint}/`, { message: 'hello', answerContains: 'echo hello' })).not.toHaveProperty(
      'error',
    );
    expect(await probe(`ws://${endpoint}/`, { message: 'hello' })).not.toHaveProperty('error');
  });

  it('takes a greeting only where it has sent nothing', async () => {
    const endpoint = await serve((socket) => {
      socket.send('welcome');
      socket.on('message', () => socket.close(4_000));
    });
    expect(await probe(`ws://${endpoint}/`, { answerContains: 'welcome' })).not.toHaveProperty('error');
    expect(await probe(`ws://${endpoint}/`, { message: 'hello', answerContains: 'welcome' })).toMatchObject({
      error: 'closed the connection (4000) before it had sent the text that it should',
    });
  });

  it.each<[string, Partial<WebSocketTarget> & { url?: string }, string]>([
    [
      'a subprotocol that is none',
      { subprotocol: 'a, b' },
      'A probe cannot ask for the subprotocol "a, b"; write one name, of letters, digits and -._',
    ],
    [
      'a header that is its own',
      { headers: { 'Sec-WebSocket-Key': 'x' } },
      'The header Sec-WebSocket-Key is set by the probe itself; leave it out',
    ],
    [
      'a URL of another kind',
      { url: 'http://jane:secret@host/' },
      'The URL to probe must begin with ws:// or wss:// and name a host',
    ],
  ])('refuses %s when it is made, and says how it should be', (_, { url = 'ws://127.0.0.1/', ...rules }, message) => {
    expect(() => new WebSocketProbe({ ...webSocketTarget(), ...rules, url }, clock)).toThrow(new Error(message));
  });

  it('says what was answered instead of a WebSocket', async () => {
    const endpoint = await servers.listen(createServer((_, response) => response.writeHead(404).end()));
    expect(await probe(`ws://${endpoint}/`)).toMatchObject({ error: 'answered 404 instead of opening a WebSocket' });
    await servers.open(0);
  });

  it.each<[string, string, (endpoint: string) => string]>([
    [
      'an upgrade to something else',
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
      (endpoint) => `${endpoint} answered the upgrade with something that is not a WebSocket`,
    ],
    [
      'an upgrade without the proof',
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
      (endpoint) => `${endpoint} answered the upgrade with something that is not a WebSocket`,
    ],
    ['what is not HTTP', '-ERR unknown command\r\n', (endpoint) => `${endpoint} answered something that is not HTTP`],
    [
      'headers without end',
      `HTTP/1.1 101 Switching Protocols\r\nx: ${'a'.repeat(100_000)}`,
      (endpoint) => `${endpoint} answered with headers that are too large`,
    ],
  ])('tells %s', async (_, bytes, error) => {
    const endpoint = await servers.answering(bytes, 'keep');
    expect(await probe(`ws://${endpoint}/`)).toMatchObject({ error: error(endpoint) });
    await servers.open(0);
  });

  it('tells what breaks the protocol after the upgrade', async () => {
    const endpoint = await serve((_, { socket }) => socket.write(Buffer.from([0xff, 0xff])));
    expect((await probe(`ws://${endpoint}/`)).error).toMatch(
      new RegExp(`^${endpoint} broke the WebSocket protocol \\([a-z0-9 ]+\\)$`),
    );
  });

  it('tells a message that is too large', async () => {
    const endpoint = await serve((socket) => socket.send(Buffer.alloc(1_100_000)), { autoPong: false });
    expect(await probe(`ws://${endpoint}/`)).toMatchObject({ error: `${endpoint} sent a message larger than 1 MiB` });
  });

  it('names the address that refused the connection, and neither credentials, path nor query', async () => {
    const endpoint = `127.0.0.1:${await unusedPort()}`;
    expect(await probe(`ws://jane:secret@${endpoint}/feed?token=secret`)).toMatchObject({
      error: `connection refused by ${endpoint}`,
    });
  });

  it('tells a connection that is closed before the ping is answered', async () => {
    const endpoint = await serve((socket) => socket.close(1_013), { autoPong: false });
    expect(await probe(`ws://${endpoint}/`)).toMatchObject({
      error: 'closed the connection (1013) before it had answered the ping',
    });
  });

  it('tells a connection that is cut before the ping is answered', async () => {
    const endpoint = await serve((socket) => socket.terminate(), { autoPong: false });
    expect(await probe(`ws://${endpoint}/`)).toMatchObject({
      error: `connection closed by ${endpoint} before it had answered the ping`,
    });
  });

  it.each<[string, string, string]>([
    ['within the handshake', '', 'before it had answered'],
    ['within its headers', 'HTTP/1.1 101 Switching', 'within the headers of its answer'],
  ])('tells a connection that is cut %s', async (_, bytes, told) => {
    for (const then of ['end', 'reset'] as const) {
      const endpoint = await servers.answering(bytes, then);
      expect(await probe(`ws://${endpoint}/`)).toMatchObject({ error: `connection closed by ${endpoint} ${told}` });
    }
  });

  it.each<[string, () => Promise<string>, string]>([
    ['does not answer the ping', () => serve(() => undefined, { autoPong: false }), 'has not answered the ping'],
    ['does not send the text', () => serve((socket) => socket.send('noise')), 'has not sent the text that it should'],
    [
      'accepts the connection and says nothing',
      () => servers.listenTcp((socket) => socket.resume()),
      'takes the connection and has not begun to answer',
    ],
  ])('is ended by the signal, its socket too, at a target that %s, and says so', async (_, start, told) => {
    const endpoint = await start();
    const stop = new AbortController();
    const probing = probe(`ws://${endpoint}/`, { answerContains: 'welcome' }, stop.signal);
    await servers.open(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    expect(await probing).toMatchObject({ error: `${endpoint} ${told}` });
    await servers.open(0);
  });

  it('waits for a pong that is slow', async () => {
    const endpoint = await serve((socket) => socket.on('ping', (data) => setTimeout(() => socket.pong(data), 60)), {
      autoPong: false,
    });
    const { error, responseTime } = await probe(`ws://${endpoint}/`);
    expect(error).toBeUndefined();
    expect(responseTime).toBeGreaterThanOrEqual(59);
  });

  it('finds nothing wrong any more when the target is back', async () => {
    const port = await unusedPort();
    expect(await probe(`ws://127.0.0.1:${port}/`)).toMatchObject({ error: `connection refused by 127.0.0.1:${port}` });
    await serve(() => undefined, {}, port);
    expect(await probe(`ws://127.0.0.1:${port}/`)).not.toHaveProperty('error');
  });
});
