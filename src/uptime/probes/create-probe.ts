import { type Clock, type EventStore } from '../../event-store/index.js';
import { type Probe, type ProbeAnswer } from '../application/index.js';
import { type MonitoredService, type ProbeKind } from '../domain/index.js';
import { LIVE_FEED_PATH } from '../live-feed-path.js';
import { DatabaseProbe } from './database.probe.js';
import { HttpProbe } from './http.probe.js';
import { KurrentDBTarget } from './kurrentdb-target.js';
import { WebSocketProbe } from './websocket.probe.js';

export interface ProbeSurroundings {
  readonly clock: Clock;
  /** The store in use, which a `database` without a URL means. */
  readonly store: Pick<EventStore, 'testConnection'>;
  /** `host:port` of this service itself, which the other kinds without a URL mean; asked for when it listens. */
  readonly ownEndpoint: () => string;
  /** Header `Authorization` that this service lets itself in with; for no one else. */
  readonly ownAuthorization: string;
}

type Create = (url: string | undefined, surroundings: ProbeSurroundings) => Probe;

const KINDS: Readonly<Partial<Record<ProbeKind, Create>>> = {
  http: (url, { clock, ownEndpoint }) => new DeferredProbe(() => new HttpProbe(url ?? `http://${ownEndpoint()}/livez`, clock)),
  websocket: (url, { clock, ownEndpoint, ownAuthorization }) => new DeferredProbe(() => (url === undefined ? new WebSocketProbe(`ws://${ownEndpoint()}${LIVE_FEED_PATH}`, clock, { authorization: ownAuthorization }) : new WebSocketProbe(url, clock))),
  database: (url, { clock, store }) => new DatabaseProbe(url === undefined ? store : new KurrentDBTarget(url, clock)),
};

/** The probe of a configured service. */
export function createProbe({ target }: Pick<MonitoredService, 'target'>, surroundings: ProbeSurroundings): Probe {
  const create = KINDS[target.kind];
  if (!create) throw new Error(`No probe for ${target.kind}`);
  return create('url' in target ? target.url : undefined, surroundings);
}

/** Made when it first probes: the port of this service is not known before it listens. */
class DeferredProbe implements Probe {
  #probe: Probe | undefined;

  constructor(private readonly create: () => Probe) {}

  probe(signal: AbortSignal): Promise<ProbeAnswer> {
    this.#probe ??= this.create();
    return this.#probe.probe(signal);
  }
}
