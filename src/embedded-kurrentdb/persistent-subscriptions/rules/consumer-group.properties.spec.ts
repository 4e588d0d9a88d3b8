import fc from 'fast-check';
import { ConsumerGroup } from './consumer-group.js';
import { type GroupMessage, type ParkRequest, type NackAction } from './group-message.js';
import { CONSUMER_STRATEGIES, type GroupSettings } from './settings.js';

const SETTINGS: Omit<GroupSettings, 'consumerStrategy'> = {
  resolveLinks: false,
  extraStatistics: false,
  messageTimeoutMs: 50,
  maxRetryCount: 2,
  checkpointAfterMs: 20,
  minCheckpointCount: 1,
  maxCheckpointCount: 5,
  maxSubscriberCount: 0,
  liveBufferSize: 0,
  historyBufferSize: 12,
  readBatchSize: 4,
};

const CONSUMERS = ['a', 'b', 'c'] as const;
const BUFFER_SIZE = 3;
const KEYS = 4;

type Step =
  | { readonly do: 'connect' | 'disconnect' | 'pause'; readonly consumer: (typeof CONSUMERS)[number] }
  | { readonly do: 'acknowledge' | 'reject'; readonly pick: number; readonly action: NackAction }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'write'; readonly count: number }
  | { readonly do: 'settle'; readonly succeeds: boolean };

const consumer = fc.constantFrom(...CONSUMERS);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constantFrom('connect', 'disconnect', 'pause'), consumer }),
    fc.record({
      do: fc.constantFrom('acknowledge', 'acknowledge', 'reject'),
      pick: fc.nat(),
      action: fc.constantFrom<NackAction>('park', 'retry', 'skip', 'unknown'),
    }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 80 }) }),
    fc.record({ do: fc.constant('write' as const), count: fc.integer({ min: 1, max: 6 }) }),
    fc.record({ do: fc.constant('settle' as const), succeeds: fc.boolean() }),
  ),
  { maxLength: 120, size: 'max' },
);

interface InFlight {
  readonly consumerId: string;
  readonly message: GroupMessage;
  readonly sinceMs: number;
}

/** Runs a group like the server does and checks its invariants after each step. */
class Run {
  readonly done = new Set<number>();
  readonly #group: ConsumerGroup;
  readonly #connected = new Set<string>();
  readonly #paused = new Set<string>();
  readonly #inFlight = new Map<string, InFlight>();
  #parkRequests: ParkRequest[] = [];
  #nowMs = 0;
  #taken = 0;
  written = 0;
  #checkpoint = -1;

  constructor(private readonly strategy: GroupSettings['consumerStrategy']) {
    this.#group = new ConsumerGroup({ ...SETTINGS, consumerStrategy: strategy }, undefined, 0);
  }

  step(step: Step): void {
    switch (step.do) {
      case 'connect':
        this.#connect(step.consumer);
        break;
      case 'disconnect':
        this.#disconnect(step.consumer);
        break;
      case 'pause':
        this.#setPaused(step.consumer, !this.#paused.has(step.consumer));
        break;
      case 'acknowledge':
      case 'reject':
        this.#settleAny(step.pick, step.do === 'reject' ? step.action : undefined);
        break;
      case 'wait':
        this.#nowMs += step.ms;
        break;
      case 'write':
        this.written += step.count;
        break;
      case 'settle':
        this.#settle(step.succeeds);
    }
    this.#run();
  }

  /** Drains the group: one consumer acks everything that is left. */
  finish(): void {
    for (const id of CONSUMERS) this.#disconnect(id);
    this.#connect('a');
    for (let turns = 0; this.done.size < this.written && turns < 1000; turns++) {
      this.#settle(true);
      for (const id of [...this.#inFlight.keys()]) this.#settleEvent(id, undefined);
      this.#nowMs += 10;
      this.#run();
    }
    this.#nowMs += 1000;
    this.#run();
  }

  get checkpointed(): number {
    return this.#checkpoint;
  }

  #run(): void {
    this.#expire();
    for (let left = this.#group.readCount; left > 0 && this.#taken < this.written; left--) {
      const sourcePosition = this.#taken++;
      this.#group.take(
        { id: `e${sourcePosition}`, position: sourcePosition, pinKey: `k${sourcePosition % KEYS}` },
        sourcePosition,
      );
    }
    for (
      let delivery = this.#group.nextDelivery(this.#nowMs);
      delivery !== undefined;
      delivery = this.#group.nextDelivery(this.#nowMs)
    ) {
      const { consumerId, message } = delivery;
      const isWanted = this.#connected.has(consumerId) && !this.#paused.has(consumerId);
      if (!isWanted || this.#inFlight.has(message.id) || this.done.has(message.position))
        throw new Error(`${message.id} was delivered to ${consumerId}`);
      this.#inFlight.set(message.id, { consumerId, message, sinceMs: this.#nowMs });
      this.#checkSharing(consumerId, message);
    }
    this.#takeCheckpoint();
  }

  #checkSharing(consumerId: string, { pinKey }: GroupMessage): void {
    const ofConsumer = [...this.#inFlight.values()].filter((other) => other.consumerId === consumerId);
    if (ofConsumer.length > BUFFER_SIZE) throw new Error(`${consumerId} exceeds its buffer size`);
    if (this.strategy !== 'Pinned' && this.strategy !== 'PinnedByCorrelation') return;
    const owners = new Set(
      [...this.#inFlight.values()].filter(({ message }) => message.pinKey === pinKey).map((other) => other.consumerId),
    );
    if (owners.size > 1) throw new Error(`events of ${pinKey} are with ${[...owners].join(' and ')}`);
  }

  #takeCheckpoint(): void {
    const due = this.#group.progress.due(this.#nowMs);
    if (due === undefined) return;
    if (due.sourcePosition <= this.#checkpoint) throw new Error('the checkpoint did not advance');
    for (let sourcePosition = this.#checkpoint + 1; sourcePosition <= due.sourcePosition; sourcePosition++)
      if (!this.done.has(sourcePosition)) throw new Error(`${sourcePosition} is checkpointed but not finished`);
    this.#checkpoint = due.sourcePosition;
    this.#group.progress.written(due, this.#nowMs);
  }

  #connect(id: string): void {
    if (this.#connected.has(id)) return;
    this.#connected.add(id);
    this.#group.connect(id, BUFFER_SIZE);
  }

  #disconnect(id: string): void {
    if (!this.#connected.delete(id)) return;
    this.#paused.delete(id);
    for (const [eventId, delivered] of this.#inFlight) if (delivered.consumerId === id) this.#inFlight.delete(eventId);
    this.#parkRequests.push(...this.#group.disconnect(id));
  }

  #setPaused(id: string, paused: boolean): void {
    if (!this.#connected.has(id)) return;
    if (paused) this.#paused.add(id);
    else this.#paused.delete(id);
    this.#group.setPaused(id, paused);
  }

  #settleAny(pick: number, action: NackAction | undefined): void {
    const id = [...this.#inFlight.keys()][pick % Math.max(1, this.#inFlight.size)];
    if (id !== undefined) this.#settleEvent(id, action);
  }

  #settleEvent(id: string, action: NackAction | undefined): void {
    const delivered = this.#inFlight.get(id);
    this.#inFlight.delete(id);
    if (action === undefined) this.#group.acknowledge([id], this.#nowMs);
    else this.#parkRequests.push(...this.#group.nack([id], action, '', this.#nowMs));
    if (delivered !== undefined && (action === undefined || action === 'skip'))
      this.done.add(delivered.message.position);
  }

  #settle(succeeds: boolean): void {
    for (const parking of this.#parkRequests) {
      if (succeeds) {
        this.#group.parkSucceeded(parking);
        this.done.add(parking.message.position);
      } else {
        this.#group.parkFailed(parking);
      }
    }
    this.#parkRequests = [];
  }

  /** Removes events whose message timeout has passed. */
  #expire(): void {
    for (const [id, { sinceMs }] of this.#inFlight)
      if (sinceMs + SETTINGS.messageTimeoutMs <= this.#nowMs) this.#inFlight.delete(id);
    this.#parkRequests.push(...this.#group.expire(this.#nowMs));
  }
}

describe('a group with arbitrary consumers', () => {
  it.each(CONSUMER_STRATEGIES)(
    'loses no event, never checkpoints unfinished ones and follows its strategy (%s)',
    (strategy) => {
      fc.assert(
        fc.property(steps, (sequence) => {
          const run = new Run(strategy);
          for (const step of sequence) run.step(step);
          run.finish();
          expect(run.done.size).toBe(run.written);
          expect(run.checkpointed).toBe(run.written - 1);
        }),
        { numRuns: 300 },
      );
    },
  );
});
