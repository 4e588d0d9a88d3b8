import { Logger } from '@nestjs/common';
import {
  closedAclOf,
  type EventStore,
  isClosed,
  isEvent,
  lastEventOf,
  NAME_SPACES,
  NAME_SPACES_STREAM,
  NameSpacesClaimed,
  NameSpacesTakenError,
  type NewStream,
  ownedBy,
  type Position,
  type RecordedEvent,
  StreamDeletedError,
  UnprovenStreams,
  WrongExpectedRevisionError,
} from '../domain/index.js';
import { decodeMetadata } from '../kurrentdb/stream-metadata-codec.js';

type ClaimingStore = Pick<
  EventStore,
  | 'appendToStream'
  | 'beginStream'
  | 'createStream'
  | 'getStreamMetadata'
  | 'identity'
  | 'readStream'
  | 'setStreamMetadata'
  | 'subscribeToAll'
>;

const CLOSED = closedAclOf(ownedBy('system'));
const PAGE_SIZE = 1_000;

/**
 * Tells the streams of this service from those that another user of the store has begun under its names. KurrentDB does
 * not record who wrote an event, so that order has to: what existed when the service claimed its name spaces was known
 * then, and what began later began with metadata that close it ({@link EventStore.beginStream}).
 */
export class NameSpaces {
  readonly #logger = new Logger(NameSpaces.name);
  readonly #reserved: NewStream[] = [];
  readonly #waiting: (() => void)[] = [];
  #isClaimed = false;
  /** Streams that began before it are accepted. */
  #acceptsUntil: Position | undefined;
  /** Position of the claim by which a stream was set aside. */
  readonly #setAside = new Map<string, Position>();

  constructor(
    private readonly store: ClaimingStore,
    /** Nobody else has a user of the store. */
    private readonly isOwnStore: boolean,
  ) {}

  /** Has a stream created before the name spaces are claimed, so that nobody else begins it. */
  reserve(stream: NewStream): void {
    this.#reserved.push(stream);
  }

  /** For another store: the next {@link claim} begins again. */
  forget(): void {
    this.#isClaimed = false;
    this.#acceptsUntil = undefined;
    this.#setAside.clear();
  }

  /** Resolves when {@link claim} has succeeded. */
  untilClaimed(): Promise<void> {
    return this.#isClaimed ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  get isClaimed(): boolean {
    return this.#isClaimed;
  }

  /** Whether a stream that was not closed before its first event, at `commit`, is this service's nevertheless. */
  accepts(streamName: string, commit: bigint): boolean {
    return this.#isAccepted(commit) && !this.#isSetAside(streamName, commit);
  }

  /** Logs that a stream is not used. */
  reportForeign(streamName: string): void {
    this.#logger.warn(
      `Stream '${streamName}' was begun by another user of KurrentDB and is not used; 'npm run streams -- adopt' decides on it`,
    );
  }

  /** Whether an event belongs to a stream that was set aside after it. */
  isSetAside({ streamName, position }: Pick<RecordedEvent, 'streamName' | 'position'>): boolean {
    return this.#setAside.size > 0 && position !== undefined && this.#isSetAside(streamName, position.commit);
  }

  /**
   * Claims the name spaces at the first start on a store; later, reads what was decided then.
   *
   * @param hasUsed whether an earlier version has worked with a store of this identity, by what is on this service's
   *   own disk
   * @throws NameSpacesTakenError at the first start on a store with unknown streams in them; errors of the store
   */
  async claim(hasUsed: (storeIdentity: string) => boolean): Promise<void> {
    if (!this.#isClaimed && !(await this.#readClaims())) await this.#claimFirst(hasUsed);
    else await this.#createReserved(); // after they were set aside
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Without a write for those that exist: the disk may be full. */
  async #createReserved(): Promise<void> {
    for (const stream of this.#reserved) {
      try {
        if ((await lastEventOf(this.store, stream.name)) === undefined) await this.store.createStream(stream);
      } catch (error) {
        // A tombstone: nobody can begin the stream any more.
        if (!(error instanceof StreamDeletedError)) throw error;
      }
    }
  }

  async #claimFirst(hasUsed: (storeIdentity: string) => boolean): Promise<void> {
    const identity = await this.store.identity();
    await this.#createReserved();
    const isKnown = this.isOwnStore || (identity !== undefined && hasUsed(identity));
    if (!isKnown) {
      const unproven = await this.unproven();
      if (unproven.length > 0) throw new NameSpacesTakenError(unproven);
    }
    await this.#append({ acceptsEarlier: isKnown, setAside: [] });
  }

  /** Reads what was decided, if anything was. @throws errors of the store */
  async read(): Promise<void> {
    await this.#readClaims();
  }

  /**
   * Streams that this service has neither begun nor accepted. Those that are {@link reserve}d exist then: nobody begins
   * them between the list and the claim.
   */
  async unproven(): Promise<readonly string[]> {
    await this.#readClaims();
    await this.#createReserved();
    const streams = new UnprovenStreams();
    await this.#readAll((event) => streams.apply(event, decodeMetadata(event.data)));
    return streams.list(({ commit }) => this.#isAccepted(commit));
  }

  /** Hides the events of some streams, and accepts all others that exist. */
  async adopt(setAside: readonly string[]): Promise<void> {
    if (!(await this.#readClaims())) await this.#hide(NAME_SPACES_STREAM);
    for (const name of setAside) await this.#hide(name);
    await this.#append({ acceptsEarlier: true, setAside });
  }

  #isAccepted(commit: bigint): boolean {
    return this.#acceptsUntil !== undefined && commit < this.#acceptsUntil.commit;
  }

  #isSetAside(streamName: string, commit: bigint): boolean {
    const position = this.#setAside.get(streamName);
    return position !== undefined && commit < position.commit;
  }

  async #append(data: NameSpacesClaimed): Promise<void> {
    const description = "What was in this service's name spaces when it claimed them";
    const stream = { name: NAME_SPACES_STREAM, description, owner: 'system', permissions: ownedBy('system') };
    const begins = await this.store.beginStream(stream);
    const last = begins === undefined ? await lastEventOf(this.store, NAME_SPACES_STREAM) : undefined;
    try {
      await this.store.appendToStream(
        NAME_SPACES_STREAM,
        { type: NameSpacesClaimed.type, data },
        { expectedRevision: begins ?? last?.revision ?? 'no_stream' },
      );
    } catch (error) {
      if (!(error instanceof WrongExpectedRevisionError)) throw error; // otherwise another replica was faster
    }
    if (!(await this.#readClaims())) throw new NameSpacesTakenError([NAME_SPACES_STREAM]);
    this.#logger.log(`The name spaces of this service are claimed; ${data.setAside.length} streams are set aside`);
  }

  /** @returns false if there are no claims, or none that can be trusted: then the stream was begun by someone else */
  async #readClaims(): Promise<boolean> {
    const [metadata] = await this.#read(`$$${NAME_SPACES_STREAM}`, 'last');
    if (metadata?.position === undefined || !isClosed(decodeMetadata(metadata.data).acl)) return false;
    const claims = await this.#read(NAME_SPACES_STREAM, 'all');
    const [first] = claims;
    if (first?.position === undefined || first.position.commit < metadata.position.commit) return false;
    for (const claim of claims) {
      if (!isEvent(claim, NameSpacesClaimed) || claim.position === undefined) continue;
      this.#isClaimed = true;
      if (claim.data.acceptsEarlier) this.#acceptsUntil = claim.position;
      for (const name of claim.data.setAside) this.#setAside.set(name, claim.position);
    }
    return this.#isClaimed;
  }

  async #read(streamName: string, which: 'last' | 'all'): Promise<readonly RecordedEvent[]> {
    if ((await lastEventOf(this.store, streamName)) === undefined) return [];
    return this.store.readStream(
      streamName,
      which === 'last' ? { limit: 1, direction: 'backwards' } : { limit: PAGE_SIZE },
    );
  }

  /** Closes a stream, and hides the events that it has then. */
  async #hide(streamName: string): Promise<void> {
    for (let isHidden = false; !isHidden;) {
      const { revision } = await this.store.getStreamMetadata(streamName);
      const last = await lastEventOf(this.store, streamName);
      if (revision === 'no_stream' && last === undefined) return;
      const hidden = last === undefined ? {} : { truncateBefore: Number(last.revision) + 1 };
      const expectedRevision = revision;
      await this.store.setStreamMetadata(streamName, { ...hidden, acl: CLOSED }, { expectedRevision });
      // An event may have been written before the stream was closed.
      isHidden = (await lastEventOf(this.store, streamName)) === undefined;
    }
  }

  #readAll(apply: (event: RecordedEvent) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => void subscription.stop().then(settle, reject);
      const subscription = this.store.subscribeToAll({
        filter: { streamNamePrefixes: NAME_SPACES.flatMap((prefix) => [prefix, `$$${prefix}`]) },
        onBatch: ({ events }) => events.forEach(apply),
        onCaughtUp: () => end(resolve),
        onInterrupted: (error) => end(() => reject(error)),
      });
    });
  }
}
