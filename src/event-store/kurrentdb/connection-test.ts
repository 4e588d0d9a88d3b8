import {
  type Clock,
  CONNECTION_TEST_STREAM,
  type ConnectionTestResult,
  createEventId,
  type EventStore,
  type RandomString,
  DomainError,
  WrongExpectedRevisionError,
} from '../domain/index.js';

/** How many events the stream keeps: more than tests ever run at once, so that each still finds its own. */
const KEPT_EVENTS = 1_000;

type TestedStore = Pick<EventStore, 'appendToStream' | 'readStream' | 'getStreamMetadata' | 'setStreamMetadata'>;

/** Appends an event to `connection-test` and reads it back: the only honest answer to "does the store work?". */
export class ConnectionTest {
  #isKeptShort = false;

  constructor(
    private readonly store: TestedStore,
    private readonly clock: Clock,
    private readonly random: RandomString,
  ) {}

  /** Never throws: the result tells. */
  async run(): Promise<ConnectionTestResult> {
    const start = this.clock.monotonic();
    const elapsed = (): number => Math.round((this.clock.monotonic() - start) * 1_000) / 1_000;
    try {
      const isThere = await this.appendAndFind();
      const responseTime = elapsed();
      if (!isThere)
        return {
          connection: 'success',
          health: 'unhealthy',
          responseTime,
          error: 'The event that was appended could not be read back',
        };
      await this.truncate();
      return { connection: 'success', health: 'healthy', responseTime };
    } catch (error) {
      const reason = error instanceof DomainError ? error.message : 'The connection test failed';
      return { connection: 'failed', health: 'unhealthy', responseTime: elapsed(), error: reason };
    }
  }

  /** Whether an event that is appended can be read back. @throws errors of the store */
  async appendAndFind(): Promise<boolean> {
    const eventId = createEventId(this.clock.now(), this.random);
    const { revision } = await this.store.appendToStream(CONNECTION_TEST_STREAM, {
      type: 'ConnectionTested',
      data: {},
      eventId,
    });
    const [read] = await this.store.readStream(CONNECTION_TEST_STREAM, { from: revision, limit: 1 });
    return read?.eventId === eventId;
  }

  /** Sees to it, once, that the stream does not grow without end. @throws errors of the store */
  async truncate(): Promise<void> {
    if (this.#isKeptShort) return;
    const { metadata, revision } = await this.store.getStreamMetadata(CONNECTION_TEST_STREAM);
    if (metadata.maxCount === undefined) {
      try {
        await this.store.setStreamMetadata(
          CONNECTION_TEST_STREAM,
          { ...metadata, maxCount: KEPT_EVENTS },
          { expectedRevision: revision },
        );
      } catch (error) {
        // Another replica was faster, with the same setting.
        if (!(error instanceof WrongExpectedRevisionError)) throw error;
      }
    }
    this.#isKeptShort = true;
  }
}
