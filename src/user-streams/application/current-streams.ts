import { SharedCalls } from '../../common/shared-calls.js';
import {
  type Caller,
  type Clock,
  ConnectionError,
  type EventStore,
  isEvent,
  lastEventOf,
  type StreamAuthorizer,
  StreamDeleted,
  StreamDeletedError,
  type StreamRight,
  TimeoutError,
} from '../../event-store/domain/index.js';
import { type AccessChange, type UserStream, type UserStreamKey, withAccessChange } from '../domain/index.js';
import { type UserStreamReadModel } from './user-stream-read-model.js';

/** A confirmation that began longer ago is not shared: its result would be too old. */
const SHARED_FOR_MS = 500;
/** Confirmations of a list at a time. */
const GROUP_SIZE = 50;

/**
 * Streams as access to them is decided: none with permissions, or a deletion, that were changed more than a second ago.
 * While the read model cannot be shown to be that fresh, what it grants to anyone but the stream's user is confirmed in
 * the store.
 */
export class CurrentStreams {
  /** Undefined for a stream that does not exist any more. */
  readonly #confirmations: SharedCalls<AccessChange | undefined>;

  constructor(
    private readonly readModel: UserStreamReadModel,
    private readonly store: Pick<EventStore, 'readStream' | 'getStreamMetadata'>,
    private readonly authorizer: StreamAuthorizer,
    clock: Clock,
  ) {
    this.#confirmations = new SharedCalls(clock, SHARED_FOR_MS);
  }

  /**
   * The stream to decide the right on; undefined if it does not exist. Synchronous unless it has to be confirmed.
   *
   * @throws ConnectionError (the promise rejects) if the store cannot confirm it
   */
  find(
    caller: Caller,
    right: StreamRight,
    key: UserStreamKey,
  ): UserStream | undefined | Promise<UserStream | undefined> {
    const stream = this.readModel.stream(key);
    return stream && this.#isToConfirm(caller, right, key, stream) ? this.#confirm(key, stream.name) : stream;
  }

  /** {@link find} for rows of the read model; streams that do not exist any more are left out. */
  async findAll(
    caller: Caller,
    right: StreamRight,
    rows: readonly { readonly key: UserStreamKey; readonly stream: UserStream }[],
  ): Promise<readonly UserStream[]> {
    if (this.readModel.isFresh) return rows.map(({ stream }) => stream);
    const found: UserStream[] = [];
    for (let start = 0; start < rows.length; start += GROUP_SIZE) {
      const group = rows
        .slice(start, start + GROUP_SIZE)
        .map(async ({ key, stream }) =>
          this.#isToConfirm(caller, right, key, stream) ? this.#confirm(key, stream.name) : stream,
        );
      found.push(...(await Promise.all(group)).filter((stream) => stream !== undefined));
    }
    return found;
  }

  /** A refusal needs no confirmation, and takes the same time as that of a stream which does not exist. */
  #isToConfirm(caller: Caller, right: StreamRight, { userId }: UserStreamKey, stream: UserStream): boolean {
    if (this.readModel.isFresh || (caller.kind === 'known' && caller.id === userId)) return false;
    return this.authorizer.has(caller, right, stream);
  }

  async #confirm(key: UserStreamKey, name: string): Promise<UserStream | undefined> {
    const change = await this.#confirmations.run(name, () => this.#read(name));
    // The table may have a later change by now.
    const stream = this.readModel.stream(key);
    return stream && change && withAccessChange(stream, change);
  }

  async #read(name: string): Promise<AccessChange | undefined> {
    try {
      const [{ metadata, revision }, last] = await Promise.all([
        this.store.getStreamMetadata(name),
        lastEventOf(this.store, name),
      ]);
      if (!last) return undefined;
      return {
        ...(revision === 'no_stream' ? {} : { metadata: { revision: Number(revision), metadata } }),
        deletion: {
          revision: Number(last.revision),
          at: Date.parse(last.timestamp),
          isDeleted: isEvent(last, StreamDeleted),
        },
      };
    } catch (error) {
      // KurrentDB's tombstone: the stream cannot be read any more.
      if (error instanceof StreamDeletedError) return undefined;
      if (!(error instanceof TimeoutError)) throw error;
      throw new ConnectionError(
        `This replica is behind KurrentDB, which did not confirm the permissions of stream '${name}' in time; retry in a moment`,
        { streamName: name, cause: error },
      );
    }
  }
}
