import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { systemClock as clock } from '../../../../common/clock.js';
import { LoopbackServers, unusedPort } from '../../../../../test/support/loopback-servers.js';
import { webSocketTarget, type WebSocketTarget, type ProbeResult } from '../../../domain/index.js';
import { WebSocketProbe } from './websocket.probe.js';

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

  it('succeeds on a pong, and performs the closing handshake', async () => {
    const closedWith: Promise<unknown[]>[] = [];
    const hostPort = await serve((socket) => void closedWith.push(once(socket, 'close')));
    const { responseTime, phases, ...rest } = await probe(`ws://${hostPort}/`);
    expect(rest).toEqual({});
    expect(responseTime).toBeGreaterThan(0);
    expect(Object.keys(phases ?? {})).toEqual(['connect', 'firstByte']);
    expect((await closedWith[0])?.[0]).toBe(1_000);
    await servers.open(0);
  });

  it('terminates the connection if the peer does not complete the closing handshake', async () => {
    const hostPort = await serve((socket) => (socket.close = () => undefined));
    expect(await probe(`ws://${hostPort}/`)).not.toHaveProperty('error');
    await servers.open(0);
  });

  it('requests the path and query with credentials and headers; its own headers take precedence', async () => {
    let received: Partial<IncomingMessage> = {};
    const hostPort = await serve((_, request) => (received = request));
    await probe(`ws://jane:p%40ss@${hostPort}//feed?all=1`, { headers: { 'X-Api-Key': 'key' } });
    expect(received).toMatchObject({
      url: '//feed?all=1',
      headers: {
        host: hostPort,
        authorization: `Basic ${Buffer.from('jane:p@ss').toString('base64')}`,
        'x-api-key': 'key',
      },
    });
    const target = { ...webSocketTarget(), url: `ws://${hostPort}/`, headers: { Authorization: 'Bearer theirs' } };
    await new WebSocketProbe(target, clock, { authorization: 'Bearer own' }).probe(NEVER);
    expect(received.headers?.authorization).toBe('Bearer own');
  });

  it('ignores messages before the pong', async () => {
    const hostPort = await serve((socket) => socket.send('hello'));
    expect(await probe(`ws://${hostPort}/`)).not.toHaveProperty('error');
  });

  it('negotiates a subprotocol, and fails if the server does not support it', async () => {
    const hostPort = await serve(() => undefined, { handleProtocols: (offered) => offered.has('v2') && 'v2' });
    expect(await probe(`ws://${hostPort}/`, { subprotocol: 'v2' })).not.toHaveProperty('error');
    expect(await probe(`ws://${hostPort}/`, { subprotocol: 'v1' })).toMatchObject({
      error: `${hostPort} does not support the subprotocol`,
    });
  });

  it('sends its message and accepts a response that contains the text', async () => {
    const hostPort = await serve((socket) =>
      socket.on('message', (data: Buffer) =>
        ['noise', `echo ${data.toString()}`].forEach((answer) => socket.send(answer)),
      ),
    );
    expect(await probe(`ws://${hostPort}/`, { message: 'hello', answerContains: 'echo hello' })).not.toHaveProperty(
      'error',
    );
    expect(await probe(`ws://${hostPort}/`, { message: 'hello' })).not.toHaveProperty('error');
  });

  it('accepts a greeting only without a message of its own', async () => {
    const hostPort = await serve((socket) => {
      socket.send('welcome');
      socket.on('message', () => socket.close(4_000));
    });
    expect(await probe(`ws://${hostPort}/`, { answerContains: 'welcome' })).not.toHaveProperty('error');
    expect(await probe(`ws://${hostPort}/`, { message: 'hello', answerContains: 'welcome' })).toMatchObject({
      error: 'closed the connection (4000) before the expected text',
    });
  });

  it.each<[string, Partial<WebSocketTarget> & { url?: string }, string]>([
    [
      'an invalid subprotocol',
      { subprotocol: 'a, b' },
      '"a, b" is not a valid subprotocol; use one name of letters, digits and -._',
    ],
    [
      'a header set by the probe',
      { headers: { 'Sec-WebSocket-Key': 'x' } },
      'The header Sec-WebSocket-Key is set by the probe; remove it',
    ],
    [
      'a URL of another scheme',
      { url: 'http://jane:secret@host/' },
      'The URL to probe must begin with ws:// or wss:// and name a host',
    ],
  ])('rejects %s on creation', (_, { url = 'ws://127.0.0.1/', ...rules }, message) => {
    expect(() => new WebSocketProbe({ ...webSocketTarget(), ...rules, url }, clock)).toThrow(new Error(message));
  });

  it('reports the status of a rejected upgrade', async () => {
    const hostPort = await servers.listen(createServer((_, response) => response.writeHead(404).end()));
    expect(await probe(`ws://${hostPort}/`)).toMatchObject({ error: 'answered 404 instead of opening a WebSocket' });
    await servers.open(0);
  });

  it.each<[string, string, (hostPort: string) => string]>([
    [
      'an upgrade to another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
      (hostPort) => `the upgrade response of ${hostPort} is not valid for WebSocket`,
    ],
    [
      'an upgrade without Sec-WebSocket-Accept',
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
      (hostPort) => `the upgrade response of ${hostPort} is not valid for WebSocket`,
    ],
    [
      'a response that is not HTTP',
      '-ERR unknown command\r\n',
      (hostPort) => `the response of ${hostPort} is not HTTP`,
    ],
    [
      'endless headers',
      `HTTP/1.1 101 Switching Protocols\r\nx: ${'a'.repeat(300_000)}`,
      (hostPort) => `the response headers of ${hostPort} are too large`,
    ],
  ])('reports %s', async (_, bytes, error) => {
    const hostPort = await servers.answering(bytes, 'keep');
    expect(await probe(`ws://${hostPort}/`)).toMatchObject({ error: error(hostPort) });
    await servers.open(0);
  });

  it('reports a protocol violation after the upgrade', async () => {
    const hostPort = await serve((_, { socket }) => socket.write(Buffer.from([0xff, 0xff])));
    expect((await probe(`ws://${hostPort}/`)).error).toMatch(
      new RegExp(`^${hostPort} violated the WebSocket protocol \\([a-z0-9 ]+\\)$`),
    );
  });

  it('reports a message that is too large', async () => {
    const hostPort = await serve((socket) => socket.send(Buffer.alloc(1_100_000)), { autoPong: false });
    expect(await probe(`ws://${hostPort}/`)).toMatchObject({ error: `${hostPort} sent a message larger than 1 MiB` });
  });

  it('reports the address that refused the connection, without credentials, path or query', async () => {
    const hostPort = `127.0.0.1:${await unusedPort()}`;
    expect(await probe(`ws://jane:secret@${hostPort}/feed?token=secret`)).toMatchObject({
      error: `connection refused by ${hostPort}`,
    });
  });

  it('reports a connection that is closed before the pong', async () => {
    const hostPort = await serve((socket) => socket.close(1_013), { autoPong: false });
    expect(await probe(`ws://${hostPort}/`)).toMatchObject({
      error: 'closed the connection (1013) before a pong',
    });
  });

  it('reports a connection that is cut before the pong', async () => {
    const hostPort = await serve((socket) => socket.terminate(), { autoPong: false });
    expect(await probe(`ws://${hostPort}/`)).toMatchObject({
      error: `connection closed by ${hostPort} before a pong`,
    });
  });

  it.each<[string, string, string]>([
    ['within the handshake', '', 'before a response'],
    ['within its headers', 'HTTP/1.1 101 Switching', 'within the response headers'],
  ])('reports a connection that is cut %s', async (_, bytes, reported) => {
    for (const then of ['end', 'reset'] as const) {
      const hostPort = await servers.answering(bytes, then);
      expect(await probe(`ws://${hostPort}/`)).toMatchObject({ error: `connection closed by ${hostPort} ${reported}` });
    }
  });

  it.each<[string, () => Promise<string>, string]>([
    ['does not send a pong', () => serve(() => undefined, { autoPong: false }), 'did not send a pong'],
    ['does not send the text', () => serve((socket) => socket.send('noise')), 'did not send the expected text'],
    [
      'accepts the connection and stays silent',
      () => servers.listenTcp((socket) => socket.resume()),
      'accepted the connection but did not respond',
    ],
  ])('aborts, closes its socket and reports a target that %s', async (_, start, reported) => {
    const hostPort = await start();
    const result = await servers.abortConnected((signal) =>
      probe(`ws://${hostPort}/`, { answerContains: 'welcome' }, signal),
    );
    expect(result).toMatchObject({ error: `${hostPort} ${reported}` });
  });

  it('waits for a slow pong', async () => {
    const hostPort = await serve((socket) => socket.on('ping', (data) => setTimeout(() => socket.pong(data), 60)), {
      autoPong: false,
    });
    const { error, responseTime } = await probe(`ws://${hostPort}/`);
    expect(error).toBeUndefined();
    expect(responseTime).toBeGreaterThanOrEqual(59);
  });

  it('succeeds again when the target is back', async () => {
    const port = await unusedPort();
    expect(await probe(`ws://127.0.0.1:${port}/`)).toMatchObject({ error: `connection refused by 127.0.0.1:${port}` });
    await serve(() => undefined, {}, port);
    expect(await probe(`ws://127.0.0.1:${port}/`)).not.toHaveProperty('error');
  });
});
