import { EventRegistry, DomainError } from '../domain/index.js';
import { ConnectionTest } from './connection-test.js';
import { EventCodec } from './event-codec.js';
import { RecoveringClient } from './recovering-client.js';
import { KurrentDBService, type KurrentDBServiceOptions } from './kurrentdb.service.js';

/** Connection test of a KurrentDB other than the store of this service. */
export class ExternalKurrentDB {
  readonly #clients: RecoveringClient;
  readonly #connectionTest: ConnectionTest;

  constructor(connectionString: string, options: KurrentDBServiceOptions) {
    this.#clients = new RecoveringClient(connectionString);
    const codec = new EventCodec(new EventRegistry(), options.clock, options.random);
    this.#connectionTest = new ConnectionTest(
      // Nobody else writes the ids of a test's events. A look is a native read, which an aborted probe cannot end.
      new KurrentDBService(this.#clients, codec, { ...options, looksForAppends: false }),
      options.clock,
      options.random,
    );
  }

  /**
   * Appends an event to `connection-test` and reads it back.
   *
   * @throws DomainError; its `cause` is the client's error
   */
  async appendAndReadBack(): Promise<boolean> {
    const isReadBack = await this.#connectionTest.appendAndReadBack();
    try {
      await this.#connectionTest.ensureMaxCount();
    } catch (error) {
      // The user may lack the right to change metadata, which does not affect the result.
      if (!(error instanceof DomainError)) throw error;
    }
    return isReadBack;
  }

  close(): Promise<void> {
    return this.#clients.close();
  }
}
