import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { type RecordedEvent } from '../../src/event-store/domain/index.js';
import { type KurrentDBService } from '../../src/event-store/kurrentdb/kurrentdb.service.js';
import { ApiCaller } from './api-caller.js';
import { type Connected, connect } from './connected-store.js';
import { eventually } from './eventually.js';
import { KurrentDBServer } from './kurrentdb-server.js';
import { makeDataDir, ready, removeDataDir, ServiceProcess } from './service-process.js';
import { AUTH } from './tokens.js';
import { changesOf } from './uptime-target.js';

export type Json = Readonly<Record<string, unknown>>;

export interface Page {
  readonly events: readonly (Json & { readonly type: string; readonly data: Json })[];
  readonly nextFrom: number | null;
}

/** Streams of alice, each with data: the kinds of the specification, and `profile-work`, which is public. */
export const ALICE = '/api/users/alice/streams';
export const SERVICES = ['http', 'websocket', 'database'];
export const TYPES = ['profile', 'preferences', 'activity', 'loans', 'offers'];
/** Of other types, in `service-uptime-http`. */
const NOTES = 120;

/** The service on an embedded KurrentDB of its own, with the streams that the specification names. */
export class SpecifiedService {
  #dataDir = '';
  #kurrentDB: KurrentDBServer | undefined;
  #connected: Connected | undefined;
  #raw: KurrentDBClient | undefined;
  #service: ServiceProcess | undefined;
  readonly anyone = new ApiCaller(() => this.process.url);
  #callers: Readonly<Record<string, ApiCaller>> = {};

  async start(): Promise<void> {
    this.#dataDir = makeDataDir();
    this.#kurrentDB = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0');
    const { connectionString } = this.#kurrentDB;
    this.#service = await ready(
      await ServiceProcess.start({
        DATA_DIR: this.#dataDir,
        ...AUTH,
        KURRENTDB_CONNECTION_STRING: connectionString,
        UPTIME_INTERVAL_MS: '200',
        UPTIME_SAMPLE_WINDOW_MS: '1000',
      }),
    );
    this.#connected = connect(connectionString);
    this.#raw = KurrentDBClient.connectionString(connectionString);
    const url = (): string => this.process.url;
    const [alice, bob, system] = await Promise.all([
      ApiCaller.of(url, 'alice'),
      ApiCaller.of(url, 'bob'),
      ApiCaller.of(url, 'ops', 'system'),
    ]);
    this.#callers = { alice, bob, system };
    for (const type of TYPES) await alice.put(`${ALICE}/${type}`, { data: { note: type } });
    await alice.post(ALICE, { type: 'profile', category: 'work', visibility: 'public', tags: ['own'] });
    for (const name of SERVICES)
      await eventually(
        () => changesOf(this.process, name),
        ({ length }) => length > 0,
      );
    const notes = Array.from({ length: NOTES }, (_, n) => ({ type: 'Noted', data: { n } }));
    await this.store.appendToStream('service-uptime-http', notes);
  }

  async stop(): Promise<void> {
    await ServiceProcess.killAll();
    await this.#raw?.dispose();
    await this.#connected?.clients.close();
    await this.#kurrentDB?.kill();
    removeDataDir(this.#dataDir);
  }

  get process(): ServiceProcess {
    return started(this.#service);
  }

  /** What other modules of the service inject. */
  get store(): KurrentDBService {
    return started(this.#connected).store;
  }

  as(name: 'alice' | 'bob' | 'system'): ApiCaller {
    return started(this.#callers[name]);
  }

  /** All events in the order of the log, but KurrentDB's own. */
  async events(): Promise<
    readonly { readonly streamId: string; readonly data: unknown; readonly metadata: unknown }[]
  > {
    const found = [];
    for await (const { event } of started(this.#raw).readAll())
      if (event && !event.streamId.startsWith('$')) found.push(event);
    return found;
  }

  async eventsOf(name: string, type: string): Promise<readonly RecordedEvent[]> {
    return (await this.store.readStream(name, { limit: 1_000 })).filter((event) => event.type === type);
  }

  async firstOf(name: string, type: string): Promise<RecordedEvent> {
    return started((await this.eventsOf(name, type))[0]);
  }

  async page(name: string, query = ''): Promise<Page> {
    return (await this.as('system').get(`/api/streams/${name}/events${query}`)).body as Page;
  }

  /** As the last event of `$$name` has them. */
  async storedMetadata(name: string): Promise<Json> {
    const read = { direction: 'backwards', fromRevision: 'end', maxCount: 1 } as const;
    for await (const { event } of started(this.#raw).readStream(`$$${name}`, read)) return event?.data as Json;
    throw new Error(`'${name}' has no metadata`);
  }

  /** Stored metadata without KurrentDB's, and the one member that the specification does not have beside them. */
  async metadata(name: string): Promise<{ readonly specified: Json; readonly schemaVersion: unknown }> {
    const own = Object.entries(await this.storedMetadata(name)).filter(([key]) => !key.startsWith('$'));
    const { metadata, ...rest } = Object.fromEntries(own) as Json & { metadata: Json };
    const { schemaVersion, ...specified } = metadata;
    return { specified: { ...rest, metadata: specified }, schemaVersion };
  }
}

function started<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('There must be one: start() comes first');
  return part;
}
