import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type ServiceProcess } from './service-process.js';

/** HTTP server to probe; it can be stopped and restarted on the same port. */
export class Target {
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** @returns time when it listens, in milliseconds since 1970 */
  async start(): Promise<number> {
    const server = createServer((_, response) => response.end('ok'));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    return Date.now();
  }

  /** @returns time before it stops, in milliseconds since 1970 */
  async kill(): Promise<number> {
    const server = this.#server;
    this.#server = undefined;
    const before = Date.now();
    if (!server) return before;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    return before;
  }
}

export interface ChangeEvent {
  readonly revision: number;
  readonly type: string;
  readonly eventId: string;
  readonly data: {
    readonly status: string;
    readonly timestamp: string;
    readonly duration?: number;
    readonly metadata: { readonly error?: string };
  };
}

/** The events of a service's stream from the API; empty if it does not exist. */
export async function eventsOf(service: ServiceProcess, name: string): Promise<ChangeEvent[]> {
  const { status, body } = await service.get(`/api/streams/service-uptime-${name}/events`);
  return status === 200 ? (body as { events: ChangeEvent[] }).events : [];
}

export async function changesOf(service: ServiceProcess, name: string): Promise<ChangeEvent[]> {
  return (await eventsOf(service, name)).filter(({ type }) => type === 'ServiceStatusChanged');
}

interface Interval {
  readonly status: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly duration: number;
}

export interface Timeline {
  readonly currentStatus: string;
  readonly totalUptime: number;
  readonly totalDowntime: number;
  readonly totalUnknown: number;
  readonly timeline: Interval[];
}

export async function timelineOf(service: ServiceProcess, name: string): Promise<Timeline> {
  const { body } = await service.get(`/api/uptime/timeline/${name}?hours=1`);
  return (body as { timeline: Timeline }).timeline;
}
