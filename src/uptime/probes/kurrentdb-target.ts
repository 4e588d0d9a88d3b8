import { BACKWARDS, END, jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { randomUUID } from 'node:crypto';
import { type Clock, CONNECTION_TEST_STREAM, type ConnectionTestResult } from '../../event-store/index.js';
import { describeConnectionError } from './connection-errors.js';
import { type DatabaseTarget } from './database.probe.js';

/** Of the stream's last events, so many are looked at for the one that was appended: as many tests may run at once. */
const LOOKED_AT = 100;

/** A KurrentDB other than the one in use, tested through a connection of its own, which is made anew after each failure. */
export class KurrentDBTarget implements DatabaseTarget {
  #client: KurrentDBClient | undefined;

  constructor(
    private readonly connectionString: string,
    private readonly clock: Clock,
  ) {}

  async testConnection(): Promise<ConnectionTestResult> {
    const start = this.clock.monotonic();
    const elapsed = (): number => this.clock.monotonic() - start;
    try {
      this.#client ??= KurrentDBClient.connectionString(this.connectionString);
      const isThere = await appendAndFind(this.#client);
      if (isThere) return { connection: 'success', health: 'healthy', responseTime: elapsed() };
      return { connection: 'success', health: 'unhealthy', responseTime: elapsed(), error: 'the event that was appended could not be read back' };
    } catch (error) {
      const responseTime = elapsed();
      await this.close();
      return { connection: 'failed', health: 'unhealthy', responseTime, error: describe(error) };
    }
  }

  abandon(): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.dispose();
  }
}

async function appendAndFind(client: KurrentDBClient): Promise<boolean> {
  const id = randomUUID();
  await client.appendToStream(CONNECTION_TEST_STREAM, jsonEvent({ id, type: 'ConnectionTested', data: {} }));
  for await (const { event } of client.readStream(CONNECTION_TEST_STREAM, { direction: BACKWARDS, fromRevision: END, maxCount: LOOKED_AT })) {
    if (event?.id === id) return true;
  }
  return false;
}

/** gRPC's own numbers, which errors of a connection that was never made carry, and the client's names of the same. */
const UNAVAILABLE: readonly unknown[] = [14, 'unavailable'];
const NOT_LET_IN: readonly unknown[] = [7, 16, 'access-denied'];

/** The client's messages may quote the connection string; only what is known to be harmless is told. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'KurrentDB failed';
  const [, code, endpoint] = /connect (E[A-Z]+) (\S+:\d+)/.exec(error.message) ?? [];
  if (code !== undefined && endpoint !== undefined) return describeConnectionError({ code }, endpoint);
  const kind = 'type' in error ? error.type : 'code' in error ? error.code : undefined;
  if (UNAVAILABLE.includes(kind)) return 'KurrentDB cannot be reached';
  if (NOT_LET_IN.includes(kind)) return 'KurrentDB does not accept the credentials';
  return `KurrentDB failed (${typeof kind === 'string' ? kind : error.name})`;
}
