import { type Clock, type EventStore, type RandomString } from '../../../event-store/index.js';
import { type Probe } from '../application/index.js';
import {
  type HttpTarget,
  type MonitoredService,
  type WebSocketTarget,
  type ProbeResult,
  LIVE_FEED_PATH,
} from '../../domain/index.js';
import { databaseByUrl, databaseInUse } from './database/database-by-url.js';
import { DatabaseProbe } from './database/database.probe.js';
import { HttpProbe } from './http/http.probe.js';
import { PushProbe } from '../push/push.probe.js';
import { TcpProbe } from './tcp/tcp.probe.js';
import { WebSocketProbe } from './websocket/websocket.probe.js';
import { type PushReports } from '../push/push-reports.js';

export interface ProbeDependencies {
  readonly clock: Clock;
  readonly random: RandomString;
  /** The store in use, which a `database` without a URL means. */
  readonly store: Pick<EventStore, 'testConnection'>;
  /** What the services of kind `push` have reported. */
  readonly reports: Pick<PushReports, 'heard'>;
  /** `host:port` of this service itself, which the other kinds without a URL mean; asked for when it listens. */
  readonly ownEndpoint: () => string;
  /** Header `Authorization` that this service lets itself in with; for no one else. */
  readonly ownAuthorization: string;
}

/** The probe of a configured service. */
export function createProbe(
  service: Pick<MonitoredService, 'name' | 'target' | 'intervalMs' | 'timeoutMs'>,
  dependencies: ProbeDependencies,
): Probe {
  const { target, timeoutMs } = service;
  const { clock, random, store, reports } = dependencies;
  switch (target.kind) {
    case 'http':
      return hasUrl(target)
        ? new HttpProbe(target, clock)
        : new DeferredProbe(
            () => new HttpProbe({ ...target, url: `http://${dependencies.ownEndpoint()}/livez` }, clock),
          );
    case 'websocket':
      return hasUrl(target)
        ? new WebSocketProbe(target, clock)
        : new DeferredProbe(() => ownLiveFeed(target, dependencies));
    case 'database':
      return new DatabaseProbe(
        target.url === undefined
          ? databaseInUse(store)
          : databaseByUrl(target.url, target.query, { timeoutMs, clock, random }),
        clock,
      );
    case 'tcp':
      return new TcpProbe(target, clock);
    case 'push':
      return new PushProbe(service, reports, clock);
  }
}

function ownLiveFeed(target: WebSocketTarget, { clock, ownEndpoint, ownAuthorization }: ProbeDependencies): Probe {
  return new WebSocketProbe({ ...target, url: `ws://${ownEndpoint()}${LIVE_FEED_PATH}` }, clock, {
    authorization: ownAuthorization,
  });
}

function hasUrl<Target extends HttpTarget | WebSocketTarget>(target: Target): target is Target & { url: string } {
  return target.url !== undefined;
}

/** Made when it first probes: the port of this service is not known before it listens. */
class DeferredProbe implements Probe {
  #probe: Probe | undefined;

  constructor(private readonly create: () => Probe) {}

  probe(signal: AbortSignal): Promise<ProbeResult> {
    this.#probe ??= this.create();
    return this.#probe.probe(signal);
  }
}
