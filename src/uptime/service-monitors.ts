import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Server } from 'node:net';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { CLOCK, type Clock, EVENT_STORE, type EventStore, RANDOM_TEXT, type RandomText } from '../event-store/index.js';
import { OwnCredential } from '../identity/index.js';
import { type Log, ServiceMonitor } from './application/index.js';
import { createProbe } from './probes/create-probe.js';

const PROBER_ID_LENGTH = 12;

/** The monitors of the configured services, by name, in their order. */
@Injectable()
export class ServiceMonitors {
  readonly byName: ReadonlyMap<string, ServiceMonitor>;

  constructor(
    @Inject(APP_CONFIG) { uptime }: AppConfig,
    @Inject(EVENT_STORE) store: EventStore,
    @Inject(CLOCK) clock: Clock,
    @Inject(RANDOM_TEXT) random: RandomText,
    own: OwnCredential,
    adapterHost: HttpAdapterHost,
  ) {
    const options = { store, clock, log: toLog(new Logger('Uptime')), sampleWindowMs: uptime.sampleWindowMs, proberId: random(PROBER_ID_LENGTH) };
    const surroundings = { clock, store, ownEndpoint: () => endpointOf(adapterHost), ownAuthorization: own.authorization };
    this.byName = new Map(uptime.services.map((service) => [service.name, new ServiceMonitor(service, createProbe(service, surroundings), options)]));
  }

  get all(): readonly ServiceMonitor[] {
    return [...this.byName.values()];
  }
}

/** Where this service listens, as it is reached from this machine. */
function endpointOf({ httpAdapter }: HttpAdapterHost): string {
  const bound = (httpAdapter.getHttpServer() as Server).address();
  if (bound === null || typeof bound === 'string') throw new Error('This service does not listen on a port, so that it cannot be probed; give a URL to probe');
  const { address, port, family } = bound;
  if (address === '0.0.0.0' || address === '::') return `127.0.0.1:${port}`;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

function toLog(logger: Logger): Log {
  return {
    info: (message) => logger.log(message),
    warn: (message) => logger.warn(message),
    error: (message, error) => logger.error({ err: error }, message),
  };
}
