import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../../../../test/support/eventually.js';
import { type ServerContext } from '../../server-context.js';
import { checkSettings, type GroupDefinition, type GroupSettings } from '../rules/index.js';
import { AuthorizationProvider } from '../../security/authorization-provider.js';
import { DefaultAcl } from '../../security/default-acl.js';
import { CommitQueue } from '../../storage/commit-queue.js';
import { parseEventFrame } from '../../storage/event-frame.js';
import { eventIdToString } from '../../storage/event-id.js';
import { positionBytes } from '../../storage/keys.js';
import { LogReader } from '../../storage/log-reader.js';
import { LogStore } from '../../storage/log-store.js';
import { LogTail } from '../../storage/log-tail.js';
import { LogWriter } from '../../storage/log-writer.js';
import { GroupRunner } from './group-runner.js';
import { type Subscriber } from './subscriber.js';

const EMPTY = Buffer.alloc(0);
const STREAM = 'orders';
const PARKED = '$persistentsubscription-orders::group-parked';
const CHECKPOINTS = '$persistentsubscription-orders::group-checkpoint';

const SETTINGS: GroupSettings = checkSettings({
  resolveLinks: false,
  extraStatistics: false,
  messageTimeoutMs: 30_000,
  maxRetryCount: 10,
  checkpointAfterMs: 5,
  minCheckpointCount: 1,
  maxCheckpointCount: 1000,
  maxSubscriberCount: 0,
  liveBufferSize: 500,
  historyBufferSize: 100,
  readBatchSize: 20,
  consumerStrategy: 'RoundRobin',
});

/** Commits that fail while the disk is full. */
class FailingCommits extends CommitQueue {
  isDiskFull = false;

  override submit<T>(write: () => T): Promise<T> {
    return this.isDiskFull ? Promise.reject(new Error('the disk is full')) : super.submit(write);
  }
}

/** A consumer that records what it receives; it is backed up on demand. */
class TestSubscriber implements Subscriber {
  readonly bufferSize = 10;
  readonly userName = 'tester';
  readonly from = '';
  readonly connectionName = '';
  readonly revisions: number[] = [];
  readonly ids: string[] = [];
  droppedWith: unknown;
  isBackedUp = false;
  #release: () => void = () => undefined;

  deliver(frame: Buffer): void {
    const { id, revision } = parseEventFrame(frame);
    this.ids.push(eventIdToString(id));
    this.revisions.push(revision);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => (this.#release = resolve));
  }

  drain(): void {
    this.isBackedUp = false;
    this.#release();
  }

  dropped(cause?: unknown): void {
    this.droppedWith = cause ?? 'dropped';
  }
}

describe('a running group', () => {
  let directory: string;
  let store: LogStore;
  let context: ServerContext;
  let commits: FailingCommits;
  let problems: unknown[];
  const groups: GroupRunner[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'group-runner-'));
    store = LogStore.open({ directory, durable: false });
    commits = new FailingCommits(store);
    const nowMs = (): number => Date.now();
    const newEventId = (): Buffer => randomBytes(16);
    const reader = new LogReader(store, nowMs);
    const writer = new LogWriter(store, { nowMs, newEventId });
    context = {
      store,
      commits,
      reader,
      tail: new LogTail(commits),
      writer,
      authorization: new AuthorizationProvider(store.streams, new DefaultAcl(store.streams, reader)),
      nowMs,
      newEventId,
    };
    problems = [];
  });
  afterEach(async () => {
    for (const group of groups.splice(0)) group.stop();
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const run = (changes: Partial<GroupDefinition> = {}): GroupRunner => {
    const definition: GroupDefinition = {
      source: { kind: 'stream', streamName: STREAM },
      groupName: 'group',
      start: 'start',
      resolvedStart: 0,
      settings: SETTINGS,
      ...changes,
    };
    const group = new GroupRunner(context, definition, (error) => problems.push(error));
    groups.push(group);
    return group;
  };
  const append = (count: number, streamName = STREAM): Promise<unknown> => {
    const events = Array.from({ length: count }, () => ({
      id: randomBytes(16),
      type: Buffer.from('tested'),
      isJson: false,
      customMetadata: EMPTY,
      data: EMPTY,
    }));
    return commits.submit(() => context.writer.append(streamName, { kind: 'any' }, events));
  };
  const lastRevision = (streamName: string): number => store.streams.get(streamName).lastRevision;
  const until = async (condition: () => boolean): Promise<void> => {
    for (let tries = 0; !condition(); tries++) {
      if (tries > 400) throw new Error('the condition was not met in time');
      await sleep(5);
    }
  };

  it('redelivers and reports an event that could not be parked, and parks it later', async () => {
    await append(1);
    const subscriber = new TestSubscriber();
    const subscription = run().connect(subscriber);
    await until(() => subscriber.revisions.length === 1);
    commits.isDiskFull = true;
    subscription.nack(subscriber.ids, 'park', '');
    await until(() => subscriber.revisions.length === 2);
    expect(problems).toEqual([new Error('the disk is full')]);
    commits.isDiskFull = false;
    subscription.nack(subscriber.ids.slice(1), 'park', '');
    await until(() => lastRevision(PARKED) === 0);
    expect(subscriber.revisions).toEqual([0, 0]);
  });

  it('retries a failed checkpoint and does not report it before', async () => {
    await append(2);
    const subscriber = new TestSubscriber();
    const group = run();
    const subscription = group.connect(subscriber);
    await until(() => subscriber.revisions.length === 2);
    commits.isDiskFull = true;
    subscription.acknowledge(subscriber.ids);
    await until(() => problems.length > 0);
    expect(group.report().checkpointedPosition).toBeUndefined();
    commits.isDiskFull = false;
    await until(() => group.report().checkpointedPosition === 1);
    expect(lastRevision(CHECKPOINTS)).toBe(0);
  });

  it('pauses a consumer that is backed up while others continue', async () => {
    await append(1);
    const [slow, fast] = [new TestSubscriber(), new TestSubscriber()];
    slow.isBackedUp = true;
    const group = run();
    group.connect(slow);
    await until(() => slow.revisions.length === 1);
    await append(4);
    group.connect(fast);
    await until(() => fast.revisions.length === 4);
    slow.drain();
    await append(2);
    await until(() => slow.revisions.length + fast.revisions.length === 7);
    expect(slow.revisions).toHaveLength(2);
  });

  it('reads a large source through a small buffer in order', async () => {
    await append(500);
    const subscriber = new TestSubscriber();
    const group = run({ settings: { ...SETTINGS, historyBufferSize: 8, readBatchSize: 7 } });
    const subscription = group.connect(subscriber);
    let answered = 0;
    await until(() => {
      subscription.acknowledge(subscriber.ids.slice(answered));
      answered = subscriber.ids.length;
      return answered === 500;
    });
    expect(subscriber.revisions).toEqual(Array.from({ length: 500 }, (_, revision) => revision));
    await until(() => group.report().isLive);
  });

  it('reports the end of the source even if its buffer is full', async () => {
    await append(50);
    const group = run({ settings: { ...SETTINGS, historyBufferSize: 8, readBatchSize: 7 } });
    await until(() => group.report().readBufferCount > 0);
    expect(group.report()).toMatchObject({ lastKnownPosition: 49, readBufferCount: 7, isLive: false });
  });

  it('counts filtered events as progress, except those that groups on $all write', async () => {
    const group = run({
      source: { kind: 'all', filter: { on: 'streamName', regex: '', prefixes: ['none'] } },
      settings: { ...SETTINGS, checkpointAfterMs: 1 },
    });
    await append(3);
    const checkpoints = '$persistentsubscription-$all::group-checkpoint';
    await until(() => group.report().checkpointedPosition !== undefined);
    await until(() => group.report().isLive);
    await sleep(100);
    expect(lastRevision(checkpoints)).toBeLessThan(3);
  });

  it('skips an event that was scavenged while it waited', async () => {
    await append(2);
    const subscriber = new TestSubscriber();
    const group = run();
    await until(() => group.report().readBufferCount === 2);
    const position = store.positionOf(store.streams.get(STREAM).id, 0) ?? 0;
    await commits.submit(() => store.tables.events.removeSync(positionBytes(position)));
    group.connect(subscriber);
    await until(() => subscriber.revisions.length === 1);
    expect(subscriber.revisions).toEqual([1]);
    await until(() => group.report().checkpointedPosition === 0);
  });

  it('drops its consumers and stops if the log cannot be read', async () => {
    const subscriber = new TestSubscriber();
    const group = run();
    group.connect(subscriber);
    const failure = new Error('the page is damaged');
    context.reader.forwards = () => {
      throw failure;
    };
    await append(1);
    await until(() => subscriber.droppedWith !== undefined);
    expect(subscriber.droppedWith).toBe(failure);
    expect(problems).toEqual([failure]);
    expect(() => group.connect(new TestSubscriber())).toThrow('dropped');
  });

  it('writes nothing after it was stopped', async () => {
    await append(2);
    const subscriber = new TestSubscriber();
    const group = run({ settings: { ...SETTINGS, maxRetryCount: 0 } });
    const subscription = group.connect(subscriber);
    await until(() => subscriber.revisions.length === 2);
    group.stop();
    expect(subscriber.droppedWith).toBe('dropped');
    const end = store.endPosition;
    subscription.nack(subscriber.ids.slice(0, 1), 'park', '');
    subscription.acknowledge(subscriber.ids.slice(1));
    subscription.close();
    await sleep(50);
    expect(store.endPosition).toBe(end);
  });
});
