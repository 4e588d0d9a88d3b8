import { createServer } from 'node:http';
import { LoopbackServers, unusedPort } from '../../../../../test/support/loopback-servers.js';
import { type HttpTarget, httpTarget, type ProbeResult } from '../../../domain/index.js';
import { HttpProbe } from './http.probe.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };

describe('the http probe at a target that does not work', () => {
  const servers = new LoopbackServers();
  const probe = (
    url: string,
    signal = new AbortController().signal,
    rules: Partial<HttpTarget> = {},
  ): Promise<ProbeResult> => new HttpProbe({ ...httpTarget(), ...rules, url }, clock).probe(signal);

  it('names the address that refused the connection, and neither credentials, path nor query', async () => {
    const endpoint = `127.0.0.1:${await unusedPort()}`;
    const { error } = await probe(`http://jane:secret@${endpoint}/token?key=secret`);
    expect(error).toBe(`connection refused by ${endpoint}`);
  });

  it('names an IPv6 address with its brackets', async () => {
    const endpoint = `[::1]:${await unusedPort()}`;
    expect(await probe(`http://${endpoint}/`)).toMatchObject({ error: `connection refused by ${endpoint}` });
  });

  it('says which name has no address', async () => {
    expect((await probe('http://nowhere.invalid/')).error).toMatch(/^no address found for nowhere.invalid:80/);
  });

  it('says that a name has no address that answers', async () => {
    const port = await unusedPort();
    expect(await probe(`http://localhost:${port}/`)).toMatchObject({
      error: `connection refused by localhost:${port}`,
    });
  });

  it.each<[string, string, string]>([
    ['without an answer', '', 'before it had answered'],
    ['within the headers', 'HTTP/1.1 200 OK\r\ncontent-', 'within the headers of its answer'],
    [
      'within a body of known length',
      'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf',
      'within the body of its answer',
    ],
    [
      'within a body in chunks',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nhalf',
      'within the body of its answer',
    ],
  ])('tells a connection that is closed %s, by its end or by a reset', async (_, bytes, told) => {
    for (const then of ['end', 'reset'] as const) {
      const endpoint = await servers.answering(bytes, then);
      expect(await probe(`http://${endpoint}/`)).toMatchObject({ error: `connection closed by ${endpoint} ${told}` });
    }
  });

  it('tells a connection that is closed as soon as it is there', async () => {
    const endpoint = await servers.listenTcp((socket) => socket.resetAndDestroy());
    expect(await probe(`http://${endpoint}/`)).toMatchObject({
      error: `connection closed by ${endpoint} before it had answered`,
    });
  });

  it.each<[string, string | Buffer, string]>([
    ['a line of another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'answered something that is not HTTP'],
    ['bytes', Buffer.from([0x15, 3, 3, 0, 2, 2, 40]), 'answered something that is not HTTP'],
    [
      'a chunk without a length',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      'answered something that is not HTTP',
    ],
    ['headers without end', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}`, 'answered with headers that are too large'],
  ])('tells an answer of %s', async (_, bytes, told) => {
    const endpoint = await servers.answering(bytes, 'keep');
    expect(await probe(`http://${endpoint}/`)).toMatchObject({ error: `${endpoint} ${told}` });
  });

  it('tells what speaks before it is asked from an answer', async () => {
    const endpoint = await servers.listenTcp((socket) => socket.write('220 mail.example ESMTP\r\n'));
    expect(await probe(`http://${endpoint}/`)).toMatchObject({
      error: `${endpoint} answered something that is not HTTP`,
    });
  });

  it('tells an answer that changes the protocol', async () => {
    const endpoint = await servers.answering(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
      'keep',
    );
    expect(await probe(`http://${endpoint}/`)).toMatchObject({
      error: 'answered 101, another protocol, which was not asked for',
    });
  });

  it.each<[string, string, string]>([
    ['does not answer', '', 'takes the connection and has not begun to answer'],
    ['stops within the headers', 'HTTP/1.1 200 OK\r\ncontent-', 'has not finished the headers of its answer'],
    [
      'stops within the body',
      'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf',
      'has not finished the body of its answer',
    ],
  ])('is ended by the signal, its socket too, at a target that %s, and says so', async (_, bytes, told) => {
    const endpoint = await servers.answering(bytes, 'keep');
    const stop = new AbortController();
    const probing = probe(`http://${endpoint}/`, stop.signal);
    await servers.open(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    expect(await probing).toMatchObject({ error: `${endpoint} ${told}` });
    await servers.open(0);
  });

  it('is ended by the signal at a target that drips', async () => {
    const endpoint = await servers.listenTcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
      const dripping = setInterval(() => socket.write('a'), 5);
      socket.once('close', () => clearInterval(dripping));
    });
    const stop = new AbortController();
    const probing = probe(`http://${endpoint}/`, stop.signal);
    await servers.open(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    expect(await probing).toMatchObject({ error: `${endpoint} has not finished the body of its answer` });
    await servers.open(0);
  });

  it('opens nothing when it has been ended before it began', async () => {
    let connections = 0;
    const endpoint = await servers.listenTcp(() => connections++);
    expect(await probe(`http://${endpoint}/`, AbortSignal.abort())).toHaveProperty('error');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(connections).toBe(0);
  });

  it('finds nothing wrong any more when the target is back', async () => {
    const port = await unusedPort();
    const probing = new HttpProbe({ ...httpTarget(), url: `http://127.0.0.1:${port}/` }, clock);
    const { signal } = new AbortController();
    expect(await probing.probe(signal)).toMatchObject({ error: `connection refused by 127.0.0.1:${port}` });
    await servers.listen(
      createServer((_, response) => response.end('back')),
      { port },
    );
    expect(await probing.probe(signal)).not.toHaveProperty('error');
  });
});
