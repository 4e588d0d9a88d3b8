import { BACKWARDS, END, FORWARDS, KurrentDBClient, START } from '@kurrent/kurrentdb-client';
import { eventually, until } from './eventually.js';
import { KurrentDBServer } from './kurrentdb-server.js';
import {
  type ProbesRecorded,
  type Sample,
  decodeSamples,
  type ServiceStatusChanged,
} from '../../src/uptime/domain/index.js';
import { makeDataDir, removeDataDir, ServiceProcess } from './service-process.js';
import { TcpProxy } from './tcp-proxy.js';
import { AUTH } from './tokens.js';
import { Target } from './uptime-target.js';

export const LEASE_MS = 2_500;
export const INTERVAL_MS = 200;
const RULES = {
  UPTIME_LEASE_MS: String(LEASE_MS),
  UPTIME_INTERVAL_MS: String(INTERVAL_MS),
  UPTIME_TIMEOUT_MS: '150',
  UPTIME_FAILURE_THRESHOLD: '2',
  UPTIME_SUCCESS_THRESHOLD: '2',
  UPTIME_SAMPLE_WINDOW_MS: '2000',
  KURRENTDB_TIMEOUT_MS: '1000',
};

/** A replica of the service: its process, its data directory and its proxy to the store. */
export interface Replica {
  readonly dataDir: string;
  readonly store: TcpProxy;
  service: ServiceProcess;
}

/** Replicas of the service on one store, each in a process, with a target that they probe as service `http`. */
export class Replicas {
  readonly target = new Target();
  readonly #storeDir = makeDataDir();
  readonly all: Replica[] = [];
  #store: KurrentDBServer | undefined;
  #client: KurrentDBClient | undefined;

  #environment: Readonly<Record<string, string>> = {};

  /** @param environment further variables of the replicas */
  async start(count: number, environment: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#environment = environment;
    await this.target.start();
    await this.startStore('0');
    for (let index = 0; index < count; index++) {
      const dataDir = makeDataDir();
      const store = await TcpProxy.start(() => this.#store?.port ?? 0);
      this.all.push({ dataDir, store, service: await this.#run(dataDir, store) });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map(({ service }) => service.kill('SIGKILL')));
    await this.#client?.dispose();
    await Promise.all(this.all.map(({ store }) => store.stop()));
    await this.#store?.kill();
    await this.target.kill();
    for (const directory of [this.#storeDir, ...this.all.map(({ dataDir }) => dataDir)]) removeDataDir(directory);
  }

  async startStore(port = String(this.#store?.port)): Promise<void> {
    this.#store = await KurrentDBServer.start('--data', this.#storeDir, '--insecure', '--port', port);
    this.#client ??= KurrentDBClient.connectionString(this.#store.connectionString);
  }

  async killStore(): Promise<void> {
    await this.#store?.kill('SIGKILL');
  }

  async restart(replica: Replica): Promise<void> {
    replica.service = await this.#run(replica.dataDir, replica.store);
  }

  /** The replica that acquired the lease last, by its log. */
  get holder(): Replica {
    const holder = this.all.find(({ service }) => !service.hasExited && holdsLease(service));
    if (!holder) throw new Error('no replica holds the lease');
    return holder;
  }

  async untilOneProbes(): Promise<Replica> {
    await until(() => this.all.some(({ service }) => !service.hasExited && holdsLease(service)));
    return this.holder;
  }

  /** Waits until a line of the replica's log contains a string. @throws Error after the deadline */
  async untilLogged({ service: { output } }: Replica, text: string): Promise<void> {
    await eventually(
      () => output,
      (lines) => lines.some((line) => line.includes(text)),
    );
  }

  /** Recorded changes of a service, by default of the target, in order. */
  async changes(service = 'http'): Promise<ServiceStatusChanged[]> {
    return (await this.#eventsOf(`service-uptime-${service}`, 'ServiceStatusChanged')) as ServiceStatusChanged[];
  }

  /** Recorded samples of a service, by default of the target, by time. */
  async samples(service = 'http'): Promise<Sample[]> {
    const windows = (await this.#eventsOf(`system-probe-samples-${service}`, 'ProbesRecorded')) as ProbesRecorded[];
    return windows.flatMap(decodeSamples).sort((a, b) => a.at - b.at);
  }

  /** Holder name in the last event of the lease. */
  async lastHolder(): Promise<unknown> {
    const events =
      this.#client?.readStream('system-prober-lease', { direction: BACKWARDS, fromRevision: END, maxCount: 1 }) ?? [];
    for await (const { event } of events) return (event?.data as { holder?: unknown }).holder;
    return undefined;
  }

  #run(dataDir: string, { listeningOn }: TcpProxy): Promise<ServiceProcess> {
    const connectionString = this.#store?.connectionString.replace(`:${this.#store.port}`, `:${listeningOn}`) ?? '';
    return ServiceProcess.start({
      DATA_DIR: dataDir,
      KURRENTDB_CONNECTION_STRING: connectionString,
      ...AUTH,
      UPTIME_HTTP_URL: this.target.url,
      ...RULES,
      ...this.#environment,
    });
  }

  async #eventsOf(streamName: string, type: string): Promise<unknown[]> {
    const found: unknown[] = [];
    try {
      for await (const { event } of this.#client?.readStream(streamName, {
        direction: FORWARDS,
        fromRevision: START,
      }) ?? []) {
        if (event?.type === type) found.push(event.data);
      }
    } catch {
      // The stream does not exist yet, or the store is unreachable: the caller retries.
      return [];
    }
    return found;
  }
}

function holdsLease({ output }: ServiceProcess): boolean {
  const last = output.findLast(
    (line) => line.includes('This replica probes') || line.includes('Another replica has taken over'),
  );
  return last?.includes('This replica probes') ?? false;
}
