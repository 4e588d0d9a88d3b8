import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ApiCaller, errorOf, type RawRequest, type Reply, send } from '../support/api-caller.js';
import { sleep, until } from '../support/eventually.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from '../support/service-process.js';
import { AUTH } from '../support/tokens.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const STREAMS = '/api/users/alice/streams';
const PROFILE = `${STREAMS}/profile`;
const ACTIVITY = `${STREAMS}/activity`;
const METADATA = `${PROFILE}/default/metadata`;

let dataDir: string;
let service: ServiceProcess;
let alice: ApiCaller;

async function start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
  dataDir = makeDataDir();
  service = await ready(await ServiceProcess.start({ DATA_DIR: dataDir, ...AUTH, ...environment }));
  alice = await ApiCaller.of(() => service.url, 'alice');
}

async function stop(): Promise<void> {
  await ServiceProcess.killAll();
  removeDataDir(dataDir);
}

/** A raw connection with what it has received. */
async function open(): Promise<{ readonly socket: Socket; readonly received: () => string }> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return { socket, received: () => text };
}

const headersOf = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');

describe('the rate limit', () => {
  beforeAll(() => start({ RATE_LIMIT: '16', RATE_LIMIT_WINDOW_MS: '600000' }), 60_000);
  afterAll(stop);

  it('counts every request, whatever becomes of it', async () => {
    const requests: readonly (readonly [number, RawRequest])[] = [
      [404, { method: 'GET', path: '/api/nothing' }],
      [405, { method: 'DELETE', path: '/livez' }],
      [200, { method: 'GET', path: '/api/docs-json' }],
      [400, { method: 'POST', path: '/api/uptime/create-streams', headers: JSON_TYPE, body: '{"a":' }],
      [415, { method: 'POST', path: '/api/uptime/create-streams', headers: { 'content-type': 'text/x' }, body: 'a' }],
      [401, { method: 'PUT', path: PROFILE, headers: JSON_TYPE, body: '{"data":{}}' }],
      [401, { method: 'GET', path: PROFILE, headers: { authorization: 'Bearer nonsense' } }],
      [400, { method: 'GET', path: '/api/streams/%E0%A4%A/events' }],
    ];
    for (const [status, request] of requests)
      expect([request.path, (await send(service.url, request)).status]).toEqual([request.path, status]);
    for (const upgrade of ['websocket', 'h2c']) {
      const { socket, received } = await open();
      socket.write(`GET /x HTTP/1.1\r\nHost: x\r\nUpgrade: ${upgrade}\r\nConnection: Upgrade\r\n\r\n`);
      await until(() => received().includes('\r\n\r\n'));
      expect(received()).toMatch(/^HTTP\/1.1 404 /);
      socket.destroy();
    }
    // Ten by now.
    for (let left = 5; left >= 0; left--)
      expect((await send(service.url, { method: 'GET', path: '/api/docs-json' })).headers).toMatchObject({
        'x-ratelimit-remaining': String(left),
      });
    for (const path of ['/api/docs-json', '/api/docs', '/api/nothing', '/api/uptime/status'])
      expect(await send(service.url, { method: 'GET', path })).toMatchObject({
        status: 429,
        body: { type: 'rate-limited' },
      });
    expect((await send(service.url, { method: 'GET', path: '/livez' })).status).toBe(200);
    // A user at this address has requests left.
    expect((await alice.put(PROFILE, { data: {} })).status).toBe(201);
  });
});

describe('a request body', () => {
  beforeAll(() => start(), 60_000);
  afterAll(stop);

  const put = (
    body: string | Buffer,
    headers: Readonly<Record<string, string>> = {},
    path = ACTIVITY,
  ): Promise<Reply> =>
    send(service.url, { method: 'PUT', path, headers: { ...alice.headers, ...JSON_TYPE, ...headers }, body });
  const gzipped = (text: string, path = ACTIVITY): Promise<Reply> =>
    put(gzipSync(text), { 'content-encoding': 'gzip' }, path);
  const details = (json: string): string => `{"data":{"details":{"x":${json}}}}`;

  it('is not asked for before its caller is admitted', async () => {
    const asking = async (credentials: Readonly<Record<string, string>>): Promise<string> => {
      const { socket, received } = await open();
      const body = '{"data":{}}';
      const headers = { ...JSON_TYPE, ...credentials, 'content-length': String(body.length), expect: '100-continue' };
      socket.write(`PUT ${ACTIVITY} HTTP/1.1\r\nHost: x\r\n${headersOf(headers)}\r\n`);
      await until(() => received().includes('\r\n\r\n'));
      const first = received();
      if (first.startsWith('HTTP/1.1 100 ')) {
        socket.write(body);
        await until(() => received().length > first.length);
      }
      socket.destroy();
      return received();
    };
    expect(await asking({})).toMatch(/^HTTP\/1.1 401 Unauthorized\r\n[^]*Connection: close\r\n/);
    expect(await asking(alice.headers)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 20[01] /);
  });

  it('is bounded by the bytes of its route, after decompression', async () => {
    const text = 'x'.repeat(70_000);
    expect((await put(details(`"${text}"`))).status).toBeLessThan(300);
    const reply = await alice.patch(METADATA, { description: text });
    expect(errorOf(reply)).toMatchObject({
      type: 'event-too-large',
      message: expect.stringMatching(
        /^The request body is too large: this route takes at most 65536 bytes, got \d+$/,
      ) as string,
    });
  });

  it.each([
    ['levels', details('['.repeat(63)), 400, 'body: must have at most 64 levels of nesting'],
    ['values', details(`[${'0,'.repeat(25_000)}0]`), 413, 'at most 25000 values and names of members'],
    ['names', details(`{${'"a":0,'.repeat(12_500)}"b":0}`), 413, 'at most 25000 values and names of members'],
    ['compression', details(`"${'x'.repeat(1_000_000)}"`), 413, 'more than 100 times as large'],
    ['bytes', details(`"${'xy '.repeat(600_000)}"`), 413, 'at most 1572864 bytes'],
    ['inflated bytes', details(`"${randomBytes(1_300_000).toString('base64')}"`), 413, 'at most 1572864 bytes'],
  ])('is bounded by its %s', async (name, text, status, message) => {
    const reply = await (name === 'compression' || name === 'inflated bytes' ? gzipped(text) : put(text));
    expect(reply.status).toBe(status);
    expect(errorOf(reply).message).toContain(message);
  });

  it.each([
    ['{"data":{"displayName":"A","displayName":"B"}}', 'data.displayName'],
    ['{"data":{"displayName":"A","display\\u004eame":"A"}}', 'data.displayName'],
    ['{"data":{},"data":{}}', 'data'],
    ['{"data":{"preferences":{"list":[0,{"a":{},"b":"}","a":{}}]}}}', 'data.preferences.list.1.a'],
  ])('has each member once: %s', async (text, path) => {
    for (const reply of [await put(text, {}, PROFILE), await gzipped(text, PROFILE)]) {
      expect(reply.status).toBe(400);
      expect(errorOf(reply).details?.mistakes).toEqual([
        { path, problem: 'occurs twice in its object, which can keep one value only; send each member once' },
      ]);
    }
  });

  it('with fewer levels and values is accepted', async () => {
    expect((await put(details('['.repeat(60) + ']'.repeat(60)))).status).toBeLessThan(300);
    expect((await gzipped(details(`[${'0,'.repeat(24_000)}0]`))).status).toBeLessThan(300);
  });

  it.each([
    ['in UTF-16', Buffer.from('{"data":{}}', 'utf16le'), 'application/json; charset=utf-16', 415],
    ['that is not UTF-8', Buffer.from('{"data":{"details":{"x":"\xff"}}}', 'latin1'), 'application/json', 400],
    ['with a byte order mark', Buffer.from('\ufeff{"data":{}}'), 'application/json; charset="UTF-8"', 200],
  ])('%s gets the documented answer', async (_, body, type, status) => {
    await put('{"data":{}}');
    expect((await put(body, { 'content-type': type })).status).toBe(status);
  });

  it.each(['gzip', 'deflate', 'br'])('that is cut off or not %s is refused', async (encoding) => {
    for (const body of [Buffer.from('nonsense'), gzipSync('{"data":{}}').subarray(0, 15), Buffer.alloc(1)])
      expect((await put(body, { 'content-encoding': encoding })).status).toBe(400);
  });

  it('that nobody reads leaves the connection usable, unless it does not end', async () => {
    const { socket, received } = await open();
    socket.write(`POST /api/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000_000)}`);
    socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => received().includes('"status":"ok"'));
    expect(received()).toMatch(/^HTTP\/1.1 404 Not Found\r\n[^]*HTTP\/1.1 200 OK\r\n/);

    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('POST /api/nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    for (let count = 0; count < 300 && !socket.destroyed; count++) {
      socket.write(chunk);
      await sleep(2);
    }
    await closed;
  });
});

describe('a request for an upgrade to another protocol', () => {
  beforeAll(() => start(), 60_000);
  afterAll(stop);

  it.each(['h2c', 'TLS/1.0', 'foo/2'])('%s is served as if it had not asked', async (protocol) => {
    const { socket, received } = await open();
    const upgrade = { upgrade: protocol, connection: 'Upgrade, HTTP2-Settings', 'http2-settings': 'AAMAAABkAAQAAP__' };
    socket.write(`GET /livez HTTP/1.1\r\nHost: x\r\n${headersOf(upgrade)}\r\n`);
    await until(() => received().includes('"status":"ok"'));
    expect(received()).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    const before = received().length;
    const body = '{"data":{"details":{"by":"upgrade"}}}';
    const write = { ...upgrade, ...alice.headers, ...JSON_TYPE, 'content-length': String(body.length) };
    socket.write(`PUT ${ACTIVITY} HTTP/1.1\r\nHost: x\r\n${headersOf(write)}\r\n${body}`);
    await until(() => received().length > before);
    expect(received().slice(before)).toMatch(/^HTTP\/1.1 20[01] /);
    socket.destroy();
    expect((await alice.get(ACTIVITY)).body).toMatchObject({ data: { details: { by: 'upgrade' } } });
  });
});
