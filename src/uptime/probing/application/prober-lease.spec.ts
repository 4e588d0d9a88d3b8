import { MemoryEventStore } from '../../../../test/support/memory-event-store.js';
import { uptimeEvents } from '../../../../test/support/probed-service.js';
import { serviceUptimeStream, UnsupportedByStoreError, ValidationError } from '../../../event-store/domain/index.js';
import { leaseAcquired, PROBER_LEASE_STREAM } from '../../domain/index.js';
import { FencedWriter } from './fenced-writer.js';
import { LeaseLostError, ProberLease } from './prober-lease.js';

const LEASE_MS = 15_000;
const STREAM = serviceUptimeStream('http');

/** A replica's wall clock may be wrong by so much; its monotonic one begins anywhere. */
const clockThatIsOff = (milliseconds: number): { now(): number; monotonic(): number } => ({
  now: () => Date.now() + milliseconds,
  monotonic: () => performance.now() + 1_000 * milliseconds,
});

describe('the lease of the prober', () => {
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

  it('is taken by the one that is there, and kept for as long as it is', async () => {
    const lease = start('one');
    await pass(0);
    expect(lease.isHeld).toBe(true);
    await pass(600_000);
    expect(happened).toEqual(['one gained from nobody']);
    expect(lease.isHeld).toBe(true);
  });

  it('is held by one of two, however their clocks differ, and the other one sees since when', async () => {
    const one = start('one', { clock: clockThatIsOff(-7_000) });
    await pass(0);
    const two = start('two', { clock: clockThatIsOff(9_000) });
    await pass(300_000);
    expect(happened).toEqual(['one gained from nobody', 'two found it elsewhere']);
    expect([one.isHeld, two.isHeld]).toEqual([true, false]);
    expect(one.remoteHolder).toBeUndefined();
    expect(Date.now() + 9_000 - (two.remoteHolder?.until ?? 0)).toBeLessThan(LEASE_MS);
  });

  it('goes to the next one at once where it is given back', async () => {
    const one = start('one');
    await pass(0);
    const two = start('two');
    await pass(1_000);
    await one.stop();
    await pass(0);
    expect(two.isHeld).toBe(true);
    expect(happened).toEqual(['one gained from nobody', 'two found it elsewhere', 'two gained from one']);
  });

  it('goes to the next one within a lease, and not before its holder has stopped counting on it, where that is gone', async () => {
    await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired('gone', LEASE_MS));
    const two = start('two');
    await pass(LEASE_MS * 0.55);
    expect(two.isHeld).toBe(false);
    await pass(LEASE_MS * 0.45);
    expect(two.isHeld).toBe(true);
    expect(happened).toEqual(['two found it elsewhere', 'two gained from gone']);
  });

  it('is taken at once from a process that ran on the same data before', async () => {
    await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired('before', LEASE_MS));
    const lease = start('one', { predecessor: 'before' });
    await pass(0);
    expect(lease.isHeld).toBe(true);
  });

  it('is lost to one that took over, and what only the prober may write is refused then', async () => {
    const one = start('one');
    await pass(0);
    await store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired('two', LEASE_MS));
    await pass(0);
    expect(one.isHeld).toBe(false);
    expect(happened).toEqual(['one gained from nobody', 'one lost']);
    await expect(append(one)).rejects.toBeInstanceOf(LeaseLostError);
    expect(store.eventsOf(STREAM)).toEqual([]);
  });

  it('lets a holder write nothing that does not know yet that another one has taken over', async () => {
    const one = start('one');
    await pass(0);
    // In the store before the append, but the news of it comes after.
    store.beforeNextAppend(() => Promise.resolve());
    const taken = store.appendToStream(PROBER_LEASE_STREAM, leaseAcquired('two', LEASE_MS));
    const refused = expect(append(one)).rejects.toBeInstanceOf(LeaseLostError);
    await taken;
    await pass(0);
    await refused;
    expect(store.eventsOf(STREAM)).toEqual([]);
  });

  it('lets its holder write while it renews it', async () => {
    const one = start('one');
    for (let second = 0; second < 40; second++) {
      await pass(1_000);
      await append(one);
    }
    expect(store.eventsOf(STREAM)).toHaveLength(40);
    expect(store.eventsOf(PROBER_LEASE_STREAM, 'LeaseAcquired').length).toBeGreaterThan(5);
  });

  it('stays with its holder over an outage of the store, however long, and the others wait a whole lease after it', async () => {
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

  it('is renewed where the answer to a renewal was lost', async () => {
    const one = start('one');
    await pass(0);
    store.loseNextAnswer();
    await pass(60_000);
    expect(one.isHeld).toBe(true);
    await append(one);
    expect(happened).toEqual(['one gained from nobody']);
  });

  it('fences by the clock alone on a store that knows no writes on condition of another stream, and says so once', async () => {
    store.appendConditionally = () => Promise.reject(new UnsupportedByStoreError('The KurrentDB in use cannot do it'));
    const one = start('one');
    await pass(0);
    await append(one);
    await append(one);
    expect(store.eventsOf(STREAM)).toHaveLength(2);
    expect(logged.filter((message) => message.includes('fenced by its clock only'))).toHaveLength(1);
  });

  it('passes on what the store does not like about a write, and goes on fencing', async () => {
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
});
