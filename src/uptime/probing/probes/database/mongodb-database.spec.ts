import { createServer, type Server } from 'node:net';
import { createDatabaseProbe, probeDatabase } from '../../../../../test/support/database-probe.js';
import { sleep } from '../../../../../test/support/eventually.js';
import { LoopbackServers } from '../../../../../test/support/loopback-servers.js';
import { mongoDBResponder, type Reaction } from '../../../../../test/support/mongodb-responder.js';

const PING = { ping: 1 };

describe('the database probe of MongoDB', () => {
  const servers = new LoopbackServers();
  const serve = (
    react: (command: Readonly<Record<string, unknown>>) => Reaction | Promise<Reaction>,
  ): Promise<string> => servers.listen(mongoDBResponder(react));

  it('succeeds on a ping and leaves no connection open', async () => {
    const commands: string[] = [];
    const hostPort = await serve((command) => {
      commands.push(Object.keys(command)[0] ?? '');
      return { ok: 1 };
    });
    const answer = await probeDatabase(`mongodb://${hostPort}/shop`);
    expect(answer).toEqual({ responseTime: expect.any(Number) as number });
    expect(commands[0]).toBe('ping');
    await servers.open(0);
  });

  it('measures a slow response', async () => {
    const hostPort = await serve(
      (command) => new Promise((resolve) => setTimeout(() => resolve({ ok: 1 }), 'ping' in command ? 200 : 0)),
    );
    const { error, responseTime } = await probeDatabase(`mongodb://${hostPort}/`);
    expect(error).toBeUndefined();
    expect(responseTime).toBeGreaterThanOrEqual(190);
  });

  it('sends the configured command to the database of the URL', async () => {
    let received: unknown;
    const hostPort = await serve((command) => {
      if ('count' in command) received = { count: command.count, query: command.query, database: command.$db };
      return { ok: 1, n: 3 };
    });
    expect(
      await probeDatabase(`mongodb://${hostPort}/shop`, '{"count":"orders","query":{"open":true}}'),
    ).not.toHaveProperty('error');
    expect(received).toEqual({ count: 'orders', query: { open: true }, database: 'shop' });
  });

  it('rejects a command that is not JSON', async () => {
    expect(await probeDatabase('mongodb://127.0.0.1/', 'db.orders.count()')).toEqual({
      responseTime: expect.any(Number) as number,
      error: 'the query must be a MongoDB command as a JSON object, such as {"ping":1}',
    });
  });

  it('reports the error of a failed command', async () => {
    const hostPort = await serve((command) =>
      'bogus' in command
        ? { ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: "no such command: 'bogus'" }
        : { ok: 1 },
    );
    expect(await probeDatabase(`mongodb://${hostPort}/`, '{"bogus":1}')).toMatchObject({
      error: "the query failed: no such command: 'bogus'",
    });
  });

  it('reports a rejected password without quoting it', async () => {
    const hostPort = await serve((command) =>
      'saslStart' in command
        ? { ok: 0, code: 18, codeName: 'AuthenticationFailed', errmsg: 'Authentication failed.' }
        : { ok: 1 },
    );
    expect(await probeDatabase(`mongodb://jane:secret@${hostPort}/?authMechanism=SCRAM-SHA-256`)).toMatchObject({
      error: "password rejected for user 'jane'",
    });
    await servers.open(0);
  });

  it('reports a refused connection immediately, without retries', async () => {
    const hostPort = await serve(() => PING);
    servers.stopListening();
    const answer = await probeDatabase(`mongodb://jane:secret@${hostPort}/`);
    expect(answer.error).toBe(`connection refused by ${hostPort}`);
    expect(answer.responseTime).toBeLessThan(1_500);
  });

  it('reports a connection that is closed during the command', async () => {
    const hostPort = await serve((command) => ('ping' in command ? 'closes' : { ok: 1 }));
    expect(await probeDatabase(`mongodb://${hostPort}/`)).toMatchObject({
      error: `connection closed by ${hostPort} before a response`,
    });
    await servers.open(0);
  });

  it.each([
    ['accepts the connection and stays silent', (): Server => createServer((socket) => socket.resume())],
    ['does not respond to the command', (): Server => mongoDBResponder(() => 'hangs')],
  ])('aborts and closes its connections if the server %s', async (_, create) => {
    const hostPort = await servers.listen(create());
    const stop = new AbortController();
    const probing = createDatabaseProbe(`mongodb://${hostPort}/`).probe(stop.signal);
    await sleep(300);
    expect(servers.connections.size).toBeGreaterThan(0);
    stop.abort();
    await probing;
    await servers.open(0);
  });

  it('rejects an invalid URL without quoting the password', async () => {
    const { error = '' } = await probeDatabase('mongodb://jane:secret@127.0.0.1/?tls=secret');
    expect(error).toMatch(/^the URL is not valid: /);
    expect(error).not.toContain('secret');
  });
});
