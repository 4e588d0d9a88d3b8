import { ApiCaller } from './api-caller.js';
import { KurrentDBServer } from './kurrentdb-server.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from './service-process.js';
import { AUTH } from './tokens.js';

/** An event of a stream's history. `Data`: the user's data. */
export interface HistoryEvent<Data = Readonly<Record<string, unknown>>> {
  readonly revision: number;
  readonly eventId: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: { readonly data?: Data };
}

export interface HistoryPage<Data = Readonly<Record<string, unknown>>> {
  readonly events: readonly HistoryEvent<Data>[];
  readonly nextFrom: number | null;
}

/** All events of a stream, page by page. @param stream its path */
export async function historyOf<Data = Readonly<Record<string, unknown>>>(
  caller: ApiCaller,
  stream: string,
): Promise<readonly HistoryEvent<Data>[]> {
  const events: HistoryEvent<Data>[] = [];
  for (let from: number | null = 0; from !== null;) {
    const { body } = await caller.get(`${stream}/history?limit=1000&from=${from}`);
    const page = body as HistoryPage<Data>;
    events.push(...page.events);
    from = page.nextFrom;
  }
  return events;
}

/** A user without streams. */
export interface NewUser {
  readonly id: string;
  readonly alice: ApiCaller;
  /** The path of the user's streams. */
  readonly streams: string;
}

/** Before all tests of a suite, starts the service on a KurrentDB of its own; after them, ends both. */
export function useUserStreams(): {
  readonly store: () => KurrentDBServer;
  readonly url: () => string;
  readonly newUser: () => Promise<NewUser>;
} {
  let dataDir: string;
  let store: KurrentDBServer;
  let service: ServiceProcess;
  let users = 0;

  beforeAll(async () => {
    dataDir = makeDataDir();
    store = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0');
    service = await ready(
      await ServiceProcess.start({
        DATA_DIR: dataDir,
        ...AUTH,
        KURRENTDB_CONNECTION_STRING: store.connectionString,
      }),
    );
  }, 60_000);

  afterAll(async () => {
    await ServiceProcess.killAll();
    await store.kill();
    removeDataDir(dataDir);
  });

  return {
    store: () => store,
    url: () => service.url,
    newUser: async () => {
      const id = `alice-${users++}`;
      return { id, alice: await ApiCaller.of(() => service.url, id), streams: `/api/users/${id}/streams` };
    },
  };
}
