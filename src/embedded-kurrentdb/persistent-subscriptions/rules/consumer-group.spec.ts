import { ConsumerGroup } from './consumer-group.js';
import { type GroupSettings } from './settings.js';

const SETTINGS: GroupSettings = {
  resolveLinks: false,
  extraStatistics: false,
  messageTimeoutMs: 1000,
  maxRetryCount: 2,
  checkpointAfterMs: 100,
  minCheckpointCount: 1,
  maxCheckpointCount: 10,
  maxSubscriberCount: 0,
  liveBufferSize: 500,
  historyBufferSize: 50,
  readBatchSize: 5,
  consumerStrategy: 'RoundRobin',
};

const START_MS = 1_000_000;

/** A group with pending events at the source positions 0, 1, 2, …, with the ids e0, e1, e2, … */
function groupWith(delivered: number, settings: Partial<GroupSettings> = {}): ConsumerGroup {
  const group = new ConsumerGroup({ ...SETTINGS, ...settings }, undefined, START_MS);
  for (let sourcePosition = 0; sourcePosition < delivered; sourcePosition++)
    group.take({ id: `e${sourcePosition}`, position: 100 + sourcePosition, pinKey: '' }, sourcePosition);
  return group;
}

/** All current deliveries, as "consumer: event" or "consumer: event retryCount". */
function deliveries(group: ConsumerGroup, nowMs = START_MS): readonly string[] {
  const delivered: string[] = [];
  for (let delivery = group.nextDelivery(nowMs); delivery !== undefined; delivery = group.nextDelivery(nowMs)) {
    const { consumerId, message } = delivery;
    delivered.push(`${consumerId}: ${message.id}${message.retryCount === 0 ? '' : ` ${message.retryCount}`}`);
  }
  return delivered;
}

describe('a group of consumers', () => {
  it('keeps events until a consumer connects and respects its buffer size', () => {
    const group = groupWith(3);
    expect(deliveries(group)).toEqual([]);
    group.connect('a', 1);
    expect(deliveries(group)).toEqual(['a: e0']);
    group.acknowledge(['e0'], START_MS);
    expect(deliveries(group)).toEqual(['a: e1']);
    group.connect('b', 10);
    expect(deliveries(group)).toEqual(['b: e2']);
  });

  it('delivers nothing to a paused consumer', () => {
    const group = groupWith(2);
    group.connect('a', 10);
    group.setPaused('a', true);
    expect(deliveries(group)).toEqual([]);
    group.setPaused('a', false);
    expect(deliveries(group)).toEqual(['a: e0', 'a: e1']);
  });

  it('reads events while its buffer, retries included, has room for a batch', () => {
    const group = groupWith(0, { historyBufferSize: 6, readBatchSize: 2, messageTimeoutMs: 10 });
    expect(group.readCount).toBe(2);
    for (let sourcePosition = 0; sourcePosition < 5; sourcePosition++)
      group.take({ id: `e${sourcePosition}`, position: sourcePosition, pinKey: '' }, sourcePosition);
    expect(group.readCount).toBe(0);
    group.connect('a', 10);
    deliveries(group);
    expect(group.readCount).toBe(2);
    group.expire(START_MS + 10);
    expect(group.readCount).toBe(0);
  });

  it('redelivers a nacked event before new ones', () => {
    const group = groupWith(2);
    group.connect('a', 1);
    expect(deliveries(group)).toEqual(['a: e0']);
    expect(group.nack(['e0'], 'retry', 'again', START_MS)).toEqual([]);
    expect(deliveries(group)).toEqual(['a: e0 1']);
  });

  it('parks an event that reached its retry count', () => {
    const group = groupWith(1, { maxRetryCount: 1 });
    group.connect('a', 10);
    deliveries(group);
    group.nack(['e0'], 'unknown', '', START_MS);
    expect(deliveries(group)).toEqual(['a: e0 1']);
    const [parking, ...more] = group.nack(['e0'], 'retry', 'too often', START_MS);
    expect(more).toEqual([]);
    expect(parking).toMatchObject({ message: { id: 'e0', position: 100 }, reason: 'Reached retry count of 1' });
    expect(deliveries(group)).toEqual([]);
  });

  it('parks an event on request with its reason, and finishes it once it is written', () => {
    const group = groupWith(2);
    group.connect('a', 10);
    deliveries(group);
    const [parking] = group.nack(['e0'], 'park', 'not today', START_MS);
    group.acknowledge(['e1'], START_MS);
    expect(parking?.reason).toBe("Client explicitly NAK'ed message.\nnot today");
    expect(group.progress.due(START_MS + 1000)).toBeUndefined();
    if (parking === undefined) throw new Error('no event was parked');
    group.parkSucceeded(parking);
    expect(group.progress.due(START_MS + 1000)).toMatchObject({ sourcePosition: 1 });
  });

  it('redelivers an event that could not be parked', () => {
    const group = groupWith(1);
    group.connect('a', 10);
    deliveries(group);
    const [parking] = group.nack(['e0'], 'park', '', START_MS);
    if (parking === undefined) throw new Error('no event was parked');
    group.parkFailed(parking);
    expect(deliveries(group)).toEqual(['a: e0']);
    expect(group.progress.due(START_MS + 1000)).toBeUndefined();
  });

  it.each(['skip', 'stop'] as const)('finishes an event that is nacked with %s', (action) => {
    const group = groupWith(1);
    group.connect('a', 10);
    deliveries(group);
    expect(group.nack(['e0'], action, '', START_MS)).toEqual([]);
    expect(deliveries(group)).toEqual([]);
    expect(group.progress.due(START_MS + 100)).toMatchObject({ sourcePosition: 0 });
  });

  it('retries timed-out events in the order of the source', () => {
    const group = groupWith(3);
    group.connect('a', 10);
    expect(deliveries(group, START_MS)).toEqual(['a: e0', 'a: e1', 'a: e2']);
    expect(group.nextTimeoutMs()).toBe(START_MS + 1000);
    group.acknowledge(['e1'], START_MS + 500);
    group.expire(START_MS + 999);
    expect(deliveries(group, START_MS + 999)).toEqual([]);
    group.expire(START_MS + 1000);
    expect(deliveries(group, START_MS + 1000)).toEqual(['a: e0 1', 'a: e2 1']);
  });

  it('never times out with a message timeout of 0', () => {
    const group = groupWith(1, { messageTimeoutMs: 0 });
    group.connect('a', 10);
    deliveries(group);
    expect(group.nextTimeoutMs()).toBeUndefined();
    group.expire(Number.MAX_SAFE_INTEGER);
    expect(deliveries(group)).toEqual([]);
  });

  it('accepts a late ack for an event that was redelivered to another consumer', () => {
    const group = groupWith(1);
    group.connect('a', 1);
    deliveries(group);
    group.connect('b', 1);
    group.setPaused('a', true);
    group.expire(START_MS + 1000);
    expect(deliveries(group, START_MS + 1000)).toEqual(['b: e0 1']);
    group.acknowledge(['e0'], START_MS + 1001);
    expect(group.statistics.consumers.map(({ availableSlots }) => availableSlots)).toEqual([1, 1]);
    expect(group.progress.due(START_MS + 1001)).toMatchObject({ sourcePosition: 0 });
  });

  it('ignores acks and nacks for events that are not in flight', () => {
    const group = groupWith(1);
    group.connect('a', 1);
    group.acknowledge(['e0', 'unknown'], START_MS);
    expect(group.nack(['unknown'], 'park', '', START_MS)).toEqual([]);
    expect(deliveries(group)).toEqual(['a: e0']);
  });

  it('retries the in-flight events of a disconnected consumer', () => {
    const group = groupWith(3);
    group.connect('a', 10);
    deliveries(group);
    group.acknowledge(['e1'], START_MS);
    expect(group.disconnect('a')).toEqual([]);
    group.connect('b', 10);
    expect(deliveries(group)).toEqual(['b: e0 1', 'b: e2 1']);
  });

  it('parks in-flight events of a disconnected consumer that reached their retry count', () => {
    const group = groupWith(2, { maxRetryCount: 0 });
    group.connect('a', 10);
    deliveries(group);
    expect(group.disconnect('a').map(({ message }) => message.id)).toEqual(['e0', 'e1']);
  });

  it('delays a second event with the same id until the first one is finished', () => {
    const group = groupWith(1);
    group.take({ id: 'e0', position: 200, pinKey: '' }, 1);
    group.connect('a', 10);
    expect(deliveries(group)).toEqual(['a: e0']);
    group.acknowledge(['e0'], START_MS);
    expect(deliveries(group)).toEqual(['a: e0']);
    group.acknowledge(['e0'], START_MS);
    expect(group.progress.due(START_MS + 100)).toMatchObject({ sourcePosition: 1 });
  });

  it('is full with the maximum number of consumers', () => {
    const group = groupWith(0, { maxSubscriberCount: 1 });
    expect(group.isFull).toBe(false);
    group.connect('a', 1);
    expect(group.isFull).toBe(true);
    group.disconnect('a');
    expect(group.isFull).toBe(false);
  });

  it('reports statistics', () => {
    const group = groupWith(4, { extraStatistics: true });
    group.connect('a', 2);
    deliveries(group);
    group.nack(['e0'], 'retry', '', START_MS + 7);
    expect(group.statistics).toMatchObject({
      totalItems: 2,
      readBufferCount: 2,
      retryBufferCount: 1,
      outstandingCount: 1,
    });
    const [consumer] = group.statistics.consumers;
    expect(consumer).toMatchObject({ totalItems: 2, inFlight: 1, availableSlots: 1 });
    expect(consumer?.measurements()).toContainEqual({ key: 'Mean', value: 7 });
  });
});

describe('parked events that are replayed', () => {
  const parkedEvent = (revision: number): { id: string; position: number; pinKey: string } => ({
    id: `p${revision}`,
    position: 300 + revision,
    pinKey: '',
  });

  it('are delivered after retries and before new events, with a retry count of 0, and no longer count as parked', () => {
    const group = groupWith(2);
    group.connect('a', 1);
    deliveries(group);
    group.nack(['e0'], 'retry', '', START_MS);
    group.replay.begin(0, 2);
    expect(group.replay.countParked(0, 2)).toBe(2);
    group.takeParked(parkedEvent(0), 0);
    group.takeParked(parkedEvent(1), 1);
    expect(group.replay.isRunning).toBe(false);
    expect(group.replay.countParked(0, 2)).toBe(0);
    group.setPaused('a', true);
    group.connect('b', 10);
    expect(deliveries(group)).toEqual(['b: e0 1', 'b: p0', 'b: p1', 'b: e1']);
  });

  it('are truncated once they are finished', () => {
    const group = groupWith(0);
    group.replay.begin(0, 3);
    for (const revision of [0, 1, 2]) group.takeParked(parkedEvent(revision), revision);
    group.connect('a', 10);
    deliveries(group);
    expect(group.replay.truncation()).toBeUndefined();
    group.acknowledge(['p1'], START_MS);
    expect(group.replay.truncation()).toBeUndefined();
    group.acknowledge(['p0'], START_MS);
    expect(group.replay.truncation()).toBe(2);
    group.replay.truncated(2);
    expect(group.replay.truncation()).toBeUndefined();
    group.acknowledge(['p2'], START_MS);
    expect(group.replay.truncation()).toBe(3);
  });

  it('do not delay checkpoints', () => {
    const group = groupWith(1);
    group.replay.begin(0, 1);
    group.takeParked(parkedEvent(0), 0);
    group.connect('a', 10);
    deliveries(group);
    group.acknowledge(['e0'], START_MS);
    expect(group.progress.due(START_MS + 100)).toMatchObject({ sourcePosition: 0 });
  });

  it('may be parked again', () => {
    const group = groupWith(0);
    group.replay.begin(0, 1);
    group.takeParked(parkedEvent(0), 0);
    group.connect('a', 10);
    deliveries(group);
    const [parking] = group.nack(['p0'], 'park', 'still not', START_MS);
    if (parking === undefined) throw new Error('no event was parked');
    group.parkSucceeded(parking);
    expect(group.replay.truncation()).toBe(1);
    expect(group.replay.countParked(0, 2)).toBe(1);
  });

  it('are replayed from the first existing one up to a revision', () => {
    const { replay } = groupWith(0);
    replay.begin(4, 6);
    expect(replay.range).toEqual({ from: 4, end: 6 });
    replay.take(4);
    replay.begin(0, 100);
    expect(replay.range).toEqual({ from: 5, end: 6 });
    replay.exhausted();
    expect(replay.isRunning).toBe(false);
    replay.begin(4, 8);
    expect(replay.range).toEqual({ from: 6, end: 8 });
  });
});
