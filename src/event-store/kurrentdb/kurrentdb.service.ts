import { Injectable, Logger } from '@nestjs/common';
import {
  BACKWARDS,
  type ConsistencyCheck as ClientConsistencyCheck,
  END,
  type EventData,
  FORWARDS,
  jsonEvent,
  type KurrentDBClient,
  START,
  STREAM_STATE,
} from '@kurrent/kurrentdb-client';
import { toTimestamp } from '../../common/time.js';
import { withDeadline } from '../../common/wait.js';
import {
  type AllSubscriptionOptions,
  type AppendOptions,
  type AppendResult,
  assertStreamName,
  type Clock,
  CONNECTION_TEST_STREAM,
  ConnectionError,
  type ConnectionTestResult,
  type CreateStreamResult,
  type EventStore,
  type EventSubscription,
  type ExpectedRevision,
  type LogExtent,
  type NewEvent,
  type NewStream,
  type NewStreamMetadata,
  type Position,
  type RandomString,
  type ReadOptions,
  type RecordedEvent,
  StreamDeletedError,
  type ConsistencyCheck,
  type StreamMetadata,
  StreamNotFoundError,
  type StreamSubscriptionOptions,
  type StreamsAppendResult,
  type StreamWrite,
  type TestStream,
  type VersionedStreamMetadata,
} from '../domain/index.js';
import { beginStream, createStream, initializeMetadata, KeyedMutex } from '../commands/index.js';
import { type StoreWatch } from '../store-watch/store-watch.js';
import { AppendBatcher } from './append-batcher.js';
import { checkAppendSize } from './append-size.js';
import { lateResponseError, translateClientError, type Operation } from './client-errors.js';
import { ConnectionTest } from './connection-test.js';
import { type EventCodec } from './event-codec.js';
import { readLogExtent } from './log-extent.js';
import { readRangeOf } from './read-range.js';
import { type RecoveringClient } from './recovering-client.js';
import { sessionResult } from './session-result.js';
import { assertLimits, decodeMetadata, encodeMetadata, isSoftDeleted } from './stream-metadata-codec.js';
import { subscribeToAll, subscribeToStream } from './subscriptions.js';
import { WriteFailures } from './write-failures.js';
import { findEvents, respondedOrFound, type SentEvents, sentEvents } from './unanswered-append.js';

/**
 * For the clock of the store's machine, and for one that is set back: an append carries its deadline as a time of the
 * wall clock. This process stops waiting by its own, monotonic clock.
 */
const CLOCK_DIFFERENCE_MS = 10 * 60 * 1_000;

export interface KurrentDBServiceOptions {
  /** Time limit of an operation, after which it fails with a TimeoutError. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: RandomString;
  /** Whether an append without a response is looked for in the store; true by default. */
  readonly looksForAppends?: boolean;
  /** Without it, a store that is replaced is not noticed. */
  readonly watch?: StoreWatch;
  /** False until it is known whose the streams in the name spaces of this service are; always true by default. */
  readonly mayWrite?: () => boolean;
}

/** {@link EventStore} on KurrentDB, through the official client. */
@Injectable()
export class KurrentDBService implements EventStore {
  readonly #logger = new Logger(KurrentDBService.name);
  readonly #appendBatcher = new AppendBatcher();
  readonly #connectionTests: Readonly<Record<TestStream, ConnectionTest>>;
  readonly #writeFailures: WriteFailures;
  readonly #commands: Parameters<typeof createStream>[1];

  constructor(
    private readonly clients: RecoveringClient,
    private readonly codec: EventCodec,
    private readonly options: KurrentDBServiceOptions,
  ) {
    this.#commands = { store: this, clock: options.clock, mutex: new KeyedMutex() };
    this.#writeFailures = new WriteFailures(options.clock);
    const test = (streamName: TestStream): ConnectionTest =>
      new ConnectionTest(this, options.clock, options.random, streamName, this.#writeFailures);
    this.#connectionTests = {
      'connection-test': test('connection-test'),
      'system-health-check': test('system-health-check'),
    };
    const tests = Object.values(this.#connectionTests);
    options.watch?.listen({ onReplaced: () => tests.forEach((each) => each.forget()) });
  }

  async readStream(streamName: string, options: ReadOptions = {}): Promise<RecordedEvent[]> {
    assertStreamName(streamName);
    const { start, limit, direction } = readRangeOf(options);
    const forwards = direction === 'forwards';
    if (forwards && start === 'end') return [];
    try {
      return await this.#read({ name: 'reading', streamName }, async (client) => {
        const read = client.readStream(streamName, {
          direction: forwards ? FORWARDS : BACKWARDS,
          fromRevision: start === 'start' ? START : start === 'end' ? END : start,
          maxCount: limit,
        });
        const events: RecordedEvent[] = [];
        for await (const { event } of read) {
          if (event) events.push(this.codec.decode(event));
        }
        return events;
      });
    } catch (error) {
      throw error instanceof StreamNotFoundError && (await this.#wasDeleted(streamName))
        ? new StreamDeletedError(streamName, error)
        : error;
    }
  }

  async appendToStream(
    streamName: string,
    events: NewEvent | readonly NewEvent[],
    { expectedRevision = 'any' }: AppendOptions = {},
  ): Promise<AppendResult> {
    assertStreamName(streamName);
    const encoded = (isEventArray(events) ? events : [events]).map((event) => this.codec.encode(event));
    checkAppendSize(streamName, encoded, this.#logger);
    return this.#append(
      streamName,
      encoded.map(({ event }) => event),
      expectedRevision,
    );
  }

  async appendToStreams(writes: readonly StreamWrite[]): Promise<StreamsAppendResult> {
    const requests = writes.map(({ streamName, events, expectedRevision }) => {
      assertStreamName(streamName);
      const encoded = events.map((event) => this.codec.encodeForSession(event));
      checkAppendSize(streamName, encoded, this.#logger);
      return { streamName, expectedState: expectedRevision, events: encoded.map(({ event }) => event) };
    });
    const sent = requests.map(({ streamName, expectedState, events }) => sentEvents(streamName, events, expectedState));
    return this.#write({ name: 'appending to several streams' }, sent, async () =>
      sessionResult(await this.clients.client.multiStreamAppend(requests)),
    );
  }

  async appendConditionally(
    { streamName, events, expectedRevision }: StreamWrite,
    checks: readonly ConsistencyCheck[],
  ): Promise<AppendResult> {
    assertStreamName(streamName);
    const encoded = events.map((event) => this.codec.encodeForSession(event));
    checkAppendSize(streamName, encoded, this.#logger);
    const records = encoded.map(({ event }) => ({ streamName, record: event }));
    const clientChecks: ClientConsistencyCheck[] = [
      ...(expectedRevision === 'any' ? [] : [{ streamName, expectedRevision }]),
      ...checks,
    ].map((check) => ({ type: STREAM_STATE, streamName: check.streamName, expectedState: check.expectedRevision }));
    const sent = sentEvents(
      streamName,
      encoded.map(({ event }) => event),
      expectedRevision,
    );
    const { revisions, position } = await this.#write(
      { name: 'appending conditionally to', streamName },
      [sent],
      async () => sessionResult(await this.clients.client.appendRecords(records, clientChecks)),
    );
    return { streamName, revision: revisions.get(streamName) ?? -1n, position };
  }

  createStream(stream: NewStream): Promise<CreateStreamResult> {
    return createStream(stream, this.#commands);
  }

  beginStream(stream: NewStreamMetadata): Promise<ExpectedRevision | undefined> {
    return beginStream(stream, this, toTimestamp(this.options.clock.now()));
  }

  initializeMetadata(stream: NewStreamMetadata): Promise<AppendResult | undefined> {
    return initializeMetadata(stream, this.#commands);
  }

  async deleteStream(
    streamName: string,
    { expectedRevision = 'any' }: { readonly expectedRevision?: ExpectedRevision } = {},
  ): Promise<void> {
    assertStreamName(streamName);
    await this.options.watch?.assertWritable();
    // The client's delete does not accept `stream_exists`; the server rejects the deletion of a missing stream in any
    // case.
    const expected = expectedRevision === 'stream_exists' ? 'any' : expectedRevision;
    this.#assertMayWrite();
    const deletion = this.#run({ name: 'deleting', streamName }, () =>
      this.clients.client.deleteStream(streamName, { expectedRevision: expected, deadline: this.options.timeoutMs }),
    );
    await this.#writeFailures.watch('deleting', deletion);
  }

  async streamExists(streamName: string): Promise<boolean> {
    try {
      await this.readStream(streamName, { limit: 1, direction: 'backwards' });
      return true;
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return false;
      throw error;
    }
  }

  async getStreamMetadata(streamName: string): Promise<VersionedStreamMetadata> {
    assertStreamName(streamName);
    try {
      // Not the client's getStreamMetadata, which returns a log position instead of a revision.
      return await this.#read({ name: 'reading the metadata of', streamName }, async (client) => {
        for await (const { event } of client.readStream(`$$${streamName}`, {
          direction: BACKWARDS,
          fromRevision: END,
          maxCount: 1,
        })) {
          if (event)
            return { metadata: decodeMetadata(event.isJson ? event.data : undefined), revision: event.revision };
        }
        return { metadata: {}, revision: 'no_stream' as const };
      });
    } catch (error) {
      if (error instanceof StreamNotFoundError) return { metadata: {}, revision: 'no_stream' };
      throw error;
    }
  }

  async setStreamMetadata(
    streamName: string,
    metadata: StreamMetadata,
    { expectedRevision = 'any' }: AppendOptions = {},
  ): Promise<AppendResult> {
    assertStreamName(streamName);
    assertLimits(streamName, metadata);
    return this.#append(
      `$$${streamName}`,
      [jsonEvent({ type: '$metadata', data: encodeMetadata(metadata) })],
      expectedRevision,
    );
  }

  subscribeToAll(options: AllSubscriptionOptions): EventSubscription {
    return subscribeToAll(this.clients, this.codec, options, this.options.watch);
  }

  subscribeToStream(streamName: string, options: StreamSubscriptionOptions): EventSubscription {
    assertStreamName(streamName);
    return subscribeToStream(this.clients.client, this.codec, streamName, options, this.options.watch);
  }

  readLogExtent(streamNamePrefixes: readonly string[], after?: Position): Promise<LogExtent> {
    return this.#read({ name: 'reading $all' }, (client) => readLogExtent(client, streamNamePrefixes, after));
  }

  /** Id of the log's first event, which is random for each store. */
  identity(): Promise<string | undefined> {
    return this.#read({ name: 'reading $all' }, async (client) => {
      for await (const { event } of client.readAll({ direction: FORWARDS, fromPosition: START, maxCount: 1 }))
        return event?.id;
      return undefined;
    });
  }

  testConnection(streamName: TestStream = CONNECTION_TEST_STREAM): Promise<ConnectionTestResult> {
    return this.#connectionTests[streamName].run();
  }

  async #append(streamName: string, events: EventData[], expectedRevision: ExpectedRevision): Promise<AppendResult> {
    const append = async (): Promise<StreamsAppendResult> => {
      const { nextExpectedRevision, position } = await this.clients.client.appendToStream(streamName, events, {
        streamState: expectedRevision,
        deadline: this.options.timeoutMs + CLOCK_DIFFERENCE_MS,
      });
      return { revisions: new Map([[streamName, nextExpectedRevision]]), position };
    };
    const { revisions, position } = await this.#write(
      { name: 'appending to', streamName },
      [sentEvents(streamName, events, expectedRevision)],
      () => this.#appendBatcher.run(append),
    );
    return { streamName, revision: revisions.get(streamName) ?? -1n, position };
  }

  async #write(
    operation: Operation,
    sent: readonly SentEvents[],
    append: () => Promise<StreamsAppendResult>,
  ): Promise<StreamsAppendResult> {
    this.#assertMayWrite();
    // Without a wait in the usual case: appends of one event loop iteration are sent together.
    const comparing = this.options.watch?.assertWritable();
    const run = (): Promise<StreamsAppendResult> => this.#run(operation, append);
    const response = this.#writeFailures.watch(operation.name, comparing ? comparing.then(run) : run());
    if (this.options.looksForAppends === false) return response;
    return respondedOrFound(response, sent, (events) => this.clients.read((client) => findEvents(client, events)));
  }

  #read<Value>(operation: Operation, read: (client: KurrentDBClient) => Promise<Value>): Promise<Value> {
    return this.#run(operation, () => this.clients.read(read));
  }

  /** Runs an operation with a deadline, and translates its errors. */
  async #run<Value>(operation: Operation, run: () => Promise<Value>): Promise<Value> {
    const { timeoutMs } = this.options;
    try {
      return await withDeadline(run(), timeoutMs, () => lateResponseError(operation, timeoutMs));
    } catch (error) {
      throw translateClientError(error, operation);
    }
  }

  #assertMayWrite(): void {
    if (this.options.mayWrite?.() === false)
      throw new ConnectionError('The streams of this service are not checked yet in KurrentDB; retry in a moment');
  }

  async #wasDeleted(streamName: string): Promise<boolean> {
    return isSoftDeleted((await this.getStreamMetadata(streamName)).metadata);
  }
}

function isEventArray(events: NewEvent | readonly NewEvent[]): events is readonly NewEvent[] {
  return Array.isArray(events);
}
