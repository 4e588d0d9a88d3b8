import { sleep, until } from '../support/eventually.js';
import { type RecordedEvent } from '../../src/event-store/domain/index.js';
import { type KurrentDBService } from '../../src/event-store/kurrentdb/kurrentdb.service.js';
import { type Greeted, greeted, newStream, useStore } from '../support/connected-store.js';

describe('subscriptions of KurrentDBService', () => {
  const connected = useStore();
  let store: KurrentDBService;
  beforeAll(() => ({ store } = connected));

  const collector = (): {
    events: RecordedEvent[];
    caughtUp: number;
    onBatch: (batch: { events: readonly RecordedEvent[] }) => void;
    onCaughtUp: () => void;
  } => {
    const seen = {
      events: [] as RecordedEvent[],
      caughtUp: 0,
      onBatch: (batch: { events: readonly RecordedEvent[] }) => void seen.events.push(...batch.events),
      onCaughtUp: () => void seen.caughtUp++,
    };
    return seen;
  };

  it('to a stream deliver the history, the catch-up and new events, and nothing after stop', async () => {
    const name = newStream();
    await store.appendToStream(name, [greeted('0'), greeted('1')]);
    const seen = collector();
    const subscription = store.subscribeToStream(name, { ...seen, after: 0n });
    await until(() => seen.caughtUp === 1);
    expect(seen.events.map(({ revision }) => revision)).toEqual([1n]);
    await store.appendToStream(name, greeted('2'));
    await until(() => seen.events.length === 2);
    await subscription.stop();
    await store.appendToStream(name, greeted('3'));
    await sleep(100);
    expect(seen.events).toHaveLength(2);
  });

  it('to $all from a position, filtered by stream name, deliver only matching events, in order', async () => {
    const name = newStream();
    const { position } = await store.appendToStream(`${newStream()}`, greeted('before'));
    if (!position) throw new Error('the server gives no position');
    const seen = collector();
    const subscription = store.subscribeToAll({ ...seen, after: position, filter: { streamNamePrefixes: [name] } });
    await store.appendToStream(newStream(), greeted('other'));
    await store.appendToStream(`${name}-b`, greeted('b'));
    await store.appendToStream(name, greeted('a'));
    await until(() => seen.events.length === 2);
    expect(seen.events.map(({ data }) => (data as Greeted).greeting)).toEqual(['b', 'a']);
    await subscription.stop();
  });

  it('to $all with a filter report checkpoints while nothing matches, and no empty batches', async () => {
    const name = newStream();
    const sizes: number[] = [];
    const checkpoints: bigint[] = [];
    const { position } = await store.appendToStream(newStream(), greeted('before'));
    if (!position) throw new Error('the server gives no position');
    const subscription = store.subscribeToAll({
      after: position,
      filter: { streamNamePrefixes: [name] },
      onBatch: ({ events }) => void sizes.push(events.length),
      onCheckpoint: ({ commit }) => void checkpoints.push(commit),
    });
    // Checkpoints come every 32 x 32 events of the log.
    for (let round = 0; round < 4; round++)
      await store.appendToStream(
        newStream(),
        Array.from({ length: 1_000 }, () => greeted('other')),
      );
    await until(() => checkpoints.length > 0);
    await store.appendToStream(name, greeted('mine'));
    await until(() => sizes.length > 0);
    await subscription.stop();
    expect(sizes).toEqual([1]);
    expect(checkpoints).toEqual(checkpoints.toSorted((one, other) => Number(one - other)));
    expect(checkpoints.every((commit) => commit > position.commit)).toBe(true);
  });

  it('redeliver a batch whose handler failed, and continue from there', async () => {
    const name = newStream();
    await store.appendToStream(name, [greeted('0'), greeted('1'), greeted('2')]);
    const seen: bigint[] = [];
    const interruptions: Error[] = [];
    let failed = false;
    const subscription = store.subscribeToStream(name, {
      onBatch: ({ events }) => {
        if (!failed) {
          failed = true;
          throw new Error('the table is full');
        }
        seen.push(...events.map(({ revision }) => revision));
      },
      onInterrupted: (error) => interruptions.push(error),
    });
    await until(() => seen.length === 3);
    expect(seen).toEqual([0n, 1n, 2n]);
    expect(interruptions).toHaveLength(1);
    await subscription.stop();
  });

  it('neither lose nor reorder events with a slow handler', async () => {
    const name = newStream();
    const total = 6_000;
    const seen: bigint[] = [];
    const subscription = store.subscribeToStream(name, {
      onBatch: async ({ events }) => {
        await sleep(5);
        seen.push(...events.map(({ revision }) => revision));
      },
    });
    for (let sent = 0; sent < total; sent += 500)
      await store.appendToStream(
        name,
        Array.from({ length: 500 }, (_, n) => greeted(String(sent + n))),
      );
    await until(() => seen.length >= total, undefined, { withinMs: 20_000 });
    expect(seen).toEqual(Array.from({ length: total }, (_, n) => BigInt(n)));
    await subscription.stop();
  });
});
