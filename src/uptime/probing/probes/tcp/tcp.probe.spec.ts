import { type Socket } from 'node:net';
import { sleep } from '../../../../../test/support/eventually.js';
import { systemClock as clock } from '../../../../common/clock.js';
import { FullServer } from '../../../../../test/support/full-server.js';
import { LoopbackServers, unusedPort } from '../../../../../test/support/loopback-servers.js';
import { type TcpTarget, type ProbeResult } from '../../../domain/index.js';
import { TcpProbe } from './tcp.probe.js';

const NEVER = new AbortController().signal;

describe('the tcp probe', () => {
  const servers = new LoopbackServers();
  const createProbe = (hostPort: string, rules: Partial<TcpTarget> = {}): TcpProbe => {
    const [, host = '', port] = /^(.*):(\d+)$/.exec(hostPort) ?? [];
    return new TcpProbe({ kind: 'tcp', host, port: Number(port), ...rules }, clock);
  };
  const probe = (hostPort: string, rules?: Partial<TcpTarget>, signal = NEVER): Promise<ProbeResult> =>
    createProbe(hostPort, rules).probe(signal);
  /** Sends a greeting, then echoes each line. */
  const echo = (socket: Socket): void => {
    socket.write('220 ready\r\n');
    socket.on('data', (data) => socket.write(`echo ${data.toString()}`));
  };

  it('succeeds if the connection is accepted, and closes it', async () => {
    const hostPort = await servers.listenTcp(() => undefined);
    const { responseTime, phases, ...rest } = await probe(hostPort);
    expect(rest).toEqual({});
    expect(responseTime).toBeGreaterThan(0);
    expect(Object.keys(phases ?? {})).toEqual(['connect']);
    await servers.open(0);
  });

  it.each(['::1', '[::1]'])('connects to the IPv6 address %s, and reports it in brackets', async (host) => {
    const hostPort = await servers.listenTcp(echo, { host: '::1' });
    expect(await probe(hostPort, { host })).not.toHaveProperty('error');
    servers.stopListening();
    expect(await probe(hostPort, { host })).toMatchObject({ error: `connection refused by ${hostPort}` });
  });

  it('accepts a greeting or a response that contains the text', async () => {
    const hostPort = await servers.listenTcp(echo);
    expect(await probe(hostPort, { answerContains: '220 ' })).not.toHaveProperty('error');
    expect(await probe(hostPort, { send: 'HELO me\r\n', answerContains: 'echo HELO me' })).not.toHaveProperty('error');
    expect(await probe(hostPort, { send: 'HELO me\r\n' })).not.toHaveProperty('error');
  });

  it('sends all of the configured data before it closes', async () => {
    let received = 0;
    const send = 'x'.repeat(3_000_000);
    const hostPort = await servers.listenTcp((socket) => socket.on('data', (data) => (received += data.length)));
    expect(await probe(hostPort, { send })).not.toHaveProperty('error');
    await servers.open(0);
    expect(received).toBe(send.length);
  });

  it('finds a string that arrives in several chunks, and measures the first byte', async () => {
    const hostPort = await servers.listenTcp((socket) =>
      ['22', '0 rea', 'dy'].forEach((piece, index) => setTimeout(() => socket.write(piece), 40 + 40 * index)),
    );
    const { responseTime, phases, error } = await probe(hostPort, { answerContains: '220 ready' });
    expect(error).toBeUndefined();
    expect(responseTime).toBeGreaterThanOrEqual(119);
    expect(phases?.firstByte).toBeGreaterThanOrEqual(30);
    expect(phases?.firstByte).toBeLessThanOrEqual(responseTime - 70);
  });

  it('reports a refused connection and a name without an address', async () => {
    const hostPort = `127.0.0.1:${await unusedPort()}`;
    expect(await probe(hostPort)).toMatchObject({ error: `connection refused by ${hostPort}` });
    expect((await probe('nowhere.invalid:5432')).error).toMatch(/^no address found for nowhere.invalid:5432/);
  });

  it('distinguishes a wrong response from none when the connection ends or is reset', async () => {
    for (const then of ['end', 'reset'] as const) {
      const wrong = await servers.answering('-ERR', then);
      expect(await probe(wrong, { send: 'PING', answerContains: '+PONG' })).toMatchObject({
        error: `connection closed by ${wrong} before the expected text`,
      });
      const silent = await servers.answering('', then);
      expect(await probe(silent, { send: 'PING', answerContains: '+PONG' })).toMatchObject({
        error: `connection closed by ${silent} before a response`,
      });
    }
  });

  it('does not read an endless response', async () => {
    const hostPort = await servers.listenTcp((socket) => {
      const pour = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536)));
        if (!socket.destroyed) socket.once('drain', pour);
      };
      pour();
    });
    expect(await probe(hostPort, { answerContains: 'x' })).toMatchObject({
      error: 'the first 1 MiB of the response does not contain the expected text',
    });
    await servers.open(0);
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['stays silent', (socket) => socket.resume(), 'accepted the connection but did not respond'],
    ['sends another text', (socket) => socket.resume().write('-LOADING'), 'did not send the expected text'],
  ])('aborts, closes its socket and reports a target that %s', async (_, talk, reported) => {
    const hostPort = await servers.listenTcp(talk);
    const result = await servers.abortConnected((signal) =>
      probe(hostPort, { send: 'PING', answerContains: '+PONG' }, signal),
    );
    expect(result).toMatchObject({ error: `${hostPort} ${reported}` });
  });

  it('aborts while connecting, and reports it', async () => {
    const server = await FullServer.start();
    try {
      const stop = new AbortController();
      const probing = probe(server.endpoint, {}, stop.signal);
      setTimeout(() => stop.abort(), 100);
      const { error, phases } = await probing;
      expect(error).toBe(`${server.endpoint} did not accept the connection`);
      expect(phases).toEqual({});
    } finally {
      server.kill();
    }
  });

  it('aborts during the DNS lookup, and does not connect', async () => {
    let connections = 0;
    const hostPort = (await servers.listenTcp(() => connections++)).replace('127.0.0.1', 'localhost');
    const stop = new AbortController();
    const probing = probe(hostPort, {}, stop.signal);
    stop.abort();
    expect(await probing).toMatchObject({ error: `the DNS lookup of ${hostPort} did not finish` });
    await sleep(50);
    expect(connections).toBe(0);
  });

  it('succeeds again when the target is back', async () => {
    const port = await unusedPort();
    const probing = createProbe(`127.0.0.1:${port}`, { answerContains: 'ready' });
    expect(await probing.probe(NEVER)).toMatchObject({ error: `connection refused by 127.0.0.1:${port}` });
    await servers.listenTcp(echo, { port });
    expect(await probing.probe(NEVER)).not.toHaveProperty('error');
  });
});
