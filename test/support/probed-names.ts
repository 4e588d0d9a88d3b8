import { FORWARDS, KurrentDBClient, START } from '@kurrent/kurrentdb-client';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { decodeSamples, type ProbesRecorded, type Sample } from '../../src/uptime/domain/index.js';
import { KurrentDBServer } from './kurrentdb-server.js';
import { mongoDBResponder } from './mongodb-responder.js';
import { NameServer, type NameRecords } from './name-server.js';
import { makeDataDir, removeDataDir, ServiceProcess } from './service-process.js';
import { AUTH } from './tokens.js';

interface Options {
  readonly live: number;
  readonly dead: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

type TargetOf = (name: string, port: number) => string;
const http: TargetOf = (name, port) => `kind: http, url: "http://${name}:${port}/"`;
const tcp: TargetOf = (name, port) => `kind: tcp, host: ${name}, port: ${port}`;
const webSocket: TargetOf = (name, port) => `kind: websocket, url: "ws://${name}:${port}/"`;
const database =
  (scheme: string): TargetOf =>
  (name, port) =>
    `kind: database, url: "${scheme}://${name}:${port}/"`;
/** One of each kind of target. */
const KINDS: readonly TargetOf[] = [
  http,
  tcp,
  webSocket,
  ...['postgres', 'mysql', 'redis', 'rediss', 'mongodb', 'kurrentdb'].map(database),
];

/** The service, probing services by name: the name server answers for the live ones only. */
export class ProbedNames {
  private constructor(
    private readonly service: ServiceProcess,
    private readonly store: KurrentDBServer,
    private readonly directory: string,
    private readonly nameServer: NameServer,
    private readonly servers: readonly { close(): unknown }[],
  ) {}

  static async start({ live, dead, intervalMs, timeoutMs }: Options): Promise<ProbedNames> {
    const webServer = createServer((_, response) => response.end('ok'));
    const mongoDB = mongoDBResponder(() => ({ ok: 1 }));
    const [webPort, mongoDBPort] = [await listen(webServer), await listen(mongoDB as unknown as Server)];
    const names: Record<string, NameRecords> = {};
    const lines: string[] = [];
    const add = (name: string, target: string): void =>
      void lines.push(`  - { name: ${name}, ${target}, interval: ${intervalMs}ms, timeout: ${timeoutMs}ms }`);
    for (let index = 0; index < live; index++) {
      const host = index === 0 ? 'localhost' : `live-${index}.example`;
      if (index > 0) names[host] = { A: ['127.0.0.1'] };
      if (index % 20 === 3) add(`live-${index}`, database('mongodb')(host, mongoDBPort));
      else add(`live-${index}`, (index % 2 === 0 ? http : tcp)(host, webPort));
    }
    for (let index = 0; index < dead; index++) {
      names[`dead-${index}.example`] = { silent: true };
      add(`dead-${index}`, (KINDS[index % KINDS.length] ?? http)(`dead-${index}.example`, 1));
    }
    const nameServer = await NameServer.start(names);
    const directory = makeDataDir();
    const servicesFile = join(directory, 'services.yaml');
    writeFileSync(servicesFile, `services:\n${lines.join('\n')}\n`);
    const store = await KurrentDBServer.start('--mem-db', '--insecure', '--port', '0');
    const service = await ServiceProcess.start({
      DATA_DIR: join(directory, 'service'),
      KURRENTDB_CONNECTION_STRING: store.connectionString,
      ...AUTH,
      UPTIME_SERVICES_FILE: servicesFile,
      UPTIME_SAMPLE_WINDOW_MS: '5000',
      DNS_CONFIG_FILE: nameServer.resolvConf,
    });
    return new ProbedNames(service, store, directory, nameServer, [webServer, mongoDB]);
  }

  /** Stops the service. @returns all samples by service, in order */
  async stopAndReadSamples(): Promise<ReadonlyMap<string, readonly Sample[]>> {
    await this.service.stop();
    const client = KurrentDBClient.connectionString(this.store.connectionString);
    const samples = new Map<string, Sample[]>();
    for await (const { event } of client.readAll({ direction: FORWARDS, fromPosition: START })) {
      if (event?.type !== 'ProbesRecorded') continue;
      const window = event.data as unknown as ProbesRecorded & { readonly serviceName: string };
      samples.set(window.serviceName, [...(samples.get(window.serviceName) ?? []), ...decodeSamples(window)]);
    }
    await client.dispose();
    return samples;
  }

  async stop(): Promise<void> {
    await this.service.kill('SIGKILL');
    await this.store.kill('SIGKILL');
    this.nameServer.stop();
    for (const server of this.servers) server.close();
    removeDataDir(this.directory);
  }
}

async function listen(server: Pick<Server, 'listen' | 'address' | 'once'>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server as Server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** What is not exact about live services: a failed probe, or one much more or less than an interval after another. */
export function inexact(
  samples: ReadonlyMap<string, readonly Sample[]>,
  { live, intervalMs, withinMs }: { readonly live: number; readonly intervalMs: number; readonly withinMs: number },
): string[] {
  const problems: string[] = [];
  for (let index = 0; index < live; index++) {
    const name = `live-${index}`;
    const own = samples.get(name) ?? [];
    if (own.length < 3) problems.push(`${name}: ${own.length} samples`);
    for (const [at, sample] of own.entries()) {
      if (sample.error !== undefined) problems.push(`${name}: ${sample.error}`);
      const gap = sample.at - (own[at - 1]?.at ?? sample.at - intervalMs);
      if (Math.abs(gap - intervalMs) > withinMs) problems.push(`${name}: ${gap} ms after the one before`);
    }
  }
  return problems;
}
