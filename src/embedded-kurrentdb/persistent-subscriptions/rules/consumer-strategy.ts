import { type Consumer } from './consumer.js';
import { PinnedStrategy } from './pinned-strategy.js';
import { type ConsumerStrategyName } from './settings.js';

/** Decides who gets which event. */
export interface ConsumerStrategy {
  add(consumer: Consumer): void;
  remove(consumer: Consumer): void;
  /** Who is to have an event with this key now; undefined if it has to wait. */
  choose(pinKey: string): Consumer | undefined;
  /** The consumer was given an event with this key. */
  taken(consumer: Consumer, pinKey: string): void;
  /** The consumer does not have it any more. */
  released(consumer: Consumer, pinKey: string): void;
}

export function strategyFor(name: ConsumerStrategyName): ConsumerStrategy {
  switch (name) {
    case 'DispatchToSingle':
      return new QueueStrategy('stayWithFirst');
    case 'RoundRobin':
      return new QueueStrategy('takeTurns');
    case 'Pinned':
    case 'PinnedByCorrelation':
      return new PinnedStrategy();
  }
}

/**
 * Consumers in a queue. `takeTurns`: one event each [consume.two-consumers.round-robin]. `stayWithFirst`: the first one gets
 * everything until it is full; then it goes to the end of the queue.
 */
class QueueStrategy implements ConsumerStrategy {
  #queue: Consumer[] = [];

  constructor(private readonly order: 'takeTurns' | 'stayWithFirst') {}

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
    const passed = this.order === 'takeTurns' ? index + 1 : index;
    this.#queue = [...this.#queue.slice(passed), ...this.#queue.slice(0, passed)];
    return chosen;
  }

  taken(): void {
    // the order is all there is to know
  }

  released(): void {
    // the order is all there is to know
  }
}
