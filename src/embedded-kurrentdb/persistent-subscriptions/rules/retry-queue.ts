import { type GroupMessage } from './group-message.js';

/** Events to redeliver: those of the source in its order, then replayed parked ones in the order of their replay. */
export class RetryQueue implements Iterable<GroupMessage> {
  readonly #messages: GroupMessage[] = [];

  get size(): number {
    return this.#messages.length;
  }

  add(message: GroupMessage): void {
    const { sequence } = message;
    const index =
      sequence === undefined
        ? -1
        : this.#messages.findIndex((other) => other.sequence === undefined || other.sequence > sequence);
    if (index < 0) this.#messages.push(message);
    else this.#messages.splice(index, 0, message);
  }

  delete(message: GroupMessage): boolean {
    const index = this.#messages.indexOf(message);
    if (index >= 0) this.#messages.splice(index, 1);
    return index >= 0;
  }

  [Symbol.iterator](): Iterator<GroupMessage> {
    return this.#messages[Symbol.iterator]();
  }
}
