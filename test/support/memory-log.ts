import { type InLog, type InStream, type LogMark } from '../../src/event-store/store-watch/judge-store.js';
import { type MarkReader } from '../../src/event-store/store-watch/store-watch.js';

let ids = 0;

/** A log in memory, read like that of a store. */
export class MemoryLog implements MarkReader {
  events: LogMark[] = [];
  /** What a replica of the store has, if it lags behind. */
  replica: readonly LogMark[] | undefined;
  isAway = false;
  readonly #deleted = new Set<string>();
  /** Reads so far. */
  reads = 0;

  append(streamName: string, count = 1): LogMark {
    for (let n = 0; n < count; n++) {
      const commit = (this.events.at(-1)?.commit ?? 0n) + 10n;
      const revision = BigInt(this.events.filter((event) => event.streamName === streamName).length);
      this.events.push({ commit, prepare: commit, id: `id-${ids++}`, streamName, revision });
    }
    const last = this.events.at(-1);
    if (!last) throw new Error('nothing was appended');
    return last;
  }

  /** Takes events out of the log, as a scavenge does. */
  scavenge(isRemoved: (event: LogMark) => boolean): void {
    this.events = this.events.filter((event) => !isRemoved(event));
  }

  tombstone(streamName: string): void {
    this.#deleted.add(streamName);
  }

  async end(fromLeader: boolean): Promise<LogMark | undefined> {
    return (await this.#read(fromLeader)).at(-1);
  }

  async inStream(mark: LogMark, fromLeader: boolean): Promise<InStream> {
    const events = await this.#read(fromLeader);
    if (this.#deleted.has(mark.streamName)) return 'deleted';
    const found = events.find(
      ({ streamName, revision }) => streamName === mark.streamName && revision >= mark.revision,
    );
    if (!found) return 'nothing';
    if (found.revision > mark.revision) return 'truncated';
    return found.id === mark.id && found.commit === mark.commit ? 'same' : 'other';
  }

  async inLog(mark: LogMark, fromLeader: boolean): Promise<InLog> {
    const found = (await this.#read(fromLeader)).find(({ commit }) => commit === mark.commit);
    if (!found) return 'nothing';
    return found.id === mark.id ? 'same' : 'other';
  }

  #read(fromLeader: boolean): Promise<readonly LogMark[]> {
    this.reads++;
    if (this.isAway) return Promise.reject(new Error('the store is away'));
    return Promise.resolve(fromLeader ? this.events : (this.replica ?? this.events));
  }
}
