import {
  type AllSubscriptionOptions,
  type AppendOptions,
  type AppendResult,
  ConnectionError,
  type ConnectionTestResult,
  createEventId,
  type CreateStreamResult,
  type EventRegistry,
  type EventStore,
  type EventSubscription,
  type LogExtent,
  type ExpectedRevision,
  type NewEvent,
  initialMetadata,
  type NewStream,
  type NewStreamMetadata,
  type Position,
  type ReadOptions,
  type RecordedEvent,
  StreamCreated,
  type ConsistencyCheck,
  type StreamMetadata,
  StreamNotFoundError,
  type StreamSubscriptionOptions,
  type StreamsAppendResult,
  type StreamWrite,
  TimeoutError,
  type VersionedStreamMetadata,
  WrongExpectedRevisionError,
} from '../../src/event-store/domain/index.js';

type Used = Pick<
  EventStore,
  | 'appendToStream'
  | 'appendToStreams'
  | 'appendConditionally'
  | 'readStream'
  | 'createStream'
  | 'beginStream'
  | 'initializeMetadata'
  | 'getStreamMetadata'
  | 'setStreamMetadata'
  | 'subscribeToAll'
  | 'subscribeToStream'
  | 'identity'
  | 'readLogExtent'
  | 'testConnection'
>;

/**
 * In-memory `EventStore` with the operations that uptime uses: expected revisions, idempotence by event id, events
 * stored as JSON and decoded by the registry. It can become unreachable, and lose a response after the write.
 */
export class MemoryEventStore implements Used {
  readonly created: NewStream[] = [];
  readonly log: RecordedEvent[] = [];
  /** Number of appends received, including rejected ones. */
  appends = 0;
  #isAway = false;
  #responsesToLose = 0;
  #beforeAppend: (() => Promise<unknown>) | undefined;
  readonly #subscribers = new Set<() => void>();
  readonly #metadata = new Map<string, VersionedStreamMetadata>();

  constructor(private readonly registry: EventRegistry) {}

  goAway(): void {
    this.#isAway = true;
    this.#wake();
  }

  comeBack(): void {
    this.#isAway = false;
    this.#wake();
  }

  /** The next appends are executed, but their response is lost. */
  loseNextResponse(appends = 1): void {
    this.#responsesToLose = appends;
  }

  /** Runs an action just before the next append arrives, as when another replica is faster. */
  beforeNextAppend(action: () => Promise<unknown>): void {
    this.#beforeAppend = action;
  }

  eventsOf(streamName: string, type?: string): RecordedEvent[] {
    return this.log.filter((event) => event.streamName === streamName && (type === undefined || event.type === type));
  }

  async appendToStream(
    streamName: string,
    events: NewEvent | readonly NewEvent[],
    { expectedRevision = 'any' }: AppendOptions = {},
  ): Promise<AppendResult> {
    const action = this.#beforeAppend;
    this.#beforeAppend = undefined;
    await action?.();
    await this.#reach();
    this.appends++;
    const stream = this.eventsOf(streamName);
    const added = isArray(events) ? events : [events];
    const current = stream.at(-1)?.revision ?? ('no_stream' as const);
    const known = added.map(({ eventId }) => stream.find((event) => event.eventId === eventId));
    const last = known.at(-1);
    if (last && known.every((event) => event)) return { streamName, revision: last.revision, position: last.position };
    if (expectedRevision !== 'any' && expectedRevision !== current)
      throw new WrongExpectedRevisionError(streamName, expectedRevision, current);
    for (const event of added) this.#write(streamName, event);
    this.#wake();
    if (this.#responsesToLose-- > 0) throw new TimeoutError('no response');
    const written = this.log.at(-1);
    if (!written) throw new Error('nothing was appended');
    return { streamName, revision: written.revision, position: written.position };
  }

  async appendConditionally(
    { streamName, events, expectedRevision }: StreamWrite,
    checks: readonly ConsistencyCheck[],
  ): Promise<AppendResult> {
    await this.#reach();
    for (const check of checks) {
      const current = this.eventsOf(check.streamName).at(-1)?.revision ?? ('no_stream' as const);
      if (current !== check.expectedRevision)
        throw new WrongExpectedRevisionError(check.streamName, check.expectedRevision, current);
    }
    return this.appendToStream(streamName, events, { expectedRevision });
  }

  async appendToStreams(writes: readonly StreamWrite[]): Promise<StreamsAppendResult> {
    await this.#reach();
    for (const { streamName, expectedRevision } of writes) {
      const current = this.eventsOf(streamName).at(-1)?.revision ?? ('no_stream' as const);
      if (expectedRevision !== 'any' && expectedRevision !== current)
        throw new WrongExpectedRevisionError(streamName, expectedRevision, current);
    }
    for (const { streamName, events } of writes) for (const event of events) this.#write(streamName, event);
    this.#wake();
    return {
      position: this.log.at(-1)?.position,
      revisions: new Map(
        writes.map(({ streamName }) => [streamName, this.eventsOf(streamName).at(-1)?.revision ?? 0n] as const),
      ),
    };
  }

  async readStream(
    streamName: string,
    { from, limit = 100, direction = 'forwards' }: ReadOptions = {},
  ): Promise<RecordedEvent[]> {
    await this.#reach();
    const stream = this.eventsOf(streamName);
    if (stream.length === 0) throw new StreamNotFoundError(streamName);
    const within = stream.filter(
      ({ revision }) =>
        from === undefined ||
        typeof from === 'string' ||
        (direction === 'forwards' ? revision >= from : revision <= from),
    );
    return (direction === 'forwards' ? within : within.toReversed()).slice(0, limit);
  }

  async createStream(stream: NewStream): Promise<CreateStreamResult> {
    await this.#reach();
    if (this.eventsOf(stream.name).length > 0) return { streamName: stream.name, created: false };
    this.created.push(stream);
    this.#metadata.set(stream.name, {
      metadata: stream.maxAge === undefined ? {} : { maxAge: stream.maxAge },
      revision: 0n,
    });
    const { name: streamName, description, tags = [], owner, data = {} } = stream;
    this.#write(streamName, {
      type: StreamCreated.type,
      data: { streamName, description, tags, owner, createdAt: new Date(0).toISOString(), data },
    });
    this.#wake();
    return { streamName, created: true };
  }

  async getStreamMetadata(streamName: string): Promise<VersionedStreamMetadata> {
    await this.#reach();
    return this.#metadata.get(streamName) ?? { metadata: {}, revision: 'no_stream' };
  }

  async beginStream(stream: NewStreamMetadata): Promise<ExpectedRevision | undefined> {
    await this.#reach();
    if (this.eventsOf(stream.name).length > 0) return undefined;
    await this.setStreamMetadata(stream.name, initialMetadata(stream, new Date(0).toISOString()));
    return 'no_stream';
  }

  async initializeMetadata(stream: NewStreamMetadata): Promise<AppendResult | undefined> {
    if (this.#metadata.has(stream.name)) return undefined;
    return this.setStreamMetadata(stream.name, initialMetadata(stream, new Date(0).toISOString()));
  }

  async setStreamMetadata(
    streamName: string,
    metadata: StreamMetadata,
    { expectedRevision = 'any' }: AppendOptions = {},
  ): Promise<AppendResult> {
    const { revision } = await this.getStreamMetadata(streamName);
    if (expectedRevision !== 'any' && expectedRevision !== revision)
      throw new WrongExpectedRevisionError(`$$${streamName}`, expectedRevision, revision);
    const next = revision === 'no_stream' ? 0n : revision + 1n;
    this.#metadata.set(streamName, { metadata, revision: next });
    return { streamName: `$$${streamName}`, revision: next, position: undefined };
  }

  subscribeToAll({ after, filter, onBatch, onCheckpoint, onCaughtUp }: AllSubscriptionOptions): EventSubscription {
    const prefixes = filter && 'streamNamePrefixes' in filter ? filter.streamNamePrefixes : [''];
    const next = after === 'end' ? this.log.length : after ? Number(after.commit) + 1 : 0;
    return this.#subscribe(next, ({ streamName }) => prefixes.some((prefix) => streamName.startsWith(prefix)), {
      onBatch,
      onCheckpoint,
      onCaughtUp,
    });
  }

  subscribeToStream(
    streamName: string,
    { after, onBatch, onCaughtUp, onInterrupted }: StreamSubscriptionOptions,
  ): EventSubscription {
    if (after !== undefined) throw new Error('only from the start');
    return this.#subscribe(0, (event) => event.streamName === streamName, { onBatch, onCaughtUp, onInterrupted });
  }

  #subscribe(
    from: number,
    matches: (event: RecordedEvent) => boolean,
    {
      onBatch,
      onCheckpoint,
      onCaughtUp,
      onInterrupted,
    }: Pick<AllSubscriptionOptions, 'onBatch' | 'onCheckpoint' | 'onCaughtUp' | 'onInterrupted'>,
  ): EventSubscription {
    let next = from;
    let isInterrupted = true;
    let delivering = Promise.resolve();
    const deliver = (): void => {
      delivering = delivering.then(async () => {
        if (this.#isAway) {
          if (!isInterrupted) onInterrupted?.(new ConnectionError('KurrentDB went away'));
          isInterrupted = true;
          return;
        }
        const batch = this.log.slice(next);
        const events = batch.filter(matches);
        const position = batch.at(-1)?.position;
        if (events.length > 0) await onBatch({ events, position });
        else if (position) await onCheckpoint?.(position);
        next += batch.length;
        if (isInterrupted) onCaughtUp?.();
        isInterrupted = false;
      });
    };
    this.#subscribers.add(deliver);
    deliver();
    return {
      stop: async () => {
        this.#subscribers.delete(deliver);
        await delivering;
      },
    };
  }

  async identity(): Promise<string | undefined> {
    await this.#reach();
    return this.log[0]?.eventId;
  }

  async readLogExtent(prefixes: readonly string[], after?: Position): Promise<LogExtent> {
    await this.#reach();
    const last = this.log.findLast(
      ({ streamName, position }) =>
        prefixes.some((prefix) => streamName.startsWith(prefix)) &&
        (!after || (position !== undefined && position.commit > after.commit)),
    );
    return { end: this.log.at(-1)?.position, lastMatch: last?.position };
  }

  async testConnection(): Promise<ConnectionTestResult> {
    return Promise.resolve(
      this.#isAway
        ? { connection: 'failed', health: 'unhealthy', responseTime: 1, error: 'KurrentDB cannot be reached' }
        : { connection: 'success', health: 'healthy', responseTime: 1 },
    );
  }

  #write(streamName: string, { type, data, metadata = {}, timestamp, eventId }: NewEvent): void {
    const stored: unknown = JSON.parse(JSON.stringify(data));
    const position = BigInt(this.log.length);
    this.log.push({
      type,
      ...this.registry.decode(type, stored, metadata.schemaVersion ?? 1),
      metadata,
      timestamp: timestamp ?? new Date(0).toISOString(),
      eventId: eventId ?? createEventId(0, (length) => String(position).padStart(length, '0')),
      streamName,
      revision: BigInt(this.eventsOf(streamName).length),
      position: { commit: position, prepare: position },
      created: 0,
    });
  }

  async #reach(): Promise<void> {
    await Promise.resolve();
    if (this.#isAway) throw new ConnectionError('KurrentDB cannot be reached; retry in a moment');
  }

  #wake(): void {
    for (const deliver of this.#subscribers) deliver();
  }
}

function isArray(events: NewEvent | readonly NewEvent[]): events is readonly NewEvent[] {
  return Array.isArray(events);
}
