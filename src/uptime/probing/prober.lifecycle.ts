import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Subscription } from 'rxjs';
import { ServicesFile, type ServicesWatch } from '../services-file/index.js';
import { ProberRuntime } from './prober-runtime.js';

/** How long what waits may take to be recorded when the service stops; the rest waits on disk. */
const STOP_WITHIN_MS = 2_000;

/** Probes from when this service listens until it stops, and what the services file names at any time. Decides nothing: the prober does. */
@Injectable()
export class ProberLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(ProberLifecycle.name);
  #listening: Subscription | undefined;
  #watch: ServicesWatch | undefined;

  constructor(
    private readonly servicesFile: ServicesFile,
    private readonly inProcess: ProberRuntime,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    if (this.adapterHost.listening) this.#begin();
    else this.#listening = this.adapterHost.listen$.subscribe(() => this.#begin());
  }

  async onModuleDestroy(): Promise<void> {
    this.#listening?.unsubscribe();
    this.#watch?.close();
    await this.inProcess.stop(STOP_WITHIN_MS);
  }

  #begin(): void {
    const { prober } = this.inProcess;
    prober.start();
    this.#logger.log(`Probing ${prober.monitors.size} services, as soon as no other replica does`);
    this.#watch = this.servicesFile.watch({
      onServices: (services) => {
        this.#logger.log(`The services to probe have changed: ${services.length} now`);
        void prober.change(services);
      },
      onProblem: (problems) =>
        this.#logger.error(
          `The services file cannot be used; the services stay as they were:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
        ),
    });
  }
}
