import {
  jsonEvent,
  type JSONEventType,
  type JSONRecordedEvent,
  KurrentDBClient,
  type ResolvedEvent,
} from '@kurrent/kurrentdb-client';
import { randomUUID } from 'node:crypto';
import { EXTERNAL_CONNECTION_STRING, KurrentDBServer } from './kurrentdb-server.js';

export type Counted = JSONEventType<'counted', { n: number }>;

/** A new event with a new id. */
export const counted = (n: number, id: string = randomUUID()): ReturnType<typeof jsonEvent<Counted>> =>
  jsonEvent<Counted>({ id, type: 'counted', data: { n } });

export const countedUpTo = (count: number): ReturnType<typeof counted>[] =>
  Array.from({ length: count }, (_, n) => counted(n));

/** A unique stream name. */
export const newStream = (): string => `contract-${randomUUID()}`;

/**
 * A client of the server under test: the embedded one, started for the test file, or the one in
 * `KURRENTDB_TEST_CONNECTION_STRING`.
 */
export function useClient(...args: readonly string[]): { client: KurrentDBClient } {
  const used = {} as { client: KurrentDBClient };
  let server: KurrentDBServer | undefined;
  beforeAll(async () => {
    if (EXTERNAL_CONNECTION_STRING === undefined)
      server = await KurrentDBServer.start(...(args.length > 0 ? args : ['--mem-db', '--insecure', '--port', '0']));
    used.client = KurrentDBClient.connectionString(EXTERNAL_CONNECTION_STRING ?? server?.connectionString ?? '');
  });
  afterAll(async () => {
    await used.client.dispose();
    await server?.kill();
  });
  return used;
}

/** All events of a read. */
export async function collect(read: AsyncIterable<ResolvedEvent>): Promise<ResolvedEvent[]> {
  const events: ResolvedEvent[] = [];
  for await (const event of read) events.push(event);
  return events;
}

/** The numbers of `counted` events. */
export const numbers = (events: readonly ResolvedEvent[]): number[] =>
  events.map(({ event }) => (event as JSONRecordedEvent<Counted>).data.n);

export const revisions = (events: readonly ResolvedEvent[]): number[] =>
  events.map(({ event, link }) => Number((link ?? event)?.revision));
