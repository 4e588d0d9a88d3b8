import { createServer, type Server } from 'node:net';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { mongoDBResponder, type Reaction } from '../../../../../test/support/mongodb-responder.js';
import { databaseByUrl } from './database-by-url.js';
import { DatabaseProbe } from './database.probe.js';
import { type ProbeResult } from '../../../domain/index.js';

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const random = (length: number): string => 'a'.repeat(length);
const PING = { ping: 1 };

describe('the database probe, asking MongoDB', () => {
  const servers = new LoopbackServers();
  const serve = (
    react: (command: Readonly<Record<string, unknown>>) => Reaction | Promise<Reaction>,
  ): Promise<string> => servers.listen(mongoDBResponder(react));
  const probeOf = (url: string, query?: string): DatabaseProbe =>
    new DatabaseProbe(databaseByUrl(url, query, { clock, random, timeoutMs: 5_000 }), clock);
  const ask = (url: string, query?: string): Promise<ProbeResult> =>
    probeOf(url, query).probe(new AbortController().signal);
  const closed = async (): Promise<void> => {
    while (servers.connections.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('finds nothing wrong where a ping is answered, and leaves no connection open', async () => {
    const commands: string[] = [];
    const endpoint = await serve((command) => {
      commands.push(Object.keys(command)[0] ?? '');
      return { ok: 1 };
    });
    const answer = await ask(`mongodb://${endpoint}/shop`);
    expect(answer).toEqual({ responseTime: expect.any(Number) as number });
    expect(commands[0]).toBe('ping');
    await closed();
  });

  it('measures how long a slow answer takes', async () => {
    const endpoint = await serve(
      (command) => new Promise((resolve) => setTimeout(() => resolve({ ok: 1 }), 'ping' in command ? 200 : 0)),
    );
    const { error, responseTime } = await ask(`mongodb://${endpoint}/`);
    expect(error).toBeUndefined();
    expect(responseTime).toBeGreaterThanOrEqual(190);
  });

  it('sends the command that is given to the database that the URL names', async () => {
    let asked: unknown;
    const endpoint = await serve((command) => {
      if ('count' in command) asked = { count: command.count, query: command.query, database: command.$db };
      return { ok: 1, n: 3 };
    });
    expect(await ask(`mongodb://${endpoint}/shop`, '{"count":"orders","query":{"open":true}}')).not.toHaveProperty(
      'error',
    );
    expect(asked).toEqual({ count: 'orders', query: { open: true }, database: 'shop' });
  });

  it('tells a command that is no JSON', async () => {
    expect(await ask('mongodb://127.0.0.1/', 'db.orders.count()')).toEqual({
      responseTime: expect.any(Number) as number,
      error: 'the query must be a MongoDB command as a JSON object, such as {"ping":1}',
    });
  });

  it('tells what MongoDB does not like about a command', async () => {
    const endpoint = await serve((command) =>
      'bogus' in command
        ? { ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: "no such command: 'bogus'" }
        : { ok: 1 },
    );
    expect(await ask(`mongodb://${endpoint}/`, '{"bogus":1}')).toMatchObject({
      error: "the query failed: no such command: 'bogus'",
    });
  });

  it('tells a password that is refused, and not the password', async () => {
    const endpoint = await serve((command) =>
      'saslStart' in command
        ? { ok: 0, code: 18, codeName: 'AuthenticationFailed', errmsg: 'Authentication failed.' }
        : { ok: 1 },
    );
    expect(await ask(`mongodb://jane:secret@${endpoint}/?authMechanism=SCRAM-SHA-256`)).toMatchObject({
      error: "password refused for user 'jane'",
    });
    await closed();
  });

  it('tells at once that nobody listens, and does not try again', async () => {
    const endpoint = await serve(() => PING);
    servers.stopListening();
    const answer = await ask(`mongodb://jane:secret@${endpoint}/`);
    expect(answer.error).toBe(`connection refused by ${endpoint}`);
    expect(answer.responseTime).toBeLessThan(1_500);
  });

  it('tells a connection that is cut off half-way', async () => {
    const endpoint = await serve((command) => ('ping' in command ? 'closes' : { ok: 1 }));
    expect(await ask(`mongodb://${endpoint}/`)).toMatchObject({
      error: `connection closed by ${endpoint} before it had answered`,
    });
    await closed();
  });

  it.each([
    ['takes the connection and says nothing', (): Server => createServer((socket) => socket.resume())],
    ['does not answer the command', (): Server => mongoDBResponder(() => 'hangs')],
  ])('is ended by the signal, its connections too, at a server that %s', async (_, create) => {
    const endpoint = await servers.listen(create());
    const stop = new AbortController();
    const probing = probeOf(`mongodb://${endpoint}/`).probe(stop.signal);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(servers.connections.size).toBeGreaterThan(0);
    stop.abort();
    await probing;
    await closed();
  });

  it('tells a URL that the driver cannot use, without the password', async () => {
    const { error = '' } = await ask('mongodb://jane:secret@127.0.0.1/?tls=secret');
    expect(error).toMatch(/^the URL cannot be used: /);
    expect(error).not.toContain('secret');
  });
});
