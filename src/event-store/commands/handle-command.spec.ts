import { createHash } from 'node:crypto';
import { MemoryEventStore } from '../../../test/support/memory-event-store.js';
import { ManualClock, uptimeEvents } from '../../../test/support/probed-service.js';
import { type Position, TimeoutError, ValidationError, WrongExpectedRevisionError } from '../domain/index.js';
import { type Command, type CommandDependencies, type CommandWrite, type Decision } from './command.js';
import { handleCommand } from './handle-command.js';
import { IdempotencyKey } from './idempotency-key.js';
import { KeyedMutex } from './keyed-mutex.js';

const STREAM = 'counter';
const OTHER = 'other-counter';
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const counted = { type: 'Counted', data: {} };

interface State {
  readonly revision: bigint | 'no_stream';
}
type CounterCommand = Command<State, Decision, { readonly revision: bigint | undefined }>;

describe('handleCommand', () => {
  let store: MemoryEventStore;
  let clock: ManualClock;
  let dependencies: CommandDependencies;
  let loads: number;
  /** Positions that were waited for. */
  let waits: bigint[];

  beforeEach(() => {
    store = new MemoryEventStore(uptimeEvents());
    clock = new ManualClock();
    loads = 0;
    waits = [];
    const readModel = {
      waitFor: ({ commit }: Position): Promise<boolean> => {
        waits.push(commit);
        return Promise.resolve(true);
      },
    };
    dependencies = { store, mutex: new KeyedMutex(), readModel };
  });

  const revisionOf = (streamName: string): bigint | 'no_stream' =>
    store.eventsOf(streamName).at(-1)?.revision ?? 'no_stream';
  const writeTo = (streamName: string, { revision }: State, more: Partial<CommandWrite> = {}): CommandWrite => ({
    streamName,
    events: [counted],
    expectedRevision: revision,
    ...more,
  });
  const command = (steps: Partial<CounterCommand> = {}): CounterCommand => ({
    info: { action: 'counter.count', actor: 'alice', requestId: 'request-1' },
    streams: [STREAM],
    load: () => {
      loads++;
      return { revision: revisionOf(STREAM) };
    },
    decide: (state) => ({ writes: [writeTo(STREAM, state)] }),
    result: (_decided, { revisions }) => ({ revision: revisions.get(STREAM) }),
    ...steps,
  });
  const count = (streamName = STREAM): Promise<unknown> => store.appendToStream(streamName, counted);
  /** Before each append, another writer appends to the stream. */
  const loseEveryRace = (): void => {
    const append = store.appendToStream.bind(store);
    jest.spyOn(store, 'appendToStream').mockImplementation(async (streamName, events, options) => {
      await append(streamName, counted);
      return append(streamName, events, options);
    });
  };

  it('appends at the revision that was decided on, and waits for the read model', async () => {
    await count();
    expect(await handleCommand(command(), dependencies)).toEqual({ revision: 1n });
    expect(loads).toBe(1);
    expect(waits).toEqual([1n]);
  });

  it('stores the request and the actor in the metadata of the events', async () => {
    await handleCommand(command(), dependencies);
    expect(store.eventsOf(STREAM)[0]?.metadata).toEqual({ correlationId: 'request-1', actor: 'alice' });
  });

  it('does not repeat an actor whom the data of the event name', async () => {
    const info = { action: 'counter.count', actor: 'alice', requestId: 'request-1', isActorInData: true };
    await handleCommand(command({ info }), dependencies);
    expect(store.eventsOf(STREAM)[0]?.metadata).toEqual({ correlationId: 'request-1' });
  });

  it('writes nothing if nothing was decided', async () => {
    expect(await handleCommand(command({ decide: () => ({}) }), dependencies)).toEqual({ revision: undefined });
    expect(store.appends).toBe(0);
    expect(waits).toEqual([]);
  });

  it('authorizes before it decides, on the loaded state', async () => {
    const decide = jest.fn();
    const authorize = jest.fn(() => {
      throw new ValidationError('not allowed');
    });
    await expect(handleCommand(command({ authorize, decide }), dependencies)).rejects.toThrow('not allowed');
    expect(authorize).toHaveBeenCalledWith({ revision: 'no_stream' });
    expect(decide).not.toHaveBeenCalled();
  });

  describe('after a conflict', () => {
    it('waits for the read model, loads and decides again', async () => {
      store.beforeNextAppend(() => count());
      expect(await handleCommand(command(), dependencies)).toEqual({ revision: 1n });
      expect(loads).toBe(2);
      expect(waits).toEqual([0n, 1n]);
    });

    it('throws it when all attempts have failed', async () => {
      loseEveryRace();
      await expect(handleCommand(command({ retry: { attempts: 3 } }), dependencies)).rejects.toThrow(
        WrongExpectedRevisionError,
      );
      expect(loads).toBe(3);
    });

    it('retries 10 times unless the command has its own bound', async () => {
      loseEveryRace();
      await expect(handleCommand(command(), dependencies)).rejects.toThrow(WrongExpectedRevisionError);
      expect(loads).toBe(10);
    });

    it('throws it when the time for retries is over', async () => {
      loseEveryRace();
      const load = (): State => {
        loads++;
        clock.advance(1_000);
        return { revision: revisionOf(STREAM) };
      };
      await expect(handleCommand(command({ load, retry: { forMs: 5_000, clock } }), dependencies)).rejects.toThrow(
        WrongExpectedRevisionError,
      );
      expect(loads).toBe(6);
    });

    it('throws it at once if the caller fixed the revision', async () => {
      store.beforeNextAppend(() => count());
      const decide = (state: State): Decision => ({ writes: [writeTo(STREAM, state, { isRevisionFixed: true })] });
      await expect(handleCommand(command({ decide }), dependencies)).rejects.toThrow(WrongExpectedRevisionError);
      expect(loads).toBe(1);
    });

    it('throws it at once if the decision threw it', async () => {
      const decide = (): Decision => {
        throw new WrongExpectedRevisionError(STREAM, 7n, 0n);
      };
      await expect(handleCommand(command({ decide }), dependencies)).rejects.toThrow(WrongExpectedRevisionError);
      expect(loads).toBe(1);
    });

    it('throws TimeoutError if the read model does not catch up', async () => {
      store.beforeNextAppend(() => count());
      const readModel = { waitFor: () => Promise.resolve(false) };
      await expect(handleCommand(command(), { ...dependencies, readModel })).rejects.toThrow(TimeoutError);
    });
  });

  it('resolves although the read model does not show the write in time', async () => {
    const readModel = { waitFor: () => Promise.resolve(false) };
    expect(await handleCommand(command(), { ...dependencies, readModel })).toEqual({ revision: 0n });
  });

  it('waits for the read model and loads again if the caller has seen later events', async () => {
    await count();
    const isStale = jest.fn(() => [STREAM]);
    await handleCommand(command({ staleStreams: isStale }), dependencies);
    expect(loads).toBe(2);
    expect(waits).toEqual([0n, 1n]);
  });

  describe('with an Idempotency-Key', () => {
    const withKey = (payload: readonly unknown[]): CounterCommand => {
      const idempotencyKey = new IdempotencyKey(['alice', STREAM], 'key-1', payload, digest);
      const recorded = (): { readonly fingerprint: string } | undefined =>
        store
          .eventsOf(STREAM)
          .flatMap(({ metadata: { requestKey, fingerprint } }) =>
            requestKey === idempotencyKey.text && typeof fingerprint === 'string' ? [{ fingerprint }] : [],
          )[0];
      return command({
        replay: () => {
          const found = recorded();
          if (found) idempotencyKey.assertSame(found);
          return found && {};
        },
        decide: (state) => ({ writes: [writeTo(STREAM, state, { idempotencyKey })] }),
      });
    };

    it('executes a repeated request once', async () => {
      expect(await handleCommand(withKey(['count']), dependencies)).toEqual({ revision: 0n });
      expect(await handleCommand(withKey(['count']), dependencies)).toEqual({ revision: undefined });
      expect(store.eventsOf(STREAM)).toHaveLength(1);
    });

    it('rejects a different request with the same key', async () => {
      await handleCommand(withKey(['count']), dependencies);
      await expect(handleCommand(withKey(['count twice']), dependencies)).rejects.toThrow(
        "The Idempotency-Key 'key-1' was used for another request",
      );
    });

    it('finds the request of another replica after a conflict', async () => {
      store.beforeNextAppend(() => handleCommand(withKey(['count']), { store, mutex: new KeyedMutex() }));
      expect(await handleCommand(withKey(['count']), dependencies)).toEqual({ revision: undefined });
      expect(store.eventsOf(STREAM)).toHaveLength(1);
    });
  });

  describe('on several streams', () => {
    const both = command({
      streams: [STREAM, OTHER],
      decide: () => ({
        writes: [STREAM, OTHER].map((streamName) => writeTo(streamName, { revision: revisionOf(streamName) })),
      }),
      result: (_decided, { revisions }) => ({ revision: revisions.get(OTHER) }),
    });

    it('appends to all of them in one write', async () => {
      await count(OTHER);
      const append = jest.spyOn(store, 'appendToStreams');
      expect(await handleCommand(both, dependencies)).toEqual({ revision: 1n });
      expect(append).toHaveBeenCalledTimes(1);
      expect([STREAM, OTHER].map(revisionOf)).toEqual([0n, 1n]);
    });

    it('appends to one on condition that others are unchanged, and decides again if they are not', async () => {
      await count(OTHER);
      let checked: bigint | 'no_stream' = 'no_stream';
      const decide = (state: State): Decision => {
        const checks = [{ streamName: OTHER, expectedRevision: checked }];
        checked = revisionOf(OTHER);
        return { writes: [writeTo(STREAM, state)], checks };
      };
      expect(await handleCommand(command({ decide }), dependencies)).toEqual({ revision: 0n });
      expect(store.eventsOf(STREAM)).toHaveLength(1);
    });
  });

  it('replaces metadata at the revision that was read, and retries on conflict', async () => {
    const load = async (): Promise<State> => {
      loads++;
      const { revision } = await store.getStreamMetadata(STREAM);
      if (loads === 1) await store.setStreamMetadata(STREAM, { maxAge: 1 });
      return { revision };
    };
    const decide = ({ revision }: State): Decision => ({
      metadata: { streamName: STREAM, metadata: { maxAge: 60 }, expectedRevision: revision },
    });
    expect(await handleCommand(command({ load, decide }), dependencies)).toEqual({ revision: 1n });
    expect(await store.getStreamMetadata(STREAM)).toEqual({ metadata: { maxAge: 60 }, revision: 1n });
  });

  it('writes the initial metadata of a new stream after its events', async () => {
    const decide = (state: State): Decision => ({
      writes: [writeTo(STREAM, state)],
      initialMetadata: [
        {
          name: STREAM,
          description: 'a counter',
          owner: 'alice',
          permissions: { read: ['alice'], write: ['alice'], admin: ['alice'] },
        },
      ],
    });
    await handleCommand(command({ decide }), dependencies);
    expect((await store.getStreamMetadata(STREAM)).metadata).toMatchObject({ description: 'a counter' });
  });

  it('prepares the events between decision and append', async () => {
    const prepare: CommandDependencies['prepare'] = (writes) =>
      Promise.resolve(
        writes.map((write) => ({ ...write, events: write.events.map((event) => ({ ...event, data: 'encrypted' })) })),
      );
    await handleCommand(command(), { ...dependencies, prepare });
    expect(store.eventsOf(STREAM)).toMatchObject([{ type: 'Counted', data: 'encrypted' }]);
  });

  it('releases what it reserved, after a failed write too', async () => {
    const release = jest.fn();
    const reserve = jest.fn(() => release);
    await handleCommand(command({ reserve }), dependencies);
    expect(release).toHaveBeenCalled();
    release.mockClear();
    store.goAway();
    await expect(handleCommand(command({ reserve }), dependencies)).rejects.toThrow('KurrentDB cannot be reached');
    expect(release).toHaveBeenCalled();
  });

  it('runs commands on the same stream one after another, so that they do not conflict', async () => {
    const commands = Array.from({ length: 20 }, () => handleCommand(command(), dependencies));
    expect(await Promise.all(commands)).toHaveLength(20);
    expect(loads).toBe(20);
    expect(revisionOf(STREAM)).toBe(19n);
  });
});
