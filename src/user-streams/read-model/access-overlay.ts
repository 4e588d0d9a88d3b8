import { isMetadataStream, originalStreamOf, type RecordedEvent } from '../../event-store/index.js';
import { type AccessChange, mergeAccessChanges, type UserStream, withAccessChange } from '../domain/index.js';

/**
 * Changes of access that this process has written, until the tables have passed them: a change is in force when it is
 * answered, however far the tables are behind.
 */
export class AccessOverlay {
  readonly #changes = new Map<string, AccessChange>();

  /** @param row of the stream in the tables, which may have the change already */
  put(streamName: string, change: AccessChange, row: UserStream | undefined): void {
    if (row && withAccessChange(row, change) === row) return;
    this.#changes.set(streamName, mergeAccessChanges(this.#changes.get(streamName) ?? {}, change));
  }

  /** The store was replaced: its streams are at other revisions. */
  clear(): void {
    this.#changes.clear();
  }

  /** A row of the tables with the changes that it does not have yet. */
  applyTo(stream: UserStream): UserStream {
    const change = this.#changes.get(stream.name);
    return change ? withAccessChange(stream, change) : stream;
  }

  /** Names of the streams with changes. */
  names(): Iterable<string> {
    return this.#changes.keys();
  }

  /** Revision of a deletion or restoration up to `at` that follows the given row; undefined if there is none. */
  revisionAt({ name, revision }: UserStream, at: number): number | undefined {
    const deletion = this.#changes.get(name)?.deletion;
    return deletion && deletion.revision > revision && deletion.at <= at ? deletion.revision : undefined;
  }

  /** Drops what the tables have now. */
  dropApplied(events: readonly RecordedEvent[]): void {
    if (this.#changes.size === 0) return;
    for (const { streamName, revision } of events) {
      const name = originalStreamOf(streamName);
      const change = this.#changes.get(name);
      if (!change) continue;
      const part = isMetadataStream(streamName) ? 'metadata' : 'deletion';
      if (BigInt(change[part]?.revision ?? Number.MAX_SAFE_INTEGER) > revision) continue;
      const { [part]: _, ...left } = change;
      if (Object.keys(left).length === 0) this.#changes.delete(name);
      else this.#changes.set(name, left);
    }
  }
}
