import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Subscription } from 'rxjs';
import { StoreWatch } from '../../event-store/index.js';
import { SERVICES_SOURCE, type ServicesSource, type ServicesWatch } from '../domain/index.js';
import { Prober } from './application/index.js';
import { LmdbSpool } from './lmdb-spool.js';

/** Limit for recording the spooled samples at shutdown; the remaining ones stay in the spool. */
const STOP_WITHIN_MS = 2_000;

/** Starts the prober when the HTTP server listens, applies configuration changes, and stops it at shutdown. */
@Injectable()
export class ProberLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(ProberLifecycle.name);
  #listening: Subscription | undefined;
  #watch: ServicesWatch | undefined;

  constructor(
    @Inject(SERVICES_SOURCE) private readonly source: ServicesSource,
    private readonly prober: Prober,
    private readonly spool: LmdbSpool,
    private readonly adapterHost: HttpAdapterHost,
    store: StoreWatch,
  ) {
    store.listen({ onReplaced: () => this.prober.onStoreReplaced() });
  }

  onApplicationBootstrap(): void {
    if (this.adapterHost.listening) this.#start();
    else this.#listening = this.adapterHost.listen$.subscribe(() => this.#start());
  }

  async onModuleDestroy(): Promise<void> {
    this.#listening?.unsubscribe();
    this.#watch?.close();
    await this.prober.stop(STOP_WITHIN_MS);
    await this.spool.close();
  }

  #start(): void {
    this.prober.start();
    this.#logger.log(`Probing ${this.prober.monitors.size} services once this replica holds the prober lease`);
    this.#watch = this.source.watch({
      onServices: (services) => {
        this.#logger.log(`Services changed: probing ${services.length} services`);
        void this.prober.setServices(services);
      },
      onProblem: (problems) =>
        this.#logger.error(
          `The services file is not valid; the services stay unchanged:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
        ),
    });
  }
}
