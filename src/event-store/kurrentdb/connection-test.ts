import {
  type Clock,
  CONNECTION_TEST_STREAM,
  type ConnectionTestResult,
  createEventId,
  InsufficientStorageError,
  type EventStore,
  type RandomString,
  DomainError,
  WrongExpectedRevisionError,
} from '../domain/index.js';

/** `maxCount` of the stream: larger than the number of concurrent tests, so that each test finds its event. */
const MAX_EVENTS = 1_000;

type TestedStore = Pick<EventStore, 'appendToStream' | 'readStream' | 'getStreamMetadata' | 'setStreamMetadata'>;

/** Appends an event to `connection-test` and reads it back. */
export class ConnectionTest {
  #hasMaxCount = false;

  constructor(
    private readonly store: TestedStore,
    private readonly clock: Clock,
    private readonly random: RandomString,
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
      return { connection: 'success', health: 'healthy', responseTime };
    } catch (error) {
      if (error instanceof InsufficientStorageError) return this.#readOnly(error, elapsed);
      const reason = error instanceof DomainError ? error.message : 'The connection test failed';
      return { connection: 'failed', health: 'unhealthy', responseTime: elapsed(), error: reason };
    }
  }

  /** Result of a test whose append found no room on the disk. */
  async #readOnly({ message }: Error, elapsed: () => number): Promise<ConnectionTestResult> {
    const connection = await this.store.getStreamMetadata(CONNECTION_TEST_STREAM).then(
      () => 'success' as const,
      () => 'failed' as const,
    );
    return {
      connection,
      health: 'unhealthy',
      responseTime: elapsed(),
      error: message,
      ...(connection === 'success' ? { storage: 'full' } : {}),
    };
  }

  /** The store was replaced: the stream may not be limited there. */
  forget(): void {
    this.#hasMaxCount = false;
  }

  /** @throws errors of the store */
  async appendAndReadBack(): Promise<boolean> {
    const eventId = createEventId(this.clock.now(), this.random);
    const { revision } = await this.store.appendToStream(CONNECTION_TEST_STREAM, {
      type: 'ConnectionTested',
      data: {},
      eventId,
    });
    const [read] = await this.store.readStream(CONNECTION_TEST_STREAM, { from: revision, limit: 1 });
    return read?.eventId === eventId;
  }

  /** Limits the stream, once for each process. @throws errors of the store */
  async ensureMaxCount(): Promise<void> {
    if (this.#hasMaxCount) return;
    const { metadata, revision } = await this.store.getStreamMetadata(CONNECTION_TEST_STREAM);
    if (metadata.maxCount === undefined) {
      try {
        await this.store.setStreamMetadata(
          CONNECTION_TEST_STREAM,
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
}
