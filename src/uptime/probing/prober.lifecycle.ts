import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Subscription } from 'rxjs';
import { SERVICES_SOURCE, type ServicesSource, type ServicesWatch } from '../domain/index.js';
import { ProberRuntime } from './prober-runtime.js';
import { PushReports } from './push/push-reports.js';

/** How long what waits may take to be recorded when the service stops; the rest waits on disk. */
const STOP_WITHIN_MS = 2_000;

/** Probes from when this service listens until it stops, and what the services file names at any time. Decides nothing: the prober does. */
@Injectable()
export class ProberLifecycle implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  readonly #logger = new Logger(ProberLifecycle.name);
  #listening: Subscription | undefined;
  #watch: ServicesWatch | undefined;

  constructor(
    @Inject(SERVICES_SOURCE) private readonly source: ServicesSource,
    private readonly inProcess: ProberRuntime,
    private readonly reports: PushReports,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    this.reports.start();
    if (this.adapterHost.listening) this.#begin();
    else this.#listening = this.adapterHost.listen$.subscribe(() => this.#begin());
  }

  async onModuleDestroy(): Promise<void> {
    this.#listening?.unsubscribe();
    this.#watch?.close();
    await this.inProcess.stop(STOP_WITHIN_MS);
  }

  /** After the HTTP server has closed: until then requests report. */
  async onApplicationShutdown(): Promise<void> {
    await this.reports.stop();
  }

  #begin(): void {
    const { prober } = this.inProcess;
    prober.start();
    this.#logger.log(`Probing ${prober.monitors.size} services, as soon as no other replica does`);
    this.#watch = this.source.watch({
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
