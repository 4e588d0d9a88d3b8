import { randomUUID } from 'node:crypto';
import { type EventStore } from '../../src/event-store/domain/index.js';
import { streamNameOf, type UserStreamKey } from '../../src/user-streams/domain/index.js';
import { AppendLosingProxy } from '../support/append-losing-proxy.js';
import { connect, type Connected } from '../support/connected-store.js';
import { itWithOwnServer } from '../support/kurrentdb-server.js';
import { caughtUp, newKey, type Replica, requestFor, useReplicas } from '../support/replica.js';

const TIMEOUT_MS = 20_000;

// KurrentDB does not respond to the second of two appends with the same event ids while it replicates the first.
describe('two replicas with the same Idempotency-Key at once', () => {
  const replicas = useReplicas();
  let store: EventStore;
  let proxy: AppendLosingProxy;
  let losing: Connected;
  let first: Replica;
  let second: Replica;
  let keys: readonly [UserStreamKey, UserStreamKey];

  beforeAll(async () => {
    ({ store } = replicas);
    proxy = await AppendLosingProxy.start(replicas.connectionString);
    losing = connect(proxy.connectionString, TIMEOUT_MS);
  });
  afterAll(async () => {
    await losing.clients.close();
    await proxy.stop();
  });
  beforeEach(async () => {
    first = await replicas.open();
    // The read model of the second one does not have the write of the first one yet.
    second = await replicas.open({ wrapStore: () => losing.store });
    const key = newKey();
    keys = [key, newKey({ userId: key.userId, type: 'loans' })];
    await first.streams.replace(requestFor(key), [{ data: { n: 0 } }]);
    await caughtUp(second, store, key);
    second.delay.begin();
  });

  const count = async (key: UserStreamKey): Promise<number> => (await store.readStream(streamNameOf(key))).length;

  itWithOwnServer.each(['exists', 'is new'] as const)('both succeed in writing to a stream that %s', async (kind) => {
    const key = kind === 'is new' ? keys[1] : keys[0];
    const request = requestFor(key, { idempotencyKey: randomUUID() });
    const before = kind === 'is new' ? 0 : await count(key);
    const written = await first.streams.replace(request, [{ data: { n: 1 } }]);
    // The metadata of a new stream have an event id of their own, which is not lost.
    proxy.loseNext('request', { after: kind === 'is new' ? 1 : 0 });
    const repeated = second.streams.replace(request, [{ data: { n: 1 } }]);
    setTimeout(() => second.delay.end(), 500);
    expect(await repeated).toMatchObject({ revision: written.revision, eventId: written.eventId });
    expect(await count(key)).toBe(before + (kind === 'is new' ? 2 : 1));
  });

  itWithOwnServer('both succeed in writing to several streams', async () => {
    const idempotencyKey = randomUUID();
    const writes = keys.map((key) => ({ request: requestFor(key, { idempotencyKey }), data: [{ data: { n: 1 } }] }));
    const written = await first.streams.replaceAll(writes);
    proxy.loseNext('request', { after: 1 }); // behind the metadata of the new one
    const repeated = second.streams.replaceAll(writes);
    setTimeout(() => second.delay.end(), 500);
    expect((await repeated).map(({ revision }) => revision)).toEqual(written.map(({ revision }) => revision));
    expect(await Promise.all(keys.map(count))).toEqual([3, 2]);
  });
});
