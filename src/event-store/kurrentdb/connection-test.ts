import { settleWithin } from '../../common/wait.js';
import {
  type Clock,
  CONNECTION_TEST_STREAM,
  type ConnectionTestResult,
  createEventId,
  InsufficientStorageError,
  type EventStore,
  type RandomString,
  DomainError,
  HEALTH_CHECK_STREAM,
  type TestStream,
  TimeoutError,
  WrongExpectedRevisionError,
} from '../domain/index.js';

/** `maxCount` of the stream: larger than the number of concurrent tests, so that each test finds its event. */
const MAX_EVENTS = 1_000;
const READ_MS = 1_000;

type TestedStore = Pick<
  EventStore,
  'appendToStream' | 'createStream' | 'readStream' | 'getStreamMetadata' | 'setStreamMetadata'
>;

/** Appends an event to a stream of its own and reads it back. */
export class ConnectionTest {
  #hasMaxCount = false;
  #isCreated = false;

  constructor(
    private readonly store: TestedStore,
    private readonly clock: Clock,
    private readonly random: RandomString,
    private readonly streamName: TestStream = CONNECTION_TEST_STREAM,
    /** Failures of other writes than those of the test. */
    private readonly failures: { readonly reason: string | undefined } = { reason: undefined },
  ) {}

  /** Never throws: errors are part of the result. */
  async run(): Promise<ConnectionTestResult> {
    const start = this.clock.monotonic();
    const elapsed = (): number => Math.round((this.clock.monotonic() - start) * 1_000) / 1_000;
    try {
      const isReadBack = await this.appendAndReadBack();
      const responseTime = elapsed();
      if (!isReadBack)
        return {
          connection: 'success',
          health: 'unhealthy',
          responseTime,
          error: 'The event that was appended could not be read back',
        };
      await this.ensureMaxCount();
      const { reason } = this.failures;
      const writes = reason === undefined ? {} : ({ writes: 'failing', error: reason } as const);
      return { connection: 'success', health: 'healthy', responseTime, ...writes };
    } catch (error) {
      if (error instanceof InsufficientStorageError || error instanceof TimeoutError)
        return this.#readOnly(error, elapsed);
      const reason = error instanceof DomainError ? error.message : 'The connection test failed';
      return { connection: 'failed', health: 'unhealthy', responseTime: elapsed(), error: reason };
    }
  }

  /** Result of a test whose append found no room on the disk, or got no response. */
  async #readOnly(error: Error, elapsed: () => number): Promise<ConnectionTestResult> {
    const failed = { health: 'unhealthy', responseTime: elapsed(), error: error.message } as const;
    if (!(await isReadable(this.store))) return { ...failed, connection: 'failed' };
    const storage = error instanceof InsufficientStorageError ? ({ storage: 'full' } as const) : {};
    return { ...failed, ...storage, connection: 'success', writes: 'failing' };
  }

  /** The store was replaced: the stream may not exist there, or not be limited. */
  forget(): void {
    this.#hasMaxCount = false;
    this.#isCreated = false;
  }

  /** @throws errors of the store */
  async appendAndReadBack(): Promise<boolean> {
    await this.#create();
    const eventId = createEventId(this.clock.now(), this.random);
    const { revision } = await this.store.appendToStream(this.streamName, {
      type: 'ConnectionTested',
      data: {},
      eventId,
    });
    const [read] = await this.store.readStream(this.streamName, { from: revision, limit: 1 });
    return read?.eventId === eventId;
  }

  /** Limits the stream, once for each process. @throws errors of the store */
  async ensureMaxCount(): Promise<void> {
    if (this.#hasMaxCount) return;
    const { metadata, revision } = await this.store.getStreamMetadata(this.streamName);
    if (metadata.maxCount === undefined) {
      try {
        await this.store.setStreamMetadata(
          this.streamName,
          { ...metadata, maxCount: MAX_EVENTS },
          { expectedRevision: revision },
        );
      } catch (error) {
        // Another replica has written the same setting.
        if (!(error instanceof WrongExpectedRevisionError)) throw error;
      }
    }
    this.#hasMaxCount = true;
  }

  /** As all streams `system-…` are created, once for each process. */
  async #create(): Promise<void> {
    if (this.#isCreated || this.streamName !== HEALTH_CHECK_STREAM) return;
    await this.store.createStream({
      name: HEALTH_CHECK_STREAM,
      description: 'The latest tests of the store by health checks',
      owner: 'system',
      maxCount: MAX_EVENTS,
    });
    this.#isCreated = true;
  }
}

/** Whether the store answers a read within a second: after an append without an answer, that tells why. */
export function isReadable(store: Pick<EventStore, 'getStreamMetadata'>): Promise<boolean> {
  return settleWithin(READ_MS, store.getStreamMetadata(CONNECTION_TEST_STREAM)).catch(() => false);
}
