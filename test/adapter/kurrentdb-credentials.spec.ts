import {
  ConnectionError,
  type DomainError,
  PermissionError,
  StoreCredentialsError,
} from '../../src/event-store/domain/index.js';
import { type KurrentDBService } from '../../src/event-store/kurrentdb/kurrentdb.service.js';
import { connect, type Connected, greeted, newStream } from '../support/connected-store.js';
import { itWithOwnServer, KurrentDBServer } from '../support/kurrentdb-server.js';
import { rejectionOf } from '../support/replica.js';

describe('KurrentDBService with credentials', () => {
  let server: KurrentDBServer;
  const opened: Connected[] = [];
  const as = (credentials: string): KurrentDBService => {
    const connected = connect(server.connectionString.replace('admin:changeit', credentials));
    opened.push(connected);
    return connected.store;
  };
  beforeAll(async () => (server = await KurrentDBServer.start('--mem-db', '--port', '0')));
  afterAll(async () => {
    for (const { clients } of opened) await clients.close();
    await server.kill();
  });

  const operations: readonly (readonly [string, (store: KurrentDBService) => Promise<unknown>])[] = [
    ['appending', (store) => store.appendToStream(newStream(), greeted('a'))],
    ['reading', (store) => store.readStream('any')],
    ['reading metadata', (store) => store.getStreamMetadata('any')],
    ['deleting', (store) => store.deleteStream('any')],
    [
      'appending to several streams',
      (store) =>
        store.appendToStreams([{ streamName: newStream(), events: [greeted('a')], expectedRevision: 'no_stream' }]),
    ],
    [
      'appending conditionally',
      (store) =>
        store.appendConditionally({ streamName: newStream(), events: [greeted('a')], expectedRevision: 'any' }, []),
    ],
    ['identifying the store', (store) => store.identity()],
    [
      'following',
      (store) =>
        new Promise((_, reject) => {
          const subscription = store.subscribeToAll({
            onBatch: () => undefined,
            onInterrupted: (error) => {
              void subscription.stop();
              reject(error);
            },
          });
        }),
    ],
  ];

  // Skipped against an external server, whose password is not known.
  itWithOwnServer.each(operations)('throws StoreCredentialsError for a wrong password when %s', async (_, run) => {
    const error = (await rejectionOf(run(as('admin:wrong')))) as DomainError;
    expect(error).toBeInstanceOf(StoreCredentialsError);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).toMatch(/rejected the credentials .*; check the user and the password/);
  });

  itWithOwnServer('throws PermissionError for a user without the right', async () => {
    const [admin, ops, name] = [as('admin:changeit'), as('ops:changeit'), newStream()];
    await admin.appendToStream(name, greeted('a'));
    await admin.setStreamMetadata(name, { acl: { $r: ['$admins'], $w: ['$admins'] } });
    const write = { streamName: name, events: [greeted('b')], expectedRevision: 'any' } as const;
    for (const run of [
      () => ops.readStream(name),
      () => ops.appendToStream(name, greeted('b')),
      () => ops.appendToStreams([write]),
      () => ops.appendConditionally(write, []),
    ])
      expect(await rejectionOf(run())).toBeInstanceOf(PermissionError);
  });

  itWithOwnServer('probes tell both apart', async () => {
    expect(await as('admin:wrong').testConnection()).toMatchObject({
      connection: 'failed',
      error: expect.stringContaining('rejected the credentials') as unknown,
    });
  });
});
