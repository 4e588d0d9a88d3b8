import { randomBytes } from 'node:crypto';
import {
  EventTooLargeError,
  isEvent,
  ValidationError,
  WrongExpectedRevisionError,
} from '../../src/event-store/domain/index.js';
import { type KurrentDBService } from '../../src/event-store/kurrentdb/kurrentdb.service.js';
import { Greeted, greeted, newStream, useStore } from '../support/connected-store.js';

describe('KurrentDBService', () => {
  const connected = useStore();
  let store: KurrentDBService;
  beforeAll(() => ({ store } = connected));

  describe('appending and reading', () => {
    it('returns appended events typed, with id, timestamp and metadata', async () => {
      const name = newStream();
      const before = Date.now();
      const { revision, position } = await store.appendToStream(name, {
        ...greeted('hello'),
        metadata: { correlationId: 'c1', causationId: 'c0', source: 'test' },
      });
      expect(revision).toBe(0n);
      expect(position?.commit).toBeGreaterThanOrEqual(0n);
      const [event, ...none] = await store.readStream(name);
      expect(none).toEqual([]);
      if (!event || !isEvent(event, Greeted)) throw new Error('a Greeted was expected');
      expect(event.data.greeting).toBe('hello');
      expect(event).toMatchObject({
        streamName: name,
        revision: 0n,
        metadata: { schemaVersion: 2, correlationId: 'c1', causationId: 'c0', source: 'test' },
      });
      expect(event.eventId).toMatch(/^evt_\d+_[0-9a-z]{16}$/);
      expect(Date.parse(event.timestamp)).toBeGreaterThanOrEqual(before);
      expect(Math.abs(event.created - before)).toBeLessThan(60_000);
    });

    it('writes several events in one append, all or none', async () => {
      const name = newStream();
      await store.appendToStream(name, [greeted('a'), greeted('b'), greeted('c')]);
      await expect(store.appendToStream(name, [greeted('d'), greeted('e')], { expectedRevision: 1n })).rejects.toThrow(
        WrongExpectedRevisionError,
      );
      expect((await store.readStream(name)).map(({ data }) => (data as Greeted).greeting)).toEqual(['a', 'b', 'c']);
    });

    it('reads pages in both directions, 100 events by default', async () => {
      const name = newStream();
      await store.appendToStream(
        name,
        Array.from({ length: 105 }, (_, n) => greeted(String(n))),
      );
      const revisions = async (...args: Parameters<KurrentDBService['readStream']>): Promise<number[]> =>
        (await store.readStream(...args)).map(({ revision }) => Number(revision));
      expect(await revisions(name)).toEqual(Array.from({ length: 100 }, (_, n) => n));
      expect(await revisions(name, { from: 103n })).toEqual([103, 104]);
      expect(await revisions(name, { from: 200n })).toEqual([]);
      expect(await revisions(name, { direction: 'backwards', limit: 2 })).toEqual([104, 103]);
      expect(await revisions(name, { direction: 'backwards', from: 1n })).toEqual([1, 0]);
      expect(await revisions(name, { from: 'end' })).toEqual([]);
    });

    it('upcasts events of an older schema version', async () => {
      const name = newStream();
      await store.appendToStream(name, { type: 'Greeted', data: { text: 'old' }, metadata: { schemaVersion: 1 } });
      expect((await store.readStream(name))[0]).toMatchObject({
        data: { greeting: 'old' },
        metadata: { schemaVersion: 1 },
      });
    });

    it('marks a malformed event instead of failing the whole read', async () => {
      const name = newStream();
      await store.appendToStream(name, [
        { type: 'Greeted', data: { greeting: 7 }, metadata: { schemaVersion: 2 } },
        greeted('fine'),
      ]);
      const [malformed, fine] = await store.readStream(name);
      expect(malformed).toMatchObject({
        data: { greeting: 7 },
        problem: { reason: 'malformed', message: 'greeting must be a string' },
      });
      expect(fine).not.toHaveProperty('problem');
    });

    it('does not write twice when an append is repeated with the same event ids', async () => {
      const name = newStream();
      const events = [{ ...greeted('once'), eventId: `evt_1_${randomBytes(8).toString('hex')}` }];
      const first = await store.appendToStream(name, events);
      await store.appendToStream(name, greeted('between'));
      expect(await store.appendToStream(name, events)).toEqual(first);
      expect(await store.readStream(name)).toHaveLength(2);
    });

    it('keeps every JSON value as it is', async () => {
      const name = newStream();
      const data = {
        'ünïcödé 🐧': [null, true, -0.5, 1e21, '\u0000\u2028', { ['__proto__']: 'own', constructor: 1 }],
        empty: {},
      };
      await store.appendToStream(name, { type: 'Anything', data: JSON.parse(JSON.stringify(data)) as unknown });
      expect(JSON.stringify((await store.readStream(name))[0]?.data)).toBe(JSON.stringify(data));
    });
  });

  describe('expected revisions', () => {
    it.each([
      ['no_stream', 'exists', 'no_stream', 1n],
      ['a revision too low', 'exists', 0n, 1n],
      ['a revision too high', 'exists', 9n, 1n],
      ['a revision', 'is missing', 3n, 'no_stream'],
      ['stream_exists', 'is missing', 'stream_exists', 'no_stream'],
    ] as const)(
      'rejects %s if the stream %s, with both revisions in the error',
      async (_, state, expectedRevision, current) => {
        const name = newStream();
        if (state === 'exists') await store.appendToStream(name, [greeted('a'), greeted('b')]);
        const error: unknown = await store
          .appendToStream(name, greeted('c'), { expectedRevision })
          .catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(WrongExpectedRevisionError);
        expect(error).toMatchObject({
          type: 'wrong-expected-revision',
          streamName: name,
          expected: expectedRevision,
          current,
        });
      },
    );

    it('accept one of many concurrent writers', async () => {
      const name = newStream();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) =>
          store.appendToStream(name, greeted(String(n)), { expectedRevision: 'no_stream' }),
        ),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await store.readStream(name)).toHaveLength(1);
    });
  });

  describe('invalid writes', () => {
    it('throw EventTooLargeError with both sizes for over 1 MiB of data, and write nothing', async () => {
      const name = newStream();
      const error: unknown = await store
        .appendToStream(name, greeted('x'.repeat(1_048_577)))
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(EventTooLargeError);
      expect((error as EventTooLargeError).details).toMatchObject({ maximumBytes: 1_048_576 });
      expect(await store.streamExists(name)).toBe(false);
    });

    it('do not include one of just under 1 MiB', async () => {
      const name = newStream();
      await store.appendToStream(name, greeted('x'.repeat(1_048_000)));
      expect(((await store.readStream(name))[0]?.data as Greeted).greeting).toHaveLength(1_048_000);
    });

    it.each([
      ['no events', []],
      ['data that is no JSON', [{ type: 'Greeted', data: 1n }]],
      ['an event id of another form', [{ ...greeted('a'), eventId: 'nonsense' }]],
      ['a type of the server', [{ type: '$metadata', data: {} }]],
      ['an empty type', [{ type: '', data: {} }]],
    ])('%s: ValidationError', async (_, events) => {
      await expect(store.appendToStream(newStream(), events)).rejects.toThrow(ValidationError);
    });

    it.each(['', ' a', 'a\u0000', 'x'.repeat(513)])(
      'throw ValidationError from every operation for a stream named %p',
      async (name) => {
        await expect(store.readStream(name)).rejects.toThrow(ValidationError);
        await expect(store.appendToStream(name, greeted('a'))).rejects.toThrow(ValidationError);
        await expect(store.getStreamMetadata(name)).rejects.toThrow(ValidationError);
        await expect(store.deleteStream(name)).rejects.toThrow(ValidationError);
      },
    );
  });

  it('tests the connection by a real append and read', async () => {
    const result = await store.testConnection();
    expect(result).toEqual({ connection: 'success', health: 'healthy', responseTime: expect.any(Number) as number });
    expect(await store.streamExists('connection-test')).toBe(true);
    expect((await store.getStreamMetadata('connection-test')).metadata.maxCount).toBeGreaterThan(0);
  });
});
