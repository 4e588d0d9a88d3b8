import { ManualClock, NOON } from '../../../../test/support/probed-service.js';
import { ConnectionError } from '../../../event-store/domain/index.js';
import { type ProbeResult, type ServiceReport } from '../../domain/index.js';
import { type ReportCursor, type ReportedResult, ReportSampler } from './report-sampler.js';
import { type ReceivedReport, type ReportListener, type ReportSource } from './report-source.js';

const SERVICE = { name: 'nightly-backup', intervalMs: 10_000, timeoutMs: 5_000 };
const START: ReportCursor = { revision: undefined, sampledUntil: 0 };

/** A stream of reports that can become unreadable, and whose reports may arrive late. */
class Stream implements ReportSource {
  readonly recorded: ReceivedReport[] = [];
  readableSince: number | undefined;
  isReachable = true;
  reads = 0;
  #listener: ReportListener | undefined;

  constructor(private readonly clock: ManualClock) {
    this.readableSince = clock.monotonic();
  }

  listen(_: string, listener: ReportListener): () => void {
    this.#listener = listener;
    return () => (this.#listener = undefined);
  }

  /** @param arrives false: only reading the stream finds it */
  report(report: ServiceReport, { arrives = true }: { readonly arrives?: boolean } = {}): void {
    const received = this.#received(report, `evt_${this.recorded.length}_00000000`, BigInt(this.recorded.length));
    this.recorded.push(received);
    if (arrives) this.#listener?.onReport(received);
  }

  fail(report: ServiceReport, eventId: string): void {
    this.#listener?.onReport(this.#received(report, eventId, undefined));
  }

  recordFailed(report: ServiceReport, eventId: string): void {
    const received = this.#received(report, eventId, BigInt(this.recorded.length));
    this.recorded.push(received);
    this.#listener?.onReport(received);
  }

  interrupt(): void {
    this.readableSince = undefined;
    this.#listener?.onUnreadable();
  }

  resume(): void {
    this.readableSince = this.clock.monotonic();
    this.#listener?.onReadable();
  }

  last(): Promise<ReceivedReport | undefined> {
    this.reads++;
    return this.isReachable ? Promise.resolve(this.recorded.at(-1)) : Promise.reject(new ConnectionError('gone'));
  }

  after(_: string, revision: bigint | undefined): Promise<readonly ReceivedReport[]> {
    return Promise.resolve(this.recorded.slice(revision === undefined ? 0 : Number(revision) + 1));
  }

  #received(report: ServiceReport, eventId: string, revision: bigint | undefined): ReceivedReport {
    return { report, receivedAt: this.clock.now(), arrivedAt: this.clock.monotonic(), eventId, revision };
  }
}

describe('the samples of reports', () => {
  let clock: ManualClock;
  let stream: Stream;
  let sampler: ReportSampler;
  let results: ReportedResult[];

  const start = async (cursor = START): Promise<void> => {
    sampler.start({ resume: () => Promise.resolve(cursor), onResult: (result) => results.push(result) });
    await pass(0);
  };
  const pass = async (milliseconds: number): Promise<void> => {
    clock.advance(milliseconds);
    await jest.advanceTimersByTimeAsync(milliseconds);
  };
  const outcomes = (): ProbeResult[] => results.map(({ result }) => result);

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick'] });
    clock = new ManualClock();
    stream = new Stream(clock);
    sampler = new ReportSampler(SERVICE, {
      source: stream,
      clock,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    results = [];
  });
  afterEach(() => {
    sampler.stop();
    jest.useRealTimers();
  });

  it('are ready once the reports have been read, which waits for the store', async () => {
    stream.isReachable = false;
    await start();
    expect(sampler.isReady).toBe(false);
    stream.isReachable = true;
    await pass(1_000);
    expect(sampler.isReady).toBe(true);
    await start();
    expect(sampler.isReady).toBe(true);
  });

  it('are made when the reports arrive, one of each', async () => {
    await start();
    stream.report({ status: 'up', responseTime: 42 });
    stream.report({ status: 'degraded', message: 'the disk is nearly full' });
    stream.report({ status: 'down', message: 'no space left' });
    stream.report({ status: 'down' });
    expect(outcomes()).toEqual([
      { responseTime: 42 },
      { responseTime: 0, warning: 'the disk is nearly full' },
      { responseTime: 0, error: 'no space left' },
      { responseTime: 0, error: 'the service reported that it is down' },
    ]);
    expect(results.map(({ revision }) => revision)).toEqual([0n, 1n, 2n, 3n]);
    await pass(10_000);
    expect(results).toHaveLength(4);
  });

  it('fail at the deadline of a missing report, and after each interval from then on', async () => {
    await start();
    stream.report({ status: 'up' });
    await pass(14_999);
    expect(results).toHaveLength(1);
    await pass(1);
    expect(results.slice(1)).toEqual([
      {
        at: NOON + 15_000,
        result: { responseTime: 0, error: 'no report for 15 s; one is due every 10 s' },
        revision: undefined,
      },
    ]);
    await pass(10_000);
    expect(outcomes()[2]).toEqual({ responseTime: 0, error: 'no report for 25 s; one is due every 10 s' });
    stream.report({ status: 'up' });
    await pass(14_000);
    expect(outcomes().slice(3)).toEqual([{ responseTime: 0 }]);
  });

  it('do not fail for that long for a new service', async () => {
    stream.readableSince = NOON - 3_600_000;
    await start();
    await pass(14_999);
    expect(results).toEqual([]);
    await pass(1);
    expect(outcomes()).toEqual([{ responseTime: 0, error: 'no report for 15 s; one is due every 10 s' }]);
  });

  it('do not fail if the store has a report that has not arrived', async () => {
    await start();
    await pass(14_000);
    stream.report({ status: 'up' }, { arrives: false });
    await pass(1_000);
    expect(outcomes()).toEqual([{ responseTime: 0 }]);
    await pass(13_999);
    expect(results).toHaveLength(1);
    await pass(1);
    expect(results).toHaveLength(2);
  });

  it('do not fail while reports cannot be read, and for the same time after that if the deadline has passed', async () => {
    await start();
    stream.report({ status: 'up' });
    stream.interrupt();
    await pass(20_000);
    stream.resume();
    await pass(14_999);
    expect(results).toHaveLength(1);
    await pass(1);
    expect(outcomes()[1]).toEqual({ responseTime: 0, error: 'no report for 35 s; one is due every 10 s' });
  });

  it('fail at the deadline of the last report also if reports could not be read before it', async () => {
    await start();
    stream.report({ status: 'up' });
    stream.interrupt();
    await pass(10_000);
    stream.resume();
    await pass(5_000);
    expect(outcomes()[1]).toEqual({ responseTime: 0, error: 'no report for 15 s; one is due every 10 s' });
  });

  it('are made of the reports that an interruption has hidden', async () => {
    await start();
    stream.report({ status: 'up' });
    stream.interrupt();
    stream.report({ status: 'down' }, { arrives: false });
    stream.report({ status: 'up' }, { arrives: false });
    stream.resume();
    await pass(0);
    expect(results.map(({ revision }) => revision)).toEqual([0n, 1n, 2n]);
  });

  it('resume after the last report that is a sample', async () => {
    for (const status of ['up', 'down', 'up'] as const) stream.report({ status });
    await start({ revision: 0n, sampledUntil: NOON });
    expect(results.map(({ revision }) => revision)).toEqual([1n, 2n]);
  });

  it('resume after the time of the last sample if its version did not record the report', async () => {
    stream.report({ status: 'down' });
    clock.advance(1_000);
    stream.report({ status: 'up' });
    await start({ revision: undefined, sampledUntil: NOON + 500 });
    expect(results.map(({ revision }) => revision)).toEqual([1n]);
  });

  it('are read again after a failure of the store', async () => {
    stream.report({ status: 'up' });
    stream.isReachable = false;
    await start();
    expect(results).toEqual([]);
    stream.isReachable = true;
    await pass(1_000);
    expect(results).toHaveLength(1);
  });

  it('are made at once of a report that could not be recorded, and once if it was after all', async () => {
    await start();
    stream.fail({ status: 'down' }, 'evt_7_00000000');
    stream.fail({ status: 'up' }, 'evt_8_00000000');
    expect(results.map(({ revision }) => revision)).toEqual([undefined, undefined]);
    stream.recordFailed({ status: 'down' }, 'evt_7_00000000');
    expect(results).toHaveLength(2);
    stream.report({ status: 'down' });
    expect(results).toHaveLength(3);
  });

  it('end when the sampler is stopped', async () => {
    await start();
    sampler.stop();
    stream.report({ status: 'up' });
    await pass(60_000);
    expect(results).toEqual([]);
  });
});
