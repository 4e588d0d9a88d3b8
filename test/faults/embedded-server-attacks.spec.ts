import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { connect as connectTcp, type Socket } from 'node:net';
import { counted, newStream } from '../support/embedded-client.js';
import { eventually, sleep } from '../support/eventually.js';
import { basic, GrpcConnection, type OpenCall, partOfMessage } from '../support/grpc-connection.js';
import { KurrentDBServer } from '../support/kurrentdb-server.js';
import { UNDISTURBED_MS } from '../support/other-callers.js';

const MEGABYTE = 1_048_576;
const PART_OF_MESSAGE = partOfMessage(16 * MEGABYTE, 15 * MEGABYTE);
const ADMIN = basic('admin:changeit');

const METHODS = {
  Append: 'streams.Streams/Append',
  BatchAppend: 'streams.Streams/BatchAppend',
  Create: 'users.Users/Create',
  Consume: 'persistent_subscriptions.PersistentSubscriptions/Read',
  Features: 'server_features.ServerFeatures/GetSupportedMethods',
} as const;

/** How often each value occurs. */
const tally = (values: readonly string[]): Record<string, number> =>
  values.reduce<Record<string, number>>((counts, value) => ({ ...counts, [value]: (counts[value] ?? 0) + 1 }), {});

describe('a standalone embedded server with 512 MB, attacked by callers without credentials', () => {
  let server: KurrentDBServer;
  let client: KurrentDBClient;
  let unattackedBytes: number;
  const connections: GrpcConnection[] = [];

  beforeAll(async () => {
    const env = { NODE_OPTIONS: '--max-old-space-size=512' };
    server = await KurrentDBServer.startWith(env, '--mem-db', '--port', '0');
    client = KurrentDBClient.connectionString(server.connectionString);
    await p99Of(() => false); // code is compiled before anything is measured
    unattackedBytes = server.residentBytes;
  }, 60_000);
  afterEach(() => {
    for (const connection of connections.splice(0)) connection.close();
  });
  afterAll(async () => {
    await client.dispose();
    await server.kill();
  });

  const attack = async (): Promise<GrpcConnection> => {
    const connection = await GrpcConnection.to(server);
    connections.push(connection);
    return connection;
  };

  /** Latency of the appends of a user meanwhile, at least a hundred, in milliseconds. */
  const p99Of = async (isAttacked: () => boolean): Promise<number> => {
    const latencies: number[] = [];
    while (isAttacked() || latencies.length < 100) {
      const start = performance.now();
      await client.appendToStream(newStream(), counted(1));
      latencies.push(performance.now() - start);
      await sleep(5);
    }
    return latencies.sort((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? 0;
  };

  /** Opens calls that hold the bytes of 16 MiB messages without their end. */
  const fill = (connection: GrpcConnection, method: string, calls: number, headers = {}): OpenCall[] =>
    Array.from({ length: calls }, () => {
      const call = connection.call(method, headers);
      call.stream.write(PART_OF_MESSAGE);
      return call;
    });

  it.each([
    [METHODS.Append, '7'],
    [METHODS.BatchAppend, '8'], // it denies small messages by its responses
    [METHODS.Create, '7'],
    [METHODS.Consume, '7'],
  ])(
    'refuses %s with status %s, and holds nothing of its body',
    async (method, status) => {
      const before = server.residentBytes;
      const quiet = await p99Of(() => false);
      let isAttacked = true;
      let most = 0;
      const sample = setInterval(() => (most = Math.max(most, server.residentBytes)), 50);
      const opened = await Promise.all(Array.from({ length: 4 }, attack));
      const calls = opened.flatMap((connection) => fill(connection, method, 15));
      const [statuses, disturbed] = await Promise.all([
        Promise.all(calls.map(({ status }) => status)).finally(() => (isAttacked = false)),
        p99Of(() => isAttacked),
      ]);
      clearInterval(sample);
      expect(tally(statuses)).toEqual({ [status]: calls.length });
      expect(most - before).toBeLessThan(150 * MEGABYTE);
      expect(disturbed).toBeLessThan(Math.max(2 * quiet, UNDISTURBED_MS));
    },
    20_000,
  );

  it('bounds the bodies that arrive before credentials are verified', async () => {
    const before = server.residentBytes;
    const opened = await Promise.all(Array.from({ length: 4 }, attack));
    let most = 0;
    const sample = setInterval(() => (most = Math.max(most, server.residentBytes)), 20);
    const calls = opened.flatMap((connection, index) =>
      fill(connection, METHODS.Append, 30, basic(`admin:guess-${index}`)),
    );
    const statuses = await Promise.all(calls.map(({ status }) => status));
    clearInterval(sample);
    expect(tally(statuses)).toEqual({ '16': calls.length });
    expect(most - before).toBeLessThan(150 * MEGABYTE);
  }, 20_000);

  it('has a hundred concurrent calls of a connection that is of an unknown caller', async () => {
    const connection = await attack();
    expect(connection.session.remoteSettings.maxConcurrentStreams).toBe(100);
    let accepted = 0;
    for (let count = 0; count < 200; count++)
      connection.call(METHODS.Features).stream.once('response', () => accepted++);
    await sleep(1_000);
    expect(accepted).toBe(100);
    await client.appendToStream(newStream(), counted(1));
  });

  it('refuses more than an empty message to the methods that are open to anonymous callers', async () => {
    const connection = await attack();
    const [call] = fill(connection, METHODS.Features, 1);
    expect(await call?.status).toBe('8');
    expect(await connection.answer(METHODS.Features)).toBe('0');
  });

  it('has more calls and larger windows on a connection of an authenticated caller', async () => {
    const connection = await attack();
    const settings = new Promise((resolve) => connection.session.once('remoteSettings', resolve));
    expect(await connection.answer(METHODS.Features, ADMIN)).toBe('0');
    expect(await settings).toMatchObject({ maxConcurrentStreams: 2_000, initialWindowSize: MEGABYTE });
  });

  it('closes the oldest connections of unknown callers for new ones, and none of others', async () => {
    const known = await attack();
    expect(await known.answer(METHODS.Features, ADMIN)).toBe('0');
    const sockets: Socket[] = [];
    const isOpen = (socket: Socket): boolean => !socket.destroyed;
    try {
      for (let count = 0; count < 500; count++) {
        const socket = connectTcp(server.port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.resume();
        sockets.push(socket);
        if (count % 50 === 0) await sleep(20);
      }
      await eventually(
        () => sockets.filter(isOpen).length,
        (open) => open <= 256,
      );
      expect(sockets.filter(isOpen).length).toBeGreaterThan(200);
      expect(sockets.slice(-200).every(isOpen)).toBe(true);
      expect(await known.answer(METHODS.Features, ADMIN)).toBe('0');
      const newcomer = KurrentDBClient.connectionString(server.connectionString);
      await newcomer.appendToStream(newStream(), counted(1));
      await newcomer.dispose();
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  }, 60_000);

  it('bounds the requests of one connection, and serves others meanwhile', async () => {
    const before = server.residentBytes;
    const connection = await attack();
    const calls = fill(connection, METHODS.Append, 20, ADMIN);
    const statuses: string[] = [];
    for (const { status } of calls) void status.then((code) => statuses.push(code));
    await eventually(
      () => statuses.length,
      (refused) => refused >= 8,
    );
    const other = await attack();
    const others = fill(other, METHODS.Append, 4, ADMIN);
    expect(await p99Of(() => false)).toBeLessThan(1_000);
    expect(others.every(({ stream }) => !stream.closed)).toBe(true);
    expect(tally(statuses)).toEqual({ '8': statuses.length });
    expect(server.residentBytes - before).toBeLessThan(400 * MEGABYTE);
    connection.close();
    // What its requests took is free for others.
    const third = await attack();
    const later = fill(third, METHODS.Append, 7, ADMIN);
    await sleep(500);
    expect(later.every(({ stream }) => !stream.closed)).toBe(true);
  }, 60_000);

  it('serves users during password guesses, of which the same connection has fewer and fewer', async () => {
    const quiet = await p99Of(() => false);
    let isAttacked = true;
    const answers: string[] = [];
    const guess = async (connection: GrpcConnection, name: string): Promise<void> => {
      for (let count = 0; isAttacked; count++)
        answers.push(await connection.answer(METHODS.Features, basic(`${name}:guess-${count}`)));
    };
    const names = ['admin', 'ops', 'nobody', 'root'].flatMap((name) => [name, `${name}-2`]);
    const guesses = names.map(async (name) => guess(await attack(), name));
    const timer = setTimeout(() => (isAttacked = false), 4_000);
    const disturbed = await p99Of(() => isAttacked);
    clearTimeout(timer);
    for (const connection of connections) connection.close();
    await Promise.all(guesses);
    expect(disturbed).toBeLessThan(Math.max(2 * quiet, UNDISTURBED_MS));
    // Each connection waits for 0.1, 0.2, 0.4, 0.8, 1.6 and 3.2 seconds after its wrong passwords.
    const guessed = answers.filter((status) => status === '16').length;
    expect(guessed).toBeGreaterThan(names.length);
    expect(guessed).toBeLessThanOrEqual(6 * names.length);
  }, 20_000);

  it('does not tell by its time whether a user exists', async () => {
    const times = { admin: [] as number[], nobody: [] as number[] };
    for (let round = 0; round < 9; round++)
      for (const name of ['admin', 'nobody'] as const) {
        const connection = await attack();
        const start = performance.now();
        expect(await connection.answer(METHODS.Features, basic(`${name}:wrong-${round}`))).toBe('16');
        times[name].push(performance.now() - start);
      }
    const [admin = 0, nobody = 0] = [times.admin, times.nobody].map((list) => list.sort((a, b) => a - b)[4]);
    expect(admin / nobody).toBeGreaterThan(0.4);
    expect(admin / nobody).toBeLessThan(2.5);
  }, 20_000);

  it('is still the same process, of bounded size', async () => {
    expect(server.isRunning).toBe(true);
    await client.appendToStream(newStream(), counted(1));
    // Freed memory may stay resident; the bodies of 150 anonymous calls took 2,700 MB.
    expect(server.residentBytes - unattackedBytes).toBeLessThan(500 * MEGABYTE);
  });
});
