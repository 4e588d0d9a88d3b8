import { EventRegistry, DomainError } from '../domain/index.js';
import { ConnectionTest } from './connection-test.js';
import { EventCodec } from './event-codec.js';
import { RecoveringClient } from './recovering-client.js';
import { KurrentDBService, type KurrentDBServiceOptions } from './kurrentdb.service.js';

/** A KurrentDB other than the one in use, through connections of its own; there to be tested. */
export class ExternalKurrentDB {
  readonly #clients: RecoveringClient;
  readonly #connectionTest: ConnectionTest;

  constructor(connectionString: string, options: KurrentDBServiceOptions) {
    this.#clients = new RecoveringClient(connectionString);
    const codec = new EventCodec(new EventRegistry(), options.clock, options.random);
    this.#connectionTest = new ConnectionTest(
      new KurrentDBService(this.#clients, codec, options),
      options.clock,
      options.random,
    );
  }

  /**
   * Whether an event that is appended to `connection-test` can be read back.
   *
   * @throws DomainError; its `cause` is what the client said
   */
  async appendAndFind(): Promise<boolean> {
    const isThere = await this.#connectionTest.appendAndFind();
    try {
      await this.#connectionTest.truncate();
    } catch (error) {
      // It may be that the user may append, and not change the metadata: the database works all the same.
      if (!(error instanceof DomainError)) throw error;
    }
    return isThere;
  }

  close(): Promise<void> {
    return this.#clients.close();
  }
}
