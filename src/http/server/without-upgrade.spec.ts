import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { until } from '../../../test/support/eventually.js';
import { serveWithoutUpgrade } from './without-upgrade.js';

interface Received {
  readonly request: string;
  readonly headers: readonly string[];
  readonly body: string;
}

describe('a request for an upgrade that is served without it', () => {
  let server: Server;
  let received: Received[];

  beforeEach(async () => {
    received = [];
    server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      const { method, url, httpVersion, rawHeaders } = request;
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
      request.on('end', () => {
        received.push({ request: `${method} ${url} ${httpVersion}`, headers: rawHeaders, body });
        response.end(`answer ${received.length}`);
      });
    });
    server.on('upgrade', (request, socket, head) => serveWithoutUpgrade(server, request, socket, head));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Sends the parts on one connection, each after the answer to the one before. @returns all that was received */
  const exchange = async (...parts: readonly string[]): Promise<string> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let answers = '';
    socket.on('data', (chunk: Buffer) => (answers += chunk.toString()));
    for (const [index, part] of parts.entries()) {
      socket.write(part, 'latin1');
      await until(() => answers.includes(`answer ${index + 1}`));
    }
    socket.destroy();
    return answers;
  };

  it('reaches the server with its headers, but those of the upgrade', async () => {
    await exchange(
      'GET /a?b=%20c HTTP/1.1\r\nHost: x\r\nX-Colour: gr\xfcn\r\nConnection: Upgrade, HTTP2-Settings, keep-alive\r\n' +
        'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n',
    );
    expect(received).toEqual([
      {
        request: 'GET /a?b=%20c 1.1',
        headers: ['Host', 'x', 'X-Colour', 'gr\xfcn', 'Connection', 'keep-alive', 'X-Twice', '1', 'X-Twice', '2'],
        body: '',
      },
    ]);
  });

  const UPGRADE = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n';

  it.each([
    ['of known length', 'Content-Length: 5\r\n\r\nh\xe9llo', 'h\xe9llo'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ])('has its body %s', async (_, rest, body) => {
    await exchange(`POST / HTTP/1.1\r\n${UPGRADE}${rest}`);
    expect(received.map((request) => request.body)).toEqual([body]);
  });

  it('has a body that follows later, and keeps the connection for more requests and upgrades', async () => {
    const late = connect((server.address() as AddressInfo).port, '127.0.0.1');
    late.write(`POST /late HTTP/1.1\r\n${UPGRADE}Content-Length: 200000\r\n\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    late.write('x'.repeat(200_000));
    await until(() => received.length === 1);
    expect(received[0]?.body).toHaveLength(200_000);
    late.destroy();
    received = [];

    const answers = await exchange(
      `GET /1 HTTP/1.1\r\n${UPGRADE}\r\n`,
      `GET /2 HTTP/1.1\r\n${UPGRADE}\r\n`,
      'GET /3 HTTP/1.1\r\nHost: x\r\n\r\n',
      `GET /4 HTTP/1.1\r\n${UPGRADE}\r\n`,
    );
    expect(received.map(({ request }) => request)).toEqual(['GET /1 1.1', 'GET /2 1.1', 'GET /3 1.1', 'GET /4 1.1']);
    expect(answers).not.toMatch(/connection: close/i);
  });

  it('is timed out like others', async () => {
    const slow = createServer(
      { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 50 },
      () => undefined,
    );
    slow.on('upgrade', (request, socket, head) => serveWithoutUpgrade(slow, request, socket, head));
    slow.listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const socket = connect((slow.address() as AddressInfo).port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write(`POST / HTTP/1.1\r\n${UPGRADE}Content-Length: 5\r\n\r\n`);
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    slow.close();
  });
});
