import { LRUCache } from 'lru-cache';
import { SharedCalls } from '../../common/shared-calls.js';
import {
  type Clock,
  type EventPage,
  type EventPageReader,
  type RecordedEvent,
  StreamDeletedError,
  StreamNotFoundError,
} from '../../event-store/domain/index.js';
import { type UserStreamReadModel } from './user-stream-read-model.js';

const PAGE_SIZE = 100;
/** Size of the events that a feed has read and not delivered yet, beside one larger event. */
const PAGE_BYTES = 65_536;
/** Of pages that other feeds of the stream may be about to read. */
const SHARED_BYTES = 16 * 1_048_576;
/** In which all feeds of a stream have been notified of its last event. */
const SHARED_MS = 500;

/** Undefined if the stream was deleted in KurrentDB itself. */
type Events = readonly RecordedEvent[] | undefined;

/** Events of one stream, for one feed. */
export interface FollowedStream {
  /** The next events from a revision on; empty if there are none yet. @throws errors of the store */
  read(from: bigint): Promise<Events>;
  stop(): void;
}

interface Followers {
  readonly wakes: Set<() => void>;
  /** Differs after each change, and for later followers: a read from before may lack an event. */
  version: number;
}

/** The streams of all feeds: an event is read once, however many feeds deliver it. */
export class FollowedStreams {
  readonly #followers = new Map<string, Followers>();
  readonly #reads: SharedCalls<Events>;
  #version = 0;
  readonly #pages = new LRUCache<string, EventPage>({
    maxSize: SHARED_BYTES,
    ttl: SHARED_MS,
    sizeCalculation: ({ bytes }) => bytes,
  });

  constructor(
    readModel: Pick<UserStreamReadModel, 'listen'>,
    private readonly pages: EventPageReader,
    clock: Clock,
  ) {
    this.#reads = new SharedCalls(clock, Number.POSITIVE_INFINITY);
    readModel.listen((changed) => {
      for (const name of changed) this.#onChange(name);
    });
  }

  /** @param wake called when the stream has changed */
  follow(name: string, wake: () => void): FollowedStream {
    const followers = this.#followers.get(name) ?? { wakes: new Set(), version: ++this.#version };
    this.#followers.set(name, followers);
    followers.wakes.add(wake);
    return {
      read: (from) => this.#read(name, from, followers.version),
      stop: () => {
        followers.wakes.delete(wake);
        if (followers.wakes.size === 0) this.#followers.delete(name);
      },
    };
  }

  #onChange(name: string): void {
    const followers = this.#followers.get(name);
    if (!followers) return;
    followers.version = ++this.#version;
    for (const wake of followers.wakes) wake();
  }

  async #read(name: string, from: bigint, version: number): Promise<Events> {
    const page = this.#pages.get(pageKey(name, from));
    return page ? page.events : this.#reads.run(`${pageKey(name, from)}/${version}`, () => this.#readNow(name, from));
  }

  async #readNow(name: string, from: bigint): Promise<Events> {
    try {
      const page = await this.pages.read(name, { from, limit: PAGE_SIZE, maxBytes: PAGE_BYTES });
      if (page.events.length > 0) this.#pages.set(pageKey(name, from), page);
      return page.events;
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return undefined;
      throw error;
    }
  }
}

const pageKey = (name: string, from: bigint): string => `${name}@${from}`;
