import { toTimestamp } from '../../common/time.js';
import {
  type AppendResult,
  waitForReadModel,
  type Clock,
  createEventId,
  type EventStore,
  type NewEvent,
  type Position,
  type RandomString,
  type StreamAuthorizer,
  WrongExpectedRevisionError,
} from '../../event-store/domain/index.js';
import {
  type InitialMetadata,
  type Decision,
  jsonBytes,
  type QuotaReservations,
  streamNameOf,
  UserDataUpdated,
  type UserStream,
  type UserStreamKey,
} from '../domain/index.js';
import { type DataSchemas } from './data-schemas.js';
import { type WriteCommand, type WriteOutcome, type WriteRequest } from './write-command.js';
import { type Digest, IdempotencyKey } from './idempotency-key.js';
import { KeyedMutex } from './keyed-mutex.js';
import { assertCaughtUp, type UserStreamReadModel, VISIBLE_WITHIN_MS } from './user-stream-read-model.js';

/** How long a write is decided again when another replica was faster, where the caller demanded no revision, in milliseconds. */
const TRIED_FOR_MS = 5_000;
const SOURCE = 'penguin-pool-streams/user-streams';

/** An order, decided: what is to be appended. */
interface PlannedWrite extends Decision {
  readonly request: WriteRequest;
  /** What the stream was; undefined where it had no event. */
  readonly stream: UserStream | undefined;
  readonly streamName: string;
  readonly events: readonly NewEvent[];
  readonly at: number;
  readonly bytes: number;
  readonly largestBytes: number;
  readonly requestKey: IdempotencyKey | undefined;
}

export interface CommandHandlerOptions {
  readonly store: Pick<EventStore, 'appendToStream' | 'appendToStreams' | 'readStream' | 'initializeMetadata'>;
  readonly table: UserStreamReadModel;
  readonly authorizer: StreamAuthorizer;
  readonly schemas: DataSchemas;
  readonly quota: QuotaReservations;
  readonly clock: Clock;
  readonly random: RandomString;
  readonly digest: Digest;
}

/**
 * Carries out what is asked of streams: each order is decided on what its stream is, and appended to exactly that revision. Throws what the
 * decisions throw, and PermissionError, QuotaExceededError, EventTooLargeError, ValidationError, ConnectionError and TimeoutError.
 */
export class CommandHandler {
  readonly #mutex = new KeyedMutex();

  constructor(private readonly options: CommandHandlerOptions) {}

  /** Carries out all orders in one atomic write, in their order. */
  execute(commands: readonly WriteCommand[]): Promise<WriteOutcome[]> {
    return this.#mutex.run(
      commands.map(({ request }) => streamNameOf(request.key)),
      async () => {
        for (const givesUpAt = this.options.clock.monotonic() + TRIED_FOR_MS; ;) {
          try {
            return await this.#attempt(commands);
          } catch (error) {
            if (
              !(error instanceof WrongExpectedRevisionError) ||
              isDemanded(commands, error) ||
              error.streamName === undefined ||
              this.options.clock.monotonic() > givesUpAt
            )
              throw error;
            await this.#catchUp(error.streamName);
          }
        }
      },
    );
  }

  async #attempt(commands: readonly WriteCommand[]): Promise<WriteOutcome[]> {
    const { table } = this.options;
    assertCaughtUp(table);
    for (const command of commands) this.#assertAllowed(command);
    for (const { request } of commands) await this.#waitForDemanded(request);
    const replayed = await this.#replayAll(commands);
    if (replayed) return replayed;
    const plans = commands.map((command) => this.#plan(command));
    const release = this.#holdQuota(plans);
    try {
      const { position, revisions } = await this.#append(plans);
      // What shows in the usage must not be held too, while the metadata are being written.
      const shown = position && table.waitFor(position, VISIBLE_WITHIN_MS).finally(release);
      const last = await this.#writeMetadata(plans);
      await (last ? table.waitFor(last, VISIBLE_WITHIN_MS) : shown);
      return plans.map((plan) => this.#outcomeOf(plan, revisions.get(plan.streamName) ?? 0n));
    } finally {
      release();
    }
  }

  #assertAllowed({ request: { caller, key }, right }: WriteCommand): void {
    this.options.authorizer.assertMay(caller, right, {
      name: streamNameOf(key),
      permissions: this.options.table.stream(key)?.permissions,
    });
  }

  /** The outcomes of a request that was carried out before. @throws ValidationError for a key that was used otherwise */
  async #replayAll(commands: readonly WriteCommand[]): Promise<WriteOutcome[] | undefined> {
    if (!commands.some((command) => this.#replay(command))) return undefined;
    // The events of one write come into the read model one after the other: those that are there may not be all.
    for (const { request } of commands) await this.#catchUp(streamNameOf(request.key));
    const replayed = commands.flatMap((command) => this.#replay(command) ?? []);
    if (replayed.length < commands.length) return undefined;
    for (const { request } of commands) await this.#completeMetadata(request.key);
    return replayed;
  }

  #replay(command: WriteCommand): WriteOutcome | undefined {
    const requestKey = this.#idempotencyKeyOf(command);
    const done = requestKey && this.options.table.processed(requestKey.text);
    if (!requestKey || !done) return undefined;
    requestKey.assertSame(done);
    return {
      streamName: done.streamName,
      revision: done.last,
      eventId: done.eventId,
      at: done.at,
      created: done.first === 0,
      replayed: true,
      largestBytes: 0,
    };
  }

  #plan(command: WriteCommand): PlannedWrite {
    const { table, clock, random } = this.options;
    const { request, decide } = command;
    const { caller, key, requestId } = request;
    const streamName = streamNameOf(key);
    const stream = table.stream(key);
    // A stream's time never goes back, whatever the clocks of replicas say: a state as of a time is a prefix of the stream.
    const at = Math.max(clock.now(), stream?.updatedAt ?? 0);
    const requestKey = this.#idempotencyKeyOf(command);
    const nextId = requestKey?.eventIds() ?? (() => createEventId(at, random));
    const decision = decide({ key, stream, now: toTimestamp(at), by: caller.id }, nextId);
    const metadata = {
      source: SOURCE,
      correlationId: requestId,
      actor: caller.id,
      ...(requestKey ? { requestKey: requestKey.text, fingerprint: requestKey.fingerprint } : {}),
    };
    const events = decision.events.map((event) => ({
      ...event,
      eventId: event.eventId ?? nextId(),
      metadata:
        event.type === UserDataUpdated.type
          ? { ...metadata, dataSchema: this.options.schemas.nameFor(key.type, key.category) }
          : metadata,
    }));
    const sizes = events.map(({ type, data }) =>
      type === UserDataUpdated.type ? jsonBytes((data as UserDataUpdated).data) : 0,
    );
    return {
      ...decision,
      request,
      stream,
      streamName,
      events,
      at,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      largestBytes: Math.max(0, ...sizes),
      requestKey,
    };
  }

  #idempotencyKeyOf({
    request: { caller, key, precondition, idempotencyKey },
    asked,
  }: WriteCommand): IdempotencyKey | undefined {
    if (idempotencyKey === undefined) return undefined;
    const condition = precondition.kind === 'revision' ? String(precondition.revision) : precondition.kind;
    return new IdempotencyKey(caller, streamNameOf(key), idempotencyKey, [condition, ...asked], this.options.digest);
  }

  #holdQuota(plans: readonly PlannedWrite[]): () => void {
    const { quota, table } = this.options;
    const held: (() => void)[] = [];
    const release = (): void => held.forEach((give) => give());
    try {
      for (const {
        request: { key },
        creates,
        bytes,
      } of plans)
        held.push(quota.hold(key.userId, table.usage(key.userId), { streams: creates ? 1 : 0, bytes }));
    } catch (error) {
      release();
      throw error;
    }
    return release;
  }

  async #append(
    plans: readonly PlannedWrite[],
  ): Promise<{ readonly position: Position | undefined; readonly revisions: ReadonlyMap<string, bigint> }> {
    const [plan, ...others] = plans;
    if (!plan || others.length > 0) return this.options.store.appendToStreams(plans);
    const { streamName, events, expectedRevision } = plan;
    const { revision, position } = await this.options.store.appendToStream(streamName, events, { expectedRevision });
    return { position, revisions: new Map([[streamName, revision]]) };
  }

  /** Writes the metadata of streams that have none yet. What the first event says holds until then, also after a crash. */
  async #writeMetadata(plans: readonly PlannedWrite[]): Promise<Position | undefined> {
    const missing = plans.filter(({ creates, stream }) => creates || stream?.metadataRevision === undefined);
    const written = await Promise.all(
      missing.map(({ request: { key }, creates }) =>
        creates ? this.#initializeMetadata(key, creates) : this.#completeMetadata(key),
      ),
    );
    return written
      .flatMap((result) => result?.position ?? [])
      .reduce<Position | undefined>(
        (last, position) => (last && last.commit > position.commit ? last : position),
        undefined,
      );
  }

  #initializeMetadata(
    key: UserStreamKey,
    { description, tags, permissions }: InitialMetadata,
  ): Promise<AppendResult | undefined> {
    return this.options.store.initializeMetadata({
      name: streamNameOf(key),
      description,
      tags,
      owner: key.userId,
      permissions,
    });
  }

  /** The write that began the stream may have been cut off between its events and the metadata. */
  async #completeMetadata(key: UserStreamKey): Promise<AppendResult | undefined> {
    const stream = this.options.table.stream(key);
    return stream && stream.metadataRevision === undefined ? this.#initializeMetadata(key, stream) : undefined;
  }

  /** Where the caller knows of a later revision than the read model, the model is about to learn of it: or the revision is made up. */
  async #waitForDemanded({ key, precondition }: WriteRequest): Promise<void> {
    if (precondition.kind === 'none' || precondition.kind === 'absent') return;
    const known = (): bigint => BigInt(this.options.table.stream(key)?.revision ?? -1);
    const least = precondition.kind === 'revision' ? precondition.revision : 0n;
    if (least <= known()) return;
    const streamName = streamNameOf(key);
    await this.#catchUp(streamName);
    if (precondition.kind === 'revision' && precondition.revision > known())
      throw new WrongExpectedRevisionError(streamName, precondition.revision, known() < 0n ? 'no_stream' : known());
  }

  /** Waits until the read model knows what the store knows of a stream. @throws TimeoutError where it takes too long */
  async #catchUp(streamName: string): Promise<void> {
    const { store, table } = this.options;
    await waitForReadModel(
      store,
      streamName,
      (position, timeoutMs) => table.waitFor(position, timeoutMs),
      VISIBLE_WITHIN_MS,
    );
  }

  /** What was recorded with the request's key first holds, where another replica was carrying out the same request. */
  #outcomeOf(
    { streamName, events, at, creates, largestBytes, requestKey }: PlannedWrite,
    revision: bigint,
  ): WriteOutcome {
    const recorded = requestKey && this.options.table.processed(requestKey.text);
    return {
      streamName,
      revision: Number(revision),
      eventId: events.at(-1)?.eventId ?? '',
      at: recorded?.at ?? at,
      created: creates !== undefined,
      replayed: false,
      largestBytes,
    };
  }
}

/** Whether a write was refused for what the caller demanded: to decide it again would come to the same. */
function isDemanded(commands: readonly WriteCommand[], { streamName, expected }: WrongExpectedRevisionError): boolean {
  return commands.some(
    ({ request: { key, precondition } }) =>
      streamName === streamNameOf(key) && (precondition.kind === 'revision' || expected === 'stream_exists'),
  );
}
