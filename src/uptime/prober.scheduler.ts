import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { type Subscription } from 'rxjs';
import { type ServiceMonitor } from './application/index.js';
import { ServiceMonitors } from './service-monitors.js';

/** First probes begin so far apart, so that services with the same interval are not probed all at once ever after. */
const APART_MS = 100;
/** How long what waits may take to be recorded when the service stops. */
const STOP_WITHIN_MS = 2_000;

/** Probes every service at its interval, from when this service listens until it stops. Decides nothing: the monitors do. */
@Injectable()
export class ProberScheduler implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(ProberScheduler.name);
  #listening: Subscription | undefined;

  constructor(
    private readonly monitors: ServiceMonitors,
    private readonly registry: SchedulerRegistry,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    for (const monitor of this.monitors.all) void monitor.start();
    if (this.adapterHost.listening) this.#begin();
    else this.#listening = this.adapterHost.listen$.subscribe(() => this.#begin());
  }

  async onModuleDestroy(): Promise<void> {
    this.#listening?.unsubscribe();
    for (const monitor of this.monitors.all) {
      const name = jobOf(monitor);
      if (this.registry.doesExist('timeout', name)) this.registry.deleteTimeout(name);
      if (this.registry.doesExist('interval', name)) this.registry.deleteInterval(name);
    }
    await Promise.all(this.monitors.all.map((monitor) => monitor.stop(STOP_WITHIN_MS)));
  }

  #begin(): void {
    this.monitors.all.forEach((monitor, index) => {
      const delay = (index * APART_MS) % monitor.service.intervalMs;
      this.registry.addTimeout(jobOf(monitor), setTimeout(() => this.#repeat(monitor), delay));
    });
    this.#logger.log(`Probing ${this.monitors.all.length} services`);
  }

  #repeat(monitor: ServiceMonitor): void {
    const name = jobOf(monitor);
    this.registry.deleteTimeout(name);
    this.registry.addInterval(name, setInterval(() => void monitor.probeOnce(), monitor.service.intervalMs));
    void monitor.probeOnce();
  }
}

function jobOf({ service }: ServiceMonitor): string {
  return `uptime:${service.name}`;
}
