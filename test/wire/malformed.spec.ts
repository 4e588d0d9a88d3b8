import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import fc from 'fast-check';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { collect, counted, newStream, numbers } from '../support/embedded-client.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';

const PATHS = [
  '/event_store.client.streams.Streams/Append',
  '/event_store.client.streams.Streams/BatchAppend',
  '/event_store.client.streams.Streams/Read',
  '/event_store.client.streams.Streams/Delete',
  '/event_store.client.streams.Streams/Tombstone',
  '/event_store.client.users.Users/Create',
  '/event_store.client.users.Users/Details',
  '/event_store.client.operations.Operations/StopScavenge',
  '/event_store.client.gossip.Gossip/Read',
  '/event_store.client.monitoring.Monitoring/Stats',
  '/event_store.client.persistent_subscriptions.PersistentSubscriptions/Read',
  '/event_store.client.persistent_subscriptions.PersistentSubscriptions/Create',
  '/kurrentdb.protocol.v2.streams.StreamsService/AppendSession',
  '/kurrentdb.protocol.v2.streams.StreamsService/AppendRecords',
  '/event_store.client.projections.Projections/Create',
  '/nonsense',
];

/** Sends one call with these bytes as its body; resolves when it is closed. */
function call(port: number, path: string, body: Uint8Array, abort: boolean): Promise<void> {
  return new Promise((resolve) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on('error', () => undefined);
    session.on('close', resolve);
    const request = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': '150m',
    });
    request.on('error', () => undefined);
    request.on('close', () => session.destroy());
    request.resume();
    request.write(body);
    if (abort) setTimeout(() => session.destroy(), 1);
    else request.end();
  });
}

/** A message with a gRPC prefix whose length may be wrong. */
const frames = fc
  .record({
    message: fc.uint8Array({ maxLength: 200 }),
    declaredLength: fc.option(fc.nat(), { freq: 5 }),
    compressed: fc.boolean(),
  })
  .map(({ message, declaredLength, compressed }) => {
    const prefix = Buffer.alloc(5);
    prefix[0] = compressed && message.length % 7 === 0 ? 1 : 0;
    prefix.writeUInt32BE((declaredLength ?? message.length) >>> 0, 1);
    return Buffer.concat([prefix, message]);
  });

/** Bytes similar to protobuf: low field numbers and mostly valid lengths. */
const messageLike = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.uint8Array({ maxLength: 20 })), { maxLength: 6 })
  .map((fields) => {
    const message = Buffer.concat(
      fields.map(([number, content]) => Buffer.concat([Buffer.of((number << 3) | 2, content.length), content])),
    );
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    return Buffer.concat([prefix, message]);
  });

describe('a server that receives malformed input', () => {
  let server: KurrentDBServer;
  let client: KurrentDBClient;

  const isAlive = async (): Promise<void> => {
    const stream = newStream();
    await client.appendToStream(stream, counted(1));
    expect(numbers(await collect(client.readStream(stream)))).toEqual([1]);
  };

  beforeAll(async () => {
    server = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0');
    client = KurrentDBClient.connectionString(server.connectionString);
  });
  afterAll(async () => {
    await client.dispose();
    await server.kill();
  });

  itWithOwnServer(
    'survives arbitrary request bodies',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...PATHS),
          fc.array(fc.oneof(frames, messageLike), { maxLength: 4 }),
          fc.boolean(),
          async (path, body, abort) => {
            await call(server.port, path, Buffer.concat(body), abort);
          },
        ),
        { numRuns: 300 },
      );
      await isAlive();
    },
    60_000,
  );

  itWithOwnServer('survives connections with an unknown protocol or an incomplete handshake', async () => {
    const beginnings = [
      '',
      '\x16\x03\x01',
      'GET / HTTP/1.1\r\n',
      'GET /%ZZ HTTP/1.1\r\nhost: x\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\xff'.repeat(64)}`,
      'P',
      '\0'.repeat(100),
    ];
    for (const beginning of beginnings) {
      await new Promise<void>((resolve) => {
        const socket = connect(server.port, '127.0.0.1', () => {
          socket.write(Buffer.from(beginning, 'latin1'));
          setTimeout(() => socket.destroy(), 30);
        });
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
        socket.resume();
      });
    }
    await isAlive();
  });
});
