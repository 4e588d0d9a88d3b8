import { AccessDeniedError, KurrentDBClient, UnavailableError } from '@kurrent/kurrentdb-client';
import { areCredentialsRejected } from './client-errors.js';

/**
 * The official client with a workaround: its native reads fail permanently if their first connection attempt fails
 * (client 1.3.1; they recover from later failures). Until a read has reached the server, each failed read is followed
 * by a new client.
 */
export class RecoveringClient {
  /** For all operations except reads. */
  readonly client: KurrentDBClient;
  #reader: KurrentDBClient;
  #hasReached = false;

  constructor(private readonly connectionString: string) {
    this.client = KurrentDBClient.connectionString(connectionString);
    this.#reader = this.client;
  }

  /** Runs a native read (`readStream`, `readAll`) to its end. @throws errors of the client */
  async read<Value>(read: (client: KurrentDBClient) => Promise<Value>): Promise<Value> {
    const reader = this.#reader;
    try {
      const value = await read(reader);
      this.#hasReached = true;
      return value;
    } catch (error) {
      if (!(error instanceof UnavailableError)) this.#hasReached = true;
      else if (!this.#hasReached && reader === this.#reader)
        this.#reader = KurrentDBClient.connectionString(this.connectionString);
      throw error instanceof AccessDeniedError ? await this.#denial(error) : error;
    }
  }

  /** A native read does not tell rejected credentials from missing rights: a call that every user may make does. */
  async #denial(denied: AccessDeniedError): Promise<Error> {
    try {
      await this.client.getPersistentSubscriptionToStreamInfo('$none', 'none');
    } catch (error) {
      if (error instanceof Error && areCredentialsRejected(error)) return error;
    }
    return denied;
  }

  async close(): Promise<void> {
    await this.client.dispose();
    if (this.#reader !== this.client) await this.#reader.dispose();
  }
}
