import { credentials } from '@grpc/grpc-js';
import operationsGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/operations_grpc_pb.js';
import operationsPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/operations_pb.js';
import { BACKWARDS, END, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KurrentDBServer } from './kurrentdb-server.js';
import { makeDataDir, removeDataDir } from './service-process.js';

const { OperationsClient } = operationsGrpc;
const { StartScavengeReq } = operationsPb;

export interface LastEvent {
  readonly position: bigint;
  readonly id: string;
}

/** A KurrentDB in a process of its own, whose data directory is replaced while it is stopped; its port stays. */
export class ReplaceableStore {
  readonly #root = makeDataDir();
  readonly #data = join(this.#root, 'data');
  readonly #backup = join(this.#root, 'backup');
  #server: KurrentDBServer | undefined;
  #port = '0';

  get connectionString(): string {
    return `kurrentdb://127.0.0.1:${this.#port}?tls=false`;
  }

  async start(): Promise<void> {
    this.#server = await KurrentDBServer.start('--data', this.#data, '--insecure', '--port', this.#port);
    this.#port = String(this.#server.port);
  }

  async stop(signal?: NodeJS.Signals): Promise<void> {
    await this.#server?.kill(signal);
  }

  /** Restarts it with its own data. */
  async restart(signal?: NodeJS.Signals): Promise<void> {
    await this.stop(signal);
    await this.start();
  }

  /** Copies the data, with a restart. */
  async backUp(): Promise<void> {
    await this.stop();
    cpSync(this.#data, this.#backup, { recursive: true });
    await this.start();
  }

  /** Removes the data of a stopped store. */
  empty(): void {
    rmSync(this.#data, { recursive: true, force: true });
  }

  /** Replaces the data of a stopped store by the copy. */
  restore(): void {
    this.empty();
    cpSync(this.#backup, this.#data, { recursive: true });
  }

  /** Runs the stopped store on another port, for writers that the service does not see. */
  async elsewhere(write: (connectionString: string) => Promise<void>): Promise<void> {
    const server = await KurrentDBServer.start('--data', this.#data, '--insecure', '--port', '0');
    await write(server.connectionString);
    await server.kill();
  }

  /** Starts a scavenge. */
  async scavenge(): Promise<void> {
    const operations = new OperationsClient(`127.0.0.1:${this.#port}`, credentials.createInsecure());
    const request = new StartScavengeReq().setOptions(new StartScavengeReq.Options().setThreadCount(1));
    try {
      await new Promise<void>((resolve, reject) =>
        operations.startScavenge(request, (error) => (error ? reject(error) : resolve())),
      );
    } finally {
      operations.close();
    }
  }

  async last(connectionString = this.connectionString): Promise<LastEvent> {
    const client = KurrentDBClient.connectionString(connectionString);
    try {
      for await (const { event } of client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }))
        if (event?.position) return { position: event.position.commit, id: event.id };
      throw new Error('the store is empty');
    } finally {
      await client.dispose();
    }
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    removeDataDir(this.#root);
  }
}
