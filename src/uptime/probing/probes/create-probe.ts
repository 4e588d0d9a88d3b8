import { backgroundLoads } from '../../../common/background-loads.js';
import { type NameResolver } from '../../../common/network/name-resolver.js';
import { type Clock, type EventStore, type RandomString } from '../../../event-store/index.js';
import { type Probe } from '../application/index.js';
import {
  type HttpTarget,
  type WebSocketTarget,
  type ProbeResult,
  type ProbeTarget,
  type PushTarget,
  LIVE_FEED_PATH,
} from '../../domain/index.js';
import { databaseForUrl, ownDatabase } from './database/database-for-url.js';
import { DatabaseProbe } from './database/database.probe.js';
import { HttpProbe } from './http/http.probe.js';
import { loadCookieJar } from './http/probe-cookies.js';
import { TcpProbe } from './tcp/tcp.probe.js';
import { WebSocketProbe } from './websocket/websocket.probe.js';

export interface ProbeDependencies {
  readonly clock: Clock;
  /** Resolves the names of all targets. */
  readonly names: NameResolver;
  readonly random: RandomString;
  /** Target of a `database` without a URL. */
  readonly store: Pick<EventStore, 'testConnection'>;
  /** `host:port` of this service, the target of other kinds without a URL; available once it listens. */
  readonly ownEndpoint: () => string;
  /** Header `Authorization` by which this service authenticates to itself; must not be sent to other targets. */
  readonly ownAuthorization: string;
}

export function createProbe(
  target: Exclude<ProbeTarget, PushTarget>,
  timeoutMs: number,
  dependencies: ProbeDependencies,
): Probe {
  const { clock, names, random, store } = dependencies;
  switch (target.kind) {
    case 'http':
      // The service itself sets no cookies.
      if (!hasUrl(target))
        return new LazyProbe(
          () => new HttpProbe({ ...target, url: `http://${dependencies.ownEndpoint()}/livez` }, clock, names),
        );
      if (target.maxRedirects > 0) backgroundLoads.add('tough-cookie', loadCookieJar);
      return new HttpProbe(target, clock, names);
    case 'websocket':
      return hasUrl(target)
        ? new WebSocketProbe(target, clock, {}, names)
        : new LazyProbe(() => ownLiveFeed(target, dependencies));
    case 'database':
      return new DatabaseProbe(
        target.url === undefined
          ? ownDatabase(store)
          : databaseForUrl(target.url, target.query, { timeoutMs, clock, names, random }),
        clock,
      );
    case 'tcp':
      return new TcpProbe(target, clock, names);
  }
}

function ownLiveFeed(target: WebSocketTarget, dependencies: ProbeDependencies): Probe {
  const { clock, names, ownEndpoint, ownAuthorization } = dependencies;
  const url = `ws://${ownEndpoint()}${LIVE_FEED_PATH}`;
  return new WebSocketProbe({ ...target, url }, clock, { authorization: ownAuthorization }, names);
}

function hasUrl<Target extends HttpTarget | WebSocketTarget>(target: Target): target is Target & { url: string } {
  return target.url !== undefined;
}

/** Created by its first probe: the port of this service is unknown before it listens. */
class LazyProbe implements Probe {
  #probe: Probe | undefined;

  constructor(private readonly create: () => Probe) {}

  probe(signal: AbortSignal): Promise<ProbeResult> {
    this.#probe ??= this.create();
    return this.#probe.probe(signal);
  }
}
