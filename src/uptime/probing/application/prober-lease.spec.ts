import { MemoryEventStore } from '../../../../test/support/memory-event-store.js';
import { uptimeEvents } from '../../../../test/support/probed-service.js';
import {
  ConnectionError,
  serviceUptimeStream,
  UnsupportedByStoreError,
  ValidationError,
} from '../../../event-store/domain/index.js';
import { leaseAcquired, PROBER_LEASE_STREAM } from '../../domain/index.js';
import { FencedWriter } from './fenced-writer.js';
import { LeaseLostError, ProberLease } from './prober-lease.js';

const LEASE_MS = 15_000;
const STREAM = serviceUptimeStream('http');

/** Clock offset of a replica in ms; its monotonic clock has a random origin. */
const clockThatIsOff = (milliseconds: number): { now(): number; monotonic(): number } => ({
  now: () => Date.now() + milliseconds,
  monotonic: () => performance.now() + 1_000 * milliseconds,
});

describe('prober lease', () => {
  let store: MemoryEventStore;
  let logged: string[];
  let happened: string[];
  let started: ProberLease[];
  let writers: Map<ProberLease, FencedWriter>;

  beforeEach(() => {
    jest.useFakeTimers();
    store = new MemoryEventStore(uptimeEvents());
    logged = [];
    happened = [];
    started = [];
    writers = new Map();
  });
  afterEach(async () => {
    store.comeBack();
    await Promise.all(started.map((lease) => lease.stop()));
    jest.useRealTimers();
  });

  const log = {
    info: (message: string) => logged.push(message),
    warn: (message: string) => logged.push(message),
    error: (message: string) => logged.push(message),
  };
  const start = (
    holder: string,
    {
      clock = clockThatIsOff(0),
      predecessor,
      at = store,
    }: { clock?: { now(): number; monotonic(): number }; predecessor?: string; at?: MemoryEventStore } = {},
  ): ProberLease => {
    const lease = new ProberLease({ store: at, clock, log, leaseMs: LEASE_MS, holder, predecessor });
    started.push(lease);
    writers.set(lease, new FencedWriter({ store: at, lease, log }));
    lease.start({
      onAcquired: (from) => happened.push(`${holder} gained from ${from ?? 'nobody'}`),
      onRenewed: () => undefined,
      onHeldByOther: () => happened.push(`${holder} found it elsewhere`),
      onLost: () => happened.push(`${holder} lost`),
    });
    return lease;
  };
  const pass = (milliseconds: number): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);
  const change = { streamName: STREAM, events: [{ type: 'Changed', data: {} }], expectedRevision: 'any' } as const;
  const append = async (lease: ProberLease): Promise<unknown> => writers.get(lease)?.append(change);

  it('is acquired by the only replica, and renewed while it runs', async () => {
    const lease = start('one');
    await pass(0);
    expect(lease.isHeld).toBe(true);
    await pass(600_000);
    expect(happened).toEqual(['one gained from nobody']);
    expect(lease.isHeld).toBe(true);
  });

  it('is held by one of two replicas with different clocks, and the other one observes since when', async () => {
    const one = start('one', { clock: clockThatIsOff(-7_000) });
    await pass(0);
    const two = start('two', { clock: clockThatIsOff(9_000) });
    await pass(300_000);
    expect(happened).toEqual(['one gained from nobody', 'two found it elsewhere']);
    expect([one.isHeld, two.isHeld]).toEqual([true, false]);
    expect(one.remoteHolder).toBeUndefined();
    expect(Date.now() + 9_000 - (two.remoteHolder?.until ?? 0)).toBeLessThan(LEASE_MS);
  });

  it('is acquired by the next replica immediately after a release', async () => {
    const one = start('one');
    await pass(0);
    const two = start('two');
    await pass(1_000);
    await one.stop();
    await pass(0);
    expect(two.isHeld).toBe(true);
    expect(happened).toEqual(['one gained from nobody', 'two found it elsewhere', 'two gained from one']);
  });

  it('is acquired within a lease after its holder died, but not while that would still trust it', async () => {
    await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired('gone', LEASE_MS));
    const two = start('two');
    await pass(LEASE_MS * 0.55);
    expect(two.isHeld).toBe(false);
    await pass(LEASE_MS * 0.45);
    expect(two.isHeld).toBe(true);
    expect(happened).toEqual(['two found it elsewhere', 'two gained from gone']);
  });

  it('is taken over immediately from an earlier process with the same data directory', async () => {
    await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired('before', LEASE_MS));
    const lease = start('one', { predecessor: 'before' });
    await pass(0);
    expect(lease.isHeld).toBe(true);
  });

  it('is lost after a takeover, and fenced writes are rejected from then on', async () => {
    const one = start('one');
    await pass(0);
    await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired('two', LEASE_MS));
    await pass(0);
    expect(one.isHeld).toBe(false);
    expect(happened).toEqual(['one gained from nobody', 'one lost']);
    await expect(append(one)).rejects.toBeInstanceOf(LeaseLostError);
    expect(store.eventsOf(STREAM)).toEqual([]);
  });

  it('rejects writes of a holder that has not observed the takeover yet', async () => {
    const one = start('one');
    await pass(0);
    // Stored before the append, but observed after it.
    store.beforeNextAppend(() => Promise.resolve());
    const taken = store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired('two', LEASE_MS));
    const refused = expect(append(one)).rejects.toBeInstanceOf(LeaseLostError);
    await taken;
    await pass(0);
    await refused;
    expect(store.eventsOf(STREAM)).toEqual([]);
  });

  it('accepts writes of its holder during a renewal', async () => {
    const one = start('one');
    for (let second = 0; second < 40; second++) {
      await pass(1_000);
      await append(one);
    }
    expect(store.eventsOf(STREAM)).toHaveLength(40);
    expect(store.eventsOf(PROBER_LEASE_STREAM, 'LeaseAcquired').length).toBeGreaterThan(5);
  });

  it('stays with its holder during a store outage, and the others wait a full lease after it', async () => {
    const one = start('one');
    await pass(0);
    const two = start('two');
    await pass(1_000);
    store.goAway();
    await pass(600_000);
    expect([one.isHeld, two.isHeld]).toEqual([true, false]);
    const refused = expect(append(one)).rejects.toMatchObject({ type: 'connection-error' });
    await pass(0);
    await refused;
    store.comeBack();
    await pass(2 * LEASE_MS);
    expect(happened).toEqual(['one gained from nobody', 'two found it elsewhere']);
    await append(one);
  });

  it('is renewed when the response to a renewal was lost', async () => {
    const one = start('one');
    await pass(0);
    store.loseNextResponse();
    await pass(60_000);
    expect(one.isHeld).toBe(true);
    await append(one);
    expect(happened).toEqual(['one gained from nobody']);
  });

  it('fences by the clock alone on a store without multi-stream appends, and logs that once', async () => {
    store.appendConditionally = () => Promise.reject(new UnsupportedByStoreError('The KurrentDB in use cannot do it'));
    const one = start('one');
    await pass(0);
    await append(one);
    await append(one);
    expect(store.eventsOf(STREAM)).toHaveLength(2);
    expect(logged.filter((message) => message.includes('fenced by its clock only'))).toHaveLength(1);
  });

  it('rethrows other append errors, and continues fencing', async () => {
    const appendConditionally = store.appendConditionally.bind(store);
    store.appendConditionally = () => Promise.reject(new ValidationError('not JSON'));
    const one = start('one');
    await pass(0);
    await expect(append(one)).rejects.toThrow('not JSON');
    store.appendConditionally = appendConditionally;
    await append(one);
    expect(store.eventsOf(STREAM)).toHaveLength(1);
    expect(logged.join()).not.toContain('fenced by its clock only');
  });

  describe('in a store that was replaced', () => {
    /** Replaces what the store has. */
    const replace = async (...holders: readonly string[]): Promise<void> => {
      store.log.length = 0;
      for (const holder of holders) await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired(holder, LEASE_MS));
    };

    it('is acquired again by its holder at once, before the other replicas', async () => {
      const one = start('one');
      await pass(0);
      const two = start('two');
      await pass(20_000);
      await replace();
      await two.restart();
      await pass(LEASE_MS * 0.5);
      expect(store.eventsOf(PROBER_LEASE_STREAM, 'LeaseAcquired')).toEqual([]);
      await one.restart();
      await pass(LEASE_MS);
      expect([one.isHeld, two.isHeld]).toEqual([true, false]);
      expect(happened).not.toContain('one lost');
      await append(one);
      expect(store.eventsOf(STREAM)).toHaveLength(1);
    });

    it('is acquired by another replica if its holder does not come back', async () => {
      await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired('gone', LEASE_MS));
      const two = start('two');
      await pass(1_000);
      await replace();
      await two.restart();
      await pass(LEASE_MS * 0.5);
      expect(two.isHeld).toBe(false);
      await pass(LEASE_MS * 0.2);
      expect(two.isHeld).toBe(true);
    });

    it('stays with its holder if the store names another one that does not renew it', async () => {
      const one = start('one');
      await pass(0);
      await replace('from the backup');
      await one.restart();
      await pass(LEASE_MS * 0.5);
      expect(one.isHeld).toBe(false);
      await pass(LEASE_MS * 0.2);
      expect(one.isHeld).toBe(true);
      expect(happened).toEqual(['one gained from nobody', 'one gained from from the backup']);
    });

    it('is lost if another replica renews it there', async () => {
      const one = start('one');
      await pass(0);
      await replace('two');
      await one.restart();
      await pass(1_000);
      expect(happened).toEqual(['one gained from nobody']);
      await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired('two', LEASE_MS));
      await pass(0);
      expect(happened).toEqual(['one gained from nobody', 'one lost']);
      await pass(LEASE_MS * 0.5);
      expect(one.isHeld).toBe(false);
    });

    it('is acquired again although a renewal was failing, and the store accepted no writes at first', async () => {
      const one = start('one');
      await pass(0);
      const appendToStream = store.appendToStream.bind(store);
      let failRenewal = (): void => undefined;
      store.appendToStream = () =>
        new Promise((_, reject) => (failRenewal = () => reject(new ConnectionError('replaced'))));
      await pass(LEASE_MS * 0.36);
      store.goAway();
      await one.restart();
      await pass(10);
      failRenewal();
      await pass(10);
      store.appendToStream = appendToStream;
      await replace();
      store.comeBack();
      await pass(LEASE_MS);
      expect(one.isHeld).toBe(true);
    });
  });
});
