import { type Socket } from 'node:net';
import { FullServer } from '../../../../../test/support/full-server.js';
import { LoopbackServers, unusedPort } from '../../../../../test/support/loopback-servers.js';
import { type TcpTarget, type ProbeResult } from '../../../domain/index.js';
import { TcpProbe } from './tcp.probe.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const NEVER = new AbortController().signal;

describe('the tcp probe', () => {
  const servers = new LoopbackServers();
  const createProbe = (endpoint: string, rules: Partial<TcpTarget> = {}): TcpProbe => {
    const [, host = '', port] = /^(.*):(\d+)$/.exec(endpoint) ?? [];
    return new TcpProbe({ kind: 'tcp', host, port: Number(port), ...rules }, clock);
  };
  const probe = (endpoint: string, rules?: Partial<TcpTarget>, signal = NEVER): Promise<ProbeResult> =>
    createProbe(endpoint, rules).probe(signal);
  /** A server that greets, and then answers each line with itself. */
  const echo = (socket: Socket): void => {
    socket.write('220 ready\r\n');
    socket.on('data', (data) => socket.write(`echo ${data.toString()}`));
  };

  it('finds nothing wrong where somebody takes the connection, and closes it', async () => {
    const endpoint = await servers.listenTcp(() => undefined);
    const { responseTime, phases, ...rest } = await probe(endpoint);
    expect(rest).toEqual({});
    expect(responseTime).toBeGreaterThan(0);
    expect(Object.keys(phases ?? {})).toEqual(['connect']);
    await servers.open(0);
  });

  it.each(['::1', '[::1]'])('reaches the IPv6 address %s, and names it with brackets', async (host) => {
    const endpoint = await servers.listenTcp(echo, { host: '::1' });
    expect(await probe(endpoint, { host })).not.toHaveProperty('error');
    servers.stopListening();
    expect(await probe(endpoint, { host })).toMatchObject({ error: `connection refused by ${endpoint}` });
  });

  it('takes a greeting that holds the text, and what answers what it sends', async () => {
    const endpoint = await servers.listenTcp(echo);
    expect(await probe(endpoint, { answerContains: '220 ' })).not.toHaveProperty('error');
    expect(await probe(endpoint, { send: 'HELO me\r\n', answerContains: 'echo HELO me' })).not.toHaveProperty('error');
    expect(await probe(endpoint, { send: 'HELO me\r\n' })).not.toHaveProperty('error');
  });

  it('sends what it is told to, whole, before it closes', async () => {
    let received = 0;
    const send = 'x'.repeat(3_000_000);
    const endpoint = await servers.listenTcp((socket) => socket.on('data', (data) => (received += data.length)));
    expect(await probe(endpoint, { send })).not.toHaveProperty('error');
    await servers.open(0);
    expect(received).toBe(send.length);
  });

  it('finds a text that drips, and measures its first byte', async () => {
    const endpoint = await servers.listenTcp((socket) =>
      ['22', '0 rea', 'dy'].forEach((piece, index) => setTimeout(() => socket.write(piece), 40 + 40 * index)),
    );
    const { responseTime, phases, error } = await probe(endpoint, { answerContains: '220 ready' });
    expect(error).toBeUndefined();
    expect(responseTime).toBeGreaterThanOrEqual(119);
    expect(phases?.firstByte).toBeGreaterThanOrEqual(30);
    expect(phases?.firstByte).toBeLessThanOrEqual(responseTime - 70);
  });

  it('says who refused the connection, and which name has no address', async () => {
    const endpoint = `127.0.0.1:${await unusedPort()}`;
    expect(await probe(endpoint)).toMatchObject({ error: `connection refused by ${endpoint}` });
    expect((await probe('nowhere.invalid:5432')).error).toMatch(/^no address found for nowhere.invalid:5432/);
  });

  it('tells a wrong answer that is followed by the end, from none, and both when they are cut', async () => {
    for (const then of ['end', 'reset'] as const) {
      const wrong = await servers.answering('-ERR', then);
      expect(await probe(wrong, { send: 'PING', answerContains: '+PONG' })).toMatchObject({
        error: `connection closed by ${wrong} before it had sent the text that it should`,
      });
      const silent = await servers.answering('', then);
      expect(await probe(silent, { send: 'PING', answerContains: '+PONG' })).toMatchObject({
        error: `connection closed by ${silent} before it had answered`,
      });
    }
  });

  it('does not read without end', async () => {
    const endpoint = await servers.listenTcp((socket) => {
      const pour = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536)));
        if (!socket.destroyed) socket.once('drain', pour);
      };
      pour();
    });
    expect(await probe(endpoint, { answerContains: 'x' })).toMatchObject({
      error: 'the first 1 MiB of the answer does not hold the text that it should',
    });
    await servers.open(0);
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['says nothing', (socket) => socket.resume(), 'takes the connection and has not begun to answer'],
    ['says something else', (socket) => socket.resume().write('-LOADING'), 'has not sent the text that it should'],
  ])('is ended by the signal, its socket too, at a target that %s, and says so', async (_, talk, told) => {
    const endpoint = await servers.listenTcp(talk);
    const stop = new AbortController();
    const probing = probe(endpoint, { send: 'PING', answerContains: '+PONG' }, stop.signal);
    await servers.open(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    expect(await probing).toMatchObject({ error: `${endpoint} ${told}` });
    await servers.open(0);
  });

  it('is ended by the signal while it connects to a target that does not take the connection, and says so', async () => {
    const server = await FullServer.start();
    try {
      const stop = new AbortController();
      const probing = probe(server.endpoint, {}, stop.signal);
      setTimeout(() => stop.abort(), 100);
      const { error, phases } = await probing;
      expect(error).toBe(`no connection to ${server.endpoint}: it does not answer`);
      expect(phases).toEqual({});
    } finally {
      server.kill();
    }
  });

  it('is ended by the signal while it looks for the address, and connects no more', async () => {
    let connections = 0;
    const endpoint = (await servers.listenTcp(() => connections++)).replace('127.0.0.1', 'localhost');
    const stop = new AbortController();
    const probing = probe(endpoint, {}, stop.signal);
    stop.abort();
    expect(await probing).toMatchObject({ error: `the name service has no answer for ${endpoint} yet` });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(connections).toBe(0);
  });

  it('finds nothing wrong any more when the target is back', async () => {
    const port = await unusedPort();
    const probing = createProbe(`127.0.0.1:${port}`, { answerContains: 'ready' });
    expect(await probing.probe(NEVER)).toMatchObject({ error: `connection refused by 127.0.0.1:${port}` });
    await servers.listenTcp(echo, { port });
    expect(await probing.probe(NEVER)).not.toHaveProperty('error');
  });
});
