import { Logger } from '@nestjs/common';
import { type Clock, ConnectionError } from '../domain/index.js';
import { Poll } from '../poll.js';
import { type InLog, type InStream, judgeStore, laterOf, type LogMark, type StoreEvidence } from './judge-store.js';

/** Reads of one event each. All throw the errors of the event store. */
export interface MarkReader {
  /** The last event of `$all`. @param fromLeader not from a replica of the store, which may lag behind */
  end(fromLeader: boolean): Promise<LogMark | undefined>;
  inStream(mark: LogMark, fromLeader: boolean): Promise<InStream>;
  inLog(mark: LogMark, fromLeader: boolean): Promise<InLog>;
}

/** The store is another one than before, and what was derived from the earlier one is being replaced. */
export class StoreReplacedError extends ConnectionError {}

interface Replacement {
  /** The event that is missing. */
  readonly before: LogMark;
  /** The last event of the store now. */
  readonly after: LogMark | undefined;
}

export interface ReplacementListener {
  /** What was read from the store before must not be used any more. */
  onReplaced?(): void;
  /** Derives everything from the store again. Called once more if the store is replaced again meanwhile. */
  rebuild?(): Promise<void>;
}

/** What a subscription asks and tells about the store that it reads. */
export interface StoreFollowing {
  /** Before each connection: the store is that of the beginning. @throws StoreReplacedError, errors of the store */
  assertSame(): Promise<void>;
  /** The connection was lost: what answers next may be another store. */
  interrupted(): void;
  delivered(mark: LogMark): void;
}

/** Without an interruption, the end of the log is compared at each poll, and an event before it this often. */
const VERIFY_EVERY_MS = 1_000;
/** Marks of different streams, so that one which is deleted and scavenged is not the only one. */
const MAX_OLDER = 8;

const MESSAGE =
  'KurrentDB was replaced by another or an older store; the tables are rebuilt from it, retry in a moment';

/**
 * Notices that the store was replaced while the service runs, such as by an older backup: an event that was seen is
 * not where it was. Until everything is rebuilt, writes fail with {@link StoreReplacedError}; subscriptions are not
 * resumed, but opened from the beginning.
 *
 * After an interruption nothing is trusted before the store was compared with what was seen.
 */
export class StoreWatch {
  readonly #logger = new Logger(StoreWatch.name);
  readonly #listeners = new Set<ReplacementListener>();
  readonly #stop = new AbortController();
  readonly #poll: Poll;
  #generation = 0;
  #isRebuilding = false;
  /** The end of the log when it was compared last. */
  #known: LogMark | undefined;
  /** The last event delivered by a subscription. */
  #delivered: LogMark | undefined;
  /** Of tables from before the start, until they were compared. */
  #stored: LogMark[] = [];
  #older: LogMark[] = [];
  #verifiedAt = -Infinity;
  /** Number of interruptions; and of those that a comparison followed. */
  #interruptions = 1;
  #compared = 0;
  #comparing: Promise<void> | undefined;

  constructor(
    private readonly reader: MarkReader,
    private readonly clock: Clock,
  ) {
    this.#poll = new Poll(() => this.#compare(), clock);
  }

  /** Set while what is derived from the store is being rebuilt from another one. */
  get problem(): StoreReplacedError | undefined {
    return this.#isRebuilding ? new StoreReplacedError(MESSAGE) : undefined;
  }

  /** The last event that was seen: store it with what is derived from the log, for {@link remember}. */
  get last(): LogMark | undefined {
    return laterOf(this.#known, this.#delivered);
  }

  /** Compares the store with an event that an earlier process has seen; before {@link start}. */
  remember(mark: LogMark): void {
    this.#stored.push(mark);
  }

  /** @returns a function that removes the listener */
  listen(listener: ReplacementListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#poll.start();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#poll.stop();
  }

  /** For one subscription, from its beginning to its end. */
  follow(): StoreFollowing {
    const generation = this.#generation;
    const isCurrent = (): boolean => generation === this.#generation;
    return {
      assertSame: async () => {
        if (isCurrent() && !this.#isCertain) await this.#compare();
        if (!isCurrent()) throw new StoreReplacedError(MESSAGE);
      },
      interrupted: () => {
        if (isCurrent()) this.#interruptions++;
      },
      delivered: (mark) => {
        if (isCurrent()) this.#delivered = laterOf(this.#delivered, mark);
      },
    };
  }

  /** Undefined if the store may be written to now. @throws StoreReplacedError, and rejects with errors of the store */
  assertWritable(): Promise<void> | undefined {
    this.assertNotReplaced();
    return this.#isCertain ? undefined : this.#compare().then(() => this.assertNotReplaced());
  }

  /** @throws StoreReplacedError as {@link problem} */
  assertNotReplaced(): void {
    const { problem } = this;
    if (problem) throw problem;
  }

  get #isCertain(): boolean {
    return this.#compared === this.#interruptions;
  }

  /** Single-flight; a comparison that began before the last interruption is followed by another one. */
  async #compare(): Promise<void> {
    const interruptions = this.#interruptions;
    do {
      this.#comparing ??= this.#compareOnce().finally(() => (this.#comparing = undefined));
      await this.#comparing;
    } while (this.#compared < interruptions);
  }

  async #compareOnce(): Promise<void> {
    const interruptions = this.#interruptions;
    try {
      // A replica of the store may lag behind: only its leader can show that an event is missing.
      const replacement = (await this.#find(false)) && (await this.#find(true));
      if (replacement) this.#onReplaced(replacement);
      this.#compared = interruptions;
    } catch (error) {
      this.#interruptions++;
      throw error;
    }
  }

  /** Undefined if all events are there that were seen. */
  async #find(fromLeader: boolean): Promise<Replacement | undefined> {
    const readAt = this.clock.monotonic();
    const isDue = !this.#isCertain || fromLeader || readAt - this.#verifiedAt >= VERIFY_EVERY_MS;
    // Those of before the read: the log has grown by what is delivered meanwhile.
    const marks = [this.#known, this.#delivered, ...this.#stored].filter((mark) => mark !== undefined);
    const end = await this.reader.end(fromLeader);
    for (const mark of marks) {
      const isAtEnd = !end || end.commit <= mark.commit;
      if ((isDue || isAtEnd) && !(await this.#isThere(mark, end, fromLeader))) return { before: mark, after: end };
    }
    if (isDue || !this.#known) this.#verified(end, readAt);
    return undefined;
  }

  #verified(end: LogMark | undefined, readAt: number): void {
    this.#verifiedAt = readAt;
    this.#stored = [];
    this.#known = end;
    if (!end) return;
    if (this.#delivered && this.#delivered.commit <= end.commit) this.#delivered = undefined;
    this.#older = [...this.#older.filter(({ streamName }) => streamName !== end.streamName), end].slice(-MAX_OLDER);
  }

  async #isThere(mark: LogMark, end: LogMark | undefined, fromLeader: boolean): Promise<boolean> {
    let evidence: StoreEvidence = { end };
    for (;;) {
      switch (judgeStore(mark, evidence)) {
        case 'same':
          return true;
        case 'replaced':
          return false;
        case 'look-at-stream':
          evidence = { ...evidence, inStream: await this.reader.inStream(mark, fromLeader) };
          break;
        case 'look-at-log':
          evidence = { ...evidence, inLog: await this.reader.inLog(mark, fromLeader) };
          break;
        case 'look-at-older':
          evidence = { ...evidence, hasOlder: await this.#hasOlder(mark, fromLeader) };
      }
    }
  }

  async #hasOlder(mark: LogMark, fromLeader: boolean): Promise<boolean> {
    for (const older of this.#older.filter(({ streamName }) => streamName !== mark.streamName).reverse())
      if ((await this.reader.inStream(older, fromLeader)) === 'same') return true;
    return false;
  }

  #onReplaced(replacement: Replacement): void {
    const { before, after } = replacement;
    this.#logger.warn(
      {
        before: placeOf(before),
        after: after && placeOf(after),
      },
      'KurrentDB was replaced: an event that was seen is not there. Not ready until the tables are rebuilt',
    );
    this.#generation++;
    this.#isRebuilding = true;
    this.#known = after;
    this.#delivered = undefined;
    this.#stored = [];
    this.#older = [];
    for (const listener of this.#listeners) this.#notify(listener);
    void this.#rebuild(this.#generation, this.clock.monotonic());
  }

  #notify(listener: ReplacementListener): void {
    try {
      listener.onReplaced?.();
    } catch (error) {
      this.#logger.error({ err: error }, 'A listener failed');
    }
  }

  async #rebuild(generation: number, since: number): Promise<void> {
    await Promise.all([...this.#listeners].map(async (listener) => listener.rebuild?.()));
    if (generation !== this.#generation || this.#stop.signal.aborted) return;
    this.#isRebuilding = false;
    this.#logger.log(`The tables were rebuilt from KurrentDB in ${Math.round(this.clock.monotonic() - since)} ms`);
  }
}

function placeOf({ commit, streamName, revision, id }: LogMark): Record<string, string> {
  return { position: String(commit), event: `${revision}@${streamName}`, id };
}
