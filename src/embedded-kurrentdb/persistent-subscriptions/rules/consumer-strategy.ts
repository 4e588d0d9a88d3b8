import { type Consumer } from './consumer.js';
import { PinnedStrategy } from './pinned-strategy.js';
import { type ConsumerStrategyName } from './settings.js';

export interface ConsumerStrategy {
  add(consumer: Consumer): void;
  remove(consumer: Consumer): void;
  /** The consumer for an event with this key; undefined if the event has to wait. */
  choose(pinKey: string): Consumer | undefined;
  /** An event with this key was delivered to the consumer. */
  taken(consumer: Consumer, pinKey: string): void;
  /** An event with this key is no longer in flight. */
  released(consumer: Consumer, pinKey: string): void;
}

export function strategyFor(name: ConsumerStrategyName): ConsumerStrategy {
  switch (name) {
    case 'DispatchToSingle':
      return new QueueStrategy('dispatchToSingle');
    case 'RoundRobin':
      return new QueueStrategy('roundRobin');
    case 'Pinned':
    case 'PinnedByCorrelation':
      return new PinnedStrategy();
  }
}

/**
 * `roundRobin`: consumers take turns, one event each [consume.two-consumers.round-robin]. `dispatchToSingle`: the first
 * consumer receives all events until it is full; then it moves to the end of the queue.
 */
class QueueStrategy implements ConsumerStrategy {
  #queue: Consumer[] = [];

  constructor(private readonly order: 'roundRobin' | 'dispatchToSingle') {}

  add(consumer: Consumer): void {
    this.#queue.push(consumer);
  }

  remove(consumer: Consumer): void {
    this.#queue = this.#queue.filter((other) => other !== consumer);
  }

  choose(): Consumer | undefined {
    const index = this.#queue.findIndex((consumer) => consumer.canReceive);
    if (index < 0) return undefined;
    const chosen = this.#queue[index];
    const passed = this.order === 'roundRobin' ? index + 1 : index;
    this.#queue = [...this.#queue.slice(passed), ...this.#queue.slice(0, passed)];
    return chosen;
  }

  taken(): void {
    // the queue is the only state
  }

  released(): void {
    // the queue is the only state
  }
}
